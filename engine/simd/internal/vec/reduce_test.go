package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

// TestSums: the error is a small multiple of the rounding unit times the sum of the terms' sizes.
func TestSums(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(13)
		for _, n := range append(lengths(), 100003) {
			a := newBuffer(n, n%11)
			var want, size float64
			for i := range n {
				a.x[i] = float32(r.NormFloat64())
				want += float64(a.x[i])
				size += math.Abs(float64(a.x[i]))
			}
			if got := Sum(a.x); !(math.Abs(got-want) <= 4*0x1p-24*size) {
				t.Fatalf("n=%d: got %v, want %v, error %.3g of the terms' size", n, got, want, math.Abs(got-want)/size)
			}
		}
		if got := Sum([]float32{1, float32(math.NaN()), 2}); got == got {
			t.Errorf("a sum with NaN is %v", got)
		}
	})
}

func TestExtremes(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(14)
		for _, n := range lengths() {
			if n == 0 {
				continue
			}
			for _, level := range []float64{-1e3, 0, 1e3} { // tails are filled up: zeros must not win
				b := newBuffer(n, n%9)
				top, bottom := math.Inf(-1), math.Inf(1)
				for i := range b.x {
					b.x[i] = float32(level + r.NormFloat64())
					top, bottom = math.Max(top, float64(b.x[i])), math.Min(bottom, float64(b.x[i]))
				}
				if got := ReduceMax(b.x); float64(got) != top {
					t.Fatalf("n=%d: max %v, want %v", n, got, top)
				}
				if got := ReduceMin(b.x); float64(got) != bottom {
					t.Fatalf("n=%d: min %v, want %v", n, got, bottom)
				}
				if got, want := float64(maxAbs(b.x)), math.Max(math.Abs(top), math.Abs(bottom)); got != want {
					t.Fatalf("n=%d: max|x| %v, want %v", n, got, want)
				}
				b.x[r.IntN(n)] = float32(math.NaN())
				for name, f := range map[string]func([]float32) float32{"max": ReduceMax, "min": ReduceMin, "max|x|": maxAbs} {
					if got := f(b.x); got == got {
						t.Fatalf("n=%d: %s with a NaN is %v", n, name, got)
					}
				}
			}
		}
		if a, b, c := ReduceMax(nil), ReduceMin(nil), maxAbs(nil); !math.IsInf(float64(a), -1) || !math.IsInf(float64(b), 1) || c != 0 {
			t.Errorf("of nothing: max %v, min %v, max|x| %v", a, b, c)
		}
	})
}

func TestGenericReductions(t *testing.T) {
	x := []int64{3, -1, 4, 1, -5}
	if s, hi, lo := SumOf(x), ReduceMaxOf(x), ReduceMinOf(x); s != 2 || hi != 4 || lo != -5 {
		t.Errorf("sum %d, max %d, min %d", s, hi, lo)
	}
	long := make([]float64, 1000)
	for i := range long {
		long[i] = .1
	}
	if s := SumOf(long); !(math.Abs(s-100) <= 1e-12) {
		t.Errorf("sum of 1000 tenths is %v", s)
	}
}
