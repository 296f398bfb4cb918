package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// EulerMaruyama is the method of that name on the reverse SDE in the process's own time (Anderson
// 1982; Song et al. 2021, arXiv:2011.13456, eq. 6), of weak order 1:
//
//	x_s = x - (f x + (b' - f b) x1 - g^2 score) h + g sqrt(h) z,   h = t - s,   f = a'/a
//
// and x0hat in the step to Clean. Where a = 0 (flow and bridges at 1) f is singular, and the step
// is ancestral. Of a bridge the far end cancels: it is the process from x1 of which E[x0 | x_t] is
// known. Its samples have the law's variance to second order, where ancestral steps, whose x0hat
// stands for a law of x0, lose as much as their last noise.
type EulerMaruyama[X any] struct{}

// Row describes the solver.
func (EulerMaruyama[X]) Row() table.Info {
	return table.Info{Name: "euler-maruyama", Text: "Euler-Maruyama on the reverse SDE" + notBetween}
}

// Habits are 100 steps, even in the noise level's logarithm, which a bridge has none of at its far
// end: there 50 even ones, as walks of training take.
func (EulerMaruyama[X]) Habits(p reverie.Process) Habits {
	if p != nil && reverie.HasFar(p) {
		return Habits{Steps: 50, Spacing: "linear"}
	}
	return Habits{Steps: 100, Spacing: "logsnr"}
}

// Fits refuses a process without a score.
func (EulerMaruyama[X]) Fits(p reverie.Process) error {
	if err := reverie.HasScore(p); err != nil {
		return fmt.Errorf("solver euler-maruyama needs the score: %w", err)
	}
	return nil
}

// Step returns x at s.
func (EulerMaruyama[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if err := downward("euler-maruyama", t, s); err != nil {
		return x, err
	}
	c := r.Process.At(t)
	if s == reverie.Clean || c.Alpha == 0 {
		return r.affine(ctx, r.move(t, s, 1), x, t)
	}
	f, far := c.Drift()
	g2, h := reverie.G2(r.Process, t), t-s
	sx, s0, s1 := c.Score()
	return r.affine(ctx, reverie.Step{X: 1 - h*(f-g2*sx), X0: h * g2 * s0, Far: h * (g2*s1 - far), Noise: math.Sqrt(g2 * h)}, x, t)
}
