// Package train is a run of training: its folder, plan, validation, pictures, best checkpoint,
// saving and resuming around the steps of package learn. What happens it reports as events.
//
//	run, err := train.New(ctx, e, config, train.Parts{})
//	err = run.Create("runs/photos", "")
//	run.Observe(train.On(func(s train.Step) { fmt.Println(s.Record.Step, s.Loss) }))
//	err = run.Run(ctx)
package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
)

// ErrInterrupted says that the context ended the run, which has been saved.
var ErrInterrupted = errors.New("interrupted; the run is saved")

// ErrNotSaved says that the run ended and its last steps could not be saved.
var ErrNotSaved = errors.New("NOT SAVED")

// ErrNotFinite says that the loss, or the gradient with it, became NaN or infinite.
var ErrNotFinite = errors.New("no longer finite")

// A Trainer is one run: a network in training on a data set. Make it with New, then Create or
// Resume its folder, then Run.
type Trainer struct {
	Config *config.Run
	Dir    string // the run folder, once created

	engine     *engine.Engine
	parts      Parts
	opened     []*data.Set // by New
	learner    *learn.Learner
	setup      learn.Setup // of the method; an autoencoder's objective has no process
	train, val *data.Set
	images     *data.Set    // of training: train, unless that are latents
	heldOut    *data.Set    // of validation, likewise
	latents    *latentSpace // of a latent diffusion, else nil
	far        *data.Set    // from which a flow between two data sets starts; else nil

	// What tests replace.
	files   checkpoint.FS
	through func(checkpoint.FS) checkpoint.FS // where it is set, files go through it from the run's first one on
	now     func() time.Time
	limit   func() memory.Limit

	lock      *checkpoint.RunLock
	log       *log
	observers []Observer
	lost      bool         // the state is not what a run could go on from
	preview   *model.Model // nil for an autoencoder or a classifier

	law      law           // of the learning rate
	lr       float64       // of the last step
	remark   string        // what a person should know of how the run goes on
	epoch    int           // of the next step
	position int           // batches of that epoch done, fewer than it has
	saved    int           // step of the last checkpoint, -1: none
	pictured int           // epoch of the last pictures
	drawn    time.Time     // when pictures were last drawn in this session
	fresh    []string      // pictures that were not reported yet
	early    bool          // the early checkpoint of a new run was written or tried
	best     *Best         // checkpoint, nil: none yet
	judged   int           // step of the last checkpoint that was judged, -1: none
	used     time.Duration // training time before this session
	began    time.Time     // of this session

	startedAt   int           // step at which this session began
	startedDone float64       // share of the run then
	stepping    time.Duration // time of this session spent in steps
	validation  *float64      // the last one
	accuracy    *Accuracy     // likewise, of a classifier
	final       *Validated    // of the last weights, within an epoch
}

// Parts are what a run is made of that its configuration does not say, or is not to say. What is
// left zero is the configuration's.
type Parts struct {
	Data *data.Set // what it learns from; nil: opened, and closed with the run
	From *data.Set // the second data set of a flow between two; nil: likewise
	// VAE is the folder of the autoencoder in whose latent space the run trains: a run that is
	// resumed has its own copy.
	VAE       string
	Network   net.Network     // what learns
	Way       learn.Way       // how
	Optimiser learn.Optimiser // by what rule
	// Progress, if not nil, is told how many files are read of how many.
	Progress func(done, total int)
}

