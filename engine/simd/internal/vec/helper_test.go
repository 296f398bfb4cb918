package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

const guard = float32(-77.25)

// lengths are those around every loop's edge, and a few long ones.
func lengths() []int {
	var n []int
	for i := range 201 {
		n = append(n, i)
	}
	return append(n, 511, 1000, 2048, 5003)
}

// A buffer is a slice inside guard values, at any alignment.
type buffer struct {
	all, x []float32
	start  int
}

func newBuffer(n, offset int) *buffer {
	b := &buffer{all: make([]float32, n+offset+64), start: offset + 16}
	fill(b.all, guard)
	b.x = b.all[b.start : b.start+n : b.start+n]
	return b
}

func from(x []float32, offset int) *buffer {
	b := newBuffer(len(x), offset)
	copy(b.x, x)
	return b
}

// intact reports writes outside of the slice.
func (b *buffer) intact(t *testing.T, what string) {
	t.Helper()
	for i, v := range b.all {
		if v != guard && (i < b.start || i >= b.start+len(b.x)) {
			t.Fatalf("%s: wrote at %d, outside of the slice of %d", what, i-b.start, len(b.x))
		}
	}
}

var specials = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, .5, -.5, 1.5, 2.5, -2.5, 1e-45, -1e-45, 1e-40, -1e-40, 1.1754944e-38, 1.17549421e-38, 3.4028235e38, -3.4028235e38,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 88.72283, 88.72284, -87.33655, -103.97207, -103.972084, -104, 16777216, 8388608.5, 8388607.5,
	2147483648, -2147483648, 2147483520, 1e10, -1e10, 3.1415927, 1.5707964, 100000, 131072, 131073, 1e30,
}

// numbers returns n values of many sizes, specials among them.
func numbers(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] = specials[r.IntN(len(specials))]
		case 1:
			x[i] = math.Float32frombits(r.Uint32())
		default:
			x[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(12)-6)))
		}
	}
	return x
}

// same tells whether two results are equal, NaN being NaN and either zero a zero; sameBits tells
// the zeros apart.
func same(a, b float32) bool { return a == b || a != a && b != b }

func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// ulps is |got-want| in units of the last place of the float32 nearest to want. Beyond the range,
// infinity counts as 2^128.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	switch {
	case same(got, w):
		return 0
	case got != got || want != want:
		return math.Inf(1)
	}
	g := float64(got)
	if math.IsInf(g, 0) {
		g = math.Copysign(math.Exp2(128), g)
	}
	if math.IsInf(want, 0) {
		want = math.Copysign(math.Exp2(128), want)
	}
	_, e := math.Frexp(want)
	return math.Abs(g-want) / math.Ldexp(1, max(e, -125)-24)
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// elementwiseCase checks dst = op(in...) against oracle for all lengths, alignments and aliasings.
func elementwiseCase(t *testing.T, lengths []int, inputs int, op func(dst []float32, in [][]float32), oracle func(in []float32) float64, accept func(got float32, want float64, in []float32) bool) {
	t.Helper()
	r := seeded(uint64(inputs) + 1)
	for _, n := range lengths {
		offset := n % 17
		var in, dst []*buffer
		for k := range inputs {
			in = append(in, from(numbers(r, n), (offset+3*k)%16))
		}
		var slices [][]float32
		for _, b := range in {
			slices = append(slices, b.x)
		}
		dst = append(dst, newBuffer(n, offset))
		before := clone(slices)
		op(dst[0].x, slices)
		for k := range slices {
			if !equalBits(slices[k], before[k]) {
				t.Fatalf("n=%d: operand %d was changed", n, k)
			}
		}
		for i, got := range dst[0].x {
			x := at(slices, i)
			if want := oracle(x); !accept(got, want, x) {
				t.Fatalf("n=%d: element %d of %v: got %v, want %v", n, i, x, got, want)
			}
		}
		dst[0].intact(t, fmt.Sprintf("n=%d", n))
		for k := range inputs { // dst is operand k
			alias := from(slices[k], offset)
			with := append([][]float32(nil), slices...)
			with[k] = alias.x
			op(alias.x, with)
			for i := range alias.x {
				if !sameBits(alias.x[i], dst[0].x[i]) {
					t.Fatalf("n=%d, dst is operand %d: element %d is %v, not %v", n, k, i, alias.x[i], dst[0].x[i])
				}
			}
			alias.intact(t, "aliased")
		}
	}
}

func at(in [][]float32, i int) []float32 {
	x := make([]float32, len(in))
	for k := range in {
		x[k] = in[k][i]
	}
	return x
}

func clone(in [][]float32) [][]float32 {
	var c [][]float32
	for _, x := range in {
		c = append(c, append([]float32(nil), x...))
	}
	return c
}

func equalBits(a, b []float32) bool {
	for i := range a {
		if !sameBits(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
