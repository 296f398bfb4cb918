// Package train is the training loop: it draws batches, takes Adam's steps,
// keeps the average, validates, pictures, saves and resumes.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
)

// ErrInterrupted says that the context ended the run, which has been saved.
var ErrInterrupted = errors.New("interrupted; the run is saved")

// ErrNotFinite says that the loss became NaN or infinite.
var ErrNotFinite = errors.New("the loss is no longer finite")

// A Trainer is one run: a network in training on a set of images. Make it with
// New, then Create or Resume its folder, then Run.
type Trainer struct {
	Config *config.Run
	Dir    string // the run folder, once created
	// Step, if not nil, is called after each step.
	Step func(Event)
	// Note, if not nil, is called with what a person should know: a full disk, a
	// picture that could not be drawn.
	Note func(string)

	engine     *engine.Engine
	net        net.Model
	process    *reverie.DDPM
	objective  reverie.Objective
	train, val *data.Set

	lock     *checkpoint.RunLock
	log      *log
	state    *state
	update   *engine.Func
	evaluate *engine.Func
	preview  *pipeline.Model

	end      End           // the stop that the run was first given
	step     int           // steps done
	epoch    int           // of the next step
	position int           // batches of that epoch done
	used     time.Duration // training time before this session
	began    time.Time     // of this session

	startedAt   int     // step at which this session began
	startedDone float64 // share of the run then
}

// An Event is what is known after a step.
type Event struct {
	Record
	Index, Steps int           // the step's place in its epoch, and the steps of an epoch
	Speed        float64       // images per second of this session
	Done         float64       // share of the run that is done, 0 to 1
	Left         time.Duration // expected until the run's stop
}

// New prepares a run of c on the images of set.
func New(e *engine.Engine, c *config.Run, set *data.Set) (*Trainer, error) {
	t := &Trainer{Config: c, engine: e, train: set.Train(), val: set.Val()}
	var err error
	if t.net, err = Network(c); err != nil {
		return nil, err
	}
	if t.objective, t.process, err = Objective(c); err != nil {
		return nil, err
	}
	if err := t.train.CheckBatch(c.Batch); err != nil {
		return nil, err
	}
	t.update = newUpdate(e, t.net, t.objective.Loss, c)
	t.evaluate = newEvaluate(e, t.net, t.objective.Loss)
	t.preview = pipeline.New(e, t.net, t.process, t.objective.Param, nil)
	return t, nil
}

// Create starts a fresh run in dir, or in a new numbered folder below runs/
// where dir is "". The folder is this process's until Close.
func (t *Trainer) Create(dir, name string) (err error) {
	if dir != "" {
		t.lock, err = checkpoint.CreateRun(dir)
	} else {
		t.lock, err = checkpoint.CreateNumberedRun("runs", name)
	}
	if err != nil {
		return err
	}
	t.Dir = t.lock.Dir
	text, err := t.Config.JSON()
	if err == nil {
		err = writeFile(filepath.Join(t.Dir, "config.json"), text)
	}
	if err != nil {
		return err
	}
	t.end = endOf(t.Config)
	t.state = initState(t.engine, t.net, t.Config.Seed, t.Config.EMA > 0)
	return t.open()
}

// open makes what both a fresh and a resumed run need in their folder.
func (t *Trainer) open() (err error) {
	if err := os.MkdirAll(filepath.Join(t.Dir, "samples"), 0o777); err != nil {
		return err
	}
	t.log, err = openLog(t.Dir, t.step)
	return err
}

// Close lets go of the run folder and frees what the trainer holds.
func (t *Trainer) Close() error {
	var err error
	if t.log != nil {
		err = t.log.close()
	}
	if t.state != nil {
		engine.Free(t.state.tensors...)
	}
	t.update.Free()
	t.evaluate.Free()
	t.preview.Close()
	if t.lock != nil {
		err = errors.Join(err, t.lock.Unlock())
	}
	return err
}

// stepsPerEpoch is the number of steps in a pass over the data.
func (t *Trainer) stepsPerEpoch() int { return t.train.Steps(t.Config.Batch) }

// progress is how far the run has come.
func (t *Trainer) progress() Progress {
	p := Progress{Step: t.step, Epoch: float64(t.epoch) + float64(t.position)/float64(t.stepsPerEpoch()), Time: t.used}
	if !t.began.IsZero() {
		p.Time += time.Since(t.began)
	}
	return p
}

