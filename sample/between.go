package sample

import (
	"fmt"

	"github.com/reverie-go/reverie"
)

// Between returns n times of p from high to low, both included, spaced evenly in lambda = log(a/s):
// geometric noise levels. One time is high. Those of a Discrete process are rounded to different
// indices, as those of a grid are. It fails where low is not below high, either is outside of p's
// Span, or a Discrete process has fewer indices there.
func Between(p reverie.Process, high, low float64, n int) ([]float64, error) {
	lo, hi := p.Span()
	if !(lo <= low && low <= high && high <= hi) || n < 1 || n > 1 && low == high {
		return nil, fmt.Errorf("sample: %d times from %v down to %v: expected at least 1, of more the second end below the first, within %v..%v", n, high, low, lo, hi)
	}
	_, discrete := p.(reverie.Discrete)
	if discrete && float64(n) > high-low+1 {
		return nil, fmt.Errorf("sample: %d times from %v down to %v: the process has only %.0f there", n, high, low, high-low+1)
	}
	g := make([]float64, n)
	for i := range g {
		g[i] = min(high, max(low, ofLevel(p, low, high, i, n, geometric(n))))
	}
	if discrete {
		round(g, high)
	}
	return g, nil
}
