package sample

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DPM2MSDE is SDE-DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, section 5; its midpoint form,
// as diffusers' and k-diffusion's default): of the reverse SDE, with D of DPM2M,
//
//	x_s = (s_s/s_t) e^-h x + a_s (1 - e^-2h) D + s_s sqrt(1 - e^-2h) z
//
// Its first-order steps are ancestral; else as DPM2M. It goes from noise to data only.
type DPM2MSDE[X any] struct {
	LowerFinal bool `flag:"lower-final" rare:"true" help:"a lower order in the last steps"` // also where the grid ends above Clean

	history[X]
}

// Row describes the solver.
func (*DPM2MSDE[X]) Row() table.Info {
	return table.Info{Name: "dpm++2m-sde", Text: "SDE-DPM-Solver++(2M), stochastic" + notBoth}
}

// Habits are the paper's spacing.
func (*DPM2MSDE[X]) Habits(reverie.Process) Habits { return Habits{Steps: 20, Spacing: "logsnr"} }

// Fits refuses a process without a score.
func (*DPM2MSDE[X]) Fits(p reverie.Process) error { return needsScore("dpm++2m-sde", p) }

// Step returns x at s.
func (d *DPM2MSDE[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if err := downward("dpm++2m-sde", t, s); err != nil {
		return x, err
	}
	return d.step(ctx, r, x, t, s, 1, d.LowerFinal && r.left == 1)
}
