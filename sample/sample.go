package sample

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
)

// A Run is what a Solver works on.
type Run[X any] struct {
	Space    reverie.Space[X]
	Process  reverie.Process
	Denoiser reverie.Denoiser[X]
	// Far is the given end x1, for a process that has one (then exactly one). Where it is left out
	// of such a process the bridge is unpaired, and what the Denoiser expects of the far end stands
	// for it (reverie.WantFar), or at hi, where the bridge is a point, x itself.
	Far   []X
	Clamp float64 // x is clamped to [-Clamp, Clamp] after every step, as the lecture does; 0: not. The Space must be a Clamper

	x0    X   // the last x0hat
	x1    []X // the last x1hat, of an unpaired bridge
	calls int // of the Denoiser
	steps int // of the whole walk
	left  int // steps from this one on
}

// Denoise returns x0hat at t, and keeps it for the hook.
func (r *Run[X]) Denoise(ctx context.Context, x X, t float64) (X, error) {
	e, err := r.Ask(ctx, reverie.Query[X]{X: x, T: t})
	return e.X0, err
}

// Ask is Denoise for a solver that wants more than x0hat. It gives the query the run's far end, and
// the number of the step.
func (r *Run[X]) Ask(ctx context.Context, q reverie.Query[X]) (reverie.Estimate[X], error) {
	r.calls++
	q.Far, q.Step = r.Far, r.steps-r.left+1
	unpaired := r.unpaired()
	if unpaired {
		q.Want |= reverie.WantFar
	}
	e, err := r.Denoiser.Denoise(ctx, q)
	r.x0 = e.X0
	if unpaired && err == nil {
		if r.x1 = []X{e.X1}; reverie.At(r.Process, q.T).Sigma == 0 {
			r.x1[0] = q.X
		}
	}
	return e, err
}

// unpaired says whether the run is one of a bridge that is given no far end, of a denoiser that
// expects one.
func (r *Run[X]) unpaired() bool {
	return len(r.Far) == 0 && reverie.HasFar(r.Process) && r.Denoiser.Knows(reverie.WantFar) == nil
}

// Prior returns the x from which sampling starts at hi: noise in the shape of like (see
// reverie.PriorSigma), or the given far end, with noise about it where the process has some there.
func (r *Run[X]) Prior(like X) X {
	s := reverie.PriorSigma(r.Process)
	if len(r.Far) == 1 && s == 0 {
		return r.Far[0]
	}
	z := r.Space.Noise(like)
	switch {
	case len(r.Far) == 1:
		z = r.Space.Sum([]float64{1, s}, r.Far[0], z)
	case s != 1:
		z = r.Space.Sum([]float64{s}, z)
	}
	return z
}

// A Solver takes one step: it returns x at time s from x at time t. s may be reverie.Clean. A
// solver that keeps a history is a value for one run: use a new one for each walk. Its history
// reaches back at most three steps, so that a caller may free what is older.
type Solver[X any] interface {
	Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error)
}

// A Fitter is a Solver that does not go with every process. Fits returns nil, or why the solver
// does not go with p and what would.
type Fitter interface {
	Fits(p reverie.Process) error
}

// A Recycler is a Space that gives back the memory of what it made some calls of Next ago, other
// than keep. A solver of many evaluations within one step calls Next between them.
type Recycler[X any] interface{ Next(keep ...X) }

// A State is where a walk is after a step.
type State[X any] struct {
	Step, Steps int     // 1..Steps
	T, S        float64 // the step went from T to S
	X           X       // x at S
	X0          X       // x0hat as the step last saw it
	Calls       int     // calls of the Denoiser so far
}

