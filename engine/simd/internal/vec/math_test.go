package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

type unary struct {
	name   string
	op     func(dst, a []float32)
	oracle func(float64) float64
	ulp    float64 // bound on the error; 0: bit for bit
}

func sign64(x float64) float64 {
	if x > 0 {
		return 1
	}
	if x < 0 {
		return -1
	}
	return x
}

func rsqrt64(x float64) float64 { return 1 / math.Sqrt(x) }

var unaries = []unary{
	{"Neg", Neg, func(x float64) float64 { return -x }, 0},
	{"Abs", Abs, math.Abs, 0},
	{"Sign", Sign, sign64, 0},
	{"Sqrt", Sqrt, math.Sqrt, 0},
	{"Floor", Floor, math.Floor, 0},
	{"Ceil", Ceil, math.Ceil, 0},
	{"Round", Round, math.RoundToEven, 0},
	{"Rsqrt", Rsqrt, rsqrt64, 1.5}, // half a unit of the quotient, and of the root half of one that may be twice as large
	{"Exp", Exp, math.Exp, 1.1},
	{"Expm1", Expm1, math.Expm1, 2},
	{"Log", Log, math.Log, 1},
	{"Log1p", Log1p, math.Log1p, 1.5},
	{"Tanh", Tanh, math.Tanh, 3},
	{"Logistic", Logistic, logistic64, 2.5},
	{"Erf", Erf, math.Erf, 2},
	{"Sin", Sin, math.Sin, 2},
	{"Cos", Cos, math.Cos, 2},
}

func TestUnary(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		for _, c := range unaries {
			t.Run(c.name, func(t *testing.T) {
				accept := exact
				if c.ulp > 0 {
					accept = within(c.ulp)
				}
				elementwiseCase(t, lengths(), 1, func(dst []float32, in [][]float32) { c.op(dst, in[0]) },
					func(in []float32) float64 { return c.oracle(float64(in[0])) }, accept)
			})
		}
	})
}

// TestAccuracy goes through all exponents with several hundred mantissas each, both signs, and
// prints the worst error.
func TestAccuracy(t *testing.T) {
	per := 600
	if testing.Short() {
		per = 60
	}
	var x []float32
	r := seeded(5)
	for e := uint32(0); e < 255; e++ {
		for range per {
			b := e<<23 | r.Uint32()>>9
			x = append(x, math.Float32frombits(b), math.Float32frombits(b|1<<31))
		}
	}
	for range 200 * per { // where the functions bend
		x = append(x, float32(r.NormFloat64()), float32(r.NormFloat64()*20), float32(r.NormFloat64()*4e4))
	}
	dst := make([]float32, len(x))
	for _, c := range unaries {
		if c.ulp == 0 {
			continue
		}
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = c.oracle(float64(v))
		}
		for l := isa.AVX2; l <= isa.Best(); l++ {
			restore := isa.Use(l)
			c.op(dst, x)
			restore()
			worst, arg := 0.0, float32(0)
			for i, v := range dst {
				if e := ulps(v, want[i]); e > worst {
					worst, arg = e, x[i]
				}
			}
			t.Logf("%-8s %s: worst %.3f ulp, at %v", c.name, l, worst, arg)
			if !(worst <= c.ulp) {
				t.Errorf("%s %s: %.3f ulp at %v, bound %v", c.name, l, worst, arg, c.ulp)
			}
		}
	}
}

// TestSignedZeros: odd functions keep the zero's sign, as package math does.
func TestSignedZeros(t *testing.T) {
	minus := float32(math.Copysign(0, -1))
	isa.Each(t, func(t *testing.T) {
		for _, c := range unaries {
			x := []float32{0, minus}
			c.op(x, x)
			if c.name == "ReLU" {
				continue
			}
			for i, v := range []float64{0, float64(minus)} {
				if want := float32(c.oracle(v)); !sameBits(x[i], want) {
					t.Errorf("%s(%v) = %v, want %v", c.name, v, x[i], want)
				}
			}
		}
	})
}

// TestPositionDoesNotMatter: an element's value is the same in a vector, in a tail, alone, and
// beside extraordinary numbers.
func TestPositionDoesNotMatter(t *testing.T) {
	ops := append([]unary{
		{name: "PowScalar", op: func(dst, a []float32) { PowScalar(dst, a, 2.3) }},
		{name: "ScalarPow", op: func(dst, a []float32) { ScalarPow(dst, 1.7, a) }},
		{name: "Pow", op: func(dst, a []float32) { Pow(dst, a, a) }},
	}, unaries...)
	isa.Each(t, func(t *testing.T) {
		for _, c := range ops {
			x := make([]float32, 207)
			for i := range x {
				x[i] = float32(i-30) * .37
			}
			copy(x[60:], specials)
			all, single := make([]float32, len(x)), make([]float32, 1)
			c.op(all, x)
			for i := range x {
				c.op(single, x[i:i+1])
				if !sameBits(single[0], all[i]) {
					t.Errorf("%s(%v) is %v alone and %v among others", c.name, x[i], single[0], all[i])
				}
			}
		}
	})
}

// TestRsqrtIsNearest: the corrected quotient is almost always the nearest number; where the root's
// residue is denormal it is a little worse.
func TestRsqrtIsNearest(t *testing.T) {
	r := seeded(9)
	x, y := make([]float32, 1<<16), make([]float32, 1<<16)
	for i := range x {
		x[i] = math.Float32frombits(27<<23 + r.Uint32N(228<<23))
	}
	isa.Each(t, func(t *testing.T) {
		Rsqrt(y, x)
		worst := 0.0
		for i := range x {
			worst = max(worst, ulps(y[i], rsqrt64(float64(x[i]))))
		}
		if t.Logf("worst error %.4f ulp", worst); worst > .51 {
			t.Errorf("error %.4f ulp", worst)
		}
	})
}