// New prepares a run of c. A network of p's own is that of the space in which the run trains; to be
// loaded again its architecture is one that package net knows.
func New(ctx context.Context, e *engine.Engine, c *config.Run, p Parts) (t *Trainer, err error) {
	t = &Trainer{Config: c, engine: e, parts: p, now: time.Now, limit: memory.Available, saved: -1, judged: -1}
	defer func() {
		if err != nil {
			t.letGo()
			t = nil
		}
	}()
	if err := t.openSets(ctx); err != nil {
		return t, err
	}
	if err := t.checkBest(); err != nil {
		return t, err
	}
	if vae := cmp.Or(p.VAE, c.VAE); vae != "" {
		if t.latents, err = openLatents(e, c, vae, t.train, t.val); err != nil {
			return t, err
		}
		t.train, t.val = t.latents.train, t.latents.val
		c = t.latents.inside(c)
	}
	if err := t.learns(c); err != nil {
		return t, err
	}
	if err := t.train.CheckBatch(c.Batch); err != nil {
		return t, err
	}
	m, ok := t.learner.Net.(net.Model)
	if !ok {
		return t, nil
	}
	if t.preview, err = newPreview(e, c, m, t.setup.Objective.Process); err != nil {
		return t, err
	}
	if t.latents != nil {
		err = t.preview.SetVAE(t.latents.vae)
	}
	t.preview.Kind = t.labelled(t.preview.Kind)
	t.preview.Null = t.learnsNull()
	return t, err
}

// labelled is k with the classes that the network is told, as the training data have them.
func (t *Trainer) labelled(k kind.Kind) kind.Kind {
	switch {
	case !knowsClasses(t.Config):
		return k
	case t.images == nil: // they are not read yet
		return someClasses(t.Config, k)
	}
	return k.Labelled(t.images.ClassCounts())
}

// learnsNull says whether the network learns the null class: from classes that are dropped, or from
// samples without any.
func (t *Trainer) learnsNull() bool {
	if !t.Config.ClassCond {
		return false
	}
	labelled := 0
	for _, c := range t.images.ClassCounts() {
		labelled += c.Samples
	}
	return t.Config.ClassDrop > 0 || labelled < t.images.Len()
}

// openSets takes the run's data sets, and opens those that it was not given.
func (t *Trainer) openSets(ctx context.Context) (err error) {
	c, set, from := t.Config, t.parts.Data, t.parts.From
	if set == nil {
		if set, err = c.Open(ctx, t.parts.Progress); err != nil {
			return err
		}
		t.opened = append(t.opened, set)
	}
	t.train, t.val = set.Train(), set.Val()
	t.images, t.heldOut = t.train, t.val
	if paired := c.HasPairs(); paired != set.Paired() {
		return fmt.Errorf("train: the configuration has pairs: %v, and the data set has pairs: %v; see data.Set.Pair", paired, set.Paired())
	}
	if len(c.From) == 0 && from == nil {
		return nil
	}
	if from == nil {
		if from, err = c.OpenFrom(ctx, t.parts.Progress); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
		t.opened = append(t.opened, from)
	}
	h, w, ch := set.Shape()
	fh, fw, fch := from.Shape()
	switch {
	case len(c.From) == 0:
		return fmt.Errorf("train: there is a second data set, and From of the configuration names none: name it, for a flow to start there")
	case from.Len() == 0:
		return fmt.Errorf("--from: the data set that the flow starts from is empty")
	case h != fh || w != fw || ch != fch:
		return fmt.Errorf("--from: %v of %dx%dx%d, and the data's are %dx%dx%d: a flow keeps the shape", from.Kind().Noun(2), fh, fw, fch, h, w, ch)
	}
	t.far = from.Train()
	return nil
}

// letGo frees what New made.
func (t *Trainer) letGo() {
	if t.learner != nil {
		t.learner.Close()
	}
	if t.preview != nil {
		t.preview.Close()
	}
	if t.latents != nil {
		t.latents.vae.Free()
	}
	for _, set := range t.opened {
		set.Close()
	}
}

// Options say how a run of c moves its weights.
func Options(c *config.Run) learn.Options {
	return learn.Options{Optimiser: learn.Adam{Beta1: c.AdamBetas[0], Beta2: c.AdamBetas[1], Decay: c.WeightDecay}, ClipNorm: c.ClipNorm, EMA: c.EMA, Seed: c.Seed}
}

