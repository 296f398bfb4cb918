package sample

import (
	"context"
	"errors"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DDIM steps with the share Eta in [0, 1] of fresh noise (Song et al. 2021, arXiv:2010.02502, eq.
// 12): see reverie.Move. Eta = 0 is deterministic, and Euler's method for VE and for rectified
// flow; it also runs backwards, from data to noise: see Invert. Eta = 1 is ancestral.
type DDIM[X any] struct {
	Eta float64 `flag:"eta" range:"[0,1]" help:"fresh noise: 0 deterministic, 1 ancestral"`
	// Quiet leaves a bridge's far end, which is a point, by reverie.Leave: the ODE that gives one
	// estimate of x0 for each x1. Otherwise that step draws noise whatever Eta.
	Quiet bool `flag:"quiet" rare:"true" help:"leave a bridge's far end without noise, with eta 0: one estimate for each far end"`
}

// Row describes the solver.
func (DDIM[X]) Row() table.Info {
	return table.Info{Name: "ddim", Text: "deterministic (eta 0) to ancestral (eta 1)" + notBetween + " with eta above 0"}
}

// Habits are 50 steps.
func (DDIM[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 50, Spacing: "linear", Chief: "eta"}
}

// Fits refuses noise where the process has no score, and Quiet where there is noise or no point to
// leave.
func (d DDIM[X]) Fits(p reverie.Process) error {
	if d.Quiet && d.Eta > 0 {
		return fmt.Errorf("solver ddim: quiet leaves a bridge's far end without noise, and eta %v draws it in every step: leave one of them out", d.Eta)
	}
	if d.Quiet && !(reverie.HasFar(p) && reverie.PriorSigma(p) == 0) {
		return errors.New("solver ddim: quiet is of processes that start from a point, bridges, and this one starts from noise: leave it out")
	}
	if d.Eta > 0 && reverie.HasScore(p) != nil {
		return needsScore("ddim with eta above 0", p)
	}
	return nil
}

// Takes is what noises x anew.
func (d DDIM[X]) Takes() reverie.Want { return reverie.WantRenoise }

// Step returns x at s.
func (d DDIM[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	e, w, err := r.ask(ctx, d, x, t)
	if err != nil {
		return x, err
	}
	m := r.move(t, s, d.Eta)
	if d.Quiet {
		m = reverie.Leave(reverie.At(r.Process, t), reverie.At(r.Process, s))
	}
	return r.step(m, reverie.At(r.Process, s).Alpha, x, e, w)
}
