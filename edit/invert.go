package edit

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// An Inverter finds the noise from which DDIM without fresh noise would sample given data.
type Inverter[X any] interface {
	table.Row
	// Invert walks x0 up the grid, which is one for Sample, and returns x at grid[0].
	Invert(ctx context.Context, run *sample.Run[X], x0 X, grid []float64, hook func(sample.State[X]) error) (X, error)
}

// GoAndReturn inverts x0 and samples from its noise by DDIM, of the denoiser back, such as one of
// another class; nil: of the run's own. off is |x - x0|/|x0| of each sample, x what came of x0. The
// Space must be a Normer.
func GoAndReturn[X any](ctx context.Context, run *sample.Run[X], back reverie.Denoiser[X], by Inverter[X], x0 X, grid []float64, hook func(sample.State[X]) error) (x X, off []float64, err error) {
	norm, ok := run.Space.(reverie.Normer[X])
	if !ok {
		return x0, nil, fmt.Errorf("edit: a round trip's error takes norms: %T lacks Norm(x)", run.Space)
	}
	noise, err := by.Invert(ctx, run, x0, grid, hook)
	if err != nil {
		return noise, nil, err
	}
	again := *run
	if back != nil {
		again.Denoiser = back
	}
	if x, err = sample.Sample(ctx, &again, &sample.DDIM[X]{}, noise, grid, hook); err != nil {
		return x, nil, err
	}
	off = norm.Norm(run.Space.Sum([]float64{1, -1}, x, x0))
	for n, size := range norm.Norm(x0) {
		off[n] /= size
	}
	return x, off, nil
}

// DDIMInversion is sample.Invert with DDIM. Its round trip is not exact: for data ~ N(0, v) it
// multiplies x0 by
//
//	prod cos^2(d theta),   theta = arctan(s/(a sqrt(v)))
//
// over the steps of the grid, theta being 0 at Clean.
type DDIMInversion[X any] struct{}

// Row describes the inversion.
func (*DDIMInversion[X]) Row() table.Info {
	return table.Info{Name: "ddim", Text: "one call a step, exact for many steps only (Song et al. 2021)"}
}

// Invert returns x at grid[0].
func (*DDIMInversion[X]) Invert(ctx context.Context, run *sample.Run[X], x0 X, grid []float64, hook func(sample.State[X]) error) (X, error) {
	if err := Noised(run); err != nil {
		return x0, err
	}
	return sample.Invert(ctx, run, &sample.DDIM[X]{}, x0, grid, hook)
}

// FixedPoint inverts the steps of DDIM themselves, as Pan et al. (2023, arXiv:2309.04907) and Meiri
// et al. (2023, arXiv:2312.12540) do: a step from t up to s returns the x with
//
//	x_t = k x + c x0hat(x, s),   k and c those of DDIM's step from s down to t
//
// and takes x0hat where the step down will take it. It solves that by quasi-Newton steps
//
//	x <- x + theta (x_t - k x - c x0hat(x, s))/(k + c a/(a^2 + s^2))
//
// whose slope is right for data ~ N(0, I). Their factor lies within (-1, 1) for Gaussian data of
// any smaller deviation, where that of the papers' x <- (x_t - c x0hat)/k grows without bound as
// the first steps lengthen. theta is each sample's own: 1, halved and taken back where the misfit
// grew. The Space must be a Normer.
type FixedPoint[X any] struct {
	Tolerance float64 `flag:"tolerance" range:"(0,1]" help:"misfit of a step, over the length of x, at which it is solved"`
	Calls     int     `flag:"calls" range:"[1,1000]" help:"most calls of the network a step"`
}

// Row describes the inversion.
func (*FixedPoint[X]) Row() table.Info {
	return table.Info{Name: "fixed-point", Text: "each step solved to a tolerance, so that sampling returns the data (Pan et al. 2023)"}
}

// Invert returns x at grid[0].
func (f *FixedPoint[X]) Invert(ctx context.Context, run *sample.Run[X], x0 X, grid []float64, hook func(sample.State[X]) error) (X, error) {
	if err := Noised(run); err != nil {
		return x0, err
	}
	up := upwards(grid)
	if len(up) == 0 {
		return x0, fmt.Errorf("edit: a grid of %d times: expected at least 2", len(grid))
	}
	x := x0
	if len(up) < len(grid) { // its last step was to Clean
		var err error
		if x, err = f.Step(ctx, run, x0, reverie.Clean, up[0]); err != nil {
			return x, err
		}
	}
	if len(up) == 1 {
		return x, nil
	}
	return sample.Sample(ctx, run, f, x, up, hook)
}

// upwards returns the grid from its last time above Clean to its first.
func upwards(grid []float64) []float64 {
	var up []float64
	for i := len(grid) - 1; i >= 0; i-- {
		if grid[i] != reverie.Clean {
			up = append(up, grid[i])
		}
	}
	return up
}

// Step returns the x at s from which DDIM steps to x at t: of each sample that of the least misfit.
func (f *FixedPoint[X]) Step(ctx context.Context, r *sample.Run[X], x X, t, s float64) (X, error) {
	norm, ok := r.Space.(reverie.Normer[X])
	if !ok {
		return x, fmt.Errorf("edit: fixed-point inversion takes norms: %T lacks Norm(x)", r.Space)
	}
	low, high := reverie.At(r.Process, t), reverie.At(r.Process, s)
	m := reverie.Move(high, low, 0)
	slope := m.X + m.X0*high.Alpha/(high.Alpha*high.Alpha+high.Sigma*high.Sigma)
	limit := norm.Norm(x)
	next := r.Space.Sum([]float64{growth(low, high)}, x)
	var best search[X]
	for range max(1, f.Calls) {
		x0, err := r.Denoise(ctx, next, s)
		if err != nil {
			return x, err
		}
		misfit := r.Space.Sum([]float64{1, -m.X, -m.X0}, x, next, x0)
		if best.take(r.Space, next, misfit, norm.Norm(misfit)); best.within(f.Tolerance, limit) {
			break
		}
		next = r.Space.SumEach([][]float64{repeat(1, len(limit)), scaled(1/slope, best.theta)}, best.x, best.misfit)
	}
	return best.x, nil
}

// growth is what data ~ N(0, I) grow by from the law low to the law high: where the search for a
// step begins.
func growth(low, high reverie.Coef) float64 {
	return math.Hypot(high.Alpha, high.Sigma) / math.Hypot(low.Alpha, low.Sigma)
}

// A search holds the x of least misfit that was seen of each sample, and how far it goes next.
type search[X any] struct {
	x, misfit   X
	norm, theta []float64
}

// take takes a candidate for the samples whose misfit it lessens; of the others the next step is
// half as long.
func (s *search[X]) take(sp reverie.Space[X], x, misfit X, norm []float64) {
	if s.norm == nil {
		s.x, s.misfit, s.norm, s.theta = x, misfit, norm, repeat(1, len(norm))
		return
	}
	better := make([]float64, len(norm))
	for n, v := range norm {
		if v < s.norm[n] {
			better[n], s.norm[n] = 1, v
		} else {
			s.theta[n] /= 2
		}
	}
	s.x, s.misfit = choose(sp, better, x, s.x), choose(sp, better, misfit, s.misfit)
}

// within says whether every misfit is at most the tolerance times its sample's limit.
func (s *search[X]) within(tolerance float64, limit []float64) bool {
	for n, v := range s.norm {
		if !(v <= tolerance*limit[n]) {
			return false
		}
	}
	return true
}
