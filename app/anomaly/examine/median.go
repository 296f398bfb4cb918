package examine

import "slices"

// medians has of each number of a map [h,w] the median of those in a square around it, whose side
// is odd. Beyond its edges the map is mirrored, the pixels at the edge not repeated.
func medians(m []float64, h, w, side int) []float64 {
	of, square := make([]float64, len(m)), make([]float64, side*side)
	for i := range of {
		for k := range square {
			y, x := mirrored(i/w+k/side-side/2, h), mirrored(i%w+k%side-side/2, w)
			square[k] = m[y*w+x]
		}
		slices.Sort(square)
		of[i] = square[len(square)/2]
	}
	return of
}

// mirrored is the pixel of a side of n that lies at i, beyond the ends mirrored at the last ones.
func mirrored(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
