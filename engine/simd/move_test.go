package simd

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// everyType lists all element types.
var everyType = append([]dtypes.DType{dtypes.Bool}, numeric...)

// expect runs a program on every configuration and compares its first output with f, which returns
// the flat index into x of the output's element at a multi-index, or -1 for zero.
func expect(t *testing.T, name string, x data, p program, in []data, f func(at []int) int) {
	t.Helper()
	for _, c := range configs {
		got, err := execute(open(t, c), p, in)
		if err != nil {
			t.Fatalf("%s: %s: %v", name, c, err)
		}
		dims := got[0].shape.Dimensions
		at := make([]int, len(dims))
		for i := range got[0].shape.Size() {
			unravel(i, dims, at)
			want := 0.0
			if k := f(at); k >= 0 {
				want = numberAt(x, k)
			}
			if g := numberAt(got[0], i); g != want {
				t.Fatalf("%s of %s: %s: element %v is %v, want %v", name, x.shape, c, at, g, want)
			}
		}
	}
}

// TestMove checks the operations that move data, on every type, against their index maps.
func TestMove(t *testing.T) {
	for _, dt := range everyType {
		x := randomData(newRand(23), dt, 5, 6, 7)
		flat := rowMajor(x.shape.Dimensions)
		type bb = backends.Builder
		one := func(f func(b bb, x backends.Op) (backends.Op, error)) program {
			return func(b bb, in []backends.Op) []backends.Op { return []backends.Op{must(f(b, in[0]))} }
		}
		in := []data{x}
		expect(t, "Transpose", x, one(func(b bb, x backends.Op) (backends.Op, error) { return b.Transpose(x, 2, 0, 1) }), in,
			func(at []int) int { return flat.address([]int{at[1], at[2], at[0]}) })
		expect(t, "Reshape of Transpose", x, one(func(b bb, x backends.Op) (backends.Op, error) {
			return b.Reshape(must(b.Transpose(x, 2, 1, 0)), 42, 5)
		}), in, func(at []int) int { return flat.address([]int{at[1], at[0] % 6, at[0] / 6}) })
		expect(t, "Slice", x, one(func(b bb, x backends.Op) (backends.Op, error) {
			return b.Slice(x, []int{1, 0, 2}, []int{4, 6, 7}, []int{2, 1, 3})
		}), in, func(at []int) int { return flat.address([]int{1 + 2*at[0], at[1], 2 + 3*at[2]}) })
		expect(t, "Reverse", x, one(func(b bb, x backends.Op) (backends.Op, error) { return b.Reverse(x, 0, 2) }), in,
			func(at []int) int { return flat.address([]int{4 - at[0], at[1], 6 - at[2]}) })
		expect(t, "BroadcastInDim", x, one(func(b bb, x backends.Op) (backends.Op, error) {
			return b.BroadcastInDim(x, shapes.Make(dt, 2, 5, 6, 3, 7), []int{1, 2, 4})
		}), in, func(at []int) int { return flat.address([]int{at[1], at[2], at[4]}) })
		expect(t, "Concatenate", x, one(func(b bb, x backends.Op) (backends.Op, error) {
			return b.Concatenate(1, x, must(b.Reverse(x, 1)), x)
		}), in, func(at []int) int {
			j := at[1] % 6
			if at[1]/6 == 1 {
				j = 5 - j
			}
			return flat.address([]int{at[0], j, at[2]})
		})
		expect(t, "Where", x, func(b bb, in []backends.Op) []backends.Op {
			i := must(b.Iota(shapes.Make(dtypes.Int32, 5, 6, 7), 1))
			odd := must(b.Equal(must(b.Rem(i, must(b.Constant([]int32{2})))), must(b.Constant([]int32{1}))))
			return []backends.Op{must(b.Where(odd, in[0], must(b.Reverse(in[0], 0))))}
		}, in, func(at []int) int {
			if at[1]%2 == 1 {
				return flat.address(at)
			}
			return flat.address([]int{4 - at[0], at[1], at[2]})
		})
		testPad(t, x)
		testDynamic(t, x)
	}
}

// testPad pads with positive, negative and interior padding.
func testPad(t *testing.T, x data) {
	flat := rowMajor(x.shape.Dimensions)
	config := []backends.PadAxis{{Start: 2, End: 1}, {Start: -1, End: -2, Interior: 1}, {Start: -3, End: 4, Interior: 2}}
	zero := randomData(newRand(1), x.shape.DType)
	mapData(zero, func(float64) float64 { return 0 })
	expect(t, "Pad", x, func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{must(b.Pad(in[0], in[1], config...))}
	}, []data{x, zero}, func(at []int) int {
		from := make([]int, 3)
		for a, c := range config {
			i := at[a] - c.Start
			if i < 0 || i%(c.Interior+1) != 0 || i/(c.Interior+1) >= x.shape.Dimensions[a] {
				return -1
			}
			from[a] = i / (c.Interior + 1)
		}
		return flat.address(from)
	})
}

