package tile

import "math"

// Resize brings an image [h,w,c] to another size, bilinearly, the kernel widened by the scale where
// a side shrinks, so that every pixel counts, as package data resizes pictures.
func Resize(x []float64, h, w, c, toH, toW int) []float64 {
	check("Resize", len(x), h*w*c)
	x = along(x, h, w*c, toH) // rows
	if w == toW {
		return x
	}
	wide := make([]float64, 0, toH*toW*c)
	for y := range toH {
		wide = append(wide, along(x[y*w*c:(y+1)*w*c], w, c, toW)...)
	}
	return wide
}

// along resizes n parts of k numbers to another number of them.
func along(x []float64, n, k, to int) []float64 {
	if n == to {
		return x
	}
	y := make([]float64, to*k)
	scale := float64(n) / float64(to)
	reach := max(1, scale)
	for j := range to {
		middle := (float64(j)+0.5)*scale - 0.5
		first, last := max(0, int(math.Ceil(middle-reach))), min(n-1, int(math.Floor(middle+reach)))
		total := 0.0
		for i := first; i <= last; i++ {
			total += 1 - math.Abs(float64(i)-middle)/reach
		}
		for i := first; i <= last; i++ {
			weight := (1 - math.Abs(float64(i)-middle)/reach) / total
			for l, v := range x[i*k : (i+1)*k] {
				y[j*k+l] += weight * v
			}
		}
	}
	return y
}
