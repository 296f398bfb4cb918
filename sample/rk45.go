package sample

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// RK45 integrates the probability flow between the times of the grid with adaptive steps, to a
// tolerance (Song et al. 2021, arXiv:2011.13456, section 4.3; see Adaptive):
//
//	dx/dt = a' x0hat + s' epshat
//
// in the process's own time; for a Discrete process, whose slope jumps at every index, in lambda =
// log(a/s). The grid only says where the walk is seen: its number of steps changes nothing but the
// restarts. A step to Clean integrates to lo and ends with x0hat there.
// It goes both ways. The Space must be a Normer. A common step serves the batch, so a sample agrees
// with the same one in another batch only within the tolerance.
type RK45[X any] struct {
	RTol     float64 `flag:"rtol" range:"0|[1e-13,1]" rare:"true" help:"relative tolerance" zero:"1e-5"` // on each sample's Euclidean norm
	ATol     float64 `flag:"atol" range:"0|[1e-15,1e6]" rare:"true" help:"absolute tolerance" zero:"1e-5"`
	MaxCalls int     `flag:"max-calls" range:"0|[1,1e9]" rare:"true" help:"most network calls in a run" zero:"10,000"`

	next  float64 // the size of step that comes next
	calls int
}

// Row describes the solver.
func (*RK45[X]) Row() table.Info {
	return table.Info{Name: "rk45", Text: "adaptive Runge-Kutta 5(4) on the probability flow, to a tolerance" + notBridges}
}

// Habits are a walk that is seen 50 times.
func (*RK45[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 50, Spacing: "linear", Joint: true}
}

// Fits refuses a bridge.
func (*RK45[X]) Fits(p reverie.Process) error { return noFar("rk45", p) }

// Step returns x at s.
func (k *RK45[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	norm, ok := r.Space.(reverie.Normer[X])
	if !ok {
		return x, fmt.Errorf("rk45 needs norms: %T lacks Norm(x)", r.Space)
	}
	if s == reverie.Clean {
		lo, _ := r.Process.Span()
		x, err := k.integrate(ctx, r, norm, x, t, lo)
		if err != nil {
			return x, err
		}
		return r.affine(ctx, r.move(lo, s, 0), x, lo)
	}
	return k.integrate(ctx, r, norm, x, t, s)
}

// integrate returns x at s.
func (k *RK45[X]) integrate(ctx context.Context, r *Run[X], norm reverie.Normer[X], x X, t, s float64) (X, error) {
	f := flow[X]{r: r}
	if _, ok := r.Process.(reverie.Discrete); ok {
		f.lambda = true
		t, s = r.Process.At(t).Lambda(), r.Process.At(s).Lambda()
	}
	a := Adaptive[X]{
		Slope: f.slope, Sum: r.Space.Sum, Norm: norm.Norm, After: r.recycle,
		RTol: k.RTol, ATol: k.ATol, First: k.next, MaxCalls: k.MaxCalls, spent: k.calls,
	}
	x, report, err := a.Integrate(ctx, x, t, s)
	k.next, k.calls = report.Next, k.calls+report.Calls
	return x, err
}

// flow is the probability flow of a run, in the process's own time or in lambda.
type flow[X any] struct {
	r      *Run[X]
	lambda bool
}

// slope returns the velocity at x.
func (f flow[X]) slope(ctx context.Context, x X, t float64) (X, error) {
	if f.lambda {
		t = reverie.TimeAt(f.r.Process, t)
	}
	c := f.r.Process.At(t)
	cx, c0, _ := c.Velocity()
	if f.lambda {
		rate := c.DAlpha/c.Alpha - c.DSigma/c.Sigma // of lambda in t
		cx, c0 = cx/rate, c0/rate
	}
	return f.r.affine(ctx, reverie.Step{X: cx, X0: c0}, x, t)
}
