package reverie

import (
	"math"
	"slices"
	"testing"
)

// The Host's optional methods, by hand; quantiles as numpy.quantile interpolates:
// numpy.quantile([0.5, 1, 2, 4], [0, 0.1, 0.5, 0.9, 1]).
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
	rows := sp.Rows(x)
	if back := sp.FromRows(y, rows[1:]); len(back) != 1 || !slices.Equal(back[0], x[1]) || !slices.Equal(rows[0], x[0]) {
		t.Errorf("rows %v, one of them taken back %v", rows, back)
	}
	first, second := sp.Unstack(sp.Stack(x, y))
	if !slices.Equal(slices.Concat(first...), slices.Concat(x...)) || !slices.Equal(slices.Concat(second...), slices.Concat(y...)) {
		t.Errorf("put together and taken apart: %v, %v", first, second)
	}
	first[0][3], second[0][0] = 1, 1
	rows[0][3] = 1
	if x[0][3] != -4 || y[0][0] != 2 {
		t.Error("an argument was changed")
	}
}

// The derivatives of a clamp and of a quantile: of |-4|, |2|, |-1|, |1|, |0| in order the
// 0.8-quantile is 0.8 |2| + 0.2 |-4|; the median the second 1 of -1 and 1.
func TestProductsOfClampAndQuantile(t *testing.T) {
	sp := &Host[float64]{}
	x, u := Batch[float64]{{-4, 2, -1, 1, 0}}, Batch[float64]{{1, 2, 3, 4, 5}}
	for name, c := range map[string]struct{ got, want Batch[float64] }{
		"clamp":        {sp.ClampVJP(x, u, -1, 1.5), Batch[float64]{{0, 0, 3, 4, 5}}},
		"0.8-quantile": {sp.AbsQuantileVJP(x, 0.8, []float64{10}), Batch[float64]{{-2, 8, 0, 0, 0}}},
		"median":       {sp.AbsQuantileVJP(x, 0.5, []float64{-3}), Batch[float64]{{0, 0, 0, -3, 0}}},
		"largest":      {sp.AbsQuantileVJP(x, 1, []float64{2}), Batch[float64]{{-2, 0, 0, 0, 0}}},
	} {
		for j, want := range c.want[0] {
			near(t, name, c.got[0][j], want, 1e-12, 0)
		}
	}
}
