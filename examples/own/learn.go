package main

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// LogCosh is the loss log cosh d: d^2/2 near 0, |d| - log 2 far away.
type LogCosh struct{ table.Info }

// Of builds |d| + log(1 + exp(-2|d|)) - log 2, which does not overflow.
func (LogCosh) Of(d *graph.Node) *graph.Node {
	a := graph.Abs(d)
	return graph.AddScalar(graph.Add(a, net.Softplus(graph.MulScalar(a, -2))), -math.Ln2)
}

// Mirrored learns from each sample twice, with a noise and with its mirror image, so that what the
// noise does to the first order cancels within a step.
type Mirrored struct{ table.Info }

func (Mirrored) Method(s learn.Setup) (learn.Method, error) {
	inputs := func(b *data.Batch, at learn.Place) ([]*tensors.Tensor, error) {
		space := s.Space(at)
		x0 := space.Own(engine.New(s.Engine, b.X, b.N, b.H, b.W, b.C))
		eps, t := space.Noise(x0), s.Objective.Times(at.Times, b.N)
		one := reverie.Pair(s.Objective, space, x0, eps, t)
		two := reverie.Pair(s.Objective, space, x0, space.Sum([]float64{-1}, eps), t)
		space.Close(one.Input, one.Target, two.Input, two.Target)
		cond, weight := engine.Vector(s.Engine, one.Cond), engine.Vector(s.Engine, one.Weight)
		return []*tensors.Tensor{one.Input, one.Target, two.Input, two.Target, cond, weight}, nil
	}
	loss := func(v *net.Vars, in []*graph.Node) *graph.Node {
		of := func(x, target *graph.Node) *graph.Node {
			return learn.Each(s.Loss, s.Net.(net.Model).Forward(v, net.Input{X: x, Cond: in[4]}), target, in[5])
		}
		return graph.MulScalar(graph.Add(of(in[0], in[1]), of(in[2], in[3])), 0.5)
	}
	return learn.Plain{In: inputs, Of: loss}, nil
}
