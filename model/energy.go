package model

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// Energy is a network whose prediction is the gradient of a scalar, f(x, cond) = x . y(x, cond) with y what the network within says: a
// field that has a potential, as a score must. The network mlp has the same as an option of its own.
type Energy struct{ net.Model }

// Forward is the gradient of f with respect to x.
func (m Energy) Forward(v *net.Vars, in net.Input) *graph.Node {
	f := graph.ReduceAllSum(graph.Mul(in.X, m.Model.Forward(v, in)))
	return graph.Gradient(f, in.X)[0]
}