// Run trains until the configuration's stop, then saves. When ctx ends it
// finishes the step, saves and returns ErrInterrupted.
func (t *Trainer) Run(ctx context.Context) error {
	t.began, t.startedAt, t.startedDone = time.Now(), t.step, endOf(t.Config).Fraction(t.progress())
	if t.step == 0 {
		if err := t.firstPictures(ctx); err != nil {
			t.note("pictures of the data: %v", err)
		}
	}
	err := t.epochs(ctx)
	if err != nil && !errors.Is(err, ErrInterrupted) {
		return err
	}
	if saveErr := t.save(); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	t.drawCurve()
	return err
}

// done says whether a stop is reached.
func (t *Trainer) done() bool { return endOf(t.Config).Fraction(t.progress()) >= 1 }

// epochs trains epoch after epoch.
func (t *Trainer) epochs(ctx context.Context) error {
	for !t.done() {
		if err := t.passes(ctx); err != nil {
			return err
		}
		if t.position < t.stepsPerEpoch() {
			return nil // a stop within the epoch
		}
		t.epoch, t.position = t.epoch+1, 0
		if every := t.Config.SampleEvery; every > 0 && t.epoch%every == 0 {
			t.pictures(ctx)
		}
	}
	return nil
}

// passes trains the rest of the epoch, or until a stop.
func (t *Trainer) passes(ctx context.Context) error {
	at := data.Epoch{Seed: t.Config.Seed, Epoch: t.epoch, Start: t.position, Batch: t.Config.Batch}
	// A signal must not cut the batch under way: it is looked at between steps.
	for batch, err := range t.train.Batches(context.WithoutCancel(ctx), at) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		if err := t.one(batch); err != nil {
			return err
		}
		if every := t.Config.SaveEvery; every > 0 && t.step%every == 0 {
			t.saveOrNote()
		}
		if t.done() {
			return nil
		}
	}
	return nil
}

// one takes one step on a batch and reports it.
func (t *Trainer) one(batch *data.Batch) error {
	r := Record{Step: t.step + 1, Epoch: t.epoch, LR: rate(t.Config, t.end, t.progress())}
	losses, times, norm, err := t.learn(batch, r.LR)
	if err != nil {
		return fmt.Errorf("step %d: %w", r.Step, err)
	}
	r.Loss, r.GradNorm = mean(losses), norm
	r.Quartiles, r.Counts = quartiles(losses, times, t.process.Steps())
	if math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0) {
		return fmt.Errorf("step %d: %w: %v; the last checkpoint before it is kept. Lower --lr or set --clip-norm 1", r.Step, ErrNotFinite, r.Loss)
	}
	t.step, t.position = t.step+1, t.position+1
	if t.position == t.stepsPerEpoch() {
		if r.Val, err = t.validate(); err != nil {
			return fmt.Errorf("validation after step %d: %w", r.Step, err)
		}
	}
	r.Seconds = t.progress().Time.Seconds()
	if err := t.log.add(r); err != nil {
		t.note("%s: %v", t.log.path, err)
	}
	if t.Step != nil {
		t.Step(t.event(r))
	}
	return nil
}

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
	x0 := engine.New(t.engine, b.X, b.N, b.H, b.W, b.C)
	defer engine.Free(x0)
	return taskTensors(t.engine, reverie.Corrupt(t.objective, t.engine.Space(noise), x0, times))
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
	return &loss, nil
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

// event is what is known after the step of r.
func (t *Trainer) event(r Record) Event {
	n := t.stepsPerEpoch()
	e := Event{Record: r, Index: t.position - 1, Steps: n, Done: min(1, endOf(t.Config).Fraction(t.progress()))}
	session := time.Since(t.began)
	taken := t.step - t.startedAt
	e.Speed = float64(taken*t.Config.Batch) / session.Seconds()
	if gained := e.Done - t.startedDone; gained > 0 {
		e.Left = time.Duration(float64(session) * (1 - e.Done) / gained)
	}
	return e
}

func (t *Trainer) note(format string, args ...any) {
	if t.Note != nil {
		t.Note(fmt.Sprintf(format, args...))
	}
}

func mean(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}

// quartiles averages the losses over the images whose time lies in each quarter
// of [0, T).
func quartiles(losses []float32, times []float64, T int) (means [4]float64, counts [4]int) {
	for i, l := range losses {
		q := min(3, int(4*times[i]/float64(T)))
		means[q] += float64(l)
		counts[q]++
	}
	for q, n := range counts {
		means[q] /= float64(max(1, n))
	}
	return means, counts
}
