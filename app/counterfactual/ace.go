package counterfactual

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// ACE moves the data by projected gradient descent, the classifier seeing them through the model
// (Jeanneret et al. 2023, arXiv:2303.09962):
//
//	x' <- x' - scale Step sign(grad (-log p(target | F(x')) + L1 |x' - x|_1))
//
// Iterations times from x' = x, where F noises to where the last share Strength of the grid's steps
// begins, by noise of its own each time, and goes down from there by DDIM without fresh noise, over
// all times of the grid or FilterSteps of them. The gradient is that through F, a vector-Jacobian
// product for each of its steps. Where the Problem clamps, x' stays within [-1,1]. Then x' is
// noised to the same time and walked down by the solver, outside of the mask
//
//	dilate(d/max d > mask-threshold),   d the sum over a pixel's channels of |x' - x|
//
// the data noised to each step's end standing in its place, and at last the data themselves.
//
// Scale 1 is the authors', whose steps are a level of 255. As every step is as long, what the scale
// bounds is how far a number may go, scale Step Iterations.
type ACE[X any] struct {
	Redraw
	Iterations  int     `flag:"iterations" range:"[1,100000]" help:"steps of the descent"`
	Step        float64 `flag:"step" range:"(0,2]" help:"length of a step of each number at scale 1"`
	L1          float64 `flag:"l1" range:"[0,1e6]" help:"weight of the sum of |x' - x| beside the classifier's loss"`
	FilterSteps int     `flag:"filter-steps" range:"[0,100000]" help:"steps of the denoising through which the classifier sees, of those walked" zero:"all"`
	Masking
}

// Row describes the method.
func (*ACE[X]) Row() table.Info {
	return table.Info{Name: "ace", Text: "the image moved as the classifier sees it through the model, then repainted (Jeanneret et al. 2023)"}
}

// Wants is the vector-Jacobian product.
func (*ACE[X]) Wants() reverie.Want { return reverie.WantVJP }

// Try implements Method.
func (m *ACE[X]) Try(ctx context.Context, p Problem[X], scale []float64) (t Trial[X], err error) {
	w, err := p.begin(m, scale)
	if err != nil {
		return t, err
	}
	moved, err := m.descend(ctx, w)
	if err != nil {
		return t, w.failed(err)
	}
	solver, x := sample.Fresh(p.Solver), w.rows(moved)
	var masks [][]bool
	if m.Threshold > 0 {
		masks = m.of(p.Shape, moved, w.data)
		solver = repainting[X]{sample.Wrapped[X]{Solver: solver}, w, func() [][]bool { return masks }}
		x = w.within(masks, x, p.X)
	}
	x, err = edit.SDEdit(ctx, w.run, solver, x, p.Grid, m.Strength, p.Hook)
	return w.end(x, masks, err)
}

// descend returns the data moved.
func (m *ACE[X]) descend(ctx context.Context, w *walk[X]) ([][]float64, error) {
	tail, err := edit.Tail(w.Grid, m.Strength)
	if err != nil {
		return nil, err
	}
	f, moved := w.filterOf(tail, m.FilterSteps), w.space.Rows(w.X)
	for range m.Iterations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x := w.rows(moved)
		g, err := f.gradient(ctx, x, w.space.Noise(x))
		if err != nil {
			return nil, err
		}
		m.move(w, moved, w.space.Rows(g))
		if r, ok := w.run.Space.(sample.Recycler[X]); ok {
			r.Next(w.X)
		}
	}
	return moved, nil
}

// move moves the data x by a step along the signs of what g, a gradient, leaves beside L1.
func (m *ACE[X]) move(w *walk[X], x, g [][]float64) {
	for n, row := range x {
		for i, v := range row {
			v += w.scale[n] * m.Step * sign(g[n][i]-m.L1*sign(v-w.data[n][i]))
			if w.Clamp.X || w.Clamp.X0 || w.Clamp.Quantile > 0 {
				v = min(max(v, -1), 1)
			}
			row[i] = v
		}
	}
}
