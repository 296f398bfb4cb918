package sample

import (
	"context"

	"github.com/reverie-go/reverie"
)

// DDIM steps with the share Eta in [0, 1] of fresh noise (Song et al. 2021, arXiv:2010.02502, eq. 12): see reverie.Move. Eta = 0 is
// deterministic, and Euler's method for VE and for rectified flow; it also runs backwards, from data to noise. Eta = 1 is ancestral.
type DDIM[X any] struct{ Eta float64 }

// Step returns x at s.
func (d DDIM[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	return r.apply(reverie.Move(reverie.At(r.Process, t), reverie.At(r.Process, s), d.Eta), x, x0)
}
