package train

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// lossPerImage is the loss of each image, [N]: the mean over its elements,
// times its weight.
func lossPerImage(kind reverie.Loss, out, target, weight *graph.Node) *graph.Node {
	d := graph.Sub(out, target)
	switch kind {
	case reverie.MSE:
		d = graph.Square(d)
	case reverie.L1:
		d = graph.Abs(d)
	case reverie.Huber: // |d| <= 1: d^2/2, else |d| - 1/2; with m = min(|d|, 1): m (|d| - m/2)
		a := graph.Abs(d)
		m := graph.MinScalar(a, 1)
		d = graph.Mul(m, graph.Sub(a, graph.MulScalar(m, 0.5)))
	}
	return graph.Mul(graph.ReduceMean(d, 1, 2, 3), weight)
}

// newUpdate returns the training step: a function of the state and then of
// input, cond, target, weight and the three scalars of hyper, which gives the
// new state, the loss of each image and the gradient's norm.
func newUpdate(e *engine.Engine, m net.Model, kind reverie.Loss, c *config.Run) *engine.Func {
	layout := newState(m, c.EMA > 0)
	return e.Func("training step", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		n := layout.len()
		weights, avg, avgSq, ema := parts(layout, in[:n])
		x, cond, target, weight := in[n], in[n+1], in[n+2], in[n+3]
		rate, root, move := in[n+4], in[n+5], in[n+6]

		v := net.Bind(net.Train, layout.params, weights)
		loss := lossPerImage(kind, m.Forward(v, x, cond), target, weight)
		grads := graph.Gradient(graph.ReduceAllMean(loss), nodes(v, layout.trained)...)
		grads, norm := ClipNorm(grads, c.ClipNorm)

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
		return slices.Concat(out, newAvg, newAvgSq, newEMA, []*graph.Node{loss, norm})
	})
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

// newEvaluate returns the function of weights, input, cond, target and weight
// that gives the loss of each image in evaluation mode.
func newEvaluate(e *engine.Engine, m net.Model, kind reverie.Loss) *engine.Func {
	return e.Func("validation loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		params := m.Params()
		v, in := net.Bind(net.Eval, params, in[:len(params)]), in[len(params):]
		out := m.Forward(v, in[0], in[1])
		return []*graph.Node{lossPerImage(kind, out, in[2], in[3])}
	})
}

// taskTensors moves a batch's task to tensors, in the order that the graphs take it.
func taskTensors(e *engine.Engine, t reverie.Task[*tensors.Tensor]) []*tensors.Tensor {
	return []*tensors.Tensor{t.Input, vector(e, t.Cond), t.Target, vector(e, t.Weight)}
}

// vector is v as a float32 tensor.
func vector(e *engine.Engine, v []float64) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) {
		for i, x := range v {
			flat[i] = float32(x)
		}
	}, len(v))
}
