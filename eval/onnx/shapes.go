package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

// shapesOf are those that leave the values and give them other sizes, and those that make values of
// sizes.
var shapesOf = []operator{
	{name: "Constant", host: constant},
	{name: "Shape", host: shapeOf},
	{name: "Size", host: sizeOf},
	{name: "ConstantOfShape", since: 9, types: kindsOf(int64Elem), build: one(constantOfShape)},
	{name: "Range", since: 11, types: numbers, build: one(rangeOf)},
	{name: "Reshape", types: anything, build: one(reshape)},
	{name: "Flatten", types: anything, build: one(flatten)},
	{name: "Squeeze", types: anything, build: one(squeeze)},
	{name: "Unsqueeze", types: anything, build: one(unsqueeze)},
	{name: "Expand", since: 8, types: anything, build: one(expandTo)},
	{name: "Tile", types: anything, build: one(tile)},
	{name: "Transpose", types: anything, build: one(transpose)},
	{name: "DepthToSpace", types: floats, build: one(depthToSpace)},
	{name: "SpaceToDepth", types: floats, build: one(spaceToDepth)},
}

// constant is what the attribute says.
func constant(c *call) *tensors.Tensor {
	if len(c.node.attributes) != 1 {
		refuse("it has %d attributes, expected one", len(c.node.attributes))
	}
	switch a := c.node.attributes[0]; a.name {
	case "value":
		if a = c.attribute("value", kindTensor); a.t == nil {
			refuse("it has no value")
		}
		c.elem = a.t.elem
		return must(a.t.value(c.engine))
	case "value_float":
		return engine.Scalar(c.engine, float32(c.float(a.name, 0)))
	case "value_int":
		return engine.Scalar(c.engine, c.attribute(a.name, kindInt).i)
	case "value_floats":
		list := c.attribute(a.name, kindFloats).floats
		return engine.New(c.engine, list, len(list))
	case "value_ints":
		list := c.attribute(a.name, kindInts).ints
		return engine.New(c.engine, list, len(list))
	}
	return nil
}

// shapeOf are the sizes from start to end, which are brought into range.
func shapeOf(c *call) *tensors.Tensor {
	c.elem = int64Elem
	dims := c.dims(0)
	from, to := 0, len(dims)
	if c.opset >= 15 {
		from, to = within(c.int("start", from), len(dims)), within(c.int("end", to), len(dims))
	}
	out := []int64{}
	for i := from; i < to; i++ {
		out = append(out, int64(dims[i]))
	}
	return engine.New(c.engine, out, len(out))
}

// within counts from the end where i is negative, and brings it into 0 to n.
func within(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}

func sizeOf(c *call) *tensors.Tensor {
	c.elem = int64Elem
	n := int64(1)
	for _, d := range c.dims(0) {
		n *= int64(d)
	}
	return engine.Scalar(c.engine, n)
}

// constantOfShape repeats a value, 0 of float32 unless it is said.
func constantOfShape(c *call) *graph.Node {
	dims := c.intsIn(0)
	c.small(dims...)
	c.elem = float32Elem
	v := graph.Scalar(c.graph, dtypes.Float32, 0)
	if a := c.attribute("value", kindTensor); a != nil {
		if a.t == nil || len(a.t.dims) != 1 || a.t.dims[0] != 1 {
			refuse("its attribute \"value\" is not one number")
		}
		c.elem = a.t.elem
		v = graph.Reshape(graph.ConstTensor(c.graph, must(a.t.value(c.engine))))
	}
	return expand(v, dims)
}

// rangeOf counts from a start to a limit.
func rangeOf(c *call) *graph.Node {
	if c.opset >= 27 {
		c.only("stash_type", 1)
	}
	c.sameType(0, 1)
	c.sameType(0, 2)
	start, limit, step := c.floatsIn(0), c.floatsIn(1), c.floatsIn(2)
	if len(start) != 1 || len(limit) != 1 || len(step) != 1 || step[0] == 0 {
		refuse("it has a start, limit and step of %v, %v and %v", start, limit, step)
	}
	n := 0
	for v := start[0]; (step[0] > 0 && v < limit[0] || step[0] < 0 && v > limit[0]) && n <= maxKnown; n++ {
		v = start[0] + float64(n+1)*step[0]
	}
	if n > maxKnown {
		refuse("it counts over %d numbers", maxKnown)
	}
	dt := c.in[0].elem.storage()
	at := graph.ConvertDType(graph.Const(c.graph, counted(n)), dt)
	line := func(i int) *graph.Node { return expand(c.scalar(i), []int{n}) }
	return graph.Add(line(0), graph.Mul(at, line(2)))
}

// counted are 0 to n-1.
func counted(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}

// reshape gives other sizes: 0 takes that of the input, unless allowzero is set, and -1 what is
// left.
func reshape(c *call) *graph.Node {
	x, dims := c.x(0), c.intsIn(1)
	zero := c.opset >= 14 && c.flag("allowzero", false)
	have := x.Shape().Dimensions
	open, size := -1, 1
	for i, d := range dims {
		if d == 0 && !zero {
			if i >= len(have) {
				refuse("it asks for sizes %v of an input of %v", dims, have)
			}
			dims[i] = have[i]
		}
		switch {
		case d == -1 && open < 0:
			open = i
			continue
		case d < 0:
			refuse("it asks for sizes %v", dims)
		}
		size *= dims[i]
		c.small(size)
	}
	if open >= 0 {
		if size == 0 || x.Shape().Size()%size != 0 {
			refuse("it asks for sizes %v of an input of %v", dims, have)
		}
		dims[open] = x.Shape().Size() / size
		size *= dims[open]
	}
	if size != x.Shape().Size() {
		refuse("it asks for sizes %v of an input of %v", dims, have)
	}
	return graph.Reshape(x, dims...)
}

