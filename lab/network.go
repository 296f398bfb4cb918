package lab

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/train"
)

// A Budget ends a training: after Steps steps or, where Time is set, after that time whatever Steps says. With Time the result depends on how fast
// the machine is.
type Budget struct {
	Steps int
	Time  time.Duration
}

// share is how much of the budget is spent, 0 to 1.
func (b Budget) share(steps int, spent time.Duration) float64 {
	if b.Time > 0 {
		return min(1, float64(spent)/float64(b.Time))
	}
	return min(1, float64(steps)/float64(b.Steps))
}

// A lossGraph builds each point's loss [N] from a batch's tensors.
type lossGraph func(v *net.Vars, in []*graph.Node) *graph.Node

// A learner trains a model: its state is the weights, Adam's two averages and the moving average of the weights.
type learner struct {
	eng    *engine.Engine
	model  net.Model
	state  []*tensors.Tensor // 4 parts of as many tensors as there are parameters
	update *engine.Func
	steps  int
}

// rate is the learning rate at the start; it falls to 0 along half a cosine.
const rate = 5e-3

// emaDecay is the share that the moving average keeps at a step.
const emaDecay = 0.995

// newLearner draws the weights of model and compiles nothing yet.
func newLearner(e *engine.Engine, model net.Model, lossOf func(net.Model) lossGraph, seed uint64) *learner {
	loss := lossOf(model)
	l := &learner{eng: e, model: model}
	weights := net.Initial(model, seed, dtypes.Float32)
	l.state = append(l.state, weights...)
	for range 2 {
		for _, w := range weights {
			l.state = append(l.state, engine.Zeros(e, w.Shape()))
		}
	}
	l.state = append(l.state, net.Initial(model, seed, dtypes.Float32)...)
	params := model.Params()
	n := len(params)
	l.update = e.Func("training step of the lab", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		w, m, s, avg := in[:n], in[n:2*n], in[2*n:3*n], in[3*n:4*n]
		step, root, move := in[4*n], in[4*n+1], in[4*n+2]
		mean := graph.ReduceAllMean(loss(net.Bind(net.Train, params, w), in[4*n+3:]))
		grads, _ := train.ClipNorm(graph.Gradient(mean, w...), clip)
		out := make([]*graph.Node, 4*n, 4*n+1)
		for i := range params {
			next, state := train.Adam{}.Update(w[i], grads[i], train.AdamState{M: m[i], V: s[i]}, step, root)
			out[i], out[n+i], out[2*n+i], out[3*n+i] = next, state.M, state.V, train.EMA(avg[i], next, move)
		}
		return append(out, mean)
	})
	return l
}

// clip bounds the norm of a step's gradient: the sliced losses have rare large ones.
const clip = 10

// step takes a step on a batch, of whose tensors the memory is freed, and returns its mean loss. done is the share of the training behind it.
func (l *learner) step(done float64, in []*tensors.Tensor) (float64, error) {
	lr, root := train.Adam{}.Factors(rate*(1+math.Cos(math.Pi*done))/2, l.steps+1)
	scalars := []*tensors.Tensor{
		engine.Scalar(l.eng, float32(lr)), engine.Scalar(l.eng, float32(root)),
		engine.Scalar(l.eng, float32(1-train.EMADecay(emaDecay, l.steps))),
	}
	in = append(scalars, in...)
	defer engine.Free(in...)
	out, err := l.update.Update(l.state, in...)
	if err != nil {
		return 0, err
	}
	defer engine.Free(out...)
	l.steps++
	loss := float64(tensors.ToScalar[float32](out[0]))
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, fmt.Errorf("lab: the loss is %v at step %d: the training diverged; try another --seed", loss, l.steps)
	}
	return loss, nil
}

// averaged returns the moving average of the weights, which belongs to the learner.
func (l *learner) averaged() []*tensors.Tensor { return l.state[3*len(l.model.Params()):] }

// run takes steps until the budget is spent, each on the tensors that batch makes for it.
func (l *learner) run(ctx context.Context, b Budget, batch func(step int) []*tensors.Tensor, hook func(done, loss float64) error) error {
	began := time.Now()
	for done := 0.0; done < 1; done = b.share(l.steps, time.Since(began)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		loss, err := l.step(done, batch(l.steps))
		if err != nil {
			return err
		}
		if hook != nil {
			if err := hook(done, loss); err != nil {
				return err
			}
		}
	}
	return nil
}

// A Network is a trained network over points of the plane.
type Network struct {
	Process reverie.Process
	Param   reverie.Param

	eng     *engine.Engine
	weights []*tensors.Tensor
	forward *engine.Func
}

// newNetwork takes a learner's average.
func newNetwork(l *learner, p reverie.Process, k reverie.Param) *Network {
	n := &Network{Process: p, Param: k, eng: l.eng, weights: l.averaged()}
	params := l.model.Params()
	n.forward = l.eng.Func("network of the lab", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, params, in[:len(params)])
		return []*graph.Node{l.model.Forward(v, net.Input{X: in[len(params)], Cond: in[len(params)+1]})}
	})
	return n
}

// Call computes F(x, cond), all points at one time. Rows of the result are fresh.
func (n *Network) Call(_ context.Context, x reverie.Batch[float64], cond float64) (reverie.Batch[float64], error) {
	in, c := tensor(n.eng, x), constants(n.eng, len(x), cond)
	defer engine.Free(in, c)
	out, err := n.forward.Call1(append(append([]*tensors.Tensor(nil), n.weights...), in, c)...)
	if err != nil {
		return nil, err
	}
	defer engine.Free(out)
	return rows(out), nil
}

// Denoiser returns the network as E[x0 | x_t] in its own process.
func (n *Network) Denoiser() reverie.Denoiser[reverie.Batch[float64]] {
	return reverie.Wrap[reverie.Batch[float64]](&reverie.Host[float64]{}, n.Process, n.Param, n.Call)
}

// tensor makes points images of one pixel, [N,1,1,D].
func tensor(e *engine.Engine, x reverie.Batch[float64]) *tensors.Tensor {
	d := len(x[0])
	return engine.Fill(e, func(flat []float32) {
		for i, p := range x {
			for j, v := range p {
				flat[i*d+j] = float32(v)
			}
		}
	}, len(x), 1, 1, d)
}

// constants is the tensor [N] of n times v.
func constants(e *engine.Engine, n int, v float64) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) {
		for i := range flat {
			flat[i] = float32(v)
		}
	}, n)
}

// vector is v as a tensor [N].
func vector(e *engine.Engine, v []float64) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) {
		for i := range flat {
			flat[i] = float32(v[i])
		}
	}, len(v))
}

// rows reads a tensor [N,1,1,D].
func rows(t *tensors.Tensor) reverie.Batch[float64] {
	dims := t.Shape().Dimensions
	x := reverie.NewBatch[float64](dims[0], dims[len(dims)-1])
	tensors.MustConstFlatData(t, func(flat []float32) {
		for i, p := range x {
			for j := range p {
				p[j] = float64(flat[i*len(p)+j])
			}
		}
	})
	return x
}
