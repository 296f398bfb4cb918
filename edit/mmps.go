package edit

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// MMPS draws from the posterior p(x0 | y) by the score of the measurement under a Gaussian p(x0 |
// x_t) of the moments that the Denoiser knows (Rozet et al. 2024, arXiv:2405.13712):
//
//	grad log p(y | x_t) = J'A'(A C A' + sigma_y^2 I)^-1 (y - A D),   D = x0hat,  J = dD/dx,  C = (s^2/a) J
//	x0hat <- D + (s^2/a) grad log p(y | x_t)
//
// It is exact for Gaussian data: x0hat is then E[x0 | x_t, y], whatever the process and the solver.
// C of an exact Denoiser is the covariance of p(x0 | x_t), which is symmetric; of a network J'
// stands for J too, so that each round of the equation takes one vector-Jacobian product.
type MMPS[X any] struct {
	Noise
	Rounds int `flag:"rounds" range:"[1,1000]" help:"most rounds of conjugate gradients a step, each a vector-Jacobian product"`
}

// Row describes the method.
func (*MMPS[X]) Row() table.Info {
	return table.Info{Name: "mmps", Text: "the Gaussian posterior's score, exact for Gaussian data (Rozet et al. 2024)"}
}

// Wants is the vector-Jacobian product.
func (*MMPS[X]) Wants() reverie.Want { return reverie.WantVJP }

// Draw draws from the posterior.
func (m *MMPS[X]) Draw(ctx context.Context, p Problem[X], x X) (Drawing[X], error) {
	variance, err := m.variance()
	if err != nil {
		return Drawing[X]{}, err
	}
	return p.believe(ctx, m, x, m.Rounds, func(ctx context.Context, q reverie.Query[X], c reverie.Coef) (func(X) (X, error), float64) {
		return func(u X) (X, error) {
			vjp, err := p.product(ctx, q, u)
			if err != nil {
				return u, err
			}
			return p.Run.Space.Sum([]float64{c.Sigma * c.Sigma / c.Alpha}, vjp), nil
		}, variance
	})
}
