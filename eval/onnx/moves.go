package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// moves take parts of values and put them together.
var moves = []operator{
	{name: "Concat", types: anything, build: one(concat)},
	{name: "Split", types: anything, build: split},
	{name: "Slice", types: anything, build: one(slice)},
	{name: "Gather", types: anything, build: one(gather)},
	{name: "Trilu", since: 14, types: anything, build: one(trilu)},
	{name: "Pad", types: numbers, build: one(pad)},
	{name: "Resize", since: 10, types: floats, build: one(resizeNode)},
	{name: "Upsample", until: 9, types: floats, build: one(upsample)},
}

func concat(c *call) *graph.Node {
	if c.attribute("axis", kindInt) == nil {
		refuse("it has no axis")
	}
	last, rank := false, 0
	for i := range c.in {
		c.sameType(0, i)
		last, rank = last || c.in[i].last, max(rank, len(c.dims(i)))
	}
	axis := c.axis(c.int("axis", 0), rank)
	var parts []*graph.Node
	for i, v := range c.in {
		switch {
		case last:
			parts = append(parts, c.last(i))
		case len(c.in) == 1 || !slices.Contains(v.dims(), 0):
			parts = append(parts, c.x(i))
		}
	}
	if last {
		axis = toFirst[axis]
	}
	if len(parts) == 0 {
		return graph.Identity(c.x(0))
	}
	return graph.Concatenate(parts, axis)
}

// split cuts an axis into parts of sizes: an attribute before operator set 13, an input since, and
// equal parts where there are none.
func split(c *call) (outs []*graph.Node) {
	x := c.x(0)
	axis := c.axis(c.int("axis", 0), x.Rank())
	n, count := x.Shape().Dimensions[axis], len(c.node.outputs)
	parts, have := c.listed("split", 1, 13)
	if c.opset >= 18 {
		if said := c.int("num_outputs", count); said != count || have && c.attribute("num_outputs", kindInt) != nil {
			refuse("its attribute \"num_outputs\" is %d for %d outputs and parts %v", said, count, parts)
		}
	}
	if !have {
		parts = equalParts(n, count, c.opset >= 18)
	}
	if len(parts) != count {
		refuse("it has %d outputs of an axis of %d in parts %v", count, n, parts)
	}
	from := 0
	for _, size := range parts {
		if size < 0 || from+size > n {
			refuse("it cuts an axis of %d into %v", n, parts)
		}
		outs = append(outs, take(x, axis, from, from+size, 1))
		from += size
	}
	if from != n {
		refuse("it cuts an axis of %d into %v", n, parts)
	}
	return outs
}

// equalParts cuts n into count parts. Only since operator set 18 may the last be smaller.
func equalParts(n, count int, uneven bool) (parts []int) {
	size := (n + count - 1) / count
	if n%count != 0 && !uneven {
		return nil
	}
	for i := range count {
		parts = append(parts, min(size, n-i*size))
	}
	return parts
}

// slice takes from each axis the elements from a start to an end, in steps: attributes before
// operator set 10, inputs since.
func slice(c *call) *graph.Node {
	x := c.x(0)
	starts, _ := c.listed("starts", 1, 10)
	ends, _ := c.listed("ends", 2, 10)
	axes, have := c.listed("axes", 3, 10)
	if !have {
		axes = firstAxes(len(starts))
	}
	var steps []int
	if c.opset >= 10 && c.has(4) {
		steps = c.intsIn(4)
	}
	axes = c.axes(axes, x.Rank())
	if len(ends) != len(starts) || len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
		refuse("it has starts %v, ends %v, axes %v and steps %v", starts, ends, axes, steps)
	}
	for i, axis := range axes {
		step := 1
		if steps != nil {
			step = steps[i]
		}
		x = sliceAxis(x, axis, starts[i], ends[i], step)
	}
	return graph.Identity(x)
}

// sliceAxis is Python's x[start:end:step] on an axis.
func sliceAxis(x *graph.Node, axis, start, end, step int) *graph.Node {
	n := x.Shape().Dimensions[axis]
	if step == 0 {
		refuse("it has a step of 0")
	}
	if step > 0 {
		start, end = within(start, n), within(end, n)
		return take(x, axis, min(start, end), end, min(step, max(n, 1)))
	}
	// Backwards: the same elements forwards, turned round.
	step = min(-step, max(n, 1))
	start = min(within(start, n), n-1)
	if end < 0 {
		end += n
	}
	end = min(max(end, -1), n-1)
	count := max(0, (start-end+step-1)/step)
	low := start - (count-1)*step
	if count == 0 {
		return take(x, axis, 0, 0, 1)
	}
	return graph.Reverse(take(x, axis, low, start+1, step), axis)
}

// take is a part of an axis, which may be none of it.
func take(x *graph.Node, axis, from, to, step int) *graph.Node {
	if from == to {
		from, to = 0, 0
	}
	if from == 0 && to == x.Shape().Dimensions[axis] && step == 1 {
		return x
	}
	return graph.SliceAxis(x, axis, graph.AxisRange(from, to).Stride(step))
}