// flatten makes a matrix: the axes before one are its rows.
func flatten(c *call) *graph.Node {
	x := c.x(0)
	dims := x.Shape().Dimensions
	axis := c.int("axis", 1)
	if axis < -len(dims) || axis > len(dims) {
		refuse("it has the axis %d for %d axes", axis, len(dims))
	}
	if axis < 0 {
		axis += len(dims)
	}
	rows, columns := 1, 1
	for i, d := range dims {
		if i < axis {
			rows *= d
		} else {
			columns *= d
		}
	}
	return graph.Reshape(x, rows, columns)
}

// squeeze takes away axes of one: those named, or all.
func squeeze(c *call) *graph.Node {
	x := c.x(0)
	named, have := c.listed("axes", 1, 13)
	named = c.axes(named, x.Rank())
	var dims []int
	for i, d := range x.Shape().Dimensions {
		goes := slices.Contains(named, i)
		if goes && d != 1 {
			refuse("it takes away axis %d of sizes %v", i, x.Shape().Dimensions)
		}
		if !goes && (have || d != 1) {
			dims = append(dims, d)
		}
	}
	return graph.Reshape(x, dims...)
}

// unsqueeze puts axes of one where they are in the result.
func unsqueeze(c *call) *graph.Node {
	x := c.x(0)
	added, _ := c.listed("axes", 1, 13)
	rank := x.Rank() + len(added)
	added = c.axes(added, rank)
	rest := x.Shape().Dimensions
	dims := make([]int, rank)
	for i := range dims {
		if slices.Contains(added, i) {
			dims[i] = 1
			continue
		}
		dims[i], rest = rest[0], rest[1:]
	}
	return graph.Reshape(x, dims...)
}

func expandTo(c *call) *graph.Node {
	dims := joined(c.dims(0), c.intsIn(1))
	c.small(dims...)
	return expand(c.x(0), dims)
}

// tile repeats each axis.
func tile(c *call) *graph.Node {
	x, repeats := c.x(0), c.intsIn(1)
	dims := x.Shape().Dimensions
	if len(repeats) != len(dims) {
		refuse("it repeats %v for sizes %v", repeats, dims)
	}
	var apart, wide, out []int
	for i, d := range dims {
		c.small(repeats[i])
		c.small(repeats[i] * d)
		apart, wide, out = append(apart, 1, d), append(wide, repeats[i], d), append(out, repeats[i]*d)
	}
	c.small(out...)
	if len(dims) == 0 {
		return graph.Identity(x)
	}
	return graph.Reshape(graph.BroadcastToDims(graph.Reshape(x, apart...), wide...), out...)
}

// transpose orders axes anew: reversed unless an order is said.
func transpose(c *call) *graph.Node {
	x := c.x(0)
	order := c.ints("perm")
	if order == nil {
		order = firstAxes(x.Rank())
		slices.Reverse(order)
	}
	if len(order) != x.Rank() {
		refuse("its attribute \"perm\" is %v for sizes %v", order, x.Shape().Dimensions)
	}
	if len(order) == 0 {
		return graph.Identity(x)
	}
	return graph.TransposeAllAxes(x, c.axes(order, x.Rank())...)
}

// blocks are the sizes of a map of blocks x blocks pixels.
func (c *call) blocks() (d []int, block int) {
	d, block = c.dims(0), c.int("blocksize", 0)
	if len(d) != 4 || block < 1 || block > 1<<10 {
		refuse("it has blocks of %d for sizes %v", block, d)
	}
	return d, block
}

func depthToSpace(c *call) *graph.Node {
	d, b := c.blocks()
	mode := "DCR"
	if c.opset >= 11 {
		mode = c.string("mode", mode)
	}
	if d[1]%(b*b) != 0 || mode != "DCR" && mode != "CRD" {
		refuse("it has blocks of %d and the mode %.40q for sizes %v", b, mode, d)
	}
	depth := d[1] / (b * b)
	x := c.x(0)
	if mode == "DCR" {
		x = graph.TransposeAllAxes(graph.Reshape(x, d[0], b, b, depth, d[2], d[3]), 0, 3, 4, 1, 5, 2)
	} else {
		x = graph.TransposeAllAxes(graph.Reshape(x, d[0], depth, b, b, d[2], d[3]), 0, 1, 4, 2, 5, 3)
	}
	return graph.Reshape(x, d[0], depth, d[2]*b, d[3]*b)
}

func spaceToDepth(c *call) *graph.Node {
	d, b := c.blocks()
	mode := "DCR"
	if c.opset >= 28 {
		mode = c.string("mode", mode)
	}
	if d[2]%b != 0 || d[3]%b != 0 || mode != "DCR" && mode != "CRD" {
		refuse("it has blocks of %d and the mode %.40q for sizes %v", b, mode, d)
	}
	x := graph.Reshape(c.x(0), d[0], d[1], d[2]/b, b, d[3]/b, b)
	if mode == "DCR" {
		x = graph.TransposeAllAxes(x, 0, 3, 5, 1, 2, 4)
	} else {
		x = graph.TransposeAllAxes(x, 0, 1, 3, 5, 2, 4)
	}
	return graph.Reshape(x, d[0], d[1]*b*b, d[2]/b, d[3]/b)
}
