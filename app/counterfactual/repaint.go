package counterfactual

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// repainting is a solver after whose steps to a time s the data, noised to s, stand outside of
// masks (Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1 of one pass).
type repainting[X any] struct {
	sample.Wrapped[X]
	walk  *walk[X]
	masks func() [][]bool // after each step; nil: none yet
}

// Step returns x at s.
func (r repainting[X]) Step(ctx context.Context, run *sample.Run[X], x X, t, s float64) (X, error) {
	x, err := r.Solver.Step(ctx, run, x, t, s)
	if err != nil {
		return x, err
	}
	masks := r.masks()
	if masks == nil {
		return x, nil
	}
	data, c := r.walk.X, reverie.At(run.Process, s)
	if c.Sigma > 0 {
		data = run.Space.Sum([]float64{c.Alpha, c.Sigma}, data, run.Space.Noise(data))
	}
	return r.walk.within(masks, x, data), nil
}
