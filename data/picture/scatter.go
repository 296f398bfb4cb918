package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
)

// scatterSide is the side of a scatter picture in pixels.
const scatterSide = 256

// Scatter shows points [N,D] in a square: by their first two numbers, y upwards, darker where there are more; points of one number
// as a histogram. The square reaches from -4 to 4, further where a hundredth of the points would be outside.
func Scatter(x []float32, d int) *image.NRGBA {
	if d < 1 || len(x)%d != 0 {
		panic(fmt.Sprintf("picture: Scatter: %d values for points of %d", len(x), d))
	}
	reach := reachOf(x, d)
	if d == 1 {
		return histogram(x, reach)
	}
	counts := make([]int, scatterSide*scatterSide)
	for i := 0; i < len(x); i += d {
		u, v := place(x[i], reach), scatterSide-1-place(x[i+1], reach)
		for _, n := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} { // a point is two pixels wide
			if a, b := u+n[0], v+n[1]; a >= 0 && a < scatterSide && b >= 0 && b < scatterSide {
				counts[b*scatterSide+a]++
			}
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, scatterSide, scatterSide))
	for i, n := range counts {
		fade := math.Exp(-0.7 * float64(n)) // each point more takes half of what is left of the white
		img.SetNRGBA(i%scatterSide, i/scatterSide, color.NRGBA{R: uint8(20 + 235*fade), G: uint8(50 + 205*fade), B: uint8(110 + 145*fade), A: 255})
	}
	return img
}

// reachOf is half the side of the square that shows the points.
func reachOf(x []float32, d int) float64 {
	abs := make([]float64, 0, 2*len(x)/d)
	for i := 0; i < len(x); i += d {
		for k := range min(d, 2) {
			abs = append(abs, math.Abs(float64(x[i+k])))
		}
	}
	if len(abs) == 0 {
		return 4
	}
	slices.Sort(abs)
	reach := abs[(len(abs)-1)*99/100]
	if math.IsNaN(reach) || reach <= 4 {
		return 4
	}
	return 1.1 * reach
}

// place is the pixel of a number, outside 0..scatterSide-1 for one out of reach or NaN.
func place(v float32, reach float64) int {
	u := (float64(v)/reach + 1) / 2 * scatterSide
	if !(u >= 0 && u < scatterSide) {
		return -2
	}
	return int(u)
}

// histogram shows numbers as bars.
func histogram(x []float32, reach float64) *image.NRGBA {
	const bar = 4
	var counts [scatterSide / bar]int
	most := 1
	for _, v := range x {
		if u := place(v, reach); u >= 0 {
			counts[u/bar]++
			most = max(most, counts[u/bar])
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, scatterSide, scatterSide))
	for i := range scatterSide * scatterSide {
		u, v := i%scatterSide, i/scatterSide
		c := color.NRGBA{255, 255, 255, 255}
		if (scatterSide-v)*most*10 <= counts[u/bar]*scatterSide*9 {
			c = color.NRGBA{20, 50, 110, 255}
		}
		img.SetNRGBA(u, v, c)
	}
	return img
}

// One shows one image [H,W,C], or points [N,1,1,C] as a scatter.
func One(x []float32, h, w, c int) *image.NRGBA {
	if h == 1 && w == 1 {
		return Scatter(x, c)
	}
	return FromFloat(x, h, w, c)
}

// Sheet shows a batch [N,H,W,C]: images as a grid of that layout, points (1x1) as a scatter.
func Sheet(x []float32, h, w, c int, l Layout) image.Image {
	if h == 1 && w == 1 {
		return Scatter(x, c)
	}
	return Grid(Split(x, h, w, c), l)
}
