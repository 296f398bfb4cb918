package edit

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// SDEdit noises the data x0 to the time at which the last part of a grid begins, and samples on
// from there (Meng et al. 2022, arXiv:2108.01073, algorithm 1):
//
//	x_t = a x0 + s eps,   t = Tail(grid, strength)[0]
//
// The more strength, the less is left of x0: 1 keeps what the process's noisiest law does. For data
// ~ N(mu, v) the result is mu + w (x0 - mu) on average, w = a^2 v/(a^2 v + s^2) where the solver
// adds all its noise anew and sqrt(w) where it is deterministic.
func SDEdit[X any](ctx context.Context, run *sample.Run[X], solver sample.Solver[X], x0 X, grid []float64, strength float64, hook func(sample.State[X]) error) (X, error) {
	tail, err := Tail(grid, strength)
	if err == nil {
		err = Noised(run)
	}
	if err != nil {
		return x0, err
	}
	c := reverie.At(run.Process, tail[0])
	x := run.Space.Sum([]float64{c.Alpha, c.Sigma}, x0, run.Space.Noise(x0))
	return sample.Sample(ctx, run, solver, x, tail, hook)
}

// Tail returns the last steps of a grid, the share strength of them in (0, 1], rounded up: at least
// one.
func Tail(grid []float64, strength float64) ([]float64, error) {
	steps := len(grid) - 1
	if steps < 1 || !(strength > 0 && strength <= 1) {
		return nil, fmt.Errorf("edit: strength %v of %d steps: expected above 0 and up to 1, of at least one step", strength, steps)
	}
	return grid[steps-int(math.Ceil(strength*float64(steps))):], nil
}

// Noised returns nil where a run noises data as x_t = a x0 + s eps, or why it does not: a part of
// it is missing, or its process has another far end than noise.
func Noised[X any](run *sample.Run[X]) error {
	if run.Space == nil || run.Process == nil || run.Denoiser == nil {
		return fmt.Errorf("edit: a Run needs a Space, a Process and a Denoiser")
	}
	if err := reverie.HasScore(run.Process); err != nil {
		return fmt.Errorf("edit: data are noised, and go back from there: %w", err)
	}
	lo, hi := run.Process.Span()
	if run.Process.At((lo+hi)/2).Beta != 0 {
		return fmt.Errorf("edit: data are noised, and go back from there: a bridge goes to a given far end in place of noise")
	}
	return nil
}
