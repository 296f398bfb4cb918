// Package learn is how networks learn: what a network learns ([Method]), by what rule it moves
// ([Optimiser]), and the one loop's step ([Learner]) that everything which trains takes, whatever
// it trains: denoisers, scores, autoencoders, classifiers. It knows no files and no pictures.
//
//	l := learn.New(e, network, method, learn.Options{ClipNorm: 1, EMA: 0.999, Seed: 1})
//	err := l.Draw()
//	for batch, err := range set.Batches(ctx, epoch) {
//		outcome, err := l.Step(batch, 1e-3)
//	}
//	weights := l.State.Sampling(false)
package learn

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// Options say how a Learner moves the weights. The zero value is Adam with PyTorch's defaults.
type Options struct {
	Optimiser Optimiser // nil: Adam{}
	ClipNorm  float64   // limit of the gradient's norm; 0: none
	EMA       float64   // decay of the averaged weights, see EMADecay; 0: no average is kept
	Seed      uint64    // of weights, times and noise
	// Prepare, if not nil, gives the batch that the method is to see of one that was drawn, such as
	// draws of latents of their means. It leaves b as it is.
	Prepare func(b *data.Batch, at Place) *data.Batch
}

// A Learner is a network that learns by a method. Make it with New, give it a state by Draw, or by
// filling that of Blank, then take steps.
type Learner struct {
	Net     net.Network
	Method  Method
	Options Options
	State   *State // nil before Draw or Blank
	Steps   int    // taken

	engine                             *engine.Engine
	rule                               rule
	update, gradients, apply, evaluate *engine.Func
	blank                              []shapes.Shape // see inputShapes
}

// New returns a learner without a state. Nothing is compiled before it is used.
func New(e *engine.Engine, m net.Network, how Method, o Options) *Learner {
	if o.Optimiser == nil {
		o.Optimiser = Adam{}
	}
	r := rule{newState(m, len(o.Optimiser.Moments()), o.EMA > 0), how, o}
	return &Learner{
		Net: m, Method: how, Options: o, engine: e, rule: r,
		update: r.newUpdate(e), gradients: r.newGradients(e), apply: r.newApply(e), evaluate: r.newEvaluate(e),
	}
}

// Blank gives the learner a state whose tensors are nil, and returns it: the caller fills its
// parts.
func (l *Learner) Blank() *State {
	blank := *l.rule.layout
	blank.tensors = make([]*tensors.Tensor, blank.len())
	l.State = &blank
	return l.State
}

// Draw gives the learner a fresh state: weights drawn by the seed, moments of 0, the average as the
// weights.
func (l *Learner) Draw() error { return l.Blank().draw(l.engine, l.Net, l.Options.Seed) }

// Release takes the weights out of the learner, which is then good for nothing but Close.
func (l *Learner) Release() []*tensors.Tensor {
	weights := slices.Clone(l.State.Sampling(false))
	for i, t := range l.State.tensors {
		if slices.Contains(weights, t) {
			l.State.tensors[i] = nil
		}
	}
	return weights
}

// Close frees the state and what was compiled. The engine is the caller's.
func (l *Learner) Close() {
	if l.State != nil {
		l.State.free()
	}
	for _, f := range []*engine.Func{l.update, l.gradients, l.apply, l.evaluate} {
		f.Free()
	}
}

// An Outcome is what a step or an evaluation found of a batch.
type Outcome struct {
	Losses []float32   // of each sample
	Parts  [][]float32 // of each sample, for each of the method's parts
	Times  []float64   // of each sample; nil where the method has none
	Norm   float64     // of the gradient, before it is clipped; 0 of an evaluation
}

// Loss is the mean over the batch.
func (o Outcome) Loss() float64 { return mean(o.Losses) }

// Part is the mean of part i.
func (o Outcome) Part(i int) float64 { return mean(o.Parts[i]) }

func mean(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}

// Step takes one step on a batch at the learning rate. After an error of what ran the state may be
// lost, and the learner is good for nothing but Close. That loss or norm are finite is for the
// caller to see.
func (l *Learner) Step(b *data.Batch, rate float64) (Outcome, error) {
	if err := l.begin(); err != nil {
		return Outcome{}, err
	}
	in, times, err := l.inputs(b, l.place(0))
	if err != nil {
		return Outcome{}, err
	}
	in = append(l.scalars(rate), in...)
	defer engine.Free(in...)
	out, err := l.update.Update(l.State.tensors, in...)
	if err != nil {
		return Outcome{}, err
	}
	defer engine.Free(out...)
	o, err := outcome(out[1:], times)
	if err != nil {
		return o, err
	}
	o.Norm = float64(tensors.ToScalar[float32](out[0]))
	l.stepped(o)
	return o, nil
}

// begin tells a Rounder that a step begins.
func (l *Learner) begin() error {
	if r, ok := l.Method.(Rounder); ok {
		return r.Begin(l.Steps, l.State.Sampling(false))
	}
	return nil
}

// stepped ends a step.
func (l *Learner) stepped(o Outcome) {
	l.Steps++
	if a, ok := l.Method.(Adaptive); ok {
		a.Adapt(o.Losses, o.Times)
	}
}

