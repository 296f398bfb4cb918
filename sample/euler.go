package sample

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Euler is Euler's method on the probability flow in the process's own time (Song et al. 2021,
// arXiv:2011.13456, eq. 13):
//
//	x_s = x + (s - t) velocity,   velocity = a' x0hat + s' epshat
//
// and x0hat in the step to Clean. It is of first order, and goes both ways.
//
// DDIM with eta = 0 is the same step for Flow (so that both are diffusers' FlowMatchEuler) and for
// EDM, where Alpha and Sigma are linear in t; for every other process it holds only x0hat and
// epshat fixed during a step and takes Alpha and Sigma as they are, so that it is exact where the
// data are one point. Which of the two is nearer on other data depends on them: docs/samplers.md.
// k-diffusion's Euler, and diffusers' EulerDiscrete, is Euler's method in Sigma/Alpha: DDIM for
// every process.
type Euler[X any] struct{}

// Row describes the solver.
func (Euler[X]) Row() table.Info {
	return table.Info{Name: "euler", Text: "Euler on the probability flow in the process's own time, order 1" + notBridges}
}

// Habits are 50 steps, and 400 under VE, whose noise grows geometrically in the process's own time.
func (Euler[X]) Habits(p reverie.Process) Habits {
	h := Habits{Steps: 50, Spacing: "linear"}
	if _, ok := whole(p).(reverie.VE); ok {
		h.Steps = 400
	}
	return h
}

// Fits refuses a bridge.
func (Euler[X]) Fits(p reverie.Process) error { return noFar("euler", p) }

// Step returns x at s.
func (Euler[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if s == reverie.Clean {
		return r.affine(ctx, r.move(t, s, 0), x, t)
	}
	cx, c0, _ := r.Process.At(t).Velocity()
	return r.affine(ctx, reverie.Step{X: 1 + (s-t)*cx, X0: (s - t) * c0}, x, t)
}