// testDynamic slices and updates at positions given as data, of which one is out of range and
// clamped.
func testDynamic(t *testing.T, x data) {
	flat := rowMajor(x.shape.Dimensions)
	start := data{[]int32{2, 99, -5}, shapes.Make(dtypes.Int32, 3)}
	starts := func(b backends.Builder, v backends.Op) (s []backends.Op) {
		for i := range 3 {
			s = append(s, must(b.Reshape(must(b.Slice(v, []int{i}, []int{i + 1}, []int{1})))))
		}
		return s
	}
	expect(t, "DynamicSlice", x, func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{must(b.DynamicSlice(in[0], starts(b, in[1]), []int{2, 4, 3}))}
	}, []data{x, start}, func(at []int) int { return flat.address([]int{at[0] + 2, at[1] + 2, at[2]}) })
	expect(t, "DynamicUpdateSlice", x, func(b backends.Builder, in []backends.Op) []backends.Op {
		part := must(b.Slice(in[0], []int{0, 0, 0}, []int{2, 4, 3}, []int{1, 1, 1}))
		return []backends.Op{must(b.DynamicUpdateSlice(in[0], part, starts(b, in[1])))}
	}, []data{x, start}, func(at []int) int {
		p := []int{at[0] - 2, at[1] - 2, at[2]}
		if p[0] >= 0 && p[0] < 2 && p[1] >= 0 && p[1] < 4 && p[2] < 3 {
			return flat.address(p)
		}
		return flat.address(at)
	})
}

