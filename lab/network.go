package lab

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
)

// A Budget ends a training: after Steps steps or, where Time is set, after that time whatever Steps
// says. With Time the result depends on how fast the machine is.
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

// emaDecay is the share that the moving average keeps at a step, and clip bounds the norm of its
// gradient: the sliced losses have rare large ones.
const (
	emaDecay = 0.995
	clip     = 10
)

// newLearner returns a learner of the model, its weights drawn by seed, on the tensors that batch
// makes for each step.
func newLearner(e *engine.Engine, model net.Model, lossOf func(net.Model) lossGraph, seed uint64, batch func(step int) []*tensors.Tensor) (*learn.Learner, error) {
	how := learn.Plain{
		In: func(_ *data.Batch, at learn.Place) ([]*tensors.Tensor, error) { return batch(at.Step), nil },
		Of: lossOf(model),
	}
	l := learn.New(e, model, how, learn.Options{ClipNorm: clip, EMA: emaDecay, Seed: seed})
	return l, l.Draw()
}

// rate is the learning rate where the share done of the training is behind it: it falls to 0 along
// half a cosine.
func rate(done float64) float64 { return 5e-3 * (1 + math.Cos(math.Pi*done)) / 2 }

// step takes a step where the share done of the training is behind it.
func step(l *learn.Learner, done float64) error {
	o, err := l.Step(nil, rate(done))
	if err != nil {
		return err
	}
	if loss := o.Loss(); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("lab: the loss is %v at step %d: the training diverged; try another --seed", loss, l.Steps)
	}
	return nil
}

// run takes steps until the budget is spent.
func run(ctx context.Context, l *learn.Learner, b Budget, progress func(done float64)) error {
	began := time.Now()
	for done := 0.0; done < 1; done = b.share(l.Steps, time.Since(began)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(l, done); err != nil {
			return err
		}
		progress(done)
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

// newNetwork takes a learner's average, and closes it.
func newNetwork(e *engine.Engine, l *learn.Learner, p reverie.Process, k reverie.Param) *Network {
	n := &Network{Process: p, Param: k, eng: e, weights: l.Release()}
	l.Close()
	m, params := l.Net.(net.Model), l.Net.Params() // newLearner's
	n.forward = e.Func("network of the lab", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, params, in[:len(params)])
		return []*graph.Node{m.Forward(v, net.Input{X: in[len(params)], Cond: in[len(params)+1]})}
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
