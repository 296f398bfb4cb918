package main

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
)

// A generator makes lesions: a patch of another picture, blended into an image within a shape with
// a soft edge. The patch is made as bright, on average, as what it covers, so that its structure
// alone gives it away.
type generator struct {
	shape law
	donor donor
}

// A law draws the shape of a lesion in an image of h x w pixels around a place.
type law func(r *rand.Rand, h, w int, at image.Point) []bool

// A donor draws a picture of the size of an image, of which the patch at that place is to be
// taken.
type donor func(r *rand.Rand, at image.Point) *image.Gray

const (
	edge     = 0.7 // the deviation, in pixels, of the normal law that softens a shape's edge
	faint    = 24  // a lesion changes its pixels by at least that, root mean square
	least    = 8   // pixels of a lesion
	attempts = 1000
)

// A lesion is an image with a lesion.
type lesion struct {
	weight []float64   // of the patch at each pixel
	image  *image.Gray // (1-weight) of what was there and weight of the patch
	mask   *image.Gray // white where the patch has more than half the weight and changes the image
}

// draw gives an image a lesion that lies on the ground, and is neither too small nor too faint.
func (g generator) draw(r *rand.Rand, img *image.Gray, ground []image.Point) (lesion, error) {
	for range attempts {
		if len(ground) == 0 {
			break
		}
		at := ground[r.IntN(len(ground))]
		l := blend(img, g.donor(r, at), g.weight(r, img, ground, at))
		if n, change := l.change(img); n >= least && change >= faint {
			return l, nil
		}
	}
	return lesion{}, fmt.Errorf("no lesion of %d pixels or more with a change of %d levels in %d attempts: the image or the other pictures are flat", least, faint, attempts)
}

// weight draws a soft shape around a place, of weight 0 off the ground.
func (g generator) weight(r *rand.Rand, img *image.Gray, ground []image.Point, at image.Point) []float64 {
	size := img.Rect.Size()
	hard := make([]float64, size.X*size.Y)
	for i, in := range g.shape(r, size.Y, size.X, at) {
		if in {
			hard[i] = 1
		}
	}
	soft, weight := smooth(hard, size.Y, size.X, edge), make([]float64, len(hard))
	for _, p := range ground {
		i := p.Y*size.X + p.X
		weight[i] = soft[i]
	}
	return weight
}

// blend lays a patch upon an image, shifted in brightness so that the weighted means of both are
// the same: then the blend has the sum of the image's levels.
func blend(img, patch *image.Gray, weight []float64) lesion {
	shift := matching(img, patch, weight)
	l := lesion{weight, image.NewGray(img.Rect), image.NewGray(img.Rect)}
	for i, w := range weight {
		was := float64(img.Pix[i])
		l.image.Pix[i] = uint8(math.Round(was + w*(clamp(float64(patch.Pix[i])+shift)-was)))
		if w > 0.5 && l.image.Pix[i] != img.Pix[i] {
			l.mask.Pix[i] = 255
		}
	}
	return l
}

// matching is the shift b at which the sum of weight clamp(patch+b), which rises with b, is that
// of weight img.
func matching(img, patch *image.Gray, weight []float64) float64 {
	lo, hi := -255.0, 255.0
	for hi-lo > 1e-6 {
		b, excess := (lo+hi)/2, 0.0
		for i, w := range weight {
			if w > 0 {
				excess += w * (clamp(float64(patch.Pix[i])+b) - float64(img.Pix[i]))
			}
		}
		if excess < 0 {
			lo = b
		} else {
			hi = b
		}
	}
	return (lo + hi) / 2
}

// clamp is the nearest level.
func clamp(v float64) float64 { return min(max(v, 0), 255) }

// change is how many pixels the mask has, and by how much the image was changed there, root mean
// square.
func (l lesion) change(img *image.Gray) (n int, change float64) {
	for i, m := range l.mask.Pix {
		if m > 0 {
			d := float64(l.image.Pix[i]) - float64(img.Pix[i])
			n, change = n+1, change+d*d
		}
	}
	return n, math.Sqrt(change / float64(max(n, 1)))
}
