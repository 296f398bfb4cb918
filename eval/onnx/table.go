package onnx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
)

// The operator sets that are read: what ONNX's own tests exist for. A later one may give an
// operator another meaning.
const (
	firstOpset = 7
	lastOpset  = 28
)

// An operator is how nodes of a kind are converted. Exactly one of build and host is there.
type operator struct {
	name  string
	since int   // the first operator set that has it, where that is after firstOpset
	until int   // the last one, or 0
	types kinds // that its input number of may have
	of    int
	each  bool                          // it is a function of each value by itself
	build func(c *call) []*graph.Node   // its outputs, in the graph
	host  func(c *call) *tensors.Tensor // its output, where sizes or attributes say it
}

// one is a converter of one output.
func one(f func(c *call) *graph.Node) func(c *call) []*graph.Node {
	return func(c *call) []*graph.Node { return []*graph.Node{f(c)} }
}

// table is the list of all that is read.
var table = func() map[string]*operator {
	all := map[string]*operator{}
	for _, list := range [][]operator{pointwise, activations, joins, reductions, norms, shapesOf, moves, windows, products} {
		for _, op := range list {
			all[op.name] = &op
		}
	}
	return all
}()

// find gives a node's operator, or refuses it.
func find(n *node, opset int) *operator {
	if !ownDomain(n.domain) {
		refuse("operators of the domain %.40q are not read, only ONNX's own: export the network without the exporter's own operators", n.domain)
	}
	op := table[n.op]
	if op == nil {
		refuse("the operator is not one that is read: %s", strings.Join(slices.Sorted(maps.Keys(table)), ", "))
	}
	if opset < op.since || op.until > 0 && opset > op.until {
		refuse("this operator set does not have the operator")
	}
	return op
}

// check finds what no converter would meet.
func (net *network) check() error {
	switch {
	case len(net.nodes) > maxNodes || len(net.initializers) > maxNodes:
		return fmt.Errorf("it has %d nodes and %d tensors, at most %d are read", len(net.nodes), len(net.initializers), maxNodes)
	case net.functions > 0:
		return fmt.Errorf("it has %d functions of its own, which are not read: inline them with onnx.inliner.inline_local_functions", net.functions)
	case net.opset < firstOpset || net.opset > lastOpset:
		return fmt.Errorf("it is of operator set %d, and %d to %d are read: export it with opset_version=17, or change it with onnx.version_converter", net.opset, firstOpset, lastOpset)
	}
	return nil
}

// prune takes away the nodes that the first output does not need, such as those of classes beside
// features.
func (net *network) prune() {
	needed := map[string]bool{net.outputs[0].name: true}
	isNeeded := func(n *node) bool {
		return slices.ContainsFunc(n.outputs, func(s string) bool { return s != "" && needed[s] })
	}
	for _, n := range slices.Backward(net.nodes) {
		if isNeeded(n) {
			for _, name := range n.inputs {
				needed[name] = true
			}
		}
	}
	net.nodes = slices.DeleteFunc(net.nodes, func(n *node) bool { return !isNeeded(n) })
}

// hoist makes tensors of the nodes that are constants: they lie in memory once.
func (net *network) hoist() {
	net.nodes = slices.DeleteFunc(net.nodes, func(n *node) bool {
		if n.op != "Constant" || !ownDomain(n.domain) || len(n.inputs) > 0 || len(n.outputs) != 1 || len(n.attributes) != 1 {
			return false
		}
		a := n.attributes[0]
		if a.name != "value" || a.t == nil || a.foreign {
			return false
		}
		a.t.name = n.outputs[0]
		net.initializers = append(net.initializers, a.t)
		return true
	})
}
