package grad

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// rsqrtRule: y = x^(-1/2), dy/dx = -y^3 / 2.
func rsqrtRule(node, v *graph.Node) []*graph.Node {
	cube := graph.Mul(node, graph.Square(node))
	return []*graph.Node{graph.Mul(v, graph.MulScalar(cube, -0.5))}
}

// expm1Rule: y = e^x - 1, dy/dx = y + 1.
func expm1Rule(node, v *graph.Node) []*graph.Node {
	return []*graph.Node{graph.Mul(v, graph.OnePlus(node))}
}

// clampRule passes v where x lies within the bounds, ends included. The bounds, the node's inputs 0
// and 2, are taken as constants.
func clampRule(node, v *graph.Node) []*graph.Node {
	x := node.Inputs()[1]
	return []*graph.Node{nil, graph.Where(graph.Equal(x, node), v, graph.ZerosLike(v)), nil}
}

// identityRule: y = x.
func identityRule(_, v *graph.Node) []*graph.Node {
	return []*graph.Node{v}
}

// zeroRule is that of an operation that is constant almost everywhere.
func zeroRule(node, _ *graph.Node) []*graph.Node {
	return make([]*graph.Node, len(node.Inputs()))
}
