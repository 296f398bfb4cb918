package model

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all" // the architectures that files may name
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Loaded is a model together with the files that it came from.
type Loaded struct {
	*Model
	Found      checkpoint.Found
	Checkpoint *checkpoint.Checkpoint // without the tensors' data
	Averaged   bool                   // the weights are the moving average
}

// Close frees the compiled functions and the weights.
func (l *Loaded) Close() {
	l.Model.Close()
	engine.Free(l.Weights...)
	if l.VAE != nil {
		engine.Free(l.VAE.Weights...)
	}
}

// Load loads a model from a run folder (its newest complete checkpoint), a checkpoint folder or an
// imported model. It takes the averaged weights where there are any, unless raw.
func Load(e *engine.Engine, path string, raw bool) (*Loaded, error) {
	found, c, err := checkpoint.Open(path, checkpoint.ForSampling(raw))
	if err != nil {
		return nil, err
	}
	l, err := build(e, c, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Model, err)
	}
	l.Found = found
	return l, nil
}

func build(e *engine.Engine, c *checkpoint.Checkpoint, raw bool) (*Loaded, error) {
	switch checkpoint.RoleOf(c.Arch) {
	case checkpoint.Autoencoder:
		return nil, ErrAutoencoder
	case checkpoint.Classifier:
		return nil, ErrClassifier
	}
	plain, err := layOut(c)
	if err != nil {
		return nil, err
	}
	n := plain
	spec, p, err := processOf(c)
	if err != nil {
		return nil, err
	}
	if spec.Given() {
		if in, _ := n.Channels(); in%2 != 0 {
			return nil, fmt.Errorf("scheduler: reverie.paired: the network sees %d channels, and x and what lies beside it would have an even number together", in)
		}
		in, _ := n.Channels()
		if n, err = net.NewBeside(n, in/2); err != nil {
			return nil, err
		}
	}
	if spec.Energy {
		if n, err = net.NewEnergy(n); err != nil {
			return nil, err
		}
	}
	if spec.LearnedSchedule() {
		n = net.NewScheduled(n)
	}
	if err := checkOutputs(n, spec); err != nil {
		return nil, err
	}
	dict, part := c.Sampling(raw)
	weights, err := net.Import(n.Params(), dict, dtypes.Float32)
	if err != nil {
		return nil, err
	}
	m := New(e, n, p, spec.Prediction.Param(), weights)
	m.Spec, m.Learned = spec, spec.Learned()
	if err := m.Use(weights); err != nil {
		return nil, err
	}
	m.Defaults, m.Walk = defaults(c, spec), c.Scheduler.Walk
	m.Lecture = isLecture(c, plain)
	if c.VAE != nil {
		a, err := buildAutoencoder(e, c.VAE)
		if err == nil {
			err = m.SetVAE(a)
		}
		if err != nil {
			return nil, err
		}
		c.VAE.Weights = nil
	}
	if err := m.takeKind(c.Scheduler.Reverie, plain); err != nil {
		return nil, err
	}
	if err := m.takeClasses(c.Scheduler.Reverie); err != nil {
		return nil, err
	}
	c.Weights, c.EMA = nil, nil
	return &Loaded{Model: m, Checkpoint: c, Averaged: part == checkpoint.EMA}, nil
}

// processOf is the process that a model's files name.
func processOf(c *checkpoint.Checkpoint) (spec formulation.Spec, p reverie.Process, err error) {
	if spec, err = formulation.SpecOf(c.Scheduler); err != nil {
		return spec, nil, err
	}
	if p, err = spec.Process.Process(); err != nil {
		return spec, nil, fmt.Errorf("scheduler: %w", err)
	}
	return spec, p, nil
}

// layOut makes the network that a model's files name.
func layOut(c *checkpoint.Checkpoint) (net.Model, error) {
	n, err := net.New(c.Arch, c.ArchConfig)
	if err != nil {
		return nil, err
	}
	m, ok := n.(net.Model)
	if !ok {
		return nil, fmt.Errorf("architecture %s predicts nothing from noised samples, as the network of a diffusion does", c.Arch)
	}
	return m, nil
}

// sizeOf is the size that a network says its images have, 0 where it says none.
func sizeOf(n net.Network) (h, w int) {
	if s, ok := n.(interface{ Size() (h, w int) }); ok {
		return s.Size()
	}
	return 0, 0
}

// takeKind takes what the files say of the samples. Files from before they said it have units and a
// size at most.
func (m *Model) takeKind(x *checkpoint.SchedulerExtra, plain net.Model) error {
	had := m.Kind
	if x != nil {
		if m.Kind = x.Kind; m.Kind.Form == "" {
			m.Kind = had.Sized(x.H, x.W).In(x.Units)
		}
	}
	if m.Kind.C = had.C; x != nil && x.C != 0 && x.C != had.C {
		return fmt.Errorf("scheduler: reverie.channels is %d, and the network takes %d, unless model_index.json names a vae", x.C, had.C)
	}
	if m.Kind.H == 0 {
		h, w := sizeOf(plain)
		if m.VAE != nil { // sample_size is that of the latents
			h, w = m.VAE.pixels(h), m.VAE.pixels(w)
		}
		m.Kind = m.Kind.Sized(h, w)
	}
	if err := m.Kind.Validate(); err != nil {
		return fmt.Errorf("scheduler: reverie: %w", err)
	}
	return nil
}

// isLecture says of a run whether it began from preset lecture, and of weights from elsewhere
// whether they are of the lecture's network, which says so.
func isLecture(c *checkpoint.Checkpoint, n net.Network) bool {
	if l, ok := n.(interface{ ClampsX() bool }); ok && c.Trainer == nil {
		return l.ClampsX()
	}
	return c.Scheduler.Reverie != nil && c.Scheduler.Reverie.Preset == "lecture"
}

// defaults are what a model's files say of how it is sampled. A solver that this program has not is
// noted, and what is said of it left out.
func defaults(c *checkpoint.Checkpoint, spec formulation.Spec) (d Defaults) {
	d.Variance = spec.Variance
	if !c.Scheduler.ClipSample {
		d.Clamp = "none"
	}
	x := c.Scheduler.Reverie
	if x == nil {
		return d
	}
	d.Steps, d.Clamp = x.Steps, x.Clamp
	if x.Solver == "" {
		return d
	}
	var err error
	if d.Solver, err = ownSolver(x); err != nil {
		c.Notes = append(c.Notes, fmt.Sprintf("its own solver, %s, is not in this program, which takes another: %v", x.Solver, err))
		d.Solver, d.Steps, d.Clamp = nil, 0, ""
	}
	return d
}

// ownSolver is the solver that a model's files name, with its settings.
func ownSolver(x *checkpoint.SchedulerExtra) (Solver, error) {
	row, err := sample.Solvers.New(x.Solver)
	if err != nil {
		return nil, err
	}
	if len(x.SolverSettings) > 0 {
		settings, err := json.Marshal(x.SolverSettings)
		if err == nil {
			err = table.Decode(row, settings)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, f := range sample.Unusual(row) { // which alone are the file's
		if err := f.Check(); err != nil {
			return nil, err
		}
	}
	return sample.For[*tensors.Tensor](row)
}
