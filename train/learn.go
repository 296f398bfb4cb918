package train

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/pipeline"
)

// learn is one step of the optimiser: it returns each image's loss and time,
// and the gradient's norm.
func (t *Trainer) learn(batch *data.Batch, lr float64) (losses []float32, times []float64, norm float64, err error) {
	seed, now := t.Config.Seed, uint32(t.step)
	times = t.objective.Times(reverie.Stream{Seed: seed, Domain: reverie.Times, Step: now}, batch.N)
	task := t.corrupt(batch, times, reverie.Stream{Seed: seed, Domain: reverie.Training, Step: now})
	in := append(task, hyper(t.engine, t.Config, t.step, lr)...)
	defer engine.Free(in...)
	out, err := t.update.Update(t.state.tensors, in...)
	if err != nil {
		return nil, nil, 0, err
	}
	defer engine.Free(out...)
	losses, err = tensors.CopyFlatData[float32](out[0])
	return losses, times, float64(tensors.ToScalar[float32](out[1])), err
}

// corrupt makes the task of a batch at the given times with the stream's noise.
func (t *Trainer) corrupt(b *data.Batch, times []float64, noise reverie.Stream) []*tensors.Tensor {
	space := pipeline.NewScope(t.engine.Space(noise))
	x0 := space.Own(engine.New(t.engine, b.X, b.N, b.H, b.W, b.C))
	task := reverie.Corrupt(t.objective, space, x0, times)
	space.Close(task.Input, task.Target)
	return taskTensors(t.engine, task)
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
		s := reverie.Stream{Seed: t.Config.Seed, Domain: reverie.Validation, Sample: uint64(first)}
		times := t.objective.Times(s, batch.N)
		s.Step = 1 // the noise: another part of the stream than the times
		losses, err := t.losses(t.corrupt(batch, times, s))
		if err != nil {
			return nil, err
		}
		sum += mean(losses) * float64(batch.N)
		first += batch.N
	}
	loss := sum / float64(first)
	return &loss, t.checkFinite(t.step, "validation loss", loss)
}

// losses evaluates a task, which it frees.
func (t *Trainer) losses(task []*tensors.Tensor) ([]float32, error) {
	defer engine.Free(task...)
	out, err := t.evaluate.Call1(append(append([]*tensors.Tensor{}, t.state.sampling(false)...), task...)...)
	if err != nil {
		return nil, err
	}
	defer engine.Free(out)
	return tensors.CopyFlatData[float32](out)
}
