package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

// ONNX says images as [N,C,H,W]; the engine computes them as [N,H,W,C], and a transposition between
// two layers costs more than the layers. So a value of four axes may lie in memory as the latter:
// convolutions, pools and functions of each value by itself take and give it so, and all else sees
// what ONNX says.

var (
	toLast  = []int{0, 2, 3, 1}
	toFirst = []int{0, 3, 1, 2}
)

// permuted are sizes in another order of axes.
func permuted(dims, order []int) []int {
	out := make([]int, len(order))
	for i, a := range order {
		out[i] = dims[a]
	}
	return out
}

// last is an input of four axes as [N,H,W,C]. The outputs of the call are then given so.
func (c *call) last(i int) *graph.Node {
	c.gives = true
	v := c.value(i)
	if v.last {
		return v.node
	}
	return graph.TransposeAllAxes(v.in(c.graph), toLast...)
}

// rest has the inputs of a function of each value by itself lie alike: where one lies as [N,H,W,C],
// all do.
func (c *call) rest() {
	isLast := func(v *value) bool { return v != nil && v.last }
	if !slices.ContainsFunc(c.in, isLast) || slices.ContainsFunc(c.in, func(v *value) bool { return v != nil && len(v.dims()) > 4 }) {
		return
	}
	c.gives = true
	for i, v := range c.in {
		switch {
		case isLast(v):
			c.in[i] = &value{elem: v.elem, node: v.node}
		case v != nil && v.in(c.graph).Shape().Size() > 1:
			dims := v.dims()
			x := graph.Reshape(v.in(c.graph), append(slices.Repeat([]int{1}, 4-len(dims)), dims...)...)
			c.in[i] = &value{elem: v.elem, node: graph.TransposeAllAxes(x, toLast...)}
		}
	}
}

// kernels are the names of tensors that are kernels of convolutions of images and nothing else.
func (net *network) kernels() map[string]bool {
	is, other := map[string]bool{}, map[string]bool{}
	for _, n := range net.nodes {
		for i, name := range n.inputs {
			if n.op == "Conv" && i == 1 {
				is[name] = true
			} else {
				other[name] = true
			}
		}
	}
	for name := range other {
		delete(is, name)
	}
	return is
}

// kernelOrder is that of the axes of kernels in memory: [H,W,I,O] of ONNX's [O,I,H,W].
var kernelOrder, kernelBack = []int{2, 3, 1, 0}, []int{3, 2, 0, 1}

// asKernel brings a kernel into the engine's order, once: each call would otherwise.
func asKernel(e *engine.Engine, t *tensors.Tensor) (*tensors.Tensor, error) {
	f := e.Func("kernel", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.TransposeAllAxes(in[0], kernelOrder...)}
	})
	defer f.Free()
	defer engine.Free(t)
	return f.Call1(t)
}
