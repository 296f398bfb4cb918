package train

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
)

// A graded batch is what a step or a validation found of it.
type graded struct {
	losses []float32   // of each image
	parts  [][]float32 // of each image, for each of the method's parts
	times  []float64   // of each image; nil where the method has none
	norm   float64     // of the gradient
}

// learn is one step of the optimiser.
func (t *Trainer) learn(batch *data.Batch, lr float64) (graded, error) {
	seed, now := t.Config.Seed, uint32(t.step)
	at := place{
		step:  t.step,
		times: random.Stream{Seed: seed, Domain: random.Times, Step: now}, noise: random.Stream{Seed: seed, Domain: random.Training, Step: now},
	}
	task, times, err := t.inputs(batch, at)
	if err != nil {
		return graded{}, err
	}
	in := append(hyper(t.engine, t.Config, t.step, lr), task...)
	defer engine.Free(in...)
	out, err := t.update.Update(t.state.tensors, in...)
	if err != nil {
		return graded{}, err
	}
	defer engine.Free(out...)
	g, err := grade(out[1:], times)
	g.norm = float64(tensors.ToScalar[float32](out[0]))
	if l, ok := t.method.(learner); ok && err == nil {
		l.learned(g.losses, times)
	}
	return g, err
}

// grade copies the losses and their parts from the engine.
func grade(out []*tensors.Tensor, times []float64) (g graded, err error) {
	g.times = times
	if g.losses, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return g, err
	}
	for _, p := range out[1:] {
		part, err := tensors.CopyFlatData[float32](p)
		if err != nil {
			return g, err
		}
		g.parts = append(g.parts, part)
	}
	return g, nil
}

// validate returns the loss on the held-out images, each at its own fixed time
// and noise, of the weights that would be sampled from; nil if none are held out.
func (t *Trainer) validate() (*float64, error) {
	if t.val.Len() == 0 {
		return nil, nil
	}
	sum, first := 0.0, 0
	for batch, err := range t.val.All(context.Background(), t.Config.Batch) {
		if err != nil {
			return nil, err
		}
		s := random.Stream{Seed: t.Config.Seed, Domain: random.Validation, Sample: uint64(first)}
		at := place{step: t.step, times: s, noise: s, validation: true}
		at.noise.Step = 1 // another part of the stream than the times
		g, err := t.losses(batch, at)
		if err != nil {
			return nil, err
		}
		sum += mean(g.losses) * float64(batch.N)
		first += batch.N
	}
	loss := sum / float64(first)
	return &loss, t.checkFinite(t.step, "validation loss", loss)
}

// losses evaluates a batch with the weights that would be sampled from.
func (t *Trainer) losses(batch *data.Batch, at place) (graded, error) {
	task, times, err := t.inputs(batch, at)
	if err != nil {
		return graded{}, err
	}
	defer engine.Free(task...)
	out, err := t.evaluate.Call(append(append([]*tensors.Tensor{}, t.state.sampling(false)...), task...)...)
	if err != nil {
		return graded{}, err
	}
	defer engine.Free(out...)
	return grade(out, times)
}
