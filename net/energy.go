package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Energy is a model whose prediction is the gradient of a scalar, the potential
//
//	f(x, ...) = x . y(x, ...),   Forward = grad f,
//
// with y what the model within says: its Jacobian is symmetric, as a score's must be. (Salimans &
// Ho 2021, "Should EBMs model the energy or the score?", write -|x - y|^2/2 to the same end: a
// field that grows with x.) Trained as a score, f is log p(x_t) up to a constant for each time;
// trained as eps, it is -s log p. Its parameters are those of the model within, which treats every
// sample by itself.
type Energy struct{ Model }

// NewEnergy makes an energy of a model, which gives as many channels as it sees.
func NewEnergy(m Model) (Energy, error) {
	if in, out := m.Channels(); in != out {
		return Energy{}, fmt.Errorf("architecture %s has %d outputs for %d channels: expected as many where the prediction is the gradient of an energy", m.Arch(), out, in)
	}
	return Energy{m}, nil
}

// Unwrap is the model within.
func (m Energy) Unwrap() Model { return m.Model }

// String is what the model within says of itself.
func (m Energy) String() string {
	if s, ok := m.Model.(fmt.Stringer); ok {
		return s.String() + ", as an energy"
	}
	return "as an energy"
}

// Forward is the gradient of the potential with respect to x.
func (m Energy) Forward(v *Vars, in Input) *graph.Node {
	// Samples do not meet, so the gradient of the sum holds each one's own.
	f := graph.ReduceAllSum(graph.Mul(in.X, m.Model.Forward(v, in)))
	return graph.Gradient(f, in.X)[0]
}

// Potential is f of each sample, [N].
func (m Energy) Potential(v *Vars, in Input) *graph.Node {
	f := graph.Mul(in.X, m.Model.Forward(v, in))
	return graph.ReduceSum(graph.Reshape(f, f.Shape().Dim(0), -1), 1)
}
