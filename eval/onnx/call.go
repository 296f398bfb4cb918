package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

// A call is one node while it is converted. It remembers which attributes and inputs the converter
// has looked at: the others would be ignored, and are refused by finish.
type call struct {
	engine *engine.Engine
	node   *node
	opset  int
	graph  *graph.Graph
	in     []*value
	inRead []bool
	read   map[string]bool
	elem   elem // of the outputs, where the converter says it
	gives  bool // the outputs as [N,H,W,C]
	spent  *int // of maxSpent
}

// again is the same call in another graph, its inputs not yet set.
func (c *call) again(g *graph.Graph) *call {
	return &call{engine: c.engine, spent: c.spent, node: c.node, opset: c.opset, graph: g, in: make([]*value, len(c.in)), inRead: make([]bool, len(c.in)), read: map[string]bool{}}
}

// finish refuses what was not looked at.
func (c *call) finish() {
	for _, a := range c.node.attributes {
		if !c.read[a.name] {
			refuse("its attribute %.40q is not read", a.name)
		}
	}
	for i, v := range c.in {
		if v != nil && !c.inRead[i] {
			refuse("its input %d, %.80q, is not read", i, c.node.inputs[i])
		}
	}
}

// outElem is the type of an output held as dt: half precision stays what the inputs were.
func (c *call) outElem(dt dtypes.DType) elem {
	if c.elem != 0 {
		return c.elem
	}
	for _, v := range c.in {
		if v != nil && v.elem.storage() == dt {
			return v.elem
		}
	}
	return elemOf(dt)
}

// has says whether an optional input is there.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

// value is an input that must be there.
func (c *call) value(i int) *value {
	if !c.has(i) {
		refuse("its input %d is missing", i)
	}
	c.inRead[i] = true
	return c.in[i]
}

// x is the node of an input.
func (c *call) x(i int) *graph.Node { return c.value(i).in(c.graph) }

// dims are the sizes of an input.
func (c *call) dims(i int) []int { return c.value(i).dims() }

// known is an input that must be known before the network runs.
func (c *call) known(i int) *tensors.Tensor {
	v := c.value(i)
	if v.known == nil {
		refuse("its input %d, %.80q, is computed from the images; export the network so that it is a constant", i, c.node.inputs[i])
	}
	return v.known
}

// intsIn are the whole numbers of a known input.
func (c *call) intsIn(i int) []int {
	t := c.known(i)
	switch t.DType() {
	case dtypes.Int64:
		return sizes(must(tensors.CopyFlatData[int64](t)))
	case dtypes.Int32:
		return sizes(must(tensors.CopyFlatData[int32](t)))
	}
	refuse("its input %d is of %s, expected int64 or int32", i, c.in[i].elem)
	return nil
}

// floatsIn are the numbers of a known input.
func (c *call) floatsIn(i int) []float64 {
	t := c.known(i)
	var out []float64
	switch t.DType() {
	case dtypes.Float32:
		for _, v := range must(tensors.CopyFlatData[float32](t)) {
			out = append(out, float64(v))
		}
	case dtypes.Float64:
		out = must(tensors.CopyFlatData[float64](t))
	default:
		for _, v := range c.intsIn(i) {
			out = append(out, float64(v))
		}
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sizes are whole numbers as Go's. Those that stand for "to the end" may be the largest there are,
// and are brought near.
func sizes[T int32 | int64](list []T) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(min(max(int64(v), -far), far))
	}
	return out
}

// far is beyond every size, and small enough to be added and multiplied.
const far = 1 << 31

// attribute finds an attribute and notes that it was looked at.
func (c *call) attribute(name string, kind attributeKind) *attribute {
	c.read[name] = true
	i := slices.IndexFunc(c.node.attributes, func(a *attribute) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	a := c.node.attributes[i]
	if a.foreign || a.kind != kind && a.kind != 0 {
		refuse("its attribute %.40q has a type that is not read for it", name)
	}
	return a
}

// int is an attribute, or what it is by default.
func (c *call) int(name string, otherwise int) int {
	if a := c.attribute(name, kindInt); a != nil {
		return sizes([]int64{a.i})[0]
	}
	return otherwise
}

func (c *call) flag(name string, otherwise bool) bool {
	if a := c.attribute(name, kindInt); a != nil {
		return a.i != 0
	}
	return otherwise
}

func (c *call) float(name string, otherwise float64) float64 {
	if a := c.attribute(name, kindFloat); a != nil {
		return float64(a.f)
	}
	return otherwise
}

func (c *call) string(name, otherwise string) string {
	if a := c.attribute(name, kindString); a != nil {
		return a.s
	}
	return otherwise
}

// ints is a list, nil where there is none.
func (c *call) ints(name string) []int {
	a := c.attribute(name, kindInts)
	if a == nil {
		return nil
	}
	return sizes(a.ints)
}

// only refuses another value of an attribute than the one that is read.
func (c *call) only(name string, want int) {
	if v := c.int(name, want); v != want {
		refuse("its attribute %q is %d; only %d is read", name, v, want)
	}
}

// idle notes attributes that change nothing where a network is only used.
func (c *call) idle(names ...string) {
	for _, name := range names {
		c.read[name] = true
	}
}

// axis brings an axis into 0 to rank-1.
func (c *call) axis(a, rank int) int {
	if a < -rank || a >= rank {
		refuse("it has the axis %d for %d axes", a, rank)
	}
	return (a + rank) % rank
}

// axes does so for several, each of which may be there once.
func (c *call) axes(list []int, rank int) []int {
	var out []int
	for _, a := range list {
		a = c.axis(a, rank)
		if slices.Contains(out, a) {
			refuse("it has an axis twice: %v", list)
		}
		out = append(out, a)
	}
	return out
}

// listed is what was an attribute and is an input since an operator set; false where it is left
// out.
func (c *call) listed(name string, input, since int) ([]int, bool) {
	if c.opset >= since {
		if !c.has(input) {
			return nil, false
		}
		return c.intsIn(input), true
	}
	list := c.ints(name)
	return list, list != nil
}

// small refuses sizes that no network of features has.
func (c *call) small(dims ...int) {
	size := 1
	for _, d := range dims {
		if d < 0 || d > 0 && size > maxElements/d {
			refuse("it makes a value of sizes %v", dims)
		}
		size *= d
	}
}

// spend counts what building the graph takes.
func (c *call) spend(n int) {
	if *c.spent += n; *c.spent > maxSpent {
		refuse("what is known of the network before it runs, and its windows, are over %d numbers", maxSpent)
	}
}
