package sample

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// AnnealedLangevin is Langevin dynamics over falling noise levels (NCSN: Song & Ermon 2019,
// arXiv:1907.05600, algorithm 1). The times of the grid are the levels; at each it takes Updates
// updates of size
//
//	h_i = Eps S_i^2/S_L^2,   x <- x + (h_i/2) score(x) + sqrt(h_i) z
//
// and goes on to the next, x scaled by the ratio of the Alphas (1 for VE; from Alpha = 0 x goes on
// as it is). S = s/a is the noise level, S_L that at lo, and h_i is that of x/a, so that one Eps
// suits every process. The step to Clean ends with x0hat, which removes the noise of the last level
// (Song & Ermon 2020, arXiv:2006.09011). The paper's levels are geometric: spacing logsnr.
type AnnealedLangevin[X any] struct {
	Eps     float64 `flag:"step-size" range:"[0,1e6]" rare:"true" help:"size h of an update at the last level" zero:"from the lowest noise level"` // 0: 0.2 S_L^2, the paper's 2e-5 for its S_L = 0.01
	Updates int     `flag:"updates" range:"[0,1e6]" rare:"true" help:"updates at a level" zero:"100"`                                              // the paper's T
}

// Row describes the solver.
func (AnnealedLangevin[X]) Row() table.Info {
	return table.Info{Name: "annealed-langevin", Text: "Langevin dynamics over falling noise levels (NCSN)" + notBoth}
}

// Habits are 50 levels, geometric as the paper's.
func (AnnealedLangevin[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 50, Spacing: "logsnr"}
}

// Fits refuses a process without a score.
func (AnnealedLangevin[X]) Fits(p reverie.Process) error { return needsScore("annealed-langevin", p) }

// Step takes the updates at t, and returns x as the start at s.
func (l AnnealedLangevin[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if err := downward("annealed-langevin", t, s); err != nil {
		return x, err
	}
	n := l.Updates
	if n == 0 {
		n = 100
	}
	c, clean := r.Process.At(t), s == reverie.Clean
	x, err := updates(ctx, r, update(c, l.share(r.Process)*c.Sigma*c.Sigma), n, x, t, clean)
	if err != nil || clean || c.Alpha == 0 {
		return x, err
	}
	if k := r.Process.At(s).Alpha / c.Alpha; k != 1 {
		x = r.Space.Sum([]float64{k}, x)
	}
	return x, nil
}

// share returns h/Sigma^2, alike at every level.
func (l AnnealedLangevin[X]) share(p reverie.Process) float64 {
	if l.Eps == 0 {
		return shareOfVariance
	}
	lo, _ := p.Span()
	c := p.At(lo)
	S := c.Sigma / c.Alpha
	return l.Eps / (S * S)
}
