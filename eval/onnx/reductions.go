package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// reductions are functions of many values of axes.
var reductions = []operator{
	reduction("ReduceSum", 13, numbers, graph.ReduceSum),
	reduction("ReduceMean", 18, floats, graph.ReduceMean),
	reduction("ReduceMax", 18, anything, onBools(graph.ReduceMax)),
	reduction("ReduceMin", 18, anything, onBools(graph.ReduceMin)),
	reduction("ReduceProd", 18, numbers, graph.ReduceMultiply),
	reduction("ReduceL1", 18, numbers, func(x *graph.Node, axes ...int) *graph.Node { return graph.ReduceSum(graph.Abs(x), axes...) }),
	reduction("ReduceL2", 18, floats, func(x *graph.Node, axes ...int) *graph.Node {
		return graph.Sqrt(graph.ReduceSum(graph.Mul(x, x), axes...))
	}),
	reduction("ReduceSumSquare", 18, numbers, func(x *graph.Node, axes ...int) *graph.Node { return graph.ReduceSum(graph.Mul(x, x), axes...) }),
	reduction("ReduceLogSum", 18, floats, func(x *graph.Node, axes ...int) *graph.Node { return graph.Log(graph.ReduceSum(x, axes...)) }),
	reduction("ReduceLogSumExp", 18, floats, logSumExp),
	{name: "GlobalAveragePool", types: floats, build: one(func(c *call) *graph.Node { return c.overPixels(graph.ReduceMean) })},
	{name: "GlobalMaxPool", types: floats, build: one(func(c *call) *graph.Node { return c.overPixels(graph.ReduceMax) })},
	{name: "ArgMax", types: numbers, build: one(func(c *call) *graph.Node { return extreme(c, graph.ArgMax) })},
	{name: "ArgMin", types: numbers, build: one(func(c *call) *graph.Node { return extreme(c, graph.ArgMin) })},
	{name: "CumSum", since: 11, types: numbers, build: one(cumulative)},
	{name: "Softmax", types: floats, build: one(func(c *call) *graph.Node { return graph.Softmax(c.x(0), c.classes()...) })},
	{name: "LogSoftmax", types: floats, build: one(func(c *call) *graph.Node { return graph.LogSoftmax(c.x(0), c.classes()...) })},
	{name: "Hardmax", types: floats, build: one(hardmax)},
}

// reduction reduces the axes of its attribute, or of its input since an operator set.
func reduction(name string, sinceInput int, types kinds, f func(x *graph.Node, axes ...int) *graph.Node) operator {
	return operator{name: name, types: types, build: one(func(c *call) *graph.Node {
		x := c.x(0)
		axes, _ := c.listed("axes", 1, sinceInput)
		keep := c.flag("keepdims", true)
		if c.opset >= sinceInput && c.flag("noop_with_empty_axes", false) && len(axes) == 0 {
			if !slices.Contains(plainReductions, name) {
				refuse("it has no axes and \"noop_with_empty_axes\", which versions of ONNX read in two ways")
			}
			return graph.Identity(x)
		}
		axes = c.axes(axes, x.Rank())
		if len(axes) == 0 {
			axes = firstAxes(x.Rank())
		}
		if len(axes) == 0 { // a scalar
			return f(graph.Reshape(x, 1), 0)
		}
		y := f(x, axes...)
		if keep {
			y = graph.Reshape(y, kept(x.Shape().Dimensions, axes)...)
		}
		return y
	})}
}

// onBools reduces false and true as 0 and 1.
func onBools(f func(x *graph.Node, axes ...int) *graph.Node) func(x *graph.Node, axes ...int) *graph.Node {
	return func(x *graph.Node, axes ...int) *graph.Node {
		if x.DType() != dtypes.Bool {
			return f(x, axes...)
		}
		y := f(graph.ConvertDType(x, dtypes.Uint8), axes...)
		return graph.NotEqual(y, graph.ZerosLike(y))
	}
}

// plainReductions leave a single value as it is.
var plainReductions = []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"}