// TestIota counts along every axis in every type.
func TestIota(t *testing.T) {
	for _, dt := range numeric {
		for axis := range 3 {
			p := func(b backends.Builder, in []backends.Op) []backends.Op {
				return []backends.Op{must(b.Iota(shapes.Make(dt, 3, 40, 50), axis))}
			}
			got, err := execute(open(t, "simd"), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			at := make([]int, 3)
			for i := range got[0].shape.Size() {
				unravel(i, got[0].shape.Dimensions, at)
				if g := numberAt(got[0], i); g != float64(at[axis]) {
					t.Fatalf("%s along %d: element %v is %v", dt, axis, at, g)
				}
			}
		}
	}
}

// TestBitcast reinterprets floats as integers and bytes, and back.
func TestBitcast(t *testing.T) {
	x := data{[]float32{1, -2}, shapes.Make(dtypes.Float32, 2)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		bytes := must(b.Bitcast(in[0], dtypes.Uint8))
		return []backends.Op{must(b.Bitcast(in[0], dtypes.Uint32)), bytes, must(b.Bitcast(bytes, dtypes.Float32))}
	}
	got, err := execute(open(t, "simd"), p, []data{x})
	if err != nil {
		t.Fatal(err)
	}
	if g := got[0].flat.([]uint32); !slices.Equal(g, []uint32{0x3f800000, 0xc0000000}) {
		t.Errorf("bits %x", g)
	}
	if g := got[1].flat.([]uint8); !slices.Equal(g, []uint8{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}) {
		t.Errorf("bytes %x", g)
	}
	if err := compare(got[2], x, 0); err != nil {
		t.Error(err)
	}
}

// TestGather takes rows, clamping indices, against the definition.
func TestGather(t *testing.T) {
	for _, dt := range everyType {
		x := randomData(newRand(29), dt, 5, 4, 3)
		index := data{[]int64{4, 0, 99, -7, 2, 2}, shapes.Make(dtypes.Int64, 3, 2)}
		flat := rowMajor(x.shape.Dimensions)
		pick := []int{4, 0, 4, 0, 2, 2}
		expect(t, "Gather", x, func(b backends.Builder, in []backends.Op) []backends.Op {
			i := must(b.Reshape(in[1], 3, 2, 1))
			return []backends.Op{must(b.Gather(in[0], i, 2, []int{1, 3}, []int{0}, []int{0}, []int{1, 2, 3}, false))}
		}, []data{x, index}, func(at []int) int { // [3, 2 (slice), 2, 3 (slice)]
			return flat.address([]int{pick[at[0]*2+at[2]], at[1], at[3]})
		})
	}
}

// TestScatter adds rows, two of them to one place, and drops the one outside.
func TestScatter(t *testing.T) {
	for _, dt := range numeric {
		r := newRand(31)
		x, u := randomData(r, dt, 5, 3), randomData(r, dt, 4, 3)
		index := data{[]int32{1, 4, 1, 7}, shapes.Make(dtypes.Int32, 4, 1)}
		for name, f := range map[string]func(a, b float64) float64{
			"Sum": func(a, b float64) float64 { return a + b },
			"Max": func(a, b float64) float64 { return max(a, b) },
			"Min": func(a, b float64) float64 { return min(a, b) },
		} {
			p := func(b backends.Builder, in []backends.Op) []backends.Op {
				op := map[string]func(x, i, u backends.Op, v int, w, ins, ax []int, sorted, unique bool) (backends.Op, error){
					"Sum": b.ScatterSum, "Max": b.ScatterMax, "Min": b.ScatterMin}[name]
				return []backends.Op{must(op(in[0], in[1], in[2], 1, []int{1}, []int{0}, []int{0}, false, false))}
			}
			got, err := execute(open(t, "simd"), p, []data{x, index, u})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 15 {
				want := numberAt(x, i)
				for k, row := range []int{1, 4, 1} {
					if row == i/3 {
						want = f(want, numberAt(u, k*3+i%3))
					}
				}
				if g := numberAt(got[0], i); g != want && !wraps(dt, g, want) {
					t.Errorf("%s %s: element %d is %v, want %v", name, dt, i, g, want)
				}
			}
		}
	}
}

// TestWindows reduces and selects in windows with strides, dilations and padding, against the
// definition in one dimension.
func TestWindows(t *testing.T) {
	for _, dt := range numeric {
		x := randomData(newRand(37), dt, 11)
		p := func(b backends.Builder, in []backends.Op) []backends.Op {
			return []backends.Op{
				must(b.ReduceWindow(in[0], backends.ReduceOpSum, []int{3}, []int{2}, []int{2}, []int{3}, [][2]int{{2, 1}})),
				must(b.ReduceWindow(in[0], backends.ReduceOpMax, []int{3}, []int{2}, nil, nil, [][2]int{{1, 1}})),
			}
		}
		got, err := execute(open(t, "simd"), p, []data{x})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got[0].shape.Size() {
			want := 0.0
			for k := range 3 {
				if j := 2*i + 3*k - 2; j >= 0 && j%2 == 0 && j/2 < 11 {
					want += numberAt(x, j/2)
				}
			}
			if g := numberAt(got[0], i); g != want && !wraps(dt, g, want) {
				t.Errorf("sum of window %d of %s is %v, want %v", i, dt, g, want)
			}
		}
		for i := range got[1].shape.Size() {
			want := -1000.0
			for k := range 3 {
				if j := 2*i + k - 1; j >= 0 && j < 11 {
					want = max(want, numberAt(x, j))
				}
			}
			if g := numberAt(got[1], i); g != want {
				t.Errorf("maximum of window %d of %s is %v, want %v", i, dt, g, want)
			}
		}
	}
}

// TestSelectAndScatter sends each value back to the extreme element of its window, the first of
// equal ones.
func TestSelectAndScatter(t *testing.T) {
	x := data{[]float32{1, 3, 2, 5, 5, 4}, shapes.Make(dtypes.Float32, 6)}
	s := data{[]float32{10, 20, 30}, shapes.Make(dtypes.Float32, 3)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{
			must(b.SelectAndScatterMax(in[0], in[1], []int{2}, []int{2}, nil)), must(b.SelectAndScatterMin(in[0], in[1], []int{2}, []int{2}, nil)),
		}
	}
	got, err := execute(open(t, "simd"), p, []data{x, s})
	if err != nil {
		t.Fatal(err)
	}
	if g := got[0].flat.([]float32); !slices.Equal(g, []float32{0, 10, 0, 20, 30, 0}) {
		t.Errorf("maximum: %v", g)
	}
	if g := got[1].flat.([]float32); !slices.Equal(g, []float32{10, 0, 20, 0, 0, 30}) {
		t.Errorf("minimum: %v", g)
	}
}

// TestArgMinMax finds the first extreme element, or the first NaN.
func TestArgMinMax(t *testing.T) {
	zero := float32(0)
	x := data{[]float32{1, 3, 3, 0, 5, zero / zero, 7, zero / zero}, shapes.Make(dtypes.Float32, 2, 4)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{must(b.ArgMinMax(in[0], 1, dtypes.Int32, false)), must(b.ArgMinMax(in[0], 1, dtypes.Int64, true))}
	}
	got, err := execute(open(t, "simd"), p, []data{x})
	if err != nil {
		t.Fatal(err)
	}
	if g := got[0].flat.([]int32); !slices.Equal(g, []int32{1, 1}) {
		t.Errorf("maximum at %v", g)
	}
	if g := got[1].flat.([]int64); !slices.Equal(g, []int64{3, 1}) {
		t.Errorf("minimum at %v", g)
	}
}

// TestRandomBits compares Philox with the vectors that its authors published, and checks that the
// state moves on.
func TestRandomBits(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}, [2]uint32{^uint32(0), ^uint32(0)},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if g := philox(c.counter, c.key); g != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, g, c.want)
		}
	}
	state := data{[]uint64{5, 10, 0}, shapes.Make(dtypes.Uint64, 3)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		next, x, err := b.RNGBitGenerator(in[0], shapes.Make(dtypes.Uint32, 4000))
		if err != nil {
			panic(err)
		}
		_, y, err := b.RNGBitGenerator(next, shapes.Make(dtypes.Uint32, 4000))
		if err != nil {
			panic(err)
		}
		return []backends.Op{next, x, y}
	}
	got, err := execute(open(t, "simd"), p, []data{state})
	if err != nil {
		t.Fatal(err)
	}
	if g := got[0].flat.([]uint64); !slices.Equal(g, []uint64{5, 1010, 0}) {
		t.Errorf("state %v", g)
	}
	x, y := got[1].flat.([]uint32), got[2].flat.([]uint32)
	if w := philox([4]uint32{11}, [2]uint32{5}); !slices.Equal(x[4:8], w[:]) {
		t.Errorf("second block %x, want %x", x[4:8], w)
	}
	if w := philox([4]uint32{1010}, [2]uint32{5}); !slices.Equal(y[:4], w[:]) {
		t.Errorf("after the state moved on %x, want %x", y[:4], w)
	}
}

