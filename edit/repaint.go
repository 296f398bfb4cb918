package edit

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// RePaint draws what a mask leaves out beside what it keeps (Lugmayr et al. 2022, arXiv:2201.09865,
// algorithm 1): each step of the solver to a time s is followed by
//
//	x_s <- x_s + A'(a_s y + s_s A eps - A x_s)
//
// and every stretch of Jump steps but the first is walked Passes times, the forward process
// carrying x back to its start in between:
//
//	x_t = (a_t/a_s) x_s + sqrt(s_t^2 - (a_t/a_s)^2 s_s^2) eps
//
// Stretches end at the grid's end; the first, from noise, may be shorter. The last is walked again
// from the data themselves, as diffusers does, where algorithm 1 leaves it out.
//
// Its law is not the posterior: what is known is noised apart from what is drawn. For data N(0,
// [[1, .9], [.9, 1]]) of which the first number is 1, 250 steps of VP with Passes 1, 10 and 50 draw
// the second with mean .622, .879 and .896 and variance .300, .167 and .134; the posterior's are .9
// and .19.
type RePaint[X any] struct {
	Jump   int `flag:"jump" range:"[1,1000]" help:"steps that are walked again together"`
	Passes int `flag:"passes" range:"[1,1000]" help:"times that each step is walked"`
}

// Row describes the method.
func (*RePaint[X]) Row() table.Info {
	return table.Info{Name: "repaint", Text: "masks: the known part noised anew at each step, steps walked again (Lugmayr et al. 2022)"}
}

// MaskedOnly is true.
func (*RePaint[X]) MaskedOnly() bool { return true }

// stepsAlone says that the solver's steps are changed, and not what they ask for.
func (*RePaint[X]) stepsAlone() {}

// Draw draws x.
func (m *RePaint[X]) Draw(ctx context.Context, p Problem[X], x X) (Drawing[X], error) {
	return p.repaint(ctx, m, x, max(1, m.Jump), max(1, m.Passes))
}

// Replace is RePaint of one pass (Song et al. 2021, arXiv:2011.13456, appendix I.2).
type Replace[X any] struct{}

// Row describes the method.
func (*Replace[X]) Row() table.Info {
	return table.Info{Name: "replace", Text: "masks: the known part noised anew at each step (Song et al. 2021)"}
}

// MaskedOnly is true.
func (*Replace[X]) MaskedOnly() bool { return true }

// stepsAlone says that the solver's steps are changed, and not what they ask for.
func (*Replace[X]) stepsAlone() {}

// Draw draws x.
func (m *Replace[X]) Draw(ctx context.Context, p Problem[X], x X) (Drawing[X], error) {
	return p.repaint(ctx, m, x, len(p.Grid), 1)
}

// repaint walks the grid stretch by stretch, each with a solver of its own.
func (p Problem[X]) repaint(ctx context.Context, method table.Row, x X, jump, passes int) (d Drawing[X], err error) {
	sp, err := p.space(method)
	if err == nil {
		err = p.masked(sp, method.Row().Name)
	}
	if err != nil {
		return d, err
	}
	run := *p.Run
	if err := run.Apply(p.Clamp); err != nil {
		return d, err
	}
	stretches := stretchesOf(p.Grid, jump)
	first := len(stretches[0]) - 1
	hook := numbered(p.Hook, first+(len(p.Grid)-1-first)*passes)
	for i, stretch := range stretches {
		for pass := range passes {
			if i == 0 && pass > 0 {
				break
			}
			if pass > 0 {
				x = p.back(x, stretch)
			}
			solver := known[X]{sample.Wrapped[X]{Solver: sample.Fresh(p.Solver)}, p}
			if x, err = sample.Sample(ctx, &run, solver, x, stretch, hook); err != nil {
				return Drawing[X]{X: x}, err
			}
		}
	}
	return p.drawn(sp, x), nil
}

// numbered is a hook of the steps of several walks, numbered through.
func numbered[X any](hook func(sample.State[X]) error, steps int) func(sample.State[X]) error {
	if hook == nil {
		return nil
	}
	done, before, last := 0, 0, 0
	return func(s sample.State[X]) error {
		if s.Step == 1 {
			before = last
		}
		done++
		last = before + s.Calls
		s.Step, s.Steps, s.Calls = done, steps, last
		return hook(s)
	}
}

// masked reports an operator that is no mask, of which A A'y is y for what was measured.
func (p Problem[X]) masked(sp spaces[X], name string) error {
	d := sp.Sum([]float64{1, -1}, p.Y, p.A.Apply(p.A.Adjoint(p.Y)))
	if most(lengths(sp.Dot(d, d), sp.Dot(p.Y, p.Y))) > 1e-5 {
		return fmt.Errorf("edit: method %s puts what is known in its place, so that it goes with masks alone: choose mmps, dps or diffpir", name)
	}
	return nil
}

// stretchesOf parts the steps of a grid into stretches of so many, the first of what is left over.
func stretchesOf(grid []float64, steps int) (all [][]float64) {
	for from := 0; from < len(grid)-1; {
		to := from + steps
		if rest := (len(grid) - 1 - from) % steps; rest > 0 {
			to = from + rest
		}
		all = append(all, grid[from:to+1])
		from = to
	}
	return all
}

// back carries x from the end of a stretch up to its start by the forward process, step by step.
func (p Problem[X]) back(x X, stretch []float64) X {
	sp := p.Run.Space
	for i := len(stretch) - 1; i > 0; i-- {
		low, high := reverie.At(p.Run.Process, stretch[i]), reverie.At(p.Run.Process, stretch[i-1])
		x = sp.Sum([]float64{high.Alpha / low.Alpha, math.Sqrt(reverie.ForwardVariance(high, low))}, x, sp.Noise(x))
	}
	return x
}

// known is a solver after whose steps what is known is put in its place.
type known[X any] struct {
	sample.Wrapped[X]
	problem Problem[X]
}

// Step returns x at s.
func (k known[X]) Step(ctx context.Context, r *sample.Run[X], x X, t, s float64) (X, error) {
	x, err := k.Solver.Step(ctx, r, x, t, s)
	if err != nil {
		return x, err
	}
	a, sp, c := k.problem.A, r.Space, reverie.At(r.Process, s)
	part := sp.Sum([]float64{c.Alpha, -1}, k.problem.Y, a.Apply(x))
	if c.Sigma > 0 {
		part = sp.Sum([]float64{1, c.Sigma}, part, a.Apply(sp.Noise(x)))
	}
	return sp.Sum([]float64{1, 1}, x, a.Adjoint(part)), nil
}