// place is that of sample first of the step's batch.
func (l *Learner) place(first int) Place {
	s := random.Stream{Seed: l.Options.Seed, Sample: uint64(first), Step: uint32(l.Steps)}
	at := Place{Step: l.Steps, Times: s, Noise: s}
	at.Times.Domain, at.Noise.Domain = random.Times, random.Training
	return at
}

// inputs are the method's of a batch.
func (l *Learner) inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	if l.Options.Prepare != nil {
		b = l.Options.Prepare(b, at)
	}
	return l.Method.Inputs(b, at)
}

// scalars are what the graphs take of a rate: the optimiser's factors and how far the average
// moves.
func (l *Learner) scalars(rate float64) []*tensors.Tensor {
	var all []*tensors.Tensor
	for _, f := range append(l.Options.Optimiser.Factors(rate, l.Steps+1), 1-EMADecay(l.Options.EMA, l.Steps)) {
		all = append(all, engine.Scalar(l.engine, float32(f)))
	}
	return all
}

// outcome copies losses and their parts from the engine.
func outcome(out []*tensors.Tensor, times []float64) (o Outcome, err error) {
	o.Times = times
	if o.Losses, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return o, err
	}
	for _, p := range out[1:] {
		part, err := tensors.CopyFlatData[float32](p)
		if err != nil {
			return o, err
		}
		o.Parts = append(o.Parts, part)
	}
	return o, nil
}

// Losses evaluates a batch of held-out samples, of which the first is number first of its set, with
// the weights that would be sampled from. Each sample has its own time and noise, the same at every
// call. The state stays as it is.
func (l *Learner) Losses(b *data.Batch, first int) (Outcome, error) {
	return l.losses(b, first, false)
}

func (l *Learner) losses(b *data.Batch, first int, null bool) (Outcome, error) {
	s := random.Stream{Seed: l.Options.Seed, Domain: random.Validation, Sample: uint64(first)}
	at := Place{Step: l.Steps, Times: s, Noise: s, Validation: true, Null: null}
	at.Noise.Step = 1 // another part of the stream than the times
	in, times, err := l.inputs(b, at)
	if err != nil {
		return Outcome{}, err
	}
	defer engine.Free(in...)
	out, err := l.evaluate.Call(append(append([]*tensors.Tensor{}, l.State.Sampling(false)...), in...)...)
	if err != nil {
		return Outcome{}, err
	}
	defer engine.Free(out...)
	return outcome(out, times)
}

// ErrNoBatches says that there was nothing to evaluate.
var ErrNoBatches = errors.New("learn: no batches to evaluate")

// Evaluate is the mean of Losses over all samples of batches, which come in the set's order.
func (l *Learner) Evaluate(batches iter.Seq2[*data.Batch, error]) (float64, error) {
	return l.mean(batches, false, func(Outcome) {})
}

// EvaluateNull is Evaluate where no sample is told its class.
func (l *Learner) EvaluateNull(batches iter.Seq2[*data.Batch, error]) (float64, error) {
	return l.mean(batches, true, func(Outcome) {})
}

// EvaluateEach is Evaluate, which shows each batch's outcome.
func (l *Learner) EvaluateEach(batches iter.Seq2[*data.Batch, error], see func(Outcome)) (float64, error) {
	return l.mean(batches, false, see)
}

func (l *Learner) mean(batches iter.Seq2[*data.Batch, error], null bool, see func(Outcome)) (float64, error) {
	sum, first := 0.0, 0
	for b, err := range batches {
		if err != nil {
			return 0, err
		}
		o, err := l.losses(b, first, null)
		if err != nil {
			return 0, err
		}
		see(o)
		sum += o.Loss() * float64(b.N)
		first += b.N
	}
	if first == 0 {
		return math.NaN(), ErrNoBatches
	}
	return sum / float64(first), nil
}

// Shapes are those of the state's tensors, whether there are any yet or not.
func (l *Learner) Shapes() []shapes.Shape { return l.rule.layout.Shapes() }

// Bytes compiles the step for batches of n samples like those of b and returns the bytes that it
// takes beside the state and its inputs; 0 where the backend does not tell. It needs no state.
func (l *Learner) Bytes(b *data.Batch, n int) (int64, error) {
	in := l.Shapes()
	for range l.rule.scalars() {
		in = append(in, shapes.Make(dtypes.Float32))
	}
	task, err := l.inputShapes(b)
	if err != nil {
		return 0, err
	}
	for _, s := range task {
		s = s.Clone()
		s.Dimensions[0] = n
		in = append(in, s)
	}
	return l.update.Memory(in...)
}

// inputShapes are the shapes of the method's inputs for b. They are found once, since inputs are
// made for it.
func (l *Learner) inputShapes(b *data.Batch) ([]shapes.Shape, error) {
	if l.blank != nil {
		return l.blank, nil
	}
	in, _, err := l.inputs(b, Place{Validation: true})
	if err != nil {
		return nil, fmt.Errorf("learn: the shapes of a step's inputs: %w", err)
	}
	defer engine.Free(in...)
	for _, x := range in {
		l.blank = append(l.blank, x.Shape().Clone())
	}
	return l.blank, nil
}