// TestBatchNorm compares the composite operations with their formulas in float64.
func TestBatchNorm(t *testing.T) {
	r := newRand(41)
	x, dy := randomData(r, dtypes.Float64, 4, 3, 5), randomData(r, dtypes.Float64, 4, 3, 5)
	scale, offset := randomData(r, dtypes.Float64, 3), randomData(r, dtypes.Float64, 3)
	const eps = 1e-3
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		y, mean, variance, err := b.BatchNormForTraining(in[0], in[1], in[2], eps, 1)
		if err != nil {
			panic(err)
		}
		dx, ds, do, err := b.BatchNormGradient(in[0], in[1], mean, variance, in[3], eps, 1)
		if err != nil {
			panic(err)
		}
		return []backends.Op{y, mean, variance, dx, ds, do}
	}
	// loss is sum(dy * y), whose gradients are those of the operation.
	forward := func(x, scale, offset data) (loss float64, mean, variance []float64) {
		loss, mean, variance = 0, make([]float64, 3), make([]float64, 3)
		at := make([]int, 3)
		for pass := range 3 {
			for i := range 60 {
				unravel(i, []int{4, 3, 5}, at)
				c, v := at[1], numberAt(x, i)
				switch pass {
				case 0:
					mean[c] += v / 20
				case 1:
					variance[c] += (v - mean[c]) * (v - mean[c]) / 20
				case 2:
					e := variance[c] + float64(float32(eps))
					y := (v-mean[c])/math.Sqrt(e)*numberAt(scale, c) + numberAt(offset, c)
					loss += numberAt(dy, i) * y
				}
			}
		}
		return loss, mean, variance
	}
	got, err := execute(open(t, "simd"), p, []data{x, scale, offset, dy})
	if err != nil {
		t.Fatal(err)
	}
	loss, mean, variance := forward(x, scale, offset)
	sum := 0.0
	for i := range 60 {
		sum += numberAt(got[0], i) * numberAt(dy, i)
	}
	near := func(name string, g, w, tol float64) {
		if !(math.Abs(g-w) <= tol*(1+math.Abs(w))) {
			t.Errorf("%s is %v, want %v", name, g, w)
		}
	}
	near("loss", sum, loss, 1e-10)
	for c := range 3 {
		near("mean", numberAt(got[1], c), mean[c], 1e-12)
		near("variance", numberAt(got[2], c), variance[c], 1e-12)
	}
	for k, in := range []data{x, scale, offset} {
		v := in.flat.([]float64)
		for i := range v {
			const h = 1e-5
			old := v[i]
			v[i] = old + h
			up, _, _ := forward(x, scale, offset)
			v[i] = old - h
			down, _, _ := forward(x, scale, offset)
			v[i] = old
			near("gradient", numberAt(got[3+k], i), (up-down)/(2*h), 1e-6)
		}
	}
}
