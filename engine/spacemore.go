package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
)

// What only some methods ask of a space: inner products and quantiles (dynamic thresholding),
// exponentials (learned variances), numbers on the host (likelihoods), batches put together
// (guides).
var (
	_ reverie.Dotter[*tensors.Tensor]    = (*Space)(nil)
	_ reverie.Quantiler[*tensors.Tensor] = (*Space)(nil)
	_ reverie.LogScaler[*tensors.Tensor] = (*Space)(nil)
	_ reverie.Rower[*tensors.Tensor]     = (*Space)(nil)
	_ reverie.Stacker[*tensors.Tensor]   = (*Space)(nil)
)

// Dot returns each sample's inner product of x and y, products and sums taken in float64.
func (s *Space) Dot(x, y *tensors.Tensor) []float64 {
	s.check("Dot", 2, []*tensors.Tensor{x, y})
	z := s.call(s.engine.space.dot, nil, []*tensors.Tensor{x, y})
	defer Free(z)
	dots, err := tensors.CopyFlatData[float64](z)
	if err != nil {
		panic(fmt.Errorf("engine: Space.Dot: %w", err))
	}
	return dots
}

func dotGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	xy := graph.Mul(graph.ConvertDType(in[0], dtypes.Float64), graph.ConvertDType(in[1], dtypes.Float64))
	return []*graph.Node{graph.ReduceSum(graph.Reshape(xy, xy.Shape().Dimensions[0], -1), 1)}
}

// AbsQuantile returns each sample's q-quantile of |x|, q in [0, 1], interpolated linearly between
// neighbours. It sorts on the host; where a sample holds a NaN, its quantile is NaN.
func (s *Space) AbsQuantile(x *tensors.Tensor, q float64) []float64 {
	s.check("AbsQuantile", 1, []*tensors.Tensor{x})
	if !(q >= 0 && q <= 1) {
		panic(fmt.Sprintf("engine: Space.AbsQuantile: q = %v is outside 0..1", q))
	}
	out := make([]float64, x.Shape().Dimensions[0])
	x.MustConstFlatData(func(flat any) {
		if flat, ok := flat.([]float64); ok {
			eachSample(len(out), flat, func(n int, x []float64) { out[n] = absQuantile(x, q) })
			return
		}
		eachSample(len(out), flat.([]float32), func(n int, x []float32) { out[n] = absQuantile(x, q) })
	})
	return out
}

// absQuantile returns the q-quantile of |x|.
func absQuantile[T float32 | float64](x []T, q float64) float64 {
	abs := make([]T, len(x))
	for i, v := range x {
		if v != v {
			return math.NaN()
		}
		abs[i] = max(v, -v)
	}
	slices.Sort(abs)
	at := q * float64(len(abs)-1)
	i := int(at)
	u := at - float64(i)
	if u == 0 { // exact, and no product of 0 with an infinite neighbour
		return float64(abs[i])
	}
	return float64(abs[i])*(1-u) + float64(abs[i+1])*u
}

// AbsQuantileVJP returns u[n] times the gradient of sample n's q-quantile of |x|, found on the
// host.
func (s *Space) AbsQuantileVJP(x *tensors.Tensor, q float64, u []float64) *tensors.Tensor {
	s.check("AbsQuantileVJP", 1, []*tensors.Tensor{x})
	if x.DType() == dtypes.Float64 {
		return absQuantileVJP[float64](s.engine, x, q, u)
	}
	return absQuantileVJP[float32](s.engine, x, q, u)
}

func absQuantileVJP[T float32 | float64](e *Engine, x *tensors.Tensor, q float64, u []float64) *tensors.Tensor {
	rows := reverie.Batch[T](slices.Collect(slices.Chunk(tensors.MustCopyFlatData[T](x), x.Shape().Size()/len(u))))
	y := (&reverie.Host[T]{}).AbsQuantileVJP(rows, q, u)
	return New(e, slices.Concat(y...), x.Shape().Dimensions...)
}

// LogScale returns x exp(a + b v), element by element.
func (s *Space) LogScale(x, v *tensors.Tensor, a, b float64) *tensors.Tensor {
	s.check("LogScale", 2, []*tensors.Tensor{x, v})
	t := x.DType()
	numbers := []*tensors.Tensor{s.numbers(t, []float64{a}), s.numbers(t, []float64{b})}
	return s.call(s.engine.space.logScale, numbers, []*tensors.Tensor{x, v})
}

func logScaleGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	a, b, x, v := in[0], in[1], in[2], in[3]
	return []*graph.Node{graph.Mul(x, graph.Exp(graph.Add(a, graph.Mul(b, v))))}
}

// Rows returns the numbers of each sample, copied.
func (s *Space) Rows(x *tensors.Tensor) [][]float64 {
	s.check("Rows", 1, []*tensors.Tensor{x})
	var all []float64
	x.MustConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float64:
			all = slices.Clone(flat)
		case []float32:
			all = make([]float64, len(flat))
			for i, v := range flat {
				all[i] = float64(v)
			}
		}
	})
	return slices.Collect(slices.Chunk(all, len(all)/x.Shape().Dimensions[0]))
}

// FromRows returns rows as a tensor of like's type and sample shape. It panics where rows have
// another number of elements.
func (s *Space) FromRows(like *tensors.Tensor, rows [][]float64) *tensors.Tensor {
	s.check("FromRows", 1, []*tensors.Tensor{like})
	dims := slices.Clone(like.Shape().Dimensions)
	dims[0] = len(rows)
	all := slices.Concat(rows...)
	if like.DType() == dtypes.Float64 {
		return New(s.engine, all, dims...)
	}
	narrow := make([]float32, len(all))
	for i, v := range all {
		narrow[i] = float32(v)
	}
	return New(s.engine, narrow, dims...)
}

// Stack returns the samples of x, then those of y.
func (s *Space) Stack(x, y *tensors.Tensor) *tensors.Tensor {
	s.check("Stack", 2, []*tensors.Tensor{x, y})
	return s.call(s.engine.space.stack, nil, []*tensors.Tensor{x, y})
}

func stackGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	return []*graph.Node{graph.Concatenate(in, 0)}
}

// Unstack returns the two halves of the samples. It panics where they are odd in number.
func (s *Space) Unstack(xy *tensors.Tensor) (x, y *tensors.Tensor) {
	s.check("Unstack", 1, []*tensors.Tensor{xy})
	if n := xy.Shape().Dimensions[0]; n%2 != 0 {
		panic(fmt.Sprintf("engine: Space.Unstack: %d samples are no two batches", n))
	}
	halves, err := s.engine.space.unstack.Call(xy)
	if err != nil {
		panic(err)
	}
	return halves[0], halves[1]
}

func unstackGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	half := in[0].Shape().Dimensions[0] / 2
	return []*graph.Node{graph.Slice(in[0], graph.AxisRange(0, half)), graph.Slice(in[0], graph.AxisRange(half))}
}
