package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
)

// writeFile writes a small file of the run folder, all or nothing.
func writeFile(path string, text []byte) error {
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// save writes a checkpoint and removes those past Keep.
func (t *Trainer) save() error {
	c, err := t.checkpoint()
	if err != nil {
		return err
	}
	if _, err := checkpoint.Save(nil, t.Dir, c); err != nil {
		return err
	}
	return checkpoint.Prune(nil, t.Dir, t.Config.Keep)
}

// saveOrNote saves in the middle of a run: a failure, such as a full disk, is
// reported, and training goes on to the next checkpoint.
func (t *Trainer) saveOrNote() {
	err := t.save()
	switch {
	case err == nil:
	case checkpoint.IsDiskFull(err):
		t.note("the disk is full, so this checkpoint was not written; training goes on, the next one is tried after %d steps: %v", t.Config.SaveEvery, err)
	default:
		t.note("this checkpoint was not written; training goes on: %v", err)
	}
}

// checkpoint describes the state of the run; its tensors' data are filled in
// one by one while they are written.
func (t *Trainer) checkpoint() (*checkpoint.Checkpoint, error) {
	arch, err := json.Marshal(t.net.Config())
	if err != nil {
		return nil, err
	}
	process, err := scheduler(t.Config)
	if err != nil {
		return nil, err
	}
	weights, avg, avgSq, ema := parts(t.state, t.state.tensors)
	dicts := map[checkpoint.Part]dictionary{
		checkpoint.Weights: {t.state.params, weights}, checkpoint.EMA: {t.state.params, ema},
		checkpoint.ExpAvg: {t.state.trained, avg}, checkpoint.ExpAvgSq: {t.state.trained, avgSq},
	}
	c := &checkpoint.Checkpoint{
		Arch: t.net.Arch(), ArchConfig: arch,
		Weights:   dicts[checkpoint.Weights].shapes(),
		Scheduler: process,
		Optimizer: &checkpoint.Optimizer{
			Step: int64(t.step), ExpAvg: dicts[checkpoint.ExpAvg].shapes(), ExpAvgSq: dicts[checkpoint.ExpAvgSq].shapes(),
		},
		Trainer: &checkpoint.Trainer{
			Step: int64(t.step), Epoch: int64(t.epoch), Position: int64(t.position), Seed: t.Config.Seed,
			TrainSeconds: t.progress().Time.Seconds(),
			Cosine:       checkpoint.CosineEnd{Steps: int64(t.end.Steps), Epochs: int64(t.end.Epochs), Seconds: t.end.Time.Seconds()},
			Data:         t.train.Fingerprint(),
		},
		Fill: func(part checkpoint.Part, name string, dst []byte) error { return dicts[part].fill(name, dst) },
	}
	if t.state.ema {
		c.EMA = dicts[checkpoint.EMA].shapes()
	}
	return c, nil
}

// A dictionary is a part of the state under its parameters' names.
type dictionary struct {
	params  []*net.Param
	tensors []*tensors.Tensor
}

// shapes lists the tensors without their data.
func (d dictionary) shapes() map[string]checkpoint.Tensor {
	m := make(map[string]checkpoint.Tensor, len(d.params))
	for _, p := range d.params {
		m[p.Name] = checkpoint.Tensor{DType: stored(p), Shape: p.Shape}
	}
	return m
}

// stored is the type that a parameter has in a file.
func stored(p *net.Param) string {
	if p.Type(dtypes.Float32) == dtypes.Int64 {
		return checkpoint.I64
	}
	return checkpoint.F32
}

// fill writes one tensor in PyTorch's layout into dst.
func (d dictionary) fill(name string, dst []byte) error {
	for i, p := range d.params {
		if p.Name == name {
			a, err := net.Export(d.params[i:i+1], d.tensors[i:i+1])
			copy(dst, a[name].Data)
			return err
		}
	}
	return fmt.Errorf("no tensor %q", name)
}

// scheduler describes the run's process and how it samples.
func scheduler(c *config.Run) (checkpoint.SchedulerConfig, error) {
	s, err := pipeline.Scheduler(c.Schedule, c.Timesteps, c.BetaStart, c.BetaEnd, c.Prediction, c.Variance)
	s.ClipSample = c.Clamp == "x0"
	s.Reverie = &checkpoint.SchedulerExtra{
		Process: c.Process, Preset: c.Preset, Height: c.Resolution.H, Width: c.Resolution.W,
		Solver: c.Solver, Steps: c.SampleSteps, Clamp: c.Clamp,
	}
	return s, err
}

// ReadConfig reads the configuration of the run in dir.
func ReadConfig(dir string) (*config.Run, error) {
	path := filepath.Join(dir, "config.json")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := config.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Resume continues the run in dir, whose lock the trainer takes over, from its
// newest complete checkpoint.
func (t *Trainer) Resume(lock *checkpoint.RunLock) error {
	t.lock, t.Dir = lock, lock.Dir
	last, err := checkpoint.Latest(t.Dir)
	if err != nil {
		return err
	}
	c, err := checkpoint.Load(last.Path)
	if err != nil {
		return err
	}
	if c.Trainer.Data != t.train.Fingerprint() {
		return fmt.Errorf("%s was trained on other images than %s gives now; put them back, or start a new run", last.Path, source(t.Config))
	}
	if t.state, err = loadState(t.net, c, t.Config.EMA > 0); err != nil {
		return fmt.Errorf("%s: %w", last.Path, err)
	}
	s := c.Trainer
	t.step, t.epoch, t.position = int(s.Step), int(s.Epoch), int(s.Position)
	t.used = time.Duration(s.TrainSeconds * float64(time.Second))
	t.end = End{Steps: int(s.Cosine.Steps), Epochs: int(s.Cosine.Epochs), Time: time.Duration(s.Cosine.Seconds * float64(time.Second))}
	if t.position < 0 || t.position > t.stepsPerEpoch() {
		return fmt.Errorf("%s: position %d is outside the epoch's %d steps", last.Path, t.position, t.stepsPerEpoch())
	}
	text, err := t.Config.JSON()
	if err == nil {
		err = writeFile(filepath.Join(t.Dir, "config.json"), text)
	}
	return errors.Join(err, t.open())
}

// source names the data of a configuration.
func source(c *config.Run) string {
	if len(c.Data) == 0 {
		return "the program's own set"
	}
	return fmt.Sprint(c.Data)
}
