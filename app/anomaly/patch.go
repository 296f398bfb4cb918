package anomaly

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Patch asks of one patch after another what the model would have there, given all around it, and
// averages where patches overlap (pDDPM, Behrendt et al. 2023, arXiv:2303.03758):
//
//	x_t = a x + s eps in the patch,   x' there = what agrees with x around it,   map = |x - mean of x'|
//
// Of any model it draws the patch from x_t by the Setup's Fill, which inpaints. For data ~ N(mu, C)
// and one that is exact, edit.MMPS, with S and m the covariance and the mean of the patch given
// what is around it, and on average over the noise,
//
//	x - x' = s^2 (a^2 S + s^2 I)^-1 (x - m)
//
// Recon's formula, but with what the surroundings leave open in place of all that varies: a lesion
// within a patch survives by the variance of S, which is the smaller the smaller the patch. One
// that is larger than the patch is a part of the surroundings.
//
// Context is for a model that was trained with clean surroundings, noise being put on a box of the
// image alone: it is asked once for x0hat of the image, x_t in the patch and x itself around it,
// and of its answer the patch is kept. An exact one has the same mean. What is around the patch is
// not scaled by a, so that such a model does not pass from one process to another
// (reverie.Transfer).
type Patch[X any] struct {
	Level  float64 `flag:"level" range:"[0,1e9]" help:"time to which patches are noised, in the process's own" zero:"that of sigma/alpha = 3.4"`
	Size   int     `flag:"patch" range:"[0,100000]" help:"side of a patch, in pixels" zero:"half the shorter side"`
	Stride int     `flag:"stride" range:"[0,100000]" help:"pixels from one patch to the next" zero:"half a patch"`
	Repeat int     `flag:"repeat" range:"0|[1,10000]" help:"draws of the noise that are averaged" zero:"1"`

	// Context says that the model was trained with noise on a box of the image alone: it is asked
	// so, once for each patch. That is no setting: the model's files say it.
	Context bool
}

// patchRatio is that of pDDPM's 500 of 1,000 steps of linear betas.
const patchRatio = 3.4

// Row describes the method.
func (*Patch[X]) Row() table.Info {
	return table.Info{Name: "patch", Text: "one patch after another redrawn from its surroundings (pDDPM, Behrendt et al. 2023)"}
}

// Find maps x.
func (m *Patch[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	return s.find(m, x, func(l *look[X]) error {
		t, err := l.level("level", m.Level, patchRatio)
		if err != nil {
			return err
		}
		boxes, err := m.boxes(l)
		if err != nil {
			return err
		}
		redraw := l.fromContext
		if !m.Context {
			tail, err := l.tail(t)
			if err != nil {
				return err
			}
			redraw = l.inpainted(tail)
		}
		l.used(t)
		return l.patches(boxes, max(1, m.Repeat), func(known []bool, i, n int) ([][]float64, error) {
			return redraw(ctx, known, t, i, n)
		})
	})
}

// patches takes of each box, so often, what redraw makes of it, and adds the mean. known are the
// pixels outside of the box, i and n count the calls.
func (l *look[X]) patches(boxes [][]bool, repeat int, redraw func(known []bool, i, n int) ([][]float64, error)) error {
	total := each(l.rows, func(n, i int) float64 { return 0 })
	count := make([]float64, l.Shape.H*l.Shape.W)
	for i := range len(boxes) * repeat {
		known := boxes[i/repeat]
		rows, err := redraw(known, i, len(boxes)*repeat)
		if err != nil {
			return err
		}
		for pixel, outside := range known {
			if outside {
				continue
			}
			count[pixel]++
			for n := range rows {
				for j := pixel * l.Shape.C; j < (pixel+1)*l.Shape.C; j++ {
					total[n][j] += rows[n][j]
				}
			}
		}
	}
	l.add(each(total, func(n, i int) float64 { return total[n][i] / count[i/l.Shape.C] }))
	return nil
}

// inpainted redraws a patch by walks down the tail of a grid.
func (l *look[X]) inpainted(tail []float64) func(ctx context.Context, known []bool, t float64, i, n int) ([][]float64, error) {
	return func(ctx context.Context, known []bool, t float64, i, n int) ([][]float64, error) {
		all := make([][]bool, len(l.rows))
		for k := range all {
			all[k] = known
		}
		return l.fill(ctx, all, l.noised(l.x, t), tail, l.part(i, n))
	}
}

// fromContext redraws a patch by one call of a model that was trained with clean surroundings.
func (l *look[X]) fromContext(ctx context.Context, known []bool, t float64, i, n int) ([][]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	noised := l.space.Rows(l.noised(l.x, t))
	mixed := each(noised, func(n, i int) float64 {
		if known[i/l.Shape.C] {
			return l.rows[n][i]
		}
		return noised[n][i]
	})
	x0, err := reverie.Denoise(ctx, l.run.Denoiser, own(l.space, l.space.FromRows(l.x, mixed)), t)
	if err != nil {
		return nil, err
	}
	rows := l.space.Rows(x0)
	return rows, l.evaluated(t, x0, i, n)
}

// boxes are, for each patch, the pixels outside of it.
func (m *Patch[X]) boxes(l *look[X]) (all [][]bool, err error) {
	if err := l.shaped(); err != nil {
		return nil, err
	}
	h, w := l.Shape.H, l.Shape.W
	size := m.Size
	if size == 0 {
		size = max(1, min(h, w)/2)
	}
	if size > min(h, w) {
		return nil, fmt.Errorf("patch %d is larger than images of %v: expected at most %d", size, l.Shape, min(h, w))
	}
	stride := m.Stride
	if stride == 0 {
		stride = max(1, size/2)
	}
	if stride > size {
		return nil, fmt.Errorf("stride %d leaves out pixels between patches of %d: expected at most that", stride, size)
	}
	for _, top := range starts(h, size, stride) {
		for _, left := range starts(w, size, stride) {
			all = append(all, outside(h, w, top, left, size))
		}
	}
	return all, nil
}

// starts are where the patches along a side begin, the last one at its end.
func starts(side, size, stride int) (all []int) {
	for at := 0; at < side-size; at += stride {
		all = append(all, at)
	}
	return append(all, side-size)
}

// outside says of each pixel [h,w] whether it lies outside of a box.
func outside(h, w, top, left, size int) []bool {
	known := make([]bool, h*w)
	for i := range known {
		y, x := i/w-top, i%w-left
		known[i] = y < 0 || y >= size || x < 0 || x >= size
	}
	return known
}
