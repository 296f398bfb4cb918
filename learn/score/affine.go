package score

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie"
)

// Affine holds the numbers of each point, [N] each, that make a score function of a network F of
// any prediction kind:
//
//	s(x) = X x + F F(In x)
type Affine struct{ X, F, In *graph.Node }

// Of returns the score function of the network f, which knows each point's time by itself.
func (a Affine) Of(f Func) Func {
	return func(x *graph.Node) *graph.Node {
		return graph.Add(scale(a.X, x), scale(a.F, f(scale(a.In, x))))
	}
}

// Coefs returns the numbers of Affine for a network that was trained on p to predict k, at the
// times t. A time at which the prediction does not determine the score, and a process with a far
// end, is an error.
func Coefs(p reverie.Process, k reverie.Param, t []float64) (x, f, in []float64, err error) {
	x, f, in = make([]float64, len(t)), make([]float64, len(t)), make([]float64, len(t))
	for i, t := range t {
		c := p.At(t)
		if c.Beta != 0 {
			return nil, nil, nil, fmt.Errorf("score: the process has a far end at t = %v: its score depends on it", t)
		}
		skip, _, out, scale := k(c)
		sx, s0, _ := c.Score() // not by Convert to Score, whose own prediction is undefined where a = 0
		x[i], f[i], in[i] = sx+s0*skip, s0*out, scale
		if bad(x[i]) || bad(f[i]) || bad(in[i]) {
			return nil, nil, nil, fmt.Errorf("score: the prediction does not determine the score at t = %v: use another one or a smaller span", t)
		}
	}
	return x, f, in, nil
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// Levels returns NCSN's noise levels (Song & Ermon 2019, arXiv:1907.05600, section 3.2): n
// deviations from hi to lo, each the one before times the same factor. It wants hi > lo > 0 and n
// of 2 or more; one level is {hi}.
func Levels(hi, lo float64, n int) ([]float64, error) {
	if !(hi > lo && lo > 0) || math.IsInf(hi, 0) || n < 1 {
		return nil, fmt.Errorf("score: %d noise levels from %v to %v: expected 1 or more, falling, above 0", n, hi, lo)
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = hi * math.Pow(lo/hi, float64(i)/float64(max(1, n-1)))
	}
	return out, nil
}
