package counterfactual

import (
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/edit"
)

// A Masking keeps a change to the pixels where it is largest:
//
//	dilate(d/max d > Threshold),   d the sum over a pixel's channels of |x' - x|
type Masking struct {
	Threshold float64 `flag:"mask-threshold" range:"[0,1)" help:"the change of a pixel, over the largest, above which it is within the mask" zero:"no mask"`
	Dilation  int     `flag:"dilation" range:"[0,1001]" help:"side of the square by which the mask is dilated, in pixels, odd" zero:"a sixth of the image's shorter side"`
}

// Validate refuses a square without a middle.
func (m Masking) Validate() error {
	if m.Dilation > 0 && m.Dilation%2 == 0 {
		return fmt.Errorf("--dilation %d: expected an odd number, that the square has a middle pixel", m.Dilation)
	}
	return nil
}

// of returns the masks [H,W] of the samples of a shape that differ from others.
func (m Masking) of(s edit.Shape, x, from [][]float64) [][]bool {
	masks := make([][]bool, len(x))
	for n := range x {
		masks[n] = dilated(s, changed(s, x[n], from[n], m.Threshold), m.side(s))
	}
	return masks
}

// side is that of the square, odd: of 0 the sixth, as 21 pixels are of the authors' 128.
func (m Masking) side(s edit.Shape) int {
	if m.Dilation > 0 {
		return m.Dilation
	}
	return min(s.H, s.W)/6 | 1
}

// changed are the pixels whose change is above a share of the largest.
func changed(s edit.Shape, x, from []float64, share float64) []bool {
	change, mask := make([]float64, s.H*s.W), make([]bool, s.H*s.W)
	for i, v := range x {
		change[i/s.C] += math.Abs(v - from[i])
	}
	limit := share * slices.Max(change)
	for i, c := range change {
		mask[i] = c > limit
	}
	return mask
}

// dilated are the pixels with one of the mask within the square around them: along rows, and then
// along columns.
func dilated(s edit.Shape, mask []bool, side int) []bool {
	return spread(spread(mask, s.W, 1, side/2), s.H, s.W, side/2)
}

// spread are the pixels with one of the mask at most reach away along lines of a length, whose
// pixels are a stride apart.
func spread(mask []bool, length, stride, reach int) []bool {
	out := make([]bool, len(mask))
	for i, in := range mask {
		if !in {
			continue
		}
		at := i / stride % length
		for k := max(0, at-reach); k <= min(length-1, at+reach); k++ {
			out[i+(k-at)*stride] = true
		}
	}
	return out
}

// whole are masks of every pixel.
func whole(s edit.Shape, n int) [][]bool {
	masks := make([][]bool, n)
	for i := range masks {
		masks[i] = slices.Repeat([]bool{true}, s.H*s.W)
	}
	return masks
}

// union adds the pixels of more to masks, which may be nil.
func union(masks, more [][]bool) [][]bool {
	for n, mask := range masks {
		for i, in := range mask {
			more[n][i] = more[n][i] || in
		}
	}
	return more
}

// within returns x where the masks are, and the other elsewhere.
func (w *walk[X]) within(masks [][]bool, x, other X) X {
	rows, rest := w.space.Rows(x), w.space.Rows(other)
	for n, row := range rows {
		for i := range row {
			if !masks[n][i/w.Shape.C] {
				row[i] = rest[n][i]
			}
		}
	}
	return w.rows(rows)
}
