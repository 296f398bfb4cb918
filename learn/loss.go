package learn

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/table"
)

// A Loss is the norm of a network's error. One that is no square, which a weighting is stated for,
// refuses weightings, see package formulation.
type Loss interface {
	table.Row
	// Of builds the loss of each element's difference d.
	Of(d *graph.Node) *graph.Node
}

// Losses are the norms that a name chooses.
var Losses = table.New[Loss]("loss", "losses", ": norm of the error", L1{}, MSE{}, Huber{})

// L1 is |d|.
type L1 struct{}

// Row implements table.Row.
func (L1) Row() table.Info { return table.Info{Name: "l1", Text: "its absolute value"} }

// Of builds |d|.
func (L1) Of(d *graph.Node) *graph.Node { return graph.Abs(d) }

// Refuse reports a weighting, which weights a square.
func (l L1) Refuse(f formulation.Formulation) error { return refuseWeighting(l, f) }

// refuseWeighting is the error of a loss that is no square and a weighting that is stated for one.
func refuseWeighting(l Loss, f formulation.Formulation) error {
	if simple(f) {
		return nil
	}
	return fmt.Errorf("--weighting %s needs --loss mse: it weights a squared error, not %s", f.Weighting.Row().Name, l.Row().Name)
}

// MSE is d^2.
type MSE struct{}

// Row implements table.Row.
func (MSE) Row() table.Info { return table.Info{Name: "mse", Text: "its square"} }

// Of builds d^2.
func (MSE) Of(d *graph.Node) *graph.Node { return graph.Square(d) }

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

// Refuse reports a weighting, which weights a square.
func (l Huber) Refuse(f formulation.Formulation) error { return refuseWeighting(l, f) }

// Each builds the loss l of each sample, [N]: the mean over its elements of the loss of out -
// target, times its weight [N]. A nil loss is MSE.
func Each(l Loss, out, target, weight *graph.Node) *graph.Node {
	if l == nil {
		l = MSE{}
	}
	return graph.Mul(graph.ReduceMean(l.Of(graph.Sub(out, target)), 1, 2, 3), weight)
}
