package simd

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// numeric lists the element types that have arithmetic.
var numeric = []dtypes.DType{
	dtypes.Float32, dtypes.Float64, dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64,
	dtypes.Uint8, dtypes.Uint16, dtypes.Uint32, dtypes.Uint64,
}

type unaryOp = func(b backends.Builder, x backends.Op) (backends.Op, error)
type binaryOp = func(b backends.Builder, x, y backends.Op) (backends.Op, error)

// TestUnary compares operations of one operand with GoMLX's own backend on every type that both
// have.
func TestUnary(t *testing.T) {
	ops := map[string]unaryOp{
		"Abs": backends.Builder.Abs, "Neg": backends.Builder.Neg, "Sign": backends.Builder.Sign,
		"Exp": backends.Builder.Exp, "Expm1": backends.Builder.Expm1, "Log": backends.Builder.Log, "Log1p": backends.Builder.Log1p,
		"Logistic": backends.Builder.Logistic, "Ceil": backends.Builder.Ceil, "Floor": backends.Builder.Floor, "Round": backends.Builder.Round,
		"Rsqrt": backends.Builder.Rsqrt, "Sqrt": backends.Builder.Sqrt, "Cos": backends.Builder.Cos, "Sin": backends.Builder.Sin,
		"Tanh": backends.Builder.Tanh, "Erf": backends.Builder.Erf, "IsFinite": backends.Builder.IsFinite, "IsNaN": backends.Builder.IsNaN,
		"BitwiseNot": backends.Builder.BitwiseNot, "BitCount": backends.Builder.BitCount, "Clz": backends.Builder.Clz,
	}
	tried := 0
	for name, op := range ops {
		for _, dt := range numeric {
			for _, dims := range [][]int{{37, 61}, {1}, {}} {
				x := randomData(newRand(3), dt, dims...)
				if name == "Round" { // GoMLX's backend rounds halves away from zero
					mapData(x, func(v float64) float64 { return v + 1.0/64 })
				}
				p := func(b backends.Builder, in []backends.Op) []backends.Op { return []backends.Op{must(op(b, in[0]))} }
				if _, err := execute(open(t, "go:ops_sequential"), p, []data{x}); err != nil {
					continue // not an operation of this type
				}
				tried++
				agree(t, name+" "+dt.String(), 3e-6, p, x)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d cases were tried", tried)
	}
}

// binaryOps are the operations of two operands that broadcast.
var binaryOps = map[string]binaryOp{
	"Add": backends.Builder.Add, "Sub": backends.Builder.Sub, "Mul": backends.Builder.Mul, "Div": backends.Builder.Div,
	"Rem": backends.Builder.Rem, "Pow": backends.Builder.Pow, "Max": backends.Builder.Max, "Min": backends.Builder.Min,
	"BitwiseAnd": backends.Builder.BitwiseAnd, "BitwiseOr": backends.Builder.BitwiseOr, "BitwiseXor": backends.Builder.BitwiseXor,
	"Equal": backends.Builder.Equal, "NotEqual": backends.Builder.NotEqual, "GreaterOrEqual": backends.Builder.GreaterOrEqual,
	"GreaterThan": backends.Builder.GreaterThan, "LessOrEqual": backends.Builder.LessOrEqual, "LessThan": backends.Builder.LessThan,
}

// TestBinary compares operations of two operands, of equal shapes, with a scalar on either side,
// and with unit axes.
func TestBinary(t *testing.T) {
	cases := [][2][]int{{{5, 7, 9}, {5, 7, 9}}, {{5, 7, 9}, {}}, {{}, {5, 7, 9}}, {{5, 1, 9}, {1, 7, 9}}, {{5, 7, 1}, {1, 1, 9}}, {{}, {}}}
	tried := 0
	for name, op := range binaryOps {
		for _, dt := range numeric {
			for _, c := range cases {
				r := newRand(5)
				x, y := randomData(r, dt, c[0]...), randomData(r, dt, c[1]...)
				if name == "Div" || name == "Rem" {
					withoutZeros(y)
				}
				if name == "Pow" { // of bases and exponents without a pole or a root of a negative number
					if !dt.IsFloat() {
						absolute(y)
					} else {
						absolute(x)
						withoutZeros(x)
					}
				}
				p := func(b backends.Builder, in []backends.Op) []backends.Op {
					return []backends.Op{must(op(b, in[0], in[1])), must(op(b, in[1], in[0]))}[:1]
				}
				if _, err := execute(open(t, "go:ops_sequential"), p, []data{x, y}); err != nil {
					continue
				}
				tried++
				agree(t, name+" "+dt.String(), 3e-6, p, x, y)
			}
		}
	}
	if tried < 800 {
		t.Errorf("only %d cases were tried", tried)
	}
}

func withoutZeros(x data) {
	mapData(x, func(v float64) float64 {
		if v == 0 {
			return 1
		}
		return v
	})
}

func absolute(x data) {
	mapData(x, func(v float64) float64 { return max(v, -v) })
}

// mapData applies f to every element.
func mapData(x data, f func(float64) float64) {
	mem, dt, n := bytesOf(x.flat)
	size := sizeOf(dt)
	for i := range n {
		at := mem[i*size : (i+1)*size]
		putNumber(dt, at, f(numberAt(x, i)))
	}
}

func numberAt(x data, i int) float64 { return number64(elementAt(x.flat, i)) }

// TestLogical covers what only booleans have, against the truth tables.
func TestLogical(t *testing.T) {
	x := data{[]bool{false, false, true, true}, shapes.Make(dtypes.Bool, 4)}
	y := data{[]bool{false, true, false, true}, shapes.Make(dtypes.Bool, 4)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{
			must(b.LogicalAnd(in[0], in[1])), must(b.LogicalOr(in[0], in[1])), must(b.LogicalXor(in[0], in[1])), must(b.LogicalNot(in[1])),
		}
	}
	want := [][]bool{{false, false, false, true}, {false, true, true, true}, {false, true, true, false}, {true, false, true, false}}
	for _, c := range configs {
		got, err := execute(open(t, c), p, []data{x, y})
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if err := compare(got[i], data{w, x.shape}, 0); err != nil {
				t.Errorf("%s: output %d: %v", c, i, err)
			}
		}
	}
}

// TestConvert converts every type to every other one.
func TestConvert(t *testing.T) {
	for _, from := range append([]dtypes.DType{dtypes.Bool}, numeric...) {
		for _, to := range append([]dtypes.DType{dtypes.Bool}, numeric...) {
			x := randomData(newRand(9), from, 300)
			if to.IsUnsigned() && from != dtypes.Bool {
				absolute(x) // a negative number has no unsigned value
			}
			agree(t, from.String()+" to "+to.String(), 0, func(b backends.Builder, in []backends.Op) []backends.Op {
				return []backends.Op{must(b.ConvertDType(must(b.Identity(in[0])), to))}
			}, x)
		}
	}
}

// TestRound rounds halves to even.
func TestRound(t *testing.T) {
	x := data{[]float32{-2.5, -1.5, -.5, .5, 1.5, 2.5, 3.5}, shapes.Make(dtypes.Float32, 7)}
	want := data{[]float32{-2, -2, 0, 0, 2, 2, 4}, x.shape}
	for _, c := range configs {
		got, err := execute(open(t, c), func(b backends.Builder, in []backends.Op) []backends.Op { return []backends.Op{must(b.Round(in[0]))} }, []data{x})
		if err != nil {
			t.Fatal(err)
		}
		if err := compare(got[0], want, 0); err != nil {
			t.Error(err)
		}
	}
}

// reduceCase is a reduction and what it does to two numbers, the first of them its start.
type reduceCase struct {
	name  string
	op    func(b backends.Builder, x backends.Op, axes ...int) (backends.Op, error)
	start func(dt dtypes.DType) float64
	f     func(a, b float64) float64
	types func(dt dtypes.DType) bool
}

func bitwise(f func(a, b int64) int64) func(a, b float64) float64 {
	return func(a, b float64) float64 { return float64(f(int64(a), int64(b))) }
}

func constantly(v float64) func(dtypes.DType) float64 { return func(dtypes.DType) float64 { return v } }

func reduceCases() []reduceCase {
	isNumber := func(dt dtypes.DType) bool { return dt != dtypes.Bool }
	isBool := func(dt dtypes.DType) bool { return dt == dtypes.Bool }
	ones := func(dt dtypes.DType) float64 { // all bits set, among the small numbers of the test
		if dt.IsUnsigned() {
			return 7
		}
		return -1
	}
	return []reduceCase{
		{"Sum", backends.Builder.ReduceSum, constantly(0), func(a, b float64) float64 { return a + b }, isNumber},
		{"Product", backends.Builder.ReduceProduct, constantly(1), func(a, b float64) float64 { return a * b }, dtypes.DType.IsFloat},
		{"Max", backends.Builder.ReduceMax, constantly(-100), func(a, b float64) float64 { return max(a, b) }, isNumber},
		{"Min", backends.Builder.ReduceMin, constantly(100), func(a, b float64) float64 { return min(a, b) }, isNumber},
		{"BitwiseAnd", backends.Builder.ReduceBitwiseAnd, ones, bitwise(func(a, b int64) int64 { return a & b }), dtypes.DType.IsInt},
		{"BitwiseOr", backends.Builder.ReduceBitwiseOr, constantly(0), bitwise(func(a, b int64) int64 { return a | b }), dtypes.DType.IsInt},
		{"BitwiseXor", backends.Builder.ReduceBitwiseXor, constantly(0), bitwise(func(a, b int64) int64 { return a ^ b }), dtypes.DType.IsInt},
		{"LogicalAnd", backends.Builder.ReduceLogicalAnd, constantly(1), func(a, b float64) float64 { return a * b }, isBool},
		{"LogicalOr", backends.Builder.ReduceLogicalOr, constantly(0), func(a, b float64) float64 { return max(a, b) }, isBool},
		{"LogicalXor", backends.Builder.ReduceLogicalXor, constantly(0), func(a, b float64) float64 { return float64(b2i(a != b)) }, isBool},
	}
}

// naiveReduce reduces the axes of mask one element at a time.
func naiveReduce(x data, mask int, start float64, f func(a, b float64) float64) []float64 {
	dims := x.shape.Dimensions
	n := 1
	for a, d := range dims {
		if mask>>a&1 == 0 {
			n *= d
		}
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = start
	}
	index := make([]int, len(dims))
	for i := range x.shape.Size() {
		unravel(i, dims, index)
		to := 0
		for a, d := range dims {
			if mask>>a&1 == 0 {
				to = to*d + index[a]
			}
		}
		out[to] = f(out[to], numberAt(x, i))
	}
	return out
}

// TestReduce reduces every set of axes by every operation, against loops over the elements.
func TestReduce(t *testing.T) {
	for _, rc := range reduceCases() {
		for _, dt := range append([]dtypes.DType{dtypes.Bool}, numeric...) {
			if !rc.types(dt) {
				continue
			}
			for mask := 1; mask < 8; mask++ {
				var axes []int
				for a := range 3 {
					if mask>>a&1 != 0 {
						axes = append(axes, a)
					}
				}
				x := randomData(newRand(11), dt, 4, 5, 3)
				want := naiveReduce(x, mask, rc.start(dt), rc.f)
				p := func(b backends.Builder, in []backends.Op) []backends.Op {
					return []backends.Op{must(rc.op(b, in[0], axes...))}
				}
				for _, c := range configs {
					got, err := execute(open(t, c), p, []data{x})
					if err != nil {
						t.Fatal(err)
					}
					for i, w := range want {
						if g := numberAt(got[0], i); !reduced(dt, g, w) {
							t.Fatalf("%s %s over %v: %s: element %d is %v, want %v", rc.name, dt, axes, c, i, g, w)
						}
					}
				}
			}
		}
	}
}

// reduced reports whether g is a reduction that ought to be w: within the roundings of the type,
// exactly for the others.
func reduced(dt dtypes.DType, g, w float64) bool {
	switch dt {
	case dtypes.Float32:
		return math.Abs(g-w) <= 1e-5*(1+math.Abs(w))
	case dtypes.Float64:
		return math.Abs(g-w) <= 1e-12*(1+math.Abs(w))
	}
	return g == w || wraps(dt, g, w)
}

// wraps reports whether g is w modulo the range of an eight-bit type.
func wraps(dt dtypes.DType, g, w float64) bool {
	return dt.Size() == 1 && int64(g-w)%256 == 0 && g == float64(int64(g))
}

// TestReduceLarge reduces what is divided over tiles and blocks, in every pattern of kept axes.
func TestReduceLarge(t *testing.T) {
	for _, dims := range [][]int{{8, 17, 9, 64}, {1, 70, 70, 3}, {3, 9000}, {9000, 3}, {2, 2, 5000}, {40000}} {
		x := randomData(newRand(13), dtypes.Float32, dims...)
		for mask := 1; mask < 1<<len(dims); mask++ {
			var axes []int
			for a := range dims {
				if mask>>a&1 != 0 {
					axes = append(axes, a)
				}
			}
			agree(t, "reduce", 2e-4, func(b backends.Builder, in []backends.Op) []backends.Op {
				sq := must(b.Mul(in[0], in[0]))
				return []backends.Op{must(b.ReduceSum(sq, axes...)), must(b.ReduceMax(in[0], axes...)), must(b.ReduceSum(in[0]))}
			}, x)
		}
	}
}

// TestConfiguration checks the messages for a wrong configuration.
func TestConfiguration(t *testing.T) {
	for _, c := range []string{"simd:threads=0", "simd:threads=x", "simd:threads=1025", "simd:threads=1000000000000", "simd:threads=99999999999999999999", "simd:fast", "simd:level", "simd:level=sse2", "simd:level=avx9"} {
		if _, err := backends.NewWithConfig(c); err == nil {
			t.Errorf("%s is no error", c)
		}
	}
}

// TestFinalizeEndsThreads checks that a backend's goroutines end with it, whether they have worked
// before or not.
func TestFinalizeEndsThreads(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		open(t, "simd:threads=8").Finalize()
	}
	b := open(t, "simd:threads=8")
	sum := func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{must(b.Add(in[0], in[0]))}
	}
	if _, err := execute(b, sum, []data{randomData(newRand(1), dtypes.Float32, 1000, 1000)}); err != nil {
		t.Fatal(err)
	}
	b.Finalize()
	for range 1000 { // a thread that sleeps ends when it has been woken
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// TestLevel checks that level= switches the kernels of the process, and that every level can be
// chosen by name.
func TestLevel(t *testing.T) {
	defer isa.Use(isa.Current())()
	for l := isa.Generic; l <= isa.Best(); l++ {
		b := open(t, "simd:level="+l.String())
		if isa.Current() != l || !strings.Contains(b.Description(), l.String()) {
			t.Errorf("level=%s runs on %s and says %q", l, isa.Current(), b.Description())
		}
	}
	open(t, "simd:level=generic")
	if open(t, "simd:level=best"); isa.Current() != isa.Best() {
		t.Errorf("level=best runs on %s, want %s", isa.Current(), isa.Best())
	}
	open(t, "simd:level=generic")
	if open(t, "simd:threads=1"); isa.Current() != isa.Generic {
		t.Errorf("a backend without level= changed it to %s", isa.Current())
	}
}
