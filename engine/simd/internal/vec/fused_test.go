package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

func TestFused(t *testing.T) {
	const s, w = .37, -1.25
	type in = []float32
	isa.Each(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			inputs int
			op     func(dst []float32, x [][]float32)
			want   func(x in) bool // x[len-1] is the result
		}{
			"MulAdd":       {3, func(d []float32, x [][]float32) { MulAdd(d, x[0], x[1], x[2]) }, func(x in) bool { return fused(x[3], x[0], x[1], x[2]) }},
			"MulAddScalar": {1, func(d []float32, x [][]float32) { MulAddScalar(d, x[0], s, w) }, func(x in) bool { return fused(x[1], x[0], s, w) }},
			"AxpyTo":       {2, func(d []float32, x [][]float32) { AxpyTo(d, s, x[0], x[1]) }, func(x in) bool { return fused(x[2], s, x[0], x[1]) }},
			"Combine":      {2, func(d []float32, x [][]float32) { Combine(d, s, x[0], w, x[1]) }, func(x in) bool { return fused(x[2], s, x[0], w*x[1]) }},
			"Lerp":         {2, func(d []float32, x [][]float32) { Lerp(d, x[0], x[1], s) }, func(x in) bool { return fused(x[2], s, x[1]-x[0], x[0]) }},
			"ReLUGrad": {2, func(d []float32, x [][]float32) { ReLUGrad(d, x[0], x[1]) }, func(x in) bool {
				if x[0] > 0 {
					return sameBits(x[2], x[1])
				}
				return x[2] == 0
			}},
			"SiLUGrad": {2, func(d []float32, x [][]float32) { SiLUGrad(d, x[0], x[1]) }, siluGradClose},
		} {
			t.Run(name, func(t *testing.T) {
				elementwiseCase(t, lengths(), c.inputs, c.op, func(in) float64 { return 0 },
					func(got float32, _ float64, x in) bool { return c.want(append(x, got)) })
			})
		}
	})
}

// siluGradClose allows 4 units of the greatest term: the derivative has a zero near -1.28.
func siluGradClose(x []float32) bool {
	want := siluGrad64(float64(x[0]), float64(x[1]))
	if same(x[2], float32(want)) || math.IsInf(float64(x[1]), 0) { // an infinite dy may meet a factor that is 0 in float32
		return true
	}
	size := math.Abs(float64(x[1])) * logistic64(float64(x[0])) * (1 + math.Min(200, math.Abs(float64(x[0]))))
	return math.Abs(float64(x[2])-want) <= 4*0x1p-24*size+200*math.Abs(float64(x[1]))*0x1p-149+0x1p-149
}

func TestSiLUGradIsTheDerivative(t *testing.T) {
	const h = 1e-5
	for x := -20.0; x < 20; x += .37 {
		want := (silu64(x+h) - silu64(x-h)) / (2 * h)
		if got := siluGrad64(x, 1); !(math.Abs(got-want) <= 1e-9) {
			t.Errorf("at %v: %v, central difference %v", x, got, want)
		}
	}
}

// adam64 is PyTorch's single-tensor step in float64.
func adam64(w, m, v, g float64, a Adam) (float64, float64, float64) {
	d := g*orOne(a.GradScale) + a.L2*w
	w *= 1 - a.WeightDecay
	m += (1 - a.Beta1) * (d - m)
	v = a.Beta2*v + (1-a.Beta2)*d*d
	return w - a.Step*m/(math.Sqrt(v)/orOne(a.Bias2Sqrt)+a.Eps), m, v
}

func TestAdamUpdate(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		for _, a := range []Adam{
			{Step: 1e-3 / (1 - .9), Beta1: .9, Beta2: .999, Eps: 1e-8, Bias2Sqrt: math.Sqrt(1 - .999)},
			{Step: 2e-3, Beta1: .9, Beta2: .99, Eps: 1e-8, Bias2Sqrt: .7, WeightDecay: 1e-2, GradScale: .5},
			{Step: 2e-3, Beta1: .5, Beta2: .9, Eps: 1e-3, L2: .1},
		} {
			r := seeded(17)
			for _, n := range lengths() {
				w, m, v, g := newBuffer(n, n%16), newBuffer(n, n%7), newBuffer(n, n%5), newBuffer(n, n%3)
				for i := range n {
					w.x[i], m.x[i], g.x[i] = float32(r.NormFloat64()), float32(r.NormFloat64()*.1), float32(r.NormFloat64())
					v.x[i] = float32(r.ExpFloat64() * .01)
				}
				w0, m0, v0, g0 := clone([][]float32{w.x})[0], clone([][]float32{m.x})[0], clone([][]float32{v.x})[0], clone([][]float32{g.x})[0]
				AdamUpdate(w.x, m.x, v.x, g.x, a)
				for i := range n {
					ww, wm, wv := adam64(float64(w0[i]), float64(m0[i]), float64(v0[i]), float64(g0[i]), a)
					if !close32(w.x[i], ww, math.Abs(float64(w0[i]))+math.Abs(ww-float64(w0[i]))) || !close32(m.x[i], wm, 1) || !close32(v.x[i], wv, wv) {
						t.Fatalf("n=%d, element %d: got %v %v %v, want %v %v %v", n, i, w.x[i], m.x[i], v.x[i], ww, wm, wv)
					}
				}
				if !equalBits(g.x, g0) {
					t.Fatalf("n=%d: the gradient was changed", n)
				}
				for _, b := range []*buffer{w, m, v, g} {
					b.intact(t, "adam")
				}
			}
		}
	})
}

// close32 allows 8 roundings (as many operations lead to w) of a value of the given size.
func close32(got float32, want, size float64) bool {
	return math.Abs(float64(got)-want) <= 8*0x1p-24*math.Max(size, math.Abs(want))
}