// learns makes the learner of a run of c, in the space in which the run trains.
func (t *Trainer) learns(c *config.Run) error {
	if c.Classifier() && t.images != nil {
		if err := checkLabels(c, t.images); err != nil {
			return err
		}
	}
	m, err := t.parts.Network, error(nil)
	if m == nil {
		m, err = Network(c, t.labelled(t.train.Kind()))
	}
	if err != nil {
		return err
	}
	if t.setup, err = newSetup(t.engine, c, m, t.far, t.train.Kind()); err != nil {
		return err
	}
	t.setup.Data, t.setup.Walker, t.setup.Seed = t.train, walker{t}, c.Seed
	how, err := t.method(c)
	if err != nil {
		return err
	}
	o := Options(c)
	if t.parts.Optimiser != nil {
		o.Optimiser = t.parts.Optimiser
	}
	if t.latents != nil {
		o.Prepare = t.latents.draw
	}
	t.learner = learn.New(t.engine, m, how, o)
	return nil
}

// method is how the run learns.
func (t *Trainer) method(c *config.Run) (learn.Method, error) {
	if t.parts.Way != nil {
		return t.parts.Way.Method(t.setup)
	}
	return newMethod(c, t.setup)
}

// fingerprint identifies the images that the run is trained on.
func (t *Trainer) fingerprint() string {
	if t.far == nil {
		return t.images.Fingerprint()
	}
	return t.images.Fingerprint() + " from " + t.far.Fingerprint()
}

// Create starts a fresh run in dir, or in a new numbered folder below runs/ where dir is "". The
// folder is this process's until Close.
func (t *Trainer) Create(dir, name string) error {
	if err := determined(t.Config); err != nil {
		return err
	}
	lock, err := createRun(dir, name)
	if err != nil {
		return err
	}
	t.hold(lock)
	t.law = lawOf(t.Config)
	defer tidy()()
	if err := t.learner.Draw(); err != nil {
		return err
	}
	return t.open()
}

func createRun(dir, name string) (*checkpoint.RunLock, error) {
	if dir != "" {
		return checkpoint.CreateRun(dir)
	}
	return checkpoint.CreateNumberedRun("runs", name)
}

// hold takes over the run folder that is locked.
func (t *Trainer) hold(lock *checkpoint.RunLock) {
	t.lock, t.Dir, t.files = lock, lock.Dir, lock.Folder
	if t.through != nil {
		t.files = t.through(t.files)
	}
}

// open writes what both a fresh and a resumed run need in their folder.
func (t *Trainer) open() error {
	text, err := t.Config.JSON()
	if err != nil {
		return err
	}
	if err := writeFile(t.files, filepath.Join(t.Dir, "config.json"), text); err != nil {
		return err
	}
	if err := t.files.Mkdir(filepath.Join(t.Dir, "samples")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if t.Config.Best != "" {
		if err := t.readBest(); err != nil {
			return err
		}
	}
	if t.log, err = openLog(t.files, t.lock.Folder, t.Dir, t.learner.Steps); err != nil {
		return err
	}
	if last := t.Summary().Last; last != nil {
		t.validation = &last.Loss
	}
	return nil
}

// Close lets go of the run folder and frees what the trainer holds.
func (t *Trainer) Close() error {
	var err error
	if t.log != nil {
		err = t.log.close()
	}
	t.letGo()
	if t.lock != nil {
		err = errors.Join(err, t.lock.Unlock())
	}
	return err
}

// stepsPerEpoch is the number of steps in a pass over the data.
func (t *Trainer) stepsPerEpoch() int { return t.train.Steps(t.Config.Batch) }

// progress is how far the run has come.
func (t *Trainer) progress() Progress {
	p := Progress{Step: t.learner.Steps, Epoch: float64(t.epoch) + float64(t.position)/float64(t.stepsPerEpoch()), Time: t.used}
	if !t.began.IsZero() {
		p.Time += t.now().Sub(t.began)
	}
	return p
}

// progressAt is the progress after so many steps, in that time.
func (t *Trainer) progressAt(step int, used time.Duration) Progress {
	n := t.stepsPerEpoch()
	return Progress{Step: step, Epoch: float64(step/n) + float64(step%n)/float64(n), Time: used}
}

func (t *Trainer) note(format string, args ...any) {
	t.report(Note{fmt.Sprintf(format, args...)})
}
