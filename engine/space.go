package engine

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"golang.org/x/sync/errgroup"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// Space is a reverie.Space over tensors of float32 or float64, samples along the first axis: what
// reverie.Host is over slices. Coefficients are inputs of the compiled functions, so that new ones
// compile nothing. No operation lets the number of samples change a sample.
//
// The interface has no errors: tensors that are freed, differ in shape or hold no floats are the
// caller's fault and panic. The results' memory is the garbage collector's, or [Free] returns it.
type Space struct {
	// Stream is the noise of the next call of Noise, for the batch's first sample; Noise advances
	// its Step.
	Stream random.Stream
	// Law, if not nil, is that of the noise in place of the standard normal. Samples are [H,W,C].
	Law Law

	engine *Engine
}

// A Law fills z, a sample [h,w,c], with noise that depends on the stream and the shape alone: see
// noise.Noise.
type Law interface {
	Fill(s random.Stream, z []float64, h, w, c int)
}

var (
	_ reverie.Space[*tensors.Tensor]   = (*Space)(nil)
	_ reverie.Clamper[*tensors.Tensor] = (*Space)(nil)
	_ reverie.Normer[*tensors.Tensor]  = (*Space)(nil)
)

// Space returns a space whose noise is that of s.
func (e *Engine) Space(s random.Stream) *Space {
	return &Space{Stream: s, engine: e}
}

// Under makes l the law of the noise, and returns the space.
func (s *Space) Under(l Law) *Space {
	s.Law = l
	return s
}

// Engine returns the engine that the space computes on.
func (s *Space) Engine() *Engine { return s.engine }

// spaceFuncs are the compiled functions that all spaces of an engine share.
type spaceFuncs struct {
	sum, sumEach, clamp, clampVJP, norm, dot, logScale, stack, unstack *Func
}

func newSpaceFuncs(e *Engine) spaceFuncs {
	return spaceFuncs{
		sum:     e.Func("Space.Sum", sumGraph),
		sumEach: e.Func("Space.SumEach", sumEachGraph),
		clamp:   e.Func("Space.Clamp", clampGraph),
		norm:    e.Func("Space.Norm", normGraph),

		clampVJP: e.Func("Space.ClampVJP", clampVJPGraph),
		dot:      e.Func("Space.Dot", dotGraph),
		logScale: e.Func("Space.LogScale", logScaleGraph),
		stack:    e.Func("Space.Stack", stackGraph),
		unstack:  e.Func("Space.Unstack", unstackGraph),
	}
}

// Sum returns c[0] x[0] + c[1] x[1] + .., computed in the tensors' type, in this order.
func (s *Space) Sum(c []float64, x ...*tensors.Tensor) *tensors.Tensor {
	s.check("Sum", len(c), x)
	in := make([]*tensors.Tensor, len(c))
	for i := range c {
		in[i] = s.numbers(x[0].DType(), c[i:i+1])
	}
	return s.call(s.engine.space.sum, in, x)
}

func sumGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	c, x := in[:len(in)/2], in[len(in)/2:]
	sum := graph.Mul(c[0], x[0])
	for i := 1; i < len(x); i++ {
		sum = graph.Add(sum, graph.Mul(c[i], x[i]))
	}
	return []*graph.Node{sum}
}

// SumEach is Sum with own coefficients for each sample: c[i][n] is that of x[i] at sample n.
func (s *Space) SumEach(c [][]float64, x ...*tensors.Tensor) *tensors.Tensor {
	s.check("SumEach", len(c), x)
	n := x[0].Shape().Dimensions[0]
	in := make([]*tensors.Tensor, len(c))
	for i := range c {
		if len(c[i]) != n {
			panic(fmt.Sprintf("engine: Space.SumEach: %d coefficients of x[%d] for %d samples", len(c[i]), i, n))
		}
		in[i] = s.numbers(x[0].DType(), c[i], n)
	}
	return s.call(s.engine.space.sumEach, in, x)
}

func sumEachGraph(g *graph.Graph, in []*graph.Node) []*graph.Node {
	c, x := in[:len(in)/2], in[len(in)/2:]
	all := make([]*graph.Node, 0, len(in))
	for i := range c { // [N] becomes [N, 1, ..], which broadcasts over a sample
		dims := slices.Repeat([]int{1}, x[i].Rank())
		dims[0] = x[i].Shape().Dimensions[0]
		all = append(all, graph.Reshape(c[i], dims...))
	}
	return sumGraph(g, append(all, x...))
}

// Clamp returns x with every element clamped to [lo, hi]. NaN stays NaN.
func (s *Space) Clamp(x *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	s.check("Clamp", 1, []*tensors.Tensor{x})
	return s.call(s.engine.space.clamp, s.bounds(x, lo, hi), []*tensors.Tensor{x})
}

func clampGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	return []*graph.Node{graph.Min(graph.Max(in[2], in[0]), in[1])}
}

// ClampVJP returns u where x lies within [lo, hi], and 0 elsewhere.
func (s *Space) ClampVJP(x, u *tensors.Tensor, lo, hi float64) *tensors.Tensor {
	s.check("ClampVJP", 2, []*tensors.Tensor{x, u})
	return s.call(s.engine.space.clampVJP, s.bounds(x, lo, hi), []*tensors.Tensor{x, u})
}

