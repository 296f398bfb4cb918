package gemm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// guard surrounds every buffer of these tests.
const guard = 64

// guardValue is a NaN that no computation makes.
var guardValue = math.Float32frombits(0x7fc0dead)

// buffer is a slice between guards, at any alignment, with a copy of what it held.
type buffer struct {
	all, data, before []float32
}

func newBuffer(rng *rand.Rand, n int) buffer {
	shift := rng.IntN(16)
	b := buffer{all: make([]float32, n+2*guard+shift)}
	for i := range b.all {
		b.all[i] = guardValue
	}
	b.data = b.all[guard+shift:][:n:n]
	for i := range b.data {
		b.data[i] = float32(rng.NormFloat64())
	}
	b.before = slices.Clone(b.all)
	return b
}

// intact reports whether the guards, and if readOnly all, are as they were.
func (b buffer) intact(readOnly bool) bool {
	lo := len(b.all) - len(b.data) - guard
	for i, v := range b.all {
		if (readOnly || i < lo || i >= lo+len(b.data)) && math.Float32bits(v) != math.Float32bits(b.before[i]) {
			return false
		}
	}
	return true
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func abs(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Abs(v)
	}
	return y
}

// compare fails unless got is within the rounding bound of want: a sum of n products in any order
// errs by at most (n+3) u times the sum of their absolute values, u = 2^-24 (Higham 2002, section
// 3.1; 3 for the epilogue).
func compare(t testing.TB, what string, got []float32, want, scale []float64, n int) {
	t.Helper()
	for i := range want {
		bound := float64(n+3) * 0x1p-24 * scale[i]
		if diff := math.Abs(float64(got[i]) - want[i]); !(diff <= bound) {
			t.Fatalf("%s: element %d is %v, want %v, off by %g where %g is allowed", what, i, got[i], want[i], diff, bound)
		}
	}
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func pool(t testing.TB, threads int) *par.Pool {
	p := par.New(threads)
	t.Cleanup(p.Close)
	return p
}

// testEpilogue is an Epilogue with buffers for n columns and an output like y.
type testEpilogue struct {
	Epilogue
	bias, residual buffer
}

func newEpilogue(rng *rand.Rand, kind, columns, size int) testEpilogue {
	e := testEpilogue{bias: newBuffer(rng, columns), residual: newBuffer(rng, size)}
	if kind&1 != 0 {
		e.Bias = e.bias.data
	}
	if kind&2 != 0 {
		e.Residual = e.residual.data
	}
	e.ReLU, e.Accumulate = kind&4 != 0, kind&8 != 0
	return e
}

// on returns what the epilogue makes of sums and of their scales, for an output that held old, of
// rows of the given columns.
func (e testEpilogue) on(sum, scale []float64, old []float32, columns int) (want, bound []float64) {
	want, bound = slices.Clone(sum), slices.Clone(scale)
	for i := range sum {
		add := func(v float32) { want[i] += float64(v); bound[i] += math.Abs(float64(v)) }
		if e.Accumulate {
			add(old[i])
		}
		if e.Bias != nil {
			add(e.Bias[i%columns])
		}
		if e.Residual != nil {
			add(e.Residual[i])
		}
		if e.ReLU {
			want[i] = max(want[i], 0)
		}
	}
	return want, bound
}
