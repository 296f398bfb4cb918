package train

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// newUpdate returns the training step: a function of the state, the three
// scalars of hyper and the method's inputs, which gives the new state, the
// gradient's norm, the loss of each image and its parts.
func newUpdate(e *engine.Engine, m net.Network, how method, c *config.Run) *engine.Func {
	layout := newState(m, c.EMA > 0)
	return e.Func("training step", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		n := layout.len()
		weights, avg, avgSq, ema := parts(layout, in[:n])
		rate, root, move := in[n], in[n+1], in[n+2]

		v := net.Bind(net.Train, layout.params, weights)
		loss, parts := how.loss(v, in[n+3:])
		grads, norm := ClipNorm(gradients(how, v, loss, parts, layout.trained), c.ClipNorm)

		next := make(map[*net.Param]*graph.Node, len(layout.params))
		buffers, values := v.Updates()
		for i, p := range buffers {
			next[p] = values[i]
		}
		adam := adamOf(c)
		newAvg, newAvgSq := make([]*graph.Node, len(avg)), make([]*graph.Node, len(avgSq))
		for i, p := range layout.trained {
			var s AdamState
			next[p], s = adam.Update(v.Get(p), grads[i], AdamState{M: avg[i], V: avgSq[i]}, rate, root)
			newAvg[i], newAvgSq[i] = s.M, s.V
		}
		out := nodesOr(v, layout.params, next)
		newEMA := make([]*graph.Node, len(ema))
		for i := range ema {
			newEMA[i] = EMA(ema[i], out[i], move)
		}
		return slices.Concat(out, newAvg, newAvgSq, newEMA, []*graph.Node{norm, loss}, parts)
	})
}

// gradients are those of the mean loss, unless the method has its own.
func gradients(how method, v *net.Vars, loss *graph.Node, parts []*graph.Node, params []*net.Param) []*graph.Node {
	if g, ok := how.(grader); ok {
		return g.gradients(v, loss, parts, params)
	}
	return graph.Gradient(graph.ReduceAllMean(loss), nodes(v, params)...)
}

// nodes returns the nodes bound to params.
func nodes(v *net.Vars, params []*net.Param) []*graph.Node { return nodesOr(v, params, nil) }

// nodesOr returns for each of params its node in next, or else the bound one.
func nodesOr(v *net.Vars, params []*net.Param, next map[*net.Param]*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(params))
	for i, p := range params {
		if out[i] = next[p]; out[i] == nil {
			out[i] = v.Get(p)
		}
	}
	return out
}

// adamOf is the optimiser that a configuration describes.
func adamOf(c *config.Run) Adam { return Adam{Beta1: c.AdamBetas[0], Beta2: c.AdamBetas[1]} }

// hyper returns the scalars that the update takes after step steps: Adam's
// two factors and how far the average moves.
func hyper(e *engine.Engine, c *config.Run, step int, lr float64) []*tensors.Tensor {
	rate, root := adamOf(c).Factors(lr, step+1)
	move := 1 - EMADecay(c.EMA, step)
	return []*tensors.Tensor{engine.Scalar(e, float32(rate)), engine.Scalar(e, float32(root)), engine.Scalar(e, float32(move))}
}

// newEvaluate returns the function of weights and the method's inputs that
// gives the loss of each image in evaluation mode, and its parts.
func newEvaluate(e *engine.Engine, m net.Network, how method) *engine.Func {
	return e.Func("validation loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		params := m.Params()
		loss, parts := how.loss(net.Bind(net.Eval, params, in[:len(params)]), in[len(params):])
		return append([]*graph.Node{loss}, parts...)
	})
}

// vector is v as a float32 tensor.
func vector(e *engine.Engine, v []float64) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) {
		for i, x := range v {
			flat[i] = float32(x)
		}
	}, len(v))
}
