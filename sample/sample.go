package sample

import (
	"context"
	"errors"
	"fmt"

	"github.com/reverie-go/reverie"
)

// A Run is what a Solver works on.
type Run[X any] struct {
	Space    reverie.Space[X]
	Process  reverie.Process
	Denoiser reverie.Denoiser[X]
	Far      []X     // the given end x1, for a process that has one (then exactly one)
	Clamp    float64 // x is clamped to [-Clamp, Clamp] after every step, as the lecture does; 0: not. The Space must be a Clamper

	x0 X // the last x0hat
}

// Denoise returns x0hat at t, and keeps it for the hook.
func (r *Run[X]) Denoise(ctx context.Context, x X, t float64) (X, error) {
	x0, err := r.Denoiser.Denoise(ctx, x, t)
	r.x0 = x0
	return x0, err
}

// Prior returns the x from which sampling starts at hi: noise in the shape of like (see reverie.PriorSigma), or the given far end.
func (r *Run[X]) Prior(like X) X {
	if len(r.Far) == 1 {
		return r.Far[0]
	}
	z := r.Space.Noise(like)
	if s := reverie.PriorSigma(r.Process); s != 1 {
		z = r.Space.Sum([]float64{s}, z)
	}
	return z
}

// A Solver takes one step: it returns x at time s from x at time t. s may be reverie.Clean. A solver that keeps a history is a
// value for one run.
type Solver[X any] interface {
	Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error)
}

// A State is where a walk is after a step.
type State[X any] struct {
	Step, Steps int     // 1..Steps
	T, S        float64 // the step went from T to S
	X           X       // x at S
	X0          X       // x0hat as the step saw it at T
}

// Sample walks x along the grid: from grid[0], the time of x, to its last, which may be reverie.Clean. After each step it calls hook,
// if any, whose error ends the walk; ctx ends it between steps. On an error it returns the x it had reached.
func Sample[X any](ctx context.Context, run *Run[X], solver Solver[X], x X, grid []float64, hook func(State[X]) error) (X, error) {
	clamp, err := run.check(grid)
	if err != nil {
		return x, err
	}
	r := *run
	for i, s := range grid[1:] {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		t := grid[i]
		next, err := solver.Step(ctx, &r, x, t, s)
		if err != nil {
			return x, fmt.Errorf("step %d of %d, from t = %v: %w", i+1, len(grid)-1, t, err)
		}
		x = clamp(next)
		if hook == nil {
			continue
		}
		if err := hook(State[X]{Step: i + 1, Steps: len(grid) - 1, T: t, S: s, X: x, X0: r.x0}); err != nil {
			return x, err
		}
	}
	return x, nil
}

// check reports what is wrong with the run or its grid, and returns the clamp of x.
func (r *Run[X]) check(grid []float64) (clamp func(X) X, err error) {
	if r.Space == nil || r.Process == nil || r.Denoiser == nil {
		return nil, errors.New("sample: a Run needs a Space, a Process and a Denoiser")
	}
	if len(r.Far) > 1 {
		return nil, fmt.Errorf("sample: %d far ends given: expected at most one", len(r.Far))
	}
	if err := checkGrid(r.Process, grid); err != nil {
		return nil, err
	}
	if r.Clamp == 0 {
		return func(x X) X { return x }, nil
	}
	c, ok := r.Space.(reverie.Clamper[X])
	if !ok || !(r.Clamp > 0) {
		return nil, fmt.Errorf("sample: clamp = %v with %T: expected a bound above 0 and a Space that can clamp", r.Clamp, r.Space)
	}
	return func(x X) X { return c.Clamp(x, -r.Clamp, r.Clamp) }, nil
}

// apply returns the affine map m of x, x0hat, the far end and, where m says so, fresh noise.
func (r *Run[X]) apply(m reverie.Step, x, x0 X) (X, error) {
	c, terms := []float64{m.X, m.X0}, []X{x, x0}
	if m.Far != 0 {
		if len(r.Far) != 1 {
			return x, errors.New("the process has a far end: set Run.Far to it")
		}
		c, terms = append(c, m.Far), append(terms, r.Far[0])
	}
	if m.Noise != 0 {
		c, terms = append(c, m.Noise), append(terms, r.Space.Noise(x))
	}
	return r.Space.Sum(c, terms...), nil
}
