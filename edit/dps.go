package edit

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// DPS takes x0hat for the data themselves, p(y | x_t) = N(y; A D, sigma_y^2 I) (Chung et al. 2023,
// arXiv:2209.14687). After each step of the solver from x at t, its algorithm 1 as its code has it
// moves x_s against the gradient of each sample's own misfit, whose length is not squared:
//
//	x_s <- x_s - Zeta grad_x |y - A D(x, t)|
//
// With Zeta = 0 the weight is that of the likelihood: x0hat <- D + (s^2/a) J'A'(y - A D)/sigma_y^2.
// That is no posterior either: for data ~ N(0, 1), A = 1 and a solver that adds all its noise anew
// the result is N(y (1 - e^(-1/sigma_y^2)), (sigma_y^2/2)(1 - e^(-2/sigma_y^2))). Both cost one
// vector-Jacobian product a step.
type DPS[X any] struct {
	Noise
	Zeta float64 `flag:"zeta" range:"[0,100]" help:"length of the step against the misfit" zero:"by the likelihood"`
}

// Row describes the method.
func (*DPS[X]) Row() table.Info {
	return table.Info{Name: "dps", Text: "a step against the misfit after each step (Chung et al. 2023)"}
}

// Wants is the vector-Jacobian product.
func (*DPS[X]) Wants() reverie.Want { return reverie.WantVJP }

// Draw draws x.
func (m *DPS[X]) Draw(ctx context.Context, p Problem[X], x X) (d Drawing[X], err error) {
	sp, err := p.space(m)
	if err != nil {
		return d, err
	}
	variance, err := m.variance()
	if err != nil {
		return d, err
	}
	g := &against[X]{problem: p, space: sp, variance: variance, zeta: m.Zeta}
	if m.Zeta > 0 {
		p.Solver = afterStep[X]{sample.Wrapped[X]{Solver: p.Solver}, g}
	}
	if x, err = p.draw(ctx, g, x); err != nil {
		return Drawing[X]{X: x}, err
	}
	return p.drawn(sp, x), nil
}

// against is the Denoiser of DPS.
type against[X any] struct {
	problem        Problem[X]
	space          spaces[X]
	variance, zeta float64

	pull  X    // J'A'(y - A D)/|y - A D| at the first evaluation of the step
	known bool // that there is one
}

// Knows returns what is known under the measurement.
func (g *against[X]) Knows(w reverie.Want) error { return g.problem.knows(w) }

// Denoise returns D, and keeps the pull for the end of the step; with the likelihood's weight it
// returns x0hat.
func (g *against[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := g.Knows(q.Want); err != nil {
		return e, err
	}
	if e, err = g.problem.Run.Denoiser.Denoise(ctx, q); err != nil || g.zeta > 0 && g.known {
		return e, err
	}
	misfit := g.problem.misfit(g.space, e.X0)
	pull, err := g.problem.product(ctx, q, g.problem.A.Adjoint(misfit))
	if err != nil {
		return e, err
	}
	if g.zeta > 0 {
		length := g.space.Dot(misfit, misfit)
		g.pull, g.known = g.space.SumEach([][]float64{lengths(repeat(1, len(length)), length)}, pull), true
		return e, nil
	}
	if c := reverie.At(g.problem.Run.Process, q.T); c.Alpha > 0 {
		e.X0 = g.space.Sum([]float64{1, c.Sigma * c.Sigma / (c.Alpha * g.variance)}, e.X0, pull)
	}
	return e, nil
}

// afterStep is a solver whose steps DPS corrects.
type afterStep[X any] struct {
	sample.Wrapped[X]
	by *against[X]
}

// Step returns x at s.
func (a afterStep[X]) Step(ctx context.Context, r *sample.Run[X], x X, t, s float64) (X, error) {
	a.by.known = false
	x, err := a.Solver.Step(ctx, r, x, t, s)
	if err != nil {
		return x, err
	}
	if !a.by.known {
		return x, fmt.Errorf("method dps: the solver took a step without asking for x0hat")
	}
	return r.Space.Sum([]float64{1, a.by.zeta}, x, a.by.pull), nil
}