// firstAxes are 0 to n-1.
func firstAxes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// kept are sizes whose reduced axes are one.
func kept(dims, axes []int) []int {
	out := append([]int{}, dims...)
	for _, a := range axes {
		out[a] = 1
	}
	return out
}

// logSumExp does not overflow where its values are large.
func logSumExp(x *graph.Node, axes ...int) *graph.Node {
	most := graph.ReduceMax(x, axes...)
	most = graph.Where(graph.IsFinite(most), most, graph.ZerosLike(most))
	spread := expand(graph.Reshape(most, kept(x.Shape().Dimensions, axes)...), x.Shape().Dimensions)
	return graph.Add(most, graph.Log(graph.ReduceSum(graph.Exp(graph.Sub(x, spread)), axes...)))
}

// overPixels reduces all axes but those of images and channels, which stay as one.
func (c *call) overPixels(f func(x *graph.Node, axes ...int) *graph.Node) *graph.Node {
	x := c.x(0)
	if x.Rank() < 3 {
		refuse("its input has sizes %v, expected [N,C,...]", x.Shape().Dimensions)
	}
	axes := firstAxes(x.Rank())[2:]
	return graph.Reshape(f(x, axes...), kept(x.Shape().Dimensions, axes)...)
}

// classes are the axes over which a softmax is taken: one, and before operator set 13 all from it
// on.
func (c *call) classes() []int {
	rank := c.x(0).Rank()
	if c.opset >= 13 {
		return []int{c.axis(c.int("axis", -1), rank)}
	}
	first := c.int("axis", 1)
	if first == rank { // each value by itself
		refuse("it has the axis %d for %d axes", first, rank)
	}
	return firstAxes(rank)[c.axis(first, rank):]
}

// hardmax is one where the first largest value is, and zero elsewhere.
func hardmax(c *call) *graph.Node {
	x := c.x(0)
	dims := x.Shape().Dimensions
	axes := c.classes()
	outer, n := 1, 1
	for a, d := range dims {
		if a < axes[0] {
			outer *= d
		} else if a <= axes[len(axes)-1] {
			n *= d
		}
	}
	flat := graph.Reshape(x, outer, n, max(x.Shape().Size(), 1)/(outer*n))
	best := graph.ArgMax(flat, 1, dtypes.Int32)
	at := graph.Iota(c.graph, flat.Shape().Clone(), 1)
	best = expand(graph.ExpandAxes(best, 1), flat.Shape().Dimensions)
	return graph.Reshape(graph.ConvertDType(graph.Equal(graph.ConvertDType(at, dtypes.Int32), best), x.DType()), dims...)
}

// extreme is where on an axis the first of the largest or least values is, or the last.
func extreme(c *call, find func(x *graph.Node, axis int, dt ...dtypes.DType) *graph.Node) *graph.Node {
	x := c.x(0)
	c.elem = int64Elem
	axis := c.axis(c.int("axis", 0), x.Rank())
	n := x.Shape().Dimensions[axis]
	last := c.opset >= 12 && c.flag("select_last_index", false)
	if last {
		x = graph.Reverse(x, axis)
	}
	y := graph.ConvertDType(find(x, axis, dtypes.Int32), dtypes.Int64)
	if last {
		y = graph.Sub(graph.ConstAs(y, n-1), y)
	}
	if c.flag("keepdims", true) {
		y = graph.ExpandAxes(y, axis)
	}
	return y
}

// cumulative adds up along an axis, with or without the value itself, from either end.
func cumulative(c *call) *graph.Node {
	x := c.x(0)
	at := c.intsIn(1)
	if len(at) != 1 {
		refuse("it has the axes %v, expected one", at)
	}
	axis := c.axis(at[0], x.Rank())
	without, backwards := c.flag("exclusive", false), c.flag("reverse", false)
	y := x
	if backwards {
		y = graph.Reverse(y, axis)
	}
	y = graph.CumSum(y, axis)
	if backwards {
		y = graph.Reverse(y, axis)
	}
	if without {
		y = graph.Sub(y, x)
	}
	return y
}
