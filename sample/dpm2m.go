package sample

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DPM2M is DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, algorithm 2): deterministic, of
// second order in lambda = log(a/s) at one call a step, by the x0hat of the step before:
//
//	h = lambda_s - lambda_t,   rho = h_before/h
//	D = (1 + 1/(2 rho)) x0hat_t - 1/(2 rho) x0hat_before
//	x_s = (s_s/s_t) x - a_s (e^-h - 1) D
//
// The first step, and those next to Clean and to Alpha = 0, where h is infinite, are of first
// order: DDIM's. A value is for one run; where a step does not follow on the last one, its history
// starts anew. It also goes from data to noise.
type DPM2M[X any] struct {
	LowerFinal bool `flag:"lower-final" rare:"true" help:"a lower order in the last steps"` // also where the grid ends above Clean

	history[X]
}

// Row describes the solver.
func (*DPM2M[X]) Row() table.Info {
	return table.Info{Name: "dpm++2m", Text: "DPM-Solver++(2M), deterministic, order 2 at one call a step" + notBridges}
}

// Habits are the paper's spacing.
func (*DPM2M[X]) Habits(reverie.Process) Habits { return Habits{Steps: 20, Spacing: "logsnr"} }

// Fits refuses a bridge.
func (*DPM2M[X]) Fits(p reverie.Process) error { return noFar("dpm++2m", p) }

// Step returns x at s.
func (d *DPM2M[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	return d.step(ctx, r, x, t, s, 0, d.LowerFinal && r.left == 1)
}

// history is the x0hat of the step before, and where that step went.
type history[X any] struct {
	x0   X
	h    float64 // its length in lambda
	to   float64
	full bool
}

// step is a step of 2M with the share eta of fresh noise, 0 or 1. Both are Move's with x0hat
// replaced by D.
func (b *history[X]) step(ctx context.Context, r *Run[X], x X, t, s, eta float64, lower bool) (X, error) {
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	ct, cs := reverie.At(r.Process, t), reverie.At(r.Process, s)
	h := cs.Lambda() - ct.Lambda()
	D := x0
	if b.full && b.to == t && !lower && !math.IsInf(h, 0) && !math.IsInf(b.h, 0) {
		k := h / (2 * b.h)
		D = r.Space.Sum([]float64{1 + k, -k}, x0, b.x0)
	}
	*b = history[X]{x0, h, s, true}
	return r.apply(reverie.Move(ct, cs, eta), x, D)
}
