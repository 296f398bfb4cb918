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
	residual float64 // the largest so far
}

// Knows returns what the prior does, but for the product.
func (g *guided[X]) Knows(w reverie.Want) error {
	if err := w.Beyond(^reverie.WantVJP, "a denoiser that a measurement guides"); err != nil {
		return err
	}
	return g.problem.Run.Denoiser.Knows(w)
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
	g.residual = max(g.residual, most(residual))
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
	d.Residual = g.residual
	return d, nil
}