func clampVJPGraph(g *graph.Graph, in []*graph.Node) []*graph.Node {
	within := graph.Equal(clampGraph(g, in)[0], in[2])
	return []*graph.Node{graph.Where(within, in[3], graph.ZerosLike(in[3]))}
}

// bounds are lo and hi in x's type.
func (s *Space) bounds(x *tensors.Tensor, lo, hi float64) []*tensors.Tensor {
	return []*tensors.Tensor{s.numbers(x.DType(), []float64{lo}), s.numbers(x.DType(), []float64{hi})}
}

// Norm returns the Euclidean norm of each sample, summed in float64.
func (s *Space) Norm(x *tensors.Tensor) []float64 {
	s.check("Norm", 1, []*tensors.Tensor{x})
	y := s.call(s.engine.space.norm, nil, []*tensors.Tensor{x})
	defer Free(y)
	norms, err := tensors.CopyFlatData[float64](y)
	if err != nil {
		panic(fmt.Errorf("engine: Space.Norm: %w", err))
	}
	return norms
}

func normGraph(_ *graph.Graph, in []*graph.Node) []*graph.Node {
	x := graph.ConvertDType(in[0], dtypes.Float64)
	x = graph.Reshape(x, x.Shape().Dimensions[0], -1)
	return []*graph.Node{graph.Sqrt(graph.ReduceSum(graph.Square(x), 1))}
}

// Noise returns noise of the Law in the shape of like: sample n is that of Stream.Plus(n). Each
// call is the streams' next step.
func (s *Space) Noise(like *tensors.Tensor) *tensors.Tensor {
	s.check("Noise", 1, []*tensors.Tensor{like})
	dims := like.Shape().Dimensions
	stream := s.Stream
	s.Stream.Step++
	if s.Law != nil {
		return s.lawful(stream, like)
	}
	if like.DType() == dtypes.Float64 {
		return Fill(s.engine, func(z []float64) {
			eachSample(dims[0], z, func(n int, z []float64) { stream.Plus(n).Normal(z) })
		}, dims...)
	}
	return Fill(s.engine, func(z []float32) {
		eachSample(dims[0], z, func(n int, z []float32) { stream.Plus(n).Normal32(z) })
	}, dims...)
}

// lawful is noise of the Law.
func (s *Space) lawful(stream random.Stream, like *tensors.Tensor) *tensors.Tensor {
	dims := like.Shape().Dimensions
	if len(dims) != 4 {
		panic(fmt.Sprintf("engine: Space.Noise: %s is no batch of [H,W,C], of which the law of its noise is", like.Shape()))
	}
	fill := func(n int, z []float64) { s.Law.Fill(stream.Plus(n), z, dims[1], dims[2], dims[3]) }
	if like.DType() == dtypes.Float64 {
		return Fill(s.engine, func(z []float64) { eachSample(dims[0], z, fill) }, dims...)
	}
	return Fill(s.engine, func(z []float32) {
		eachSample(dims[0], z, func(n int, z []float32) {
			wide := make([]float64, len(z))
			fill(n, wide)
			for i, v := range wide {
				z[i] = float32(v)
			}
		})
	}, dims...)
}

// eachSample calls f for the n equal parts of z, on all cores.
func eachSample[T any](n int, z []T, f func(i int, z []T)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	size := len(z) / n
	for i := range n {
		group.Go(func() error {
			f(i, z[i*size:(i+1)*size])
			return nil
		})
	}
	_ = group.Wait() // f has no errors
}

// check panics unless there are c coefficients, at least one, for as many tensors of one shape, of
// floats, with at least one sample.
func (s *Space) check(op string, c int, x []*tensors.Tensor) {
	if c != len(x) || c == 0 {
		panic(fmt.Sprintf("engine: Space.%s: %d coefficients for %d tensors", op, c, len(x)))
	}
	for i, t := range x {
		if err := t.CheckValid(); err != nil {
			panic(fmt.Errorf("engine: Space.%s: x[%d]: %w", op, i, err))
		}
		if !t.Shape().Equal(x[0].Shape()) {
			panic(fmt.Sprintf("engine: Space.%s: x[%d] is %s, x[0] is %s", op, i, t.Shape(), x[0].Shape()))
		}
	}
	sh := x[0].Shape()
	if sh.DType != dtypes.Float32 && sh.DType != dtypes.Float64 || sh.Rank() == 0 || sh.Size() == 0 {
		panic(fmt.Sprintf("engine: Space.%s: %s is no batch of float32 or float64 samples", op, sh))
	}
}

// numbers returns v as a tensor of the type.
func (s *Space) numbers(t dtypes.DType, v []float64, dims ...int) *tensors.Tensor {
	if t == dtypes.Float64 {
		return New(s.engine, v, dims...)
	}
	return Fill(s.engine, func(flat []float32) {
		for i, v := range v {
			flat[i] = float32(v)
		}
	}, dims...)
}

// call runs f on the numbers, which it frees, and x.
func (s *Space) call(f *Func, numbers, x []*tensors.Tensor) *tensors.Tensor {
	y, err := f.Call1(append(numbers, x...)...)
	if err != nil {
		panic(err)
	}
	Free(numbers...)
	return y
}
