package learn

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// A rule is what the graphs of a step are built by.
type rule struct {
	layout *State
	method Method
	Options
}

// values are the outputs of a method's graph.
type values struct {
	grads   []*graph.Node // of the trained parameters
	buffers []*graph.Node // what the buffers take, in their order
	loss    *graph.Node   // of each sample
	parts   []*graph.Node
}

// all are the values one after another, as functions return them.
func (v values) all() []*graph.Node {
	return slices.Concat(v.grads, v.buffers, []*graph.Node{v.loss}, v.parts)
}

// differentiate builds the gradients of the mean loss, unless the method has its own.
func (r rule) differentiate(weights, in []*graph.Node) (out values) {
	v := net.Bind(net.Train, r.layout.Params, weights)
	out.loss, out.parts = r.method.Loss(v, in)
	out.grads = gradients(r.method, v, out.loss, out.parts, r.layout.Trained)
	set, to := v.Updates()
	for i, p := range r.layout.Params {
		if !p.Buffer {
			continue
		}
		value := weights[i]
		if k := slices.Index(set, p); k >= 0 {
			value = to[k]
		}
		out.buffers = append(out.buffers, value)
	}
	return out
}

// gradients are those of the mean loss, unless the method has its own.
func gradients(how Method, v *net.Vars, loss *graph.Node, parts []*graph.Node, params []*net.Param) []*graph.Node {
	if g, ok := how.(Grader); ok {
		return g.Gradients(v, loss, parts, params)
	}
	return MeanGradients(v, loss, params)
}

// MeanGradients builds the gradients of the mean of loss, [N], with respect to params.
func MeanGradients(v *net.Vars, loss *graph.Node, params []*net.Param) []*graph.Node {
	bound := make([]*graph.Node, len(params))
	for i, p := range params {
		bound[i] = v.Get(p)
	}
	return graph.Gradient(graph.ReduceAllMean(loss), bound...)
}

// apply builds the state after a step, then the norm of the gradients before they are clipped. rate
// are the scalars of Learner.scalars.
func (r rule) apply(state, rate, grads, buffers []*graph.Node) []*graph.Node {
	factors, move := rate[:len(rate)-1], rate[len(rate)-1]
	grads, norm := ClipNorm(grads, r.ClipNorm)
	old := parts(r.layout, state)
	next := make([]*graph.Node, len(state))
	now := parts(r.layout, next)
	trained := 0
	for i, p := range r.layout.Params {
		if p.Buffer {
			now.weights[i], buffers = buffers[0], buffers[1:]
			continue
		}
		var before, after []*graph.Node
		for _, m := range old.moments {
			before = append(before, m[trained])
		}
		now.weights[i], after = r.Optimiser.Update(old.weights[i], grads[trained], before, factors)
		for k, m := range after {
			now.moments[k][trained] = m
		}
		trained++
	}
	for i := range now.average {
		now.average[i] = EMA(old.average[i], now.weights[i], move)
	}
	return append(next, norm)
}

// newUpdate returns the fused step: a function of the state, the scalars of a rate and the method's
// inputs, which gives the new state, the gradient's norm, the loss of each sample and its parts.
func (r rule) newUpdate(e *engine.Engine) *engine.Func {
	return e.Func("training step", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		state, in := in[:r.layout.len()], in[r.layout.len():]
		rate, in := in[:r.scalars()], in[r.scalars():]
		v := r.differentiate(parts(r.layout, state).weights, in)
		return slices.Concat(r.apply(state, rate, v.grads, v.buffers), []*graph.Node{v.loss}, v.parts)
	})
}

// newGradients returns the first half of a step: a function of the weights and the method's inputs,
// which gives the gradients, what the buffers take, the losses and their parts.
func (r rule) newGradients(e *engine.Engine) *engine.Func {
	return e.Func("gradients", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		n := len(r.layout.Params)
		return r.differentiate(in[:n], in[n:]).all()
	})
}

// newApply returns the second half: a function of the state, the scalars of a rate, the gradients
// and what the buffers take, which gives the new state and the gradient's norm.
func (r rule) newApply(e *engine.Engine) *engine.Func {
	return e.Func("application of gradients", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		state, in := in[:r.layout.len()], in[r.layout.len():]
		rate, in := in[:r.scalars()], in[r.scalars():]
		k := len(r.layout.Trained)
		return r.apply(state, rate, in[:k], in[k:])
	})
}

// newEvaluate returns the function of weights and the method's inputs that gives the loss of each
// sample in evaluation mode, and its parts.
func (r rule) newEvaluate(e *engine.Engine) *engine.Func {
	return e.Func("validation loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		n := len(r.layout.Params)
		loss, parts := r.method.Loss(net.Bind(net.Eval, r.layout.Params, in[:n]), in[n:])
		return append([]*graph.Node{loss}, parts...)
	})
}

// scalars is the number of a rate's scalars: the optimiser's factors, and how far the average
// moves.
func (r rule) scalars() int { return len(r.Optimiser.Factors(1, 1)) + 1 }
