package lab

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// batchSize is the number of points in a training step.
const batchSize = 256

// The networks of a tour: one that predicts the noise of VP, which serves as noise, score and
// drift, and one that predicts the velocity of flow matching.
var (
	diffusionProcess = reverie.VP{}
	flowProcess      = reverie.Flow{}
)

// diffusionNetwork returns the first, trained now if need be.
func (l *lab) diffusionNetwork(ctx context.Context) (*Network, error) {
	if l.diffusion == nil {
		n, err := l.train(ctx, "training the noise network", reverie.Objective{Process: diffusionProcess, Param: reverie.Eps}, 0)
		if err != nil {
			return nil, err
		}
		l.diffusion = n
	}
	return l.diffusion, nil
}

// flowNetwork returns the second.
func (l *lab) flowNetwork(ctx context.Context) (*Network, error) {
	if l.flow == nil {
		n, err := l.train(ctx, "training the flow network", reverie.Objective{Process: flowProcess, Param: reverie.Velocity}, 1)
		if err != nil {
			return nil, err
		}
		l.flow = n
	}
	return l.flow, nil
}

// train trains a network of its own number on the data.
func (l *lab) train(ctx context.Context, what string, o reverie.Objective, number uint64) (*Network, error) {
	seed := l.Seed + number<<32
	sp := l.Engine.Space(stream(seed, streamTraining))
	sp.Stream.Sample += 1 << 32 // apart from the numbers of points and times below
	draws := batches{data: l.data.Points, stream: stream(seed, streamTraining)}
	learner, err := newLearner(l.Engine, smallModel(), denoisingLoss, seed, func(step int) []*tensors.Tensor {
		x0 := draws.next(l.Engine, step)
		task := reverie.Corrupt(o, sp, x0, earlyTimes(o.Process, stream(seed, streamTraining+1<<33), step))
		engine.Free(x0)
		return []*tensors.Tensor{task.Input, engine.Vector(l.Engine, task.Cond), task.Target, engine.Vector(l.Engine, task.Weight)}
	})
	if err != nil {
		return nil, err
	}
	if err := run(ctx, learner, l.Budget, func(done float64) { l.progress(what, done) }); err != nil {
		return nil, err
	}
	return newNetwork(l.Engine, learner, o.Process, o.Param), nil
}

// denoisingLoss is the weighted mean square of the network's error, of a task's tensors.
func denoisingLoss(m net.Model) lossGraph {
	return func(v *net.Vars, in []*graph.Node) *graph.Node {
		d := graph.Square(graph.Sub(m.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2]))
		return graph.Mul(graph.ReduceMean(d, 1, 2, 3), in[3])
	}
}

// earlyTimes draws the times of a step as squares of uniform numbers: half of them are in the first
// quarter, where the data's shape is.
func earlyTimes(p reverie.Process, s random.Stream, step int) []float64 {
	t := make([]float64, batchSize)
	s.Step = uint32(step)
	s.Uniforms(t)
	lo, hi := p.Span()
	for i, u := range t {
		t[i] = lo + (hi-lo)*u*u
	}
	return t
}

// batches draws points with replacement.
type batches struct {
	data   reverie.Batch[float64]
	stream random.Stream
}

// next returns the batch of a step, [batchSize,1,1,2].
func (b batches) next(e *engine.Engine, step int) *tensors.Tensor {
	u := make([]float64, batchSize)
	b.stream.Step = uint32(step)
	b.stream.Uniforms(u)
	x := make(reverie.Batch[float64], batchSize)
	for i, u := range u {
		x[i] = b.data[int(u*float64(len(b.data)))]
	}
	return tensor(e, x)
}

// smallModel is the network of all of the lab: 128 wide, 2 blocks.
func smallModel() net.Model {
	m, err := mlp.New(mlp.Config{Depth: 2})
	if err != nil {
		panic(err) // a constant
	}
	return m
}