// Sample walks x along the grid: from grid[0], the time of x, to its last, which may be
// reverie.Clean. After each step it calls hook, if any, whose error ends the walk; ctx ends it
// between steps. On an error it returns the x it had reached.
//
// Where the Space is a Normer, the walk ends with an error once a sample is not finite, or its norm
// is above 1e6 times the larger of 1 and the largest norm at the start: no process scales a sample
// by that much, a diverging solver soon does.
func Sample[X any](ctx context.Context, run *Run[X], solver Solver[X], x X, grid []float64, hook func(State[X]) error) (X, error) {
	clamp, err := run.check(solver, grid)
	if err != nil {
		return x, err
	}
	r := *run
	r.calls, r.steps, r.x1 = 0, len(grid)-1, nil
	healthy := watch(r.Space, x)
	for i, s := range grid[1:] {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		t := grid[i]
		r.left = r.steps - i
		next, err := solver.Step(ctx, &r, x, t, s)
		if err == nil {
			next = clamp(next)
			err = healthy(next)
		}
		if err != nil {
			return x, fmt.Errorf("step %d of %d, from t = %v to %v: %w", i+1, r.steps, t, s, err)
		}
		x = next
		if hook == nil {
			continue
		}
		if err := hook(State[X]{Step: i + 1, Steps: r.steps, T: t, S: s, X: x, X0: r.x0, Calls: r.calls}); err != nil {
			return x, err
		}
	}
	return x, nil
}

// check reports what is wrong with the run, its solver or its grid, and returns the clamp of x.
func (r *Run[X]) check(solver Solver[X], grid []float64) (clamp func(X) X, err error) {
	if r.Space == nil || r.Process == nil || r.Denoiser == nil {
		return nil, errors.New("sample: a Run needs a Space, a Process and a Denoiser")
	}
	if len(r.Far) > 1 {
		return nil, fmt.Errorf("sample: %d far ends given: expected at most one", len(r.Far))
	}
	if err := checkGrid(r.Process, grid); err != nil {
		return nil, err
	}
	if err := Fits(solver, r.Process); err != nil {
		return nil, fmt.Errorf("sample: %w", err)
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

// affine denoises x at t and returns the affine map m of it.
func (r *Run[X]) affine(ctx context.Context, m reverie.Step, x X, t float64) (X, error) {
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	return r.apply(m, x, x0)
}

// ask denoises x at t for a step of a solver, and returns what it asked for beside x0hat.
func (r *Run[X]) ask(ctx context.Context, solver any, x X, t float64) (reverie.Estimate[X], reverie.Want, error) {
	w, err := Asks(solver, r.Denoiser)
	if err != nil {
		return reverie.Estimate[X]{}, w, err
	}
	e, err := r.Ask(ctx, reverie.Query[X]{X: x, T: t, Want: w})
	return e, w, err
}

// step returns m, a step of Move to a law of alpha a, of x and the estimate e, which tells by what
// x is noised anew where w has WantRenoise:
//
//	x_s = a X0 + m.X (x - a_t Renoise) + ..
func (r *Run[X]) step(m reverie.Step, a float64, x X, e reverie.Estimate[X], w reverie.Want) (X, error) {
	if !w.Has(reverie.WantRenoise) {
		return r.apply(m, x, e.X0)
	}
	m.X0 -= a
	y, err := r.apply(m, x, e.Renoise)
	if err != nil {
		return x, err
	}
	return r.Space.Sum([]float64{1, a}, y, e.X0), nil
}

// apply returns the affine map m of x, x0hat, the far end and, where m says so, fresh noise.
func (r *Run[X]) apply(m reverie.Step, x, x0 X) (X, error) {
	c, terms := []float64{m.X, m.X0}, []X{x, x0}
	if m.Far != 0 {
		far := slices.Concat(r.Far, r.x1)
		if len(far) != 1 {
			return x, errors.New("the process has a far end: set Run.Far to it")
		}
		c, terms = append(c, m.Far), append(terms, far[0])
	}
	if m.Noise != 0 {
		c, terms = append(c, m.Noise), append(terms, r.Space.Noise(x))
	}
	return r.Space.Sum(c, terms...), nil
}

// move returns reverie.Move between two times.
func (r *Run[X]) move(t, s, eta float64) reverie.Step {
	return reverie.Move(reverie.At(r.Process, t), reverie.At(r.Process, s), eta)
}

// recycle lets the Space free what is not of use any more. The last x0hat is.
func (r *Run[X]) recycle(keep ...X) {
	if s, ok := r.Space.(Recycler[X]); ok {
		s.Next(slices.Concat(keep, []X{r.x0}, r.x1)...)
	}
}
