package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

// exact accepts the correctly rounded result, bit for bit; the float64 result of one operation on
// float32 rounds to it.
func exact(got float32, want float64, _ []float32) bool { return sameBits(got, float32(want)) }

// equal accepts either zero.
func equalValue(got float32, want float64, _ []float32) bool { return same(got, float32(want)) }

func within(bound float64) func(float32, float64, []float32) bool {
	return func(got float32, want float64, _ []float32) bool { return ulps(got, want) <= bound }
}

func f64(f func(a, b float64) float64) func([]float32) float64 {
	return func(in []float32) float64 { return f(float64(in[0]), float64(in[1])) }
}

func TestBinary(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			op     func(dst, a, b []float32)
			oracle func(a, b float64) float64
			accept func(float32, float64, []float32) bool
		}{
			"Add": {Add, func(a, b float64) float64 { return a + b }, exact},
			"Sub": {Sub, func(a, b float64) float64 { return a - b }, exact},
			"Mul": {Mul, func(a, b float64) float64 { return a * b }, exact},
			"Div": {Div, func(a, b float64) float64 { return a / b }, exact},
			"Max": {Max, math.Max, nil},
			"Min": {Min, math.Min, nil},
			"Pow": {Pow, math.Pow, within(1)},
			"Rem": {Rem, math.Mod, exact},
		} {
			t.Run(name, func(t *testing.T) {
				oracle, accept := f64(c.oracle), c.accept
				if accept == nil { // math.Max(Inf, NaN) is Inf, ours is NaN
					accept = equalValue
					oracle = f64(func(a, b float64) float64 {
						if a != a || b != b {
							return math.NaN()
						}
						return c.oracle(a, b)
					})
				}
				elementwiseCase(t, lengths(), 2, func(dst []float32, in [][]float32) { c.op(dst, in[0], in[1]) }, oracle, accept)
			})
		}
	})
}

func TestScalar(t *testing.T) {
	nan := math.NaN()
	propagate := func(f func(a, b float64) float64) func(a, b float64) float64 {
		return func(a, b float64) float64 {
			if a != a || b != b {
				return nan
			}
			return f(a, b)
		}
	}
	isa.Each(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			op     func(dst, a []float32, s float32)
			oracle func(a, s float64) float64
			accept func(float32, float64, []float32) bool
		}{
			"AddScalar": {AddScalar, func(a, s float64) float64 { return a + s }, exact},
			"SubScalar": {SubScalar, func(a, s float64) float64 { return a - s }, exact},
			"ScalarSub": {flip(ScalarSub), func(a, s float64) float64 { return s - a }, exact},
			"MulScalar": {MulScalar, func(a, s float64) float64 { return a * s }, exact},
			"DivScalar": {DivScalar, func(a, s float64) float64 { return a / s }, exact},
			"ScalarDiv": {flip(ScalarDiv), func(a, s float64) float64 { return s / a }, exact},
			"MaxScalar": {MaxScalar, propagate(math.Max), equalValue},
			"MinScalar": {MinScalar, propagate(math.Min), equalValue},
			"PowScalar": {PowScalar, math.Pow, within(1)},
			"ScalarPow": {flip(ScalarPow), func(a, s float64) float64 { return math.Pow(s, a) }, within(1)},
			"RemScalar": {RemScalar, math.Mod, exact},
			"ScalarRem": {flip(ScalarRem), func(a, s float64) float64 { return math.Mod(s, a) }, exact},
		} {
			t.Run(name, func(t *testing.T) {
				for i, s := range []float32{.3, 0, 1, 2, -1, -2.75, 1e-40, float32(math.Inf(1)), float32(math.Inf(-1)), float32(nan)} {
					n := lengths()
					if i > 0 {
						n = []int{1, 300} // the loops' edges have been seen
					}
					elementwiseCase(t, n, 1, func(dst []float32, in [][]float32) { c.op(dst, in[0], s) },
						func(in []float32) float64 { return c.oracle(float64(in[0]), float64(s)) }, c.accept)
				}
			})
		}
	})
}

func flip(f func(dst []float32, s float32, b []float32)) func(dst, b []float32, s float32) {
	return func(dst, b []float32, s float32) { f(dst, s, b) }
}

func TestPowPositive(t *testing.T) { // the fast path, whose operands must all be positive
	r := seeded(3)
	isa.Each(t, func(t *testing.T) {
		worst := 0.0
		for range 200 {
			x, y, dst := make([]float32, 1003), make([]float32, 1003), make([]float32, 1003)
			for i := range x {
				x[i] = math.Float32frombits(1 + r.Uint32N(0x7f7fffff))
				y[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(16)-10)))
			}
			Pow(dst, x, y)
			for i := range x {
				worst = max(worst, ulps(dst[i], math.Pow(float64(x[i]), float64(y[i]))))
			}
			Pow(dst[:1], x[:1], y[:1])
		}
		if t.Logf("worst error %.3f ulp", worst); worst > .51 {
			t.Errorf("error %.3f ulp", worst)
		}
	})
}

func TestIntegers(t *testing.T) {
	a, b, dst := []int32{7, -7, 7, -7, math.MinInt32, 5, 2, -1, -1, 1, 0}, []int32{2, 2, -2, -2, -1, 0, -3, -3, -2, -5, -1}, make([]int32, 11)
	for name, c := range map[string]struct {
		op   func(dst, a, b []int32)
		want []int32
	}{
		"Div": {DivOf[int32], []int32{3, -3, -3, 3, math.MinInt32, -1, 0, 0, 0, 0, 0}},
		"Rem": {RemOf[int32], []int32{1, -1, 1, -1, 0, 5, 2, -1, -1, 1, 0}},
		"Pow": {PowOf[int32], []int32{49, 49, 0, 0, 0, 1, 0, -1, 1, 1, 0}},
		"Max": {MaxOf[int32], []int32{7, 2, 7, -2, -1, 5, 2, -1, -1, 1, 0}},
	} {
		c.op(dst, a, b)
		for i := range dst {
			if dst[i] != c.want[i] {
				t.Errorf("%s(%d, %d) = %d, want %d", name, a[i], b[i], dst[i], c.want[i])
			}
		}
	}
	u := []uint8{255}
	DivOf(u, u, []uint8{0})
	if u[0] != 255 {
		t.Errorf("255/0 = %d, want 255", u[0])
	}
}

func TestLengthsMustMatch(t *testing.T) {
	x, y := make([]float32, 3), make([]float32, 4)
	for name, f := range map[string]func(){
		"Add": func() { Add(x, x, y) }, "Exp": func() { Exp(x, y) }, "Select": func() { Select(x, make([]bool, 2), x, x) },
		"AddOf": func() { AddOf(y, x, x) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s took slices of different lengths", name)
				}
			}()
			f()
		}()
	}
}
