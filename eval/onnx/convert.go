package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
)

// A value is what a name of the network stands for. One that is known before the network runs, such
// as sizes and what is computed of them, has known.
type value struct {
	elem  elem
	node  *graph.Node // in the graph that is being built; nil until it is asked for
	last  bool        // node is [N,H,W,C] of what ONNX says as [N,C,H,W]
	known *tensors.Tensor
}

// What is known is computed when the graph is built, up to so many elements.
const maxKnown = 1 << 16

// maxElements bounds a value: small ones make large ones.
const maxElements = 1 << 31

// maxSpent bounds what building the graph takes beside it, in numbers that are known and in steps
// of windows: small files could ask for much.
const maxSpent = 1 << 25

// A conversion builds the graph of a network for inputs of some sizes.
type conversion struct {
	engine *engine.Engine
	net    *network
	graph  *graph.Graph
	values map[string]*value
	spent  int
}

// A refusal is a panic of the converters: what the network holds that is not read.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// refuse ends a conversion.
func refuse(format string, args ...any) { panic(refusal{fmt.Errorf(format, args...)}) }

// set names a value.
func (c *conversion) set(name string, v *value) { c.values[name] = v }

// run converts the nodes in the file's order, which is one in which they can be computed, and
// returns the value of a name.
func (c *conversion) run(name string) *graph.Node {
	for _, n := range c.net.nodes {
		c.convert(n)
	}
	v := c.values[name]
	if v == nil {
		refuse("its output %.80q is made by no node", name)
	}
	return v.in(c.graph)
}

// convert computes a node's outputs.
func (c *conversion) convert(n *node) {
	defer named(n, c.net.opset)
	op := find(n, c.net.opset)
	call := &call{engine: c.engine, spent: &c.spent, node: n, opset: c.net.opset, graph: c.graph, read: map[string]bool{}, inRead: make([]bool, len(n.inputs))}
	for _, name := range n.inputs {
		v := c.values[name]
		if v == nil && name != "" {
			refuse("it reads %.80q before it is made", name)
		}
		call.in = append(call.in, v)
	}
	outs := c.outputs(op, call)
	if len(outs) < min(1, len(n.outputs)) {
		refuse("it has no output")
	}
	for i, v := range outs[:min(len(outs), len(n.outputs))] {
		if n.outputs[i] != "" {
			c.set(n.outputs[i], v)
		}
	}
}

// named, deferred, says of which node a refusal is.
func named(n *node, opset int) {
	p := recover()
	if p == nil {
		return
	}
	err, is := p.(error)
	if !is {
		err = fmt.Errorf("%v", p)
	}
	panic(refusal{fmt.Errorf("node %.80q, %.40s of operator set %d: %w", n.label(), n.op, opset, refused(err))})
}

// refused is what the converters refused, without the words of the engine around it. A fault of the
// program is not shown: it has a stack.
func refused(err error) error {
	var r refusal
	var fault runtime.Error
	switch {
	case errors.As(err, &r):
		return r.error
	case errors.As(err, &fault):
		return errors.New("it is not of a form that can be computed")
	}
	return err
}

// label is a node's name, or that of its output: names may be left out.
func (n *node) label() string {
	if n.name == "" && len(n.outputs) > 0 {
		return n.outputs[0]
	}
	return n.name
}

// outputs computes a node's outputs: at once where its inputs are known.
func (c *conversion) outputs(op *operator, call *call) []*value {
	if op.host != nil {
		known := op.host(call)
		call.finish()
		return []*value{{elem: call.outElem(known.DType()), known: known}}
	}
	if call.allKnown() {
		if outs, ok := c.compute(op, call); ok {
			return outs
		}
	}
	outs := call.build(op)
	for _, v := range outs {
		if v.node.Shape().Size() == 0 {
			refuse("it makes a value of sizes %v", v.dims())
		}
	}
	return outs
}

// compute runs a node of known inputs in a graph of its own. It does not where the outputs are
// large.
func (c *conversion) compute(op *operator, given *call) (outs []*value, ok bool) {
	var in []*tensors.Tensor
	for _, v := range given.in {
		if v != nil {
			in = append(in, v.known)
		}
	}
	var failure any
	f := c.engine.Func("onnx "+op.name, func(g *graph.Graph, params []*graph.Node) (nodes []*graph.Node) {
		defer func() {
			if failure = recover(); failure != nil {
				panic(failure)
			}
		}()
		outs, nodes = given.inside(op, g, params)
		if err := unfit(nodes); err != nil {
			panic(err)
		}
		return nodes
	})
	defer f.Free()
	results, err := f.Call(in...)
	switch {
	case failure == errLarge:
		return nil, false
	case failure == errNone: // there is nothing to compute
		for _, v := range outs {
			results = append(results, tensors.FromShape(shapes.Make(v.node.DType(), v.dims()...)))
		}
	case failure != nil:
		panic(failure)
	case err != nil:
		panic(err)
	}
	for i, t := range results {
		given.spend(t.Size())
		outs[i] = &value{elem: outs[i].elem, known: t}
	}
	return outs, true
}

// inside builds the call in another graph, whose parameters are the inputs that are there.
func (c *call) inside(op *operator, g *graph.Graph, params []*graph.Node) (outs []*value, nodes []*graph.Node) {
	inner := c.again(g)
	for i, v := range c.in {
		if v != nil {
			inner.in[i] = &value{elem: v.elem, known: v.known, node: params[0]}
			params = params[1:]
		}
	}
	outs = inner.build(op)
	for _, v := range outs {
		nodes = append(nodes, v.in(g))
	}
	return outs, nodes
}

// unfit says why values are not computed at once.
func unfit(nodes []*graph.Node) error {
	switch {
	case slices.ContainsFunc(nodes, func(y *graph.Node) bool { return y.Shape().Size() > maxKnown }):
		return errLarge
	case !slices.ContainsFunc(nodes, func(y *graph.Node) bool { return y.Shape().Size() > 0 }):
		return errNone
	}
	return nil
}

var (
	errLarge = errors.New("a large value")
	errNone  = errors.New("a value without elements")
)

// in is the value's node in a graph.
func (v *value) in(g *graph.Graph) *graph.Node {
	if v.node == nil {
		v.node = graph.ConstTensor(g, v.known)
	}
	if v.last {
		return graph.TransposeAllAxes(v.node, toFirst...)
	}
	return v.node
}

// dims are the value's sizes.
func (v *value) dims() []int {
	if v.last {
		return permuted(v.node.Shape().Dimensions, toFirst)
	}
	if v.node != nil {
		return v.node.Shape().Dimensions
	}
	return v.known.Shape().Dimensions
}

// allKnown says whether there are inputs, and all are known.
func (c *call) allKnown() bool {
	return len(c.in) > 0 && !slices.ContainsFunc(c.in, func(v *value) bool { return v != nil && v.known == nil })
}

// build makes a node's outputs in its graph, and refuses what was not looked at.
func (c *call) build(op *operator) []*value {
	if len(c.in) > op.of && c.in[op.of] != nil && !op.types.has(c.in[op.of].elem) {
		refuse("it is of %s, which is not read for it: %v are", c.in[op.of].elem, op.types)
	}
	if op.each {
		c.rest()
	}
	var outs []*value
	for _, y := range op.build(c) {
		c.small(y.Shape().Dimensions...)
		outs = append(outs, &value{elem: c.outElem(y.DType()), node: y, last: c.gives})
	}
	c.finish()
	return outs
}
