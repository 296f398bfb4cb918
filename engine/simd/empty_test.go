package simd

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// one makes a program of one result.
func one(op func(b backends.Builder, in []backends.Op) (backends.Op, error)) program {
	return func(b backends.Builder, in []backends.Op) []backends.Op { return []backends.Op{must(op(b, in))} }
}

// nhwc are the axes of a convolution of images NHWC with kernels HWIO.
var nhwc = backends.ConvolveAxesConfig{
	InputBatch: 0, InputChannels: 3, InputSpatial: []int{1, 2}, KernelInputChannels: 2, KernelOutputChannels: 3, KernelSpatial: []int{0, 1},
	OutputBatch: 0, OutputChannels: 3, OutputSpatial: []int{1, 2},
}

// Arrays without elements go through every kind of operation: what comes out has its shape, a sum
// of nothing is 0, a product 1, a maximum -Inf, a minimum +Inf, and a contraction or convolution
// over nothing 0.
func TestEmptyArrays(t *testing.T) {
	conv := one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
		return b.ConvGeneral(in[0], in[1], nhwc, []int{1, 1}, [][2]int{{1, 1}, {1, 1}}, nil, nil, 1, 1)
	})
	reduce := func(op func(backends.Builder, backends.Op, ...int) (backends.Op, error), axes ...int) program {
		return one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return op(b, in[0], axes...) })
	}
	dot := func(left, right, batch []int) program {
		return one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			return b.DotGeneral(in[0], left, batch, in[1], right, batch)
		})
	}
	array := func(dims ...int) data { return randomData(newRand(1), dtypes.Float32, dims...) }
	x := array(0, 3)
	for _, c := range []struct {
		name string
		p    program
		in   []data
		dims []int   // of the result
		fill float64 // of all its elements
	}{
		{"exp", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Exp(in[0]) }), []data{x}, []int{0, 3}, 0},
		{"add", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Add(in[0], in[1]) }), []data{x, x}, []int{0, 3}, 0},
		{"add a scalar", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Add(in[0], in[1]) }), []data{x, array()}, []int{0, 3}, 0},
		{"where", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			return b.Where(must(b.LessThan(in[0], in[0])), in[0], in[0])
		}), []data{x}, []int{0, 3}, 0},
		{"itself", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Identity(in[0]) }), []data{x}, []int{0, 3}, 0},
		{"a constant", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Constant([]float32{}, 0, 3) }), nil, []int{0, 3}, 0},
		{"iota", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			return b.Iota(shapes.Make(dtypes.Float32, 0, 3), 1)
		}), nil, []int{0, 3}, 0},
		{"sum", reduce(backends.Builder.ReduceSum), []data{x}, nil, 0},
		{"sum of columns", reduce(backends.Builder.ReduceSum, 0), []data{x}, []int{3}, 0},
		{"sum of rows", reduce(backends.Builder.ReduceSum, 1), []data{x}, []int{0}, 0},
		{"product", reduce(backends.Builder.ReduceProduct, 0), []data{x}, []int{3}, 1},
		{"maximum", reduce(backends.Builder.ReduceMax, 0), []data{x}, []int{3}, math.Inf(-1)},
		{"minimum", reduce(backends.Builder.ReduceMin, 0), []data{x}, []int{3}, math.Inf(1)},
		{"a sum that goes on", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			s, err := b.ReduceSum(must(b.Exp(must(b.Mul(in[0], in[0])))), 0)
			if err != nil {
				return nil, err
			}
			return b.Exp(s)
		}), []data{x}, []int{3}, 1},
		{"transpose", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Transpose(in[0], 1, 0) }), []data{x}, []int{3, 0}, 0},
		{"reshape", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Reshape(in[0], 3, 0) }), []data{x}, []int{3, 0}, 0},
		{"reverse", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Reverse(in[0], 0, 1) }), []data{x}, []int{0, 3}, 0},
		{"slice to nothing", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			return b.Slice(in[0], []int{1, 0}, []int{1, 3}, []int{1, 1})
		}), []data{array(2, 3)}, []int{0, 3}, 0},
		{"concatenate", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) { return b.Concatenate(0, in[0], in[0]) }), []data{x}, []int{0, 3}, 0},
		{"broadcast", one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
			return b.BroadcastInDim(in[0], shapes.Make(dtypes.Float32, 4, 0, 3), []int{1, 2})
		}), []data{x}, []int{4, 0, 3}, 0},
		{"contract nothing", dot([]int{0}, []int{0}, nil), []data{x, array(0, 2)}, []int{3, 2}, 0},
		{"product of no rows", dot([]int{1}, []int{0}, nil), []data{x, array(3, 2)}, []int{0, 2}, 0},
		{"products of no batch", dot([]int{1}, []int{1}, []int{0}), []data{x, x}, []int{0}, 0},
		{"convolve no images", conv, []data{array(0, 8, 8, 2), array(3, 3, 2, 4)}, []int{0, 8, 8, 4}, 0},
		{"convolve no channels", conv, []data{array(1, 2, 2, 0), array(3, 3, 0, 1)}, []int{1, 2, 2, 1}, 0},
		{"convolve to no channels", conv, []data{array(1, 2, 2, 2), array(3, 3, 2, 0)}, []int{1, 2, 2, 0}, 0},
	} {
		for _, config := range configs {
			out, err := execute(open(t, config), c.p, c.in)
			if err != nil {
				t.Errorf("%s: %s: %v", c.name, config, err)
				continue
			}
			if !slices.Equal(out[0].shape.Dimensions, c.dims) {
				t.Errorf("%s: %s: shape %v, want %v", c.name, config, out[0].shape, c.dims)
			}
			for i := range reflect.ValueOf(out[0].flat).Len() {
				if v := float64(elementAt(out[0].flat, i).(float32)); v != c.fill {
					t.Errorf("%s: %s: element %d is %v, want %v", c.name, config, i, v, c.fill)
				}
			}
		}
	}
}

// What has no answer is refused: which element of none is the greatest.
func TestEmptyArgMinMax(t *testing.T) {
	p := one(func(b backends.Builder, in []backends.Op) (backends.Op, error) {
		return b.ArgMinMax(in[0], 0, dtypes.Int32, true)
	})
	if _, err := execute(open(t, "simd"), p, []data{randomData(newRand(1), dtypes.Float32, 0, 3)}); err == nil {
		t.Error("the least of no elements has a place")
	}
}
