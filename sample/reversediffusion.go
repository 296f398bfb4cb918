package sample

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// ReverseDiffusion is the reverse-diffusion sampler of Song et al. (2021, arXiv:2011.13456,
// appendix E, eq. 46 and algorithms 2 and 3, predictor): the forward chain from s to t, x_t =
// (a_t/a_s) x_s + sqrt(V) z, reversed with the same discretisation,
//
//	x_s = (2 - a_t/a_s) x + V score + sqrt(V) z,   V = s_t^2 - (a_t/a_s)^2 s_s^2
//
// and without noise in the step to Clean. For neighbouring indices of a DDPM a_t/a_s =
// sqrt(1-beta_t) and V = beta_t; for VE V = s_t^2 - s_s^2. It is of weak order 1. Where a = 0 (flow
// at 1) the step is ancestral.
type ReverseDiffusion[X any] struct{}

// Row describes the solver.
func (ReverseDiffusion[X]) Row() table.Info {
	return table.Info{Name: "reverse-diffusion", Text: "the forward chain's discretisation reversed" + notBoth}
}

// Habits are 100 steps.
func (ReverseDiffusion[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 100, Spacing: "linear"}
}

// Fits refuses a process without a score.
func (ReverseDiffusion[X]) Fits(p reverie.Process) error { return needsScore("reverse-diffusion", p) }

// Step returns x at s.
func (ReverseDiffusion[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if err := downward("reverse-diffusion", t, s); err != nil {
		return x, err
	}
	ct, cs := r.Process.At(t), reverie.At(r.Process, s)
	if ct.Alpha == 0 {
		return r.affine(ctx, r.move(t, s, 1), x, t)
	}
	V := reverie.ForwardVariance(ct, cs)
	sx, s0, _ := ct.Score()
	m := reverie.Step{X: 2 - ct.Alpha/cs.Alpha + V*sx, X0: V * s0}
	if s != reverie.Clean {
		m.Noise = math.Sqrt(V)
	}
	return r.affine(ctx, m, x, t)
}
