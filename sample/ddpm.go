package sample

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
)

// DDPM is ancestral sampling (Ho et al. 2020, arXiv:2006.11239, algorithm 2), on all indices or any part of them, for any process:
//
//	x_s = posterior mean(x_t, x0hat) + sqrt(variance) z,   no noise in the step to Clean
//
// For neighbouring indices of a DDPM the mean is (x - beta_t/sqrt(1-abar_t) eps)/sqrt(alpha_t), the variance
// beta_t (1-abar_{t-1})/(1-abar_t) (posterior) or beta_t (beta).
type DDPM[X any] struct{ Variance reverie.Variance }

// Step returns x at s.
func (d DDPM[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	ct, cs := reverie.At(r.Process, t), reverie.At(r.Process, s)
	m := reverie.Move(ct, cs, 1)
	if d.Variance != reverie.PosteriorVariance {
		m.Noise = math.Sqrt(d.Variance.Of(ct, cs))
	}
	return r.apply(m, x, x0)
}
