package picture

import (
	"image"
	"math"

	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/kind"
)

// One shows one sample x [H,W,C] of a kind: an image as it is, channels that are no colours side by
// side. Of what is scattered it shows all of x, [N,1,1,C].
func One(x []float32, k kind.Kind) image.Image {
	switch k.View() {
	case kind.Scatter:
		return chart.Scatter(x, k.C, k.Shift, k.Scale)
	case kind.Panels:
		return panels(x, k)[0]
	case kind.Spectrograms:
		return spectrograms(x, k)[0]
	}
	return FromFloat(x, k.H, k.W, k.C)
}

// Sheet shows a batch [N,H,W,C] of a kind: pictures in a grid of that layout, or a scatter.
func Sheet(x []float32, k kind.Kind, l Layout) image.Image {
	if k.View() == kind.Scatter {
		return One(x, k)
	}
	return Grid(Each(x, k), l)
}

// Pairs shows samples x [N,H,W,C] of a kind over others y, each over the one of its number;
// scatters beside each other.
func Pairs(x, y []float32, k kind.Kind) image.Image {
	if k.View() == kind.Scatter {
		return Beside(One(x, k), One(y, k))
	}
	all := append(Each(x, k), Each(y, k)...)
	return Grid(all, Layout{Columns: len(all) / 2})
}

// Each shows each sample of a batch [N,H,W,C] as a picture of its own: what is scattered as a
// scatter of one.
func Each(x []float32, k kind.Kind) []image.Image {
	switch k.View() {
	case kind.Pictures:
		return Split(x, k.H, k.W, k.C)
	case kind.Panels:
		return panels(x, k)
	case kind.Spectrograms:
		return spectrograms(x, k)
	}
	imgs := make([]image.Image, len(x)/k.Size())
	for i := range imgs {
		imgs[i] = One(x[i*k.Size():(i+1)*k.Size()], k)
	}
	return imgs
}

// gap is the border between the panels of a sample, in pixels.
const gap = 1

// panels shows each sample's channels side by side, each grey: from -1 to 1 where the kind has that
// range, else from the least to the most of the channel in the batch.
func panels(x []float32, k kind.Kind) []image.Image {
	grey := make([]float32, len(x))
	for c := range k.C {
		lo, hi := -1., 1.
		if !k.Ranged {
			lo, hi = extent(x, c, k.C)
		}
		for i := c; i < len(x); i += k.C {
			if grey[i] = x[i]; !k.Ranged {
				grey[i] = float32(2*(float64(x[i])-lo)/(hi-lo) - 1)
			}
		}
	}
	imgs := make([]image.Image, len(x)/k.Size())
	for i := range imgs {
		channels := make([]image.Image, k.C)
		for c := range channels {
			one := make([]float32, k.H*k.W)
			for at := range one {
				one[at] = grey[i*k.Size()+at*k.C+c]
			}
			channels[c] = FromFloat(one, k.H, k.W, 1)
		}
		strip := Strip(channels, Layout{Pad: gap, Scale: 1})
		imgs[i] = strip.SubImage(strip.Rect.Inset(gap))
	}
	return imgs
}

// extent is the least and the most finite number of channel c of n; of a constant it is a unit
// wide.
func extent(x []float32, c, n int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := c; i < len(x); i += n {
		if v := float64(x[i]); !math.IsNaN(v) && !math.IsInf(v, 0) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if !(hi > lo) {
		return lo - .5, lo + .5
	}
	return lo, hi
}
