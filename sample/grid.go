package sample

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// Linear returns the grid of n steps from hi whose n times are spaced evenly from hi to lo, both included, and then Clean:
//
//	t_i = hi - i (hi - lo)/(n - 1),  i = 0..n-1;  Clean
//
// For a Discrete process they are rounded to indices (half to even, as diffusers' "linspace"), so n is at most its T. One step is hi, Clean.
func Linear(p reverie.Process, n int) ([]float64, error) {
	lo, hi := p.Span()
	return grid(p, n, func(i int) float64 {
		return hi - float64(i)*((hi-lo)/float64(max(1, n-1)))
	})
}

// Trailing returns the grid of n steps from hi, all alike, of which the last one goes to Clean in place of lo:
//
//	t_i = lo + (hi - lo)(1 - i/n),  i = 0..n-1;  Clean
//	t_i = T (1 - i/n) - 1, rounded half to even          (Discrete, n at most T)
//
// (Lin et al. 2023, arXiv:2305.08891; diffusers' "trailing".) It differs from Linear in the last step: Linear's visits lo first.
func Trailing(p reverie.Process, n int) ([]float64, error) {
	lo, hi := p.Span()
	if d, ok := p.(reverie.Discrete); ok {
		T := float64(d.Steps())
		return grid(p, n, func(i int) float64 { return math.RoundToEven(T-float64(i)*(T/float64(n))) - 1 })
	}
	return grid(p, n, func(i int) float64 { return lo + (hi-lo)*(1-float64(i)/float64(n)) })
}

// Spacings returns the names that Grid knows.
func Spacings() []string { return []string{"linear", "trailing"} }

// Grid returns the grid of n steps of the spacing named linear or trailing.
func Grid(spacing string, p reverie.Process, n int) ([]float64, error) {
	switch spacing {
	case "linear":
		return Linear(p, n)
	case "trailing":
		return Trailing(p, n)
	}
	return nil, fmt.Errorf("unknown spacing %q: expected one of linear, trailing", spacing)
}

// grid returns the n times t(0) .. t(n-1), then Clean.
func grid(p reverie.Process, n int, t func(i int) float64) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("steps = %d: expected at least 1", n)
	}
	d, discrete := p.(reverie.Discrete)
	if discrete && n > d.Steps() {
		return nil, fmt.Errorf("steps = %d: the process has only %d", n, d.Steps())
	}
	g := make([]float64, n, n+1)
	for i := range g {
		g[i] = t(i)
		if discrete {
			g[i] = math.RoundToEven(g[i])
		}
	}
	return append(g, reverie.Clean), nil
}

// checkGrid reports a grid that does not lie in p's Span or does not run one way. It may end at Clean.
func checkGrid(p reverie.Process, grid []float64) error {
	if len(grid) < 2 {
		return fmt.Errorf("sample: a grid of %d times: expected at least 2", len(grid))
	}
	lo, hi := p.Span()
	for i, t := range grid {
		clean := t == reverie.Clean && i > 0 && i == len(grid)-1
		if !clean && !(t >= lo && t <= hi) {
			return fmt.Errorf("sample: time %d of the grid, %v, is outside %v..%v", i, t, lo, hi)
		}
		if i > 0 && (t == grid[i-1] || (t < grid[i-1]) != (grid[1] < grid[0])) {
			return fmt.Errorf("sample: the grid turns at time %d, from %v to %v: expected one direction", i, grid[i-1], t)
		}
	}
	return nil
}
