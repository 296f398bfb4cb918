package picture

import (
	"image"

	"github.com/reverie-go/reverie/internal/chart"
)

// One shows one image [H,W,C], or points [N,1,1,C] as a scatter.
func One(x []float32, h, w, c int) image.Image {
	if h == 1 && w == 1 {
		return chart.Scatter(x, c)
	}
	return FromFloat(x, h, w, c)
}

// Sheet shows a batch [N,H,W,C]: images as a grid of that layout, points (1x1) as a scatter.
func Sheet(x []float32, h, w, c int, l Layout) image.Image {
	if h == 1 && w == 1 {
		return chart.Scatter(x, c)
	}
	return Grid(Split(x, h, w, c), l)
}
