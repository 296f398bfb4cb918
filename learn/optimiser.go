package learn

import "github.com/gomlx/gomlx/pkg/core/graph"

// An Optimiser makes a step of a gradient. [Adam] and [Momentum] are two.
type Optimiser interface {
	// Moments names what it keeps of each trained parameter, in names without dots: so many tensors
	// of the parameter's shape, zeros before the first step.
	Moments() []string
	// Factors are the numbers of step n = 1, 2, .. at the learning rate lr that the graph takes as
	// inputs, always as many.
	Factors(lr float64, n int) []float64
	// Update builds one step of one parameter w with gradient g: its next value, and those of its
	// moments. The factors are scalars of w's type.
	Update(w, g *graph.Node, moments, factors []*graph.Node) (next *graph.Node, nextMoments []*graph.Node)
}

// Momentum is gradient descent with Nesterov's momentum and weight decay, in PyTorch's arrangement
// (Sutskever et al. 2013):
//
//	d = g + Decay w;  u <- Beta u + d;  w <- w - lr (d + Beta u)
type Momentum struct {
	Beta  float64 // in [0,1)
	Decay float64 // of the weights; 0: none
}

// Moments is u, as PyTorch calls it.
func (Momentum) Moments() []string { return []string{"momentum_buffer"} }

// Factors is the learning rate alone.
func (Momentum) Factors(lr float64, _ int) []float64 { return []float64{lr} }

// Update builds one step of one parameter.
func (o Momentum) Update(w, g *graph.Node, moments, factors []*graph.Node) (*graph.Node, []*graph.Node) {
	d := graph.Add(g, graph.MulScalar(w, o.Decay))
	u := graph.Add(graph.MulScalar(moments[0], o.Beta), d)
	return graph.Sub(w, graph.Mul(factors[0], graph.Add(d, graph.MulScalar(u, o.Beta)))), []*graph.Node{u}
}
