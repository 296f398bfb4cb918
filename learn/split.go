package learn

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
)

// Gradients are a step as far as it can be taken without moving the weights: those of several parts
// of a batch, or of several processes, are added, then applied.
type Gradients struct {
	// Values are those of the mean loss with respect to State.Trained, before they are clipped, and
	// Buffers what the buffers of State.Params take, such as a BatchNorm's running statistics.
	Values, Buffers []*tensors.Tensor
	// Outcome is that of all samples.
	Outcome
}

// Gradients is the first half of a step on part of its batch, whose first sample is number first of
// it: the samples have the times and the noise that Step would give them, but where a method looks
// at all of its batch at once, as stratified times and optimal transport do. Free frees the result.
func (l *Learner) Gradients(b *data.Batch, first int) (*Gradients, error) {
	if err := l.begin(); err != nil {
		return nil, err
	}
	in, times, err := l.inputs(b, l.place(first))
	if err != nil {
		return nil, err
	}
	defer engine.Free(in...)
	out, err := l.gradients.Call(slices.Concat(l.State.Weights(), in)...)
	if err != nil {
		return nil, err
	}
	k, n := len(l.State.Trained), len(l.State.Params)
	defer engine.Free(out[n:]...)
	g := &Gradients{Values: out[:k:k], Buffers: out[k:n:n]}
	if g.Outcome, err = outcome(out[n:], times); err != nil {
		g.Free()
		return nil, err
	}
	return g, nil
}

// Add makes g the gradients of its samples and of those of h, as of one batch: the means weighted
// by their numbers. h stays as it is.
func (l *Learner) Add(g, h *Gradients) {
	n, m := float64(len(g.Losses)), float64(len(h.Losses))
	space := l.engine.Space(random.Stream{})
	blend := func(a, b []*tensors.Tensor) {
		for i := range a {
			if !a[i].DType().IsFloat() {
				continue // a count of batches, of which this is one
			}
			sum := space.Sum([]float64{n / (n + m), m / (n + m)}, a[i], b[i])
			engine.Free(a[i])
			a[i] = sum
		}
	}
	blend(g.Values, h.Values)
	blend(g.Buffers, h.Buffers)
	g.Losses, g.Times = append(g.Losses, h.Losses...), append(g.Times, h.Times...)
	for i := range g.Parts {
		g.Parts[i] = append(g.Parts[i], h.Parts[i]...)
	}
}

// Apply is the second half of a step: it clips the gradients, moves the weights and their average
// at the learning rate, and sets the outcome's Norm. An error is as one of Step.
func (l *Learner) Apply(g *Gradients, rate float64) error {
	scalars := l.scalars(rate)
	defer engine.Free(scalars...)
	out, err := l.apply.Update(l.State.tensors, slices.Concat(scalars, g.Values, g.Buffers)...)
	if err != nil {
		return err
	}
	defer engine.Free(out...)
	g.Norm = float64(tensors.ToScalar[float32](out[0]))
	l.stepped(g.Outcome)
	return nil
}

// Free frees the tensors.
func (g *Gradients) Free() { engine.Free(slices.Concat(g.Values, g.Buffers)...) }
