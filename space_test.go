package reverie

import (
	"math"
	"testing"
)

// The Host's optional methods, by hand; quantiles as numpy.quantile interpolates: numpy.quantile([0.5, 1, 2, 4], [0, 0.1, 0.5, 0.9, 1]).
func TestHostOptional(t *testing.T) {
	sp := &Host[float64]{}
	x, y := Batch[float64]{{1, -2, 0.5, -4}, {0, 0, 0, 3}}, Batch[float64]{{2, 1, -4, 0.25}, {1, 1, 1, -1}}
	dots := sp.Dot(x, y)
	near(t, "dot", dots[0], -3, 0, 0)
	near(t, "dot", dots[1], -3, 0, 0)
	for q, want := range map[float64]float64{0: 0.5, 0.1: 0.65, 0.5: 1.5, 0.9: 3.4, 1: 4} {
		near(t, "quantile", sp.AbsQuantile(x, q)[0], want, 1e-15, 0)
	}
	near(t, "quantile", sp.AbsQuantile(x, 0.5)[1], 0, 0, 0)
	z := sp.LogScale(x, y, 0.5, -2)
	for n := range x {
		for j := range x[n] {
			near(t, "scaled", z[n][j], x[n][j]*math.Exp(0.5)/math.Pow(math.E, 2*y[n][j]), 1e-14, 0)
		}
	}
	if x[0][3] != -4 || y[0][0] != 2 {
		t.Error("an argument was changed")
	}
}
