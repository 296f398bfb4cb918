package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// joins are functions of several values that are brought to one size.
var joins = []operator{
	pair("Add", numbers, graph.Add),
	pair("Sub", numbers, graph.Sub),
	pair("Mul", numbers, graph.Mul),
	pair("Div", numbers, graph.Div),
	pair("Equal", anything, graph.Equal),
	pair("Greater", numbers, graph.GreaterThan),
	pair("Less", numbers, graph.LessThan),
	since(12, pair("GreaterOrEqual", numbers, graph.GreaterOrEqual)),
	since(12, pair("LessOrEqual", numbers, graph.LessOrEqual)),
	pair("And", bools, graph.LogicalAnd),
	pair("Or", bools, graph.LogicalOr),
	pair("Xor", bools, graph.LogicalXor),
	many("Max", numbers, graph.Max),
	many("Min", numbers, graph.Min),
	many("Sum", floats, graph.Add),
	{name: "Mean", types: floats, each: true, build: one(func(c *call) *graph.Node { return graph.DivScalar(c.fold(graph.Add), len(c.in)) })},
	{name: "Pow", types: numbers, each: true, build: one(pow)},
	{name: "Mod", since: 10, types: numbers, each: true, build: one(mod)},
	{name: "Where", since: 9, types: bools, each: true, build: one(where)},
}

func pair(name string, types kinds, f func(a, b *graph.Node) *graph.Node) operator {
	return operator{name: name, types: types, each: true, build: one(func(c *call) *graph.Node {
		c.sameType(0, 1)
		xs := broadcast(c.x(0), c.x(1))
		return f(xs[0], xs[1])
	})}
}

func many(name string, types kinds, f func(a, b *graph.Node) *graph.Node) operator {
	return operator{name: name, types: types, each: true, build: one(func(c *call) *graph.Node { return c.fold(f) })}
}

// fold joins all inputs.
func (c *call) fold(f func(a, b *graph.Node) *graph.Node) *graph.Node {
	y := c.x(0)
	for i := 1; i < len(c.in); i++ {
		c.sameType(0, i)
		xs := broadcast(y, c.x(i))
		y = f(xs[0], xs[1])
	}
	return y
}

// sameType refuses inputs of different types.
func (c *call) sameType(i, j int) {
	if a, b := c.value(i).elem, c.value(j).elem; a != b {
		refuse("its inputs are of %s and %s", a, b)
	}
}

// broadcast brings values to one size as NumPy does: sizes are aligned at the last axis, and an
// axis of one is repeated.
func broadcast(xs ...*graph.Node) []*graph.Node {
	var dims []int
	for _, x := range xs {
		dims = joined(dims, x.Shape().Dimensions)
	}
	out := make([]*graph.Node, len(xs))
	for i, x := range xs {
		out[i] = expand(x, dims)
	}
	return out
}

// joined is the size that two sizes are brought to.
func joined(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		at := len(a) - len(b) + i
		switch {
		case out[at] == 1:
			out[at] = d
		case d != 1 && d != out[at]:
			refuse("sizes %v and %v cannot be brought to one", a, b)
		}
	}
	return out
}

// expand repeats x to sizes that it fits.
func expand(x *graph.Node, dims []int) *graph.Node {
	if slices.Equal(x.Shape().Dimensions, dims) {
		return x
	}
	own := x.Shape().Dimensions
	if x.Rank() > 0 && x.Rank() < len(dims) {
		x = graph.Reshape(x, append(slices.Repeat([]int{1}, len(dims)-len(own)), own...)...)
	}
	return graph.BroadcastToDims(x, dims...)
}

// unidirectional refuses a value that the other would have to grow for.
func (c *call) unidirectional(x *graph.Node, dims []int) *graph.Node {
	if !slices.Equal(joined(x.Shape().Dimensions, dims), dims) {
		refuse("sizes %v do not fit into %v", x.Shape().Dimensions, dims)
	}
	return expand(x, dims)
}

// where chooses; its condition may be smaller than what is chosen.
func where(c *call) *graph.Node {
	c.sameType(1, 2)
	c.elem = c.value(1).elem
	xs := broadcast(c.x(0), c.x(1), c.x(2))
	return graph.Where(xs[0], xs[1], xs[2])
}

// pow raises the first input; the second may be of another type. The result has the type of the
// first.
func pow(c *call) *graph.Node {
	c.elem = c.value(0).elem
	x, y := c.x(0), c.x(1)
	if k := c.in[1].known; k != nil && k.Size() == 1 && x.Rank() >= y.Rank() && x.DType().IsFloat() {
		switch c.floatsIn(1)[0] {
		case 2:
			return graph.Mul(x, x)
		case 0.5:
			return graph.Sqrt(x)
		}
	}
	dt := x.DType()
	if y.DType() != dt {
		wide := dt
		if !dt.IsFloat() {
			wide = dtypes.Float64
		}
		x, y = graph.ConvertDType(x, wide), graph.ConvertDType(y, wide)
	}
	xs := broadcast(x, y)
	return graph.ConvertDType(graph.Pow(xs[0], xs[1]), dt)
}

// mod has the sign of the divisor, or with fmod, as in C, of the dividend.
func mod(c *call) *graph.Node {
	c.sameType(0, 1)
	xs := broadcast(c.x(0), c.x(1))
	r := graph.Rem(xs[0], xs[1])
	if c.flag("fmod", false) {
		return r
	}
	if r.DType().IsFloat() {
		refuse("it is of %s without fmod=1", c.in[0].elem)
	}
	if r.DType().IsUnsigned() {
		return r
	}
	zero := graph.ZerosLike(r)
	other := graph.NotEqual(graph.LessThan(r, zero), graph.LessThan(xs[1], zero))
	return graph.Where(graph.LogicalAnd(graph.NotEqual(r, zero), other), graph.Add(r, xs[1]), r)
}
