package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime/debug"
	"time"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/learn"
)

// Run trains until the configuration's stop, then saves. When ctx ends it finishes the step, saves
// and returns ErrInterrupted; it also saves before it returns another error, unless that is
// ErrNotFinite or left no weights. If the last checkpoint cannot be written, the error is
// ErrNotSaved.
//
// While it runs, the garbage collector is set to let the heap grow by a tenth only: see
// collectEvery.
func (t *Trainer) Run(ctx context.Context) (err error) {
	defer tidy()()
	defer func() { t.report(End{err, t.Summary()}) }()
	t.began, t.startedAt, t.startedDone = t.now(), t.learner.Steps, StopOf(t.Config).Fraction(t.progress())
	if t.remark != "" {
		t.note("%s", t.remark)
	}
	if t.latents != nil {
		for _, n := range t.latents.vae.Notes {
			t.note("--vae: %s", n)
		}
	}
	if t.learner.Steps == 0 {
		if err := t.firstPictures(ctx); err != nil && ctx.Err() == nil {
			t.note("pictures of the data: %v", err)
		}
	}
	if t.learner.Steps > 0 && t.done() {
		t.note("step %d of epoch %d is already at or past the run's stop; give more --steps, --epochs or --time to go on", t.learner.Steps, t.epoch)
	}
	t.judge(ctx) // the checkpoint that it goes on from, if the run was stopped before that
	if err = t.saveLast(t.epochs(ctx)); err == nil {
		t.judge(ctx)
		t.lastPictures(ctx)
		t.validateLast()
	}
	return err
}

// saveLast saves the run that ended with err, if there is anything to save. Where that fails it
// returns ErrNotSaved, before any error but ErrInterrupted, which no longer says the truth.
func (t *Trainer) saveLast(err error) error {
	if t.lost || t.saved == t.learner.Steps {
		return err
	}
	failed := t.save()
	if failed == nil {
		return err
	}
	failed = fmt.Errorf("%w: the last checkpoint could not be written, so the run stands as it was before; %s: %w", ErrNotSaved, t.kept(), failed)
	if err == nil || errors.Is(err, ErrInterrupted) {
		return failed
	}
	return errors.Join(failed, err)
}

// collectEvery is the growth of the heap, in percent, after which garbage is collected. The heap of
// a training is a few arrays without pointers, through which a collection goes in no time, and Go's
// default of 100 would let batches and what is written to files double it.
const collectEvery = 10

// tidy sets the garbage collector to collectEvery, and returns what sets it back.
func tidy() (restore func()) {
	was := debug.SetGCPercent(collectEvery)
	return func() { debug.SetGCPercent(was) }
}

// done says whether a stop is reached.
func (t *Trainer) done() bool { return StopOf(t.Config).Fraction(t.progress()) >= 1 }

// epochs trains epoch after epoch, with the pictures between them.
func (t *Trainer) epochs(ctx context.Context) error {
	for {
		t.duePictures(ctx)
		if t.done() {
			return nil
		}
		if err := t.passes(ctx); err != nil {
			return err
		}
	}
}

// passes trains the rest of the epoch, or until a stop.
func (t *Trainer) passes(ctx context.Context) error {
	at := data.Epoch{Seed: t.Config.Seed, Epoch: t.epoch, Start: t.position, Batch: t.Config.Batch}
	// A signal must not cut the batch under way: it is looked at between steps.
	for batch, err := range t.train.Batches(context.WithoutCancel(ctx), at) {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		if err != nil {
			return err
		}
		if err := t.one(batch); err != nil {
			return err
		}
		if t.dueSave() {
			if err := t.saveOrNote(); err != nil {
				return err
			}
			t.judge(ctx)
		}
		t.timedPictures(ctx)
		if t.done() {
			return nil
		}
	}
	return nil
}

// one takes one step on a batch and reports it.
func (t *Trainer) one(batch *data.Batch) error {
	began, index := t.now(), t.position
	r := Record{Step: t.learner.Steps + 1, Epoch: t.epoch, LR: t.law.at(t.progress()), Note: t.remark}
	o, err := t.learner.Step(batch, r.LR)
	if err != nil {
		t.lost = true // the step may have taken the old weights for the new
		return fmt.Errorf("step %d: %w", r.Step, err)
	}
	r.Loss, r.GradNorm = o.Loss(), o.Norm
	lo, hi := t.span()
	r.Quartiles, r.Counts = quartiles(o.Losses, o.Times, lo, hi)
	r.Parts, r.Accuracy = t.partsOf(o), t.accuracyOf(o)
	if err := t.checkFinite(r.Step, "loss", r.Loss); err != nil {
		return err
	}
	if err := t.checkFinite(r.Step, "gradient's norm", r.GradNorm); err != nil {
		return err
	}
	if t.position++; t.position == t.stepsPerEpoch() {
		t.epoch, t.position = t.epoch+1, 0
		if r.Val, r.ValAccuracy, err = t.validateRight(); err == nil && t.learnsNull() {
			r.ValNull, err = t.validateNull()
		}
		if err != nil {
			return fmt.Errorf("validation after step %d: %w", r.Step, err)
		}
	}
	t.lr, t.remark = r.LR, ""
	if r.Val != nil {
		t.validation, t.accuracy = r.Val, r.ValAccuracy
	}
	r.Seconds = t.progress().Time.Seconds()
	t.stepping += t.now().Sub(began)
	t.report(t.taken(r, index))
	return nil
}