// gather takes the elements of an axis at indices, of which negative ones count from the end. They
// must be known: one out of range is an error.
func gather(c *call) *graph.Node {
	x := c.x(0)
	axis := c.axis(c.int("axis", 0), x.Rank())
	dims := x.Shape().Dimensions
	at := c.intsIn(1)
	c.spend(len(at))
	places := make([]int32, len(at))
	for i, a := range at {
		if a < -dims[axis] || a >= dims[axis] {
			refuse("it takes element %d of an axis of %d", a, dims[axis])
		}
		places[i] = int32((a + dims[axis]) % dims[axis])
	}
	y := pick(x, axis, places)
	return graph.Reshape(y, slices.Concat(dims[:axis], c.dims(1), dims[axis+1:])...)
}

// pick takes elements of an axis.
func pick(x *graph.Node, axis int, at []int32) *graph.Node {
	if step, ok := line(at); ok {
		return take(x, axis, int(at[0]), int(at[len(at)-1])+1, step)
	}
	order := append([]int{axis}, slices.DeleteFunc(firstAxes(x.Rank()), func(a int) bool { return a == axis })...)
	back := make([]int, len(order))
	for i, a := range order {
		back[a] = i
	}
	indices := graph.Reshape(graph.Const(x.Graph(), at), len(at), 1)
	return graph.TransposeAllAxes(graph.Gather(graph.TransposeAllAxes(x, order...), indices), back...)
}

// line says whether places rise by equal steps.
func line(at []int32) (step int, ok bool) {
	if len(at) < 2 {
		return 1, len(at) == 1
	}
	d := at[1] - at[0]
	for i := range at[1:] {
		if d < 1 || at[i+1]-at[i] != d {
			return 0, false
		}
	}
	return int(d), true
}

// trilu keeps what is on one side of a diagonal of the last two axes, and it.
func trilu(c *call) *graph.Node {
	x := c.x(0)
	if x.Rank() < 2 {
		refuse("its input has sizes %v, expected matrices", x.Shape().Dimensions)
	}
	k := 0
	if c.has(1) {
		at := c.intsIn(1)
		if len(at) != 1 {
			refuse("it has the diagonals %v, expected one", at)
		}
		k = min(max(at[0], -maxKnown), maxKnown)
	}
	dims := x.Shape().Dimensions
	square := shapes.Make(dtypes.Int32, dims[len(dims)-2:]...)
	above := graph.Sub(graph.Iota(c.graph, square, 1), graph.Iota(c.graph, square, 0))
	diagonal := expand(graph.Scalar(c.graph, dtypes.Int32, k), square.Dimensions)
	keep := graph.LessOrEqual(above, diagonal)
	if c.flag("upper", true) {
		keep = graph.GreaterOrEqual(above, diagonal)
	}
	return graph.Where(expand(keep, dims), x, graph.ZerosLike(x))
}

// pad grows axes, or cuts where it is negative: by attributes before operator set 11, by inputs
// since.
func pad(c *call) *graph.Node {
	x := c.x(0)
	rank := x.Rank()
	pads, have := c.listed("pads", 1, 11)
	mode := c.string("mode", "constant")
	fill := graph.ScalarZero(c.graph, x.DType())
	axes := firstAxes(rank)
	switch {
	case c.opset < 11:
		fill = graph.Scalar(c.graph, x.DType(), c.float("value", 0))
	case c.has(2):
		c.sameType(0, 2)
		fill = c.scalar(2)
	}
	if c.opset >= 18 && c.has(3) {
		axes = c.axes(c.intsIn(3), rank)
	}
	if !have || len(pads) != 2*len(axes) {
		refuse("it pads %v on %d axes", pads, len(axes))
	}
	for i, axis := range axes {
		x = c.padAxis(x, axis, pads[i], pads[len(axes)+i], mode, fill)
	}
	return graph.Identity(x)
}

// padAxis grows an axis before and after.
func (c *call) padAxis(x *graph.Node, axis, before, after int, mode string, fill *graph.Node) *graph.Node {
	n := x.Shape().Dimensions[axis]
	if -min(before, 0)-min(after, 0) >= n || max(before, after) > far/2 {
		refuse("it pads %d and %d on an axis of %d", before, after, n)
	}
	x = take(x, axis, max(0, -before), n-max(0, -after), 1)
	n = x.Shape().Dimensions[axis]
	before, after = max(before, 0), max(after, 0)
	if before == 0 && after == 0 {
		return x
	}
	c.small(x.Shape().Size()/n, n+before+after)
	if mode == "constant" {
		pads := make([]backends.PadAxis, x.Rank())
		pads[axis] = backends.PadAxis{Start: before, End: after}
		return graph.Pad(x, fill, pads...)
	}
	if n+before+after > maxKnown {
		refuse("it pads an axis of %d to %d by the mode %.40q", n, n+before+after, mode)
	}
	c.spend(n + before + after)
	at := make([]int32, n+before+after)
	for i := range at {
		at[i] = int32(c.source(i-before, n, mode))
	}
	return pick(x, axis, at)
}

// source is the place within 0 to n-1 whose value stands at i outside.
func (c *call) source(i, n int, mode string) int {
	switch mode {
	case "edge":
		return min(max(i, 0), n-1)
	case "wrap":
		return (i%n + n) % n
	case "reflect":
		if n == 1 {
			return 0
		}
		period := 2 * (n - 1)
		i = (i%period + period) % period
		return min(i, period-i)
	}
	refuse("its attribute \"mode\" is %.40q, expected constant, reflect, edge or wrap", mode)
	return 0
}
