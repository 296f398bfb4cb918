package vec

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

// maskBuffer is a slice of bool inside true values (guards).
func maskBuffer(n, offset int) (all, mask []bool) {
	all = make([]bool, n+offset+80)
	for i := range all {
		all[i] = true
	}
	return all, all[offset+16 : offset+16+n : offset+16+n]
}

func maskIntact(all []bool, n, offset int) bool {
	for i, v := range all {
		if !v && (i < offset+16 || i >= offset+16+n) {
			return false
		}
	}
	return true
}

func TestComparisons(t *testing.T) {
	type vv = func(dst []bool, a, b []float32)
	type vs = func(dst []bool, a []float32, s float32)
	isa.Each(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			op     vv
			scalar vs
			want   func(a, b float32) bool
		}{
			"Equal":        {Equal, EqualScalar, func(a, b float32) bool { return a == b }},
			"NotEqual":     {NotEqual, NotEqualScalar, func(a, b float32) bool { return a != b }},
			"Less":         {Less, LessScalar, func(a, b float32) bool { return a < b }},
			"LessEqual":    {LessEqual, LessEqualScalar, func(a, b float32) bool { return a <= b }},
			"Greater":      {Greater, GreaterScalar, func(a, b float32) bool { return a > b }},
			"GreaterEqual": {GreaterEqual, GreaterEqualScalar, func(a, b float32) bool { return a >= b }},
		} {
			t.Run(name, func(t *testing.T) {
				r := seeded(11)
				for _, n := range lengths() {
					a, b := numbers(r, n), numbers(r, n)
					for i := range b {
						if r.IntN(4) == 0 {
							b[i] = a[i]
						}
					}
					all, mask := maskBuffer(n, n%17)
					c.op(mask, a, b)
					for i := range mask {
						if mask[i] != c.want(a[i], b[i]) {
							t.Fatalf("n=%d: %v, %v gives %v", n, a[i], b[i], mask[i])
						}
					}
					for _, s := range []float32{0, 1, float32(math.NaN()), float32(math.Inf(1))} {
						c.scalar(mask, a, s)
						for i := range mask {
							if mask[i] != c.want(a[i], s) {
								t.Fatalf("n=%d: %v, scalar %v gives %v", n, a[i], s, mask[i])
							}
						}
					}
					if !maskIntact(all, n, n%17) {
						t.Fatalf("n=%d: wrote outside of the mask", n)
					}
				}
			})
		}
	})
}

func TestSelect(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		r := seeded(12)
		for _, n := range lengths() {
			a, b := from(numbers(r, n), n%13), from(numbers(r, n), n%7)
			mask := make([]bool, n)
			for i := range mask {
				mask[i] = r.IntN(2) == 0
			}
			dst := newBuffer(n, n%17)
			want := make([]float32, n)
			for name, f := range map[string]func(d []float32, generic bool){
				"Select": func(d []float32, generic bool) {
					if generic {
						SelectOf(d, mask, a.x, b.x)
					} else {
						Select(d, mask, a.x, b.x)
					}
				},
				"SelectScalar": func(d []float32, generic bool) {
					if generic {
						SelectScalarOf(d, mask, a.x, 3)
					} else {
						SelectScalar(d, mask, a.x, 3)
					}
				},
				"ScalarSelect": func(d []float32, generic bool) {
					if generic {
						ScalarSelectOf(d, mask, 3, b.x)
					} else {
						ScalarSelect(d, mask, 3, b.x)
					}
				},
			} {
				f(want, true)
				f(dst.x, false)
				if !equalBits(dst.x, want) {
					t.Fatalf("%s, n=%d: got %v, want %v", name, n, dst.x, want)
				}
				dst.intact(t, name)
			}
			Select(want, mask, a.x, b.x)
			Select(a.x, mask, a.x, b.x)
			if !equalBits(a.x, want) {
				t.Fatalf("n=%d: select in place differs", n)
			}
		}
	})
}
