package edit

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DiffPIR makes x0hat agree with the measurement by a proximal step (Zhu et al. 2023,
// arXiv:2305.08995, eq. 12 and algorithm 1):
//
//	x0hat <- argmin |y - A x|^2 + rho |x - D|^2 = (A'A + rho I)^-1 (A'y + rho D),   rho = Lambda sigma_y^2 (a/s)^2
//
// that is MMPS with the covariance C = (s/a)^2/Lambda I, which takes no Jacobian. The share of
// fresh noise in its algorithm is the solver's: ddim's eta.
type DiffPIR[X any] struct {
	Noise
	Lambda float64 `flag:"lambda" range:"(0,1e6]" help:"weight of the model against what was measured"`
}

// Row describes the method.
func (*DiffPIR[X]) Row() table.Info {
	return table.Info{Name: "diffpir", Text: "a proximal step on x0, without the network's Jacobian (Zhu et al. 2023)"}
}

// proximalRounds bound the conjugate gradients of DiffPIR, which run no network.
const proximalRounds = 50

// Draw draws x.
func (m *DiffPIR[X]) Draw(ctx context.Context, p Problem[X], x X) (Drawing[X], error) {
	variance, err := m.variance()
	if err != nil {
		return Drawing[X]{}, err
	}
	return p.believe(ctx, m, x, proximalRounds, func(_ context.Context, _ reverie.Query[X], c reverie.Coef) (func(X) (X, error), float64) {
		// C and the noise by the same factor, so that C is I
		return func(u X) (X, error) { return u, nil }, m.Lambda * variance * c.SNR()
	})
}
