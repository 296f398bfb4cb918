package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
)

// Scheduled is a model together with a learned noise schedule, whose parameters are trained,
// averaged and saved with the model's own under the name "schedule.gamma": those of
// reverie.LearnedVP.
type Scheduled struct {
	Model
	Gamma *Param

	params []*Param
}

// NewScheduled gives a model a schedule, that of reverie.LearnedParams.
func NewScheduled(m Model) *Scheduled {
	start := reverie.LearnedParams(reverie.LearnedUnits)
	gamma := &Param{Name: "schedule.gamma", Shape: []int{len(start)}, Init: Init{Values: start}}
	return &Scheduled{Model: m, Gamma: gamma, params: append(append([]*Param{}, m.Params()...), gamma)}
}

// Unwrap is the model without the schedule.
func (s *Scheduled) Unwrap() Model { return s.Model }

// Params lists the model's parameters, then the schedule's.
func (s *Scheduled) Params() []*Param { return s.params }

// Process reads the schedule out of the weights.
func (s *Scheduled) Process(weights []*tensors.Tensor) (*reverie.LearnedVP, error) {
	if len(weights) != len(s.params) {
		return nil, fmt.Errorf("net: %d tensors for %d parameters", len(weights), len(s.params))
	}
	flat, err := tensors.CopyFlatData[float32](weights[len(weights)-1])
	if err != nil {
		return nil, err
	}
	params := make([]float64, len(flat))
	for i, v := range flat {
		params[i] = float64(v)
	}
	return reverie.NewLearnedVP(params)
}

// GammaAt builds gamma(t), [N], its derivative, [N], and its values at 0 and 1, scalars, from the
// parameters and t [N]: the graph of reverie.LearnedVP.Gamma.
func GammaAt(params, t *graph.Node) (gamma, derivative, g0, g1 *graph.Node) {
	n := params.Shape().Dim(0)/3 - 1
	part := func(first, last int) *graph.Node { return graph.Slice(params, graph.AxisRange(first, last)) }
	w1 := graph.Reshape(Softplus(part(2, 3)))
	w2, b2, w3 := Softplus(part(3, 3+n)), part(3+n, 3+2*n), Softplus(part(3+2*n, 3+3*n))
	h := func(t *graph.Node) (h, dh *graph.Node) { // t [K]
		l := graph.Mul(t, w1)
		u := graph.Add(graph.Mul(graph.ExpandAxes(l, 1), graph.ExpandAxes(w2, 0)), graph.ExpandAxes(b2, 0))
		up := graph.Logistic(u)
		slope := graph.Mul(graph.Mul(up, graph.Logistic(graph.Neg(u))), graph.ExpandAxes(graph.Mul(w3, w2), 0))
		h = graph.Add(l, graph.ReduceSum(graph.Mul(up, graph.ExpandAxes(w3, 0)), 1))
		return h, graph.Mul(graph.OnePlus(graph.ReduceSum(slope, 1)), w1)
	}
	ends, _ := h(graph.ConstAsDType(t.Graph(), t.DType(), []float64{0, 1}))
	h0, h1 := graph.Slice(ends, graph.AxisRange(0, 1)), graph.Slice(ends, graph.AxisRange(1, 2))
	ht, dht := h(t)
	width := Softplus(part(1, 2))
	scale := graph.Div(width, graph.Sub(h1, h0))
	gamma = graph.Add(part(0, 1), graph.Mul(scale, graph.Sub(ht, h0)))
	return gamma, graph.Mul(scale, dht), graph.Reshape(part(0, 1)), graph.Reshape(graph.Add(part(0, 1), width))
}
