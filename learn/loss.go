package learn

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/table"
)

// A Loss is the norm of a network's error.
type Loss interface {
	table.Row
	// Of builds the loss of each element's difference d.
	Of(d *graph.Node) *graph.Node
	// Square says whether it is a multiple of d^2, which a weight over time is stated for.
	Square() bool
}

// Losses are the norms that a name chooses.
var Losses = table.New[Loss]("loss", "losses", ": norm of the error", L1{}, MSE{}, Huber{})

// L1 is |d|.
type L1 struct{}

// Row implements table.Row.
func (L1) Row() table.Info { return table.Info{Name: "l1", Text: "its absolute value"} }

// Of builds |d|.
func (L1) Of(d *graph.Node) *graph.Node { return graph.Abs(d) }

// Square is false.
func (L1) Square() bool { return false }

// MSE is d^2.
type MSE struct{}

// Row implements table.Row.
func (MSE) Row() table.Info { return table.Info{Name: "mse", Text: "its square"} }

// Of builds d^2.
func (MSE) Of(d *graph.Node) *graph.Node { return graph.Square(d) }

// Square is true.
func (MSE) Square() bool { return true }

// Huber is d^2/2 where |d| <= 1, |d| - 1/2 elsewhere.
type Huber struct{}

// Row implements table.Row.
func (Huber) Row() table.Info {
	return table.Info{Name: "huber", Text: "its square where it is small, else its absolute value"}
}

// Of builds m (|d| - m/2) with m = min(|d|, 1).
func (Huber) Of(d *graph.Node) *graph.Node {
	a := graph.Abs(d)
	m := graph.MinScalar(a, 1)
	return graph.Mul(m, graph.Sub(a, graph.MulScalar(m, 0.5)))
}

// Square is false.
func (Huber) Square() bool { return false }

// Each builds the loss l of each sample, [N]: the mean over its elements of the loss of out -
// target, times its weight [N]. A nil loss is MSE.
func Each(l Loss, out, target, weight *graph.Node) *graph.Node {
	if l == nil {
		l = MSE{}
	}
	return graph.Mul(graph.ReduceMean(l.Of(graph.Sub(out, target)), 1, 2, 3), weight)
}
