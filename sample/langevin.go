package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Langevin is unadjusted Langevin dynamics at one noise level, the process's law at the time Level:
//
//	x <- x + (h/2) score(x) + sqrt(h) z
//
// It does not follow the grid, of which only the number of steps counts: each is Updates updates,
// and the step to Clean ends with x0hat. x is at Level from the first step on. Without the noise
// (Still) every path climbs to a mode, where all of them collapse. For small h its law tends to
// that at Level but for a bias of order h; between modes far apart it hardly ever crosses, which
// AnnealedLangevin is for.
type Langevin[X any] struct {
	Level   float64 `flag:"level" range:"[0,1e9]" rare:"true" help:"the time at which it stays" zero:"the process's first"`      // in the process's Span
	H       float64 `flag:"step-size" range:"[0,1e6]" rare:"true" help:"size h of an update" zero:"from the lowest noise level"` // 0: 0.2 Sigma^2 at Level
	Updates int     `flag:"updates" range:"[0,1e6]" rare:"true" help:"updates in a step" zero:"1"`
	Still   bool    `flag:"still" rare:"true" help:"without its noise: paths collapse to the modes"`
}

// Row describes the solver.
func (Langevin[X]) Row() table.Info {
	return table.Info{Name: "langevin", Text: "Langevin dynamics at one noise level" + notBoth}
}

// Habits are 50 steps at a time of its own.
func (Langevin[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 50, Spacing: "linear", OwnTimes: true}
}

// Fits refuses a process without a score.
func (Langevin[X]) Fits(p reverie.Process) error { return needsScore("langevin", p) }

// Step returns x after the updates.
func (l Langevin[X]) Step(ctx context.Context, r *Run[X], x X, _, s float64) (X, error) {
	level, err := l.level(r.Process)
	if err != nil {
		return x, err
	}
	c := r.Process.At(level)
	u := update(c, or(l.H, shareOfVariance*c.Sigma*c.Sigma))
	if l.Still {
		u.Noise = 0
	}
	return updates(ctx, r, u, max(1, l.Updates), x, level, s == reverie.Clean)
}

// shareOfVariance is h/Sigma^2 in NCSN's experiments: 2e-5 at Sigma = 0.01.
const shareOfVariance = 0.2

// update is one update of Langevin dynamics of size h at the law c.
func update(c reverie.Coef, h float64) reverie.Step {
	sx, s0, _ := c.Score()
	return reverie.Step{X: 1 + h/2*sx, X0: h / 2 * s0, Noise: math.Sqrt(h)}
}

// updates takes n updates u at t, and ends with x0hat where clean says so.
func updates[X any](ctx context.Context, r *Run[X], u reverie.Step, n int, x X, t float64, clean bool) (X, error) {
	var err error
	for i := range n {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		if x, err = r.affine(ctx, u, x, t); err != nil {
			return x, err
		}
		if i < n-1 {
			r.recycle(x)
		}
	}
	if clean {
		return r.affine(ctx, r.move(t, reverie.Clean, 0), x, t)
	}
	return x, nil
}

// level returns the time at which the dynamics run.
func (l Langevin[X]) level(p reverie.Process) (float64, error) {
	lo, hi := p.Span()
	if l.Level == 0 {
		return lo, nil
	}
	if !(l.Level >= lo && l.Level <= hi) {
		return 0, fmt.Errorf("level = %v: expected a time within %v..%v", l.Level, lo, hi)
	}
	return l.Level, nil
}
