package sample

import (
	"context"
	"slices"

	"github.com/reverie-go/reverie"
)

// Invert encodes the data x0 as the noise from which a deterministic solver would sample it: it
// walks up the grid, which is one for Sample, and returns x at grid[0]. With DDIM it is DDIM
// inversion (Song et al. 2021, arXiv:2010.02502, section 4.3; Dhariwal & Nichol 2021,
// arXiv:2105.05233, appendix F): a step from t up to s takes epshat at the lower time, t,
//
//	x_s = a_s x0hat(x_t, t) + s_s epshat(x_t, t)
//
// The walk starts at the grid's last time above Clean with x = a x0, the little noise of that time
// left out, since no epshat is known before. Sampling from the result returns x0 but for an error
// that falls with the steps as the solver's order says.
func Invert[X any](ctx context.Context, run *Run[X], solver Solver[X], x0 X, grid []float64, hook func(State[X]) error) (X, error) {
	up := slices.Clone(grid)
	slices.Reverse(up)
	if len(up) > 0 && up[0] == reverie.Clean {
		up = up[1:]
	}
	if len(up) > 0 && run.Process != nil && run.Space != nil && checkGrid(run.Process, up) == nil {
		if a := run.Process.At(up[0]).Alpha; a != 1 {
			x0 = run.Space.Sum([]float64{a}, x0)
		}
	}
	return Sample(ctx, run, solver, x0, up, hook)
}
