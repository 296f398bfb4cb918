package picture

import (
	"image"

	"github.com/reverie-go/reverie/internal/chart"
)

// Units are those of points: number k of a point y stands for Shift[k] + Scale[k] y. The zero value: for itself.
type Units struct{ Shift, Scale []float64 }

// One shows one image [H,W,C], or points [N,1,1,C] as a scatter over axes in those units.
func One(x []float32, h, w, c int, u Units) image.Image {
	if h == 1 && w == 1 {
		return chart.Scatter(x, c, u.Shift, u.Scale)
	}
	return FromFloat(x, h, w, c)
}

// Sheet shows a batch [N,H,W,C]: images as a grid of that layout, points (1x1) as a scatter.
func Sheet(x []float32, h, w, c int, l Layout) image.Image {
	if h == 1 && w == 1 {
		return chart.Scatter(x, c, l.Units.Shift, l.Units.Scale)
	}
	return Grid(Split(x, h, w, c), l)
}