// validate returns the loss on the held-out images, each at its own fixed time and noise, of the
// weights that would be sampled from; nil if none are held out.
func (t *Trainer) validate() (*float64, error) { return t.validateBy(t.learner.Evaluate) }

// validateNull is validate where no image is told its class.
func (t *Trainer) validateNull() (*float64, error) { return t.validateBy(t.learner.EvaluateNull) }

func (t *Trainer) validateBy(evaluate func(iter.Seq2[*data.Batch, error]) (float64, error)) (*float64, error) {
	if t.val.Len() == 0 {
		return nil, nil
	}
	loss, err := evaluate(t.val.All(context.Background(), t.Config.Batch))
	if err != nil {
		return nil, err
	}
	return &loss, t.checkFinite(t.learner.Steps, "validation loss", loss)
}

// checkFinite is ErrNotFinite where a number of the step is not finite: then neither are the
// weights, or soon will not be.
func (t *Trainer) checkFinite(step int, name string, v float64) error {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		return nil
	}
	t.lost = true
	return fmt.Errorf("step %d: the %s is %w: %v; %s", step, name, ErrNotFinite, v, t.lastResort())
}

// lastResort says what is left of a run whose weights are lost, and what to do that the run did not
// do.
func (t *Trainer) lastResort() string {
	text := t.kept() + "; start a new run with a lower --lr"
	if c := t.Config.ClipNorm; c == 0 || c > 1 {
		text += ", or with --clip-norm 1"
	}
	return text
}

// kept says which checkpoint the run folder has: it looks, for somebody may have removed it.
func (t *Trainer) kept() string {
	last, err := checkpoint.Latest(t.Dir)
	switch {
	case err == nil:
		return fmt.Sprintf("the checkpoint of step %d is kept, %s", last.Step, last.Path)
	case t.saved < 0:
		return "no checkpoint had been written yet"
	}
	return fmt.Sprintf("%s holds no checkpoint any more, and that of step %d was there", t.Dir, t.saved)
}

// taken is what is known after the step of r, which was at index in its epoch.
func (t *Trainer) taken(r Record, index int) Step {
	e := Step{Record: r, Index: index, Steps: t.stepsPerEpoch(), Done: min(1, StopOf(t.Config).Fraction(t.progress())), Validation: t.validation, Right: t.accuracy}
	if t.stepping > 0 {
		e.Speed = float64((t.learner.Steps-t.startedAt)*t.Config.Batch) / t.stepping.Seconds()
	}
	if gained := e.Done - t.startedDone; gained > 0 {
		left := float64(t.now().Sub(t.began)) * (1 - e.Done) / gained
		e.Left = time.Duration(min(left, math.MaxInt64/2))
	}
	return e
}

// span returns the times between which the losses are sorted into quarters.
func (t *Trainer) span() (lo, hi float64) {
	if t.setup.Objective.Process == nil {
		return 0, 1
	}
	lo, hi = t.setup.Objective.Process.Span()
	if d, ok := t.setup.Objective.Process.(reverie.Discrete); ok {
		hi = float64(d.Steps()) // the index i stands for the stretch from i to i+1
	}
	return lo, hi
}

// quartiles averages the losses over the images whose time lies in each quarter of lo to hi;
// without times it is zeros.
func quartiles(losses []float32, times []float64, lo, hi float64) (means [4]float64, counts [4]int) {
	for i, t := range times {
		l, q := losses[i], min(3, int(4*(t-lo)/(hi-lo)))
		means[q] += float64(l)
		counts[q]++
	}
	for q, n := range counts {
		means[q] /= float64(max(1, n))
	}
	return means, counts
}

// partsOf are the means of the loss's parts under their names.
func (t *Trainer) partsOf(o learn.Outcome) map[string]float64 {
	names := t.learner.Method.Parts()
	if len(names) == 0 {
		return nil
	}
	parts := make(map[string]float64, len(names))
	for i, name := range names {
		if name != learn.Right { // which is an Accuracy
			parts[name] = o.Part(i)
		}
	}
	return parts
}
