package edit

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A belief is what a method takes p(x0 | x_t) to be at a query, beside its mean D: the products of
// its covariance C, and what then is the variance of the measurement's noise.
type belief[X any] func(ctx context.Context, q reverie.Query[X], c reverie.Coef) (cov func(u X) (X, error), variance float64)

// guided is the Denoiser whose x0hat is the posterior's mean under a belief:
//
//	D + C A'(A C A' + v I)^-1 (y - A D)
type guided[X any] struct {
	problem  Problem[X]
	space    spaces[X]
	belief   belief[X]
	rounds   int     // of conjugate gradients, at most
	residual float64 // the sum of the worst samples'
	solved   int     // equations
}

// Knows returns what is known under the measurement.
func (g *guided[X]) Knows(w reverie.Want) error { return g.problem.knows(w) }

// knows returns what the prior does, of what a measurement leaves as it is.
func (p Problem[X]) knows(w reverie.Want) error {
	if err := measured(w); err != nil {
		return err
	}
	return p.Run.Denoiser.Knows(w)
}

// product returns u' d x0hat/dx of the prior, for the query's class.
func (p Problem[X]) product(ctx context.Context, q reverie.Query[X], u X) (X, error) {
	q.Want, q.U = q.Want&reverie.WantCondition|reverie.WantVJP, u
	e, err := p.Run.Denoiser.Denoise(ctx, q)
	return e.VJP, err
}

// Denoise returns the guided x0hat. Where a = 0, x_t says nothing of x0 and x0hat stays D.
func (g *guided[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := g.Knows(q.Want); err != nil {
		return e, err
	}
	c := reverie.At(g.problem.Run.Process, q.T)
	if e, err = g.problem.Run.Denoiser.Denoise(ctx, q); err != nil || c.Alpha == 0 {
		return e, err
	}
	cov, variance := g.belief(ctx, q, c)
	shift, residual, err := g.problem.solve(g.space, cov, g.problem.misfit(g.space, e.X0), variance, g.rounds)
	if err != nil {
		return e, err
	}
	g.residual += most(residual)
	g.solved++
	e.X0 = g.space.Sum([]float64{1, 1}, e.X0, shift)
	return e, nil
}

// believe draws by a method that is a belief.
func (p Problem[X]) believe(ctx context.Context, method table.Row, x X, rounds int, b belief[X]) (d Drawing[X], err error) {
	sp, err := p.space(method)
	if err != nil {
		return d, err
	}
	g := &guided[X]{problem: p, space: sp, belief: b, rounds: max(1, rounds)}
	if x, err = p.draw(ctx, g, x); err != nil {
		return Drawing[X]{X: x}, err
	}
	d = p.drawn(sp, x)
	d.Residual = g.residual / float64(max(1, g.solved))
	return d, nil
}
