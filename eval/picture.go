package eval

import (
	"context"
	"image"

	"github.com/reverie-go/reverie/data/picture"
)

// shownNearest is the number of samples in the picture.
const shownNearest = 16

// NearestPicture shows the first samples in the upper row, and below each the training image
// nearest to it.
func NearestPicture(ctx context.Context, samples, training Images) image.Image {
	x := samples.Part(0, min(samples.N, shownNearest))
	all := make([]image.Image, 0, 2*x.N)
	for i := range x.N {
		all = append(all, picture.FromFloat(x.Image(i), x.H, x.W, x.C))
	}
	for _, k := range Nearest(ctx, x, training) {
		all = append(all, picture.FromFloat(training.Image(k), training.H, training.W, training.C))
	}
	return picture.Grid(all, picture.Layout{Columns: x.N})
}
