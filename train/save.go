package train

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
)

// writeFile writes a small file of the run folder, all or nothing.
func writeFile(files checkpoint.FS, path string, text []byte) error {
	return checkpoint.WriteFileAtomic(files, path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// save writes a checkpoint and removes those past Keep. Weights that are not finite are not
// written: the last good checkpoint stays the newest.
func (t *Trainer) save() error {
	c, err := t.checkpoint()
	if err != nil {
		return err
	}
	path, err := checkpoint.Save(t.files, t.Dir, c)
	if errors.Is(err, ErrNotFinite) {
		t.lost = true
		return fmt.Errorf("after step %d: %w; %s", t.learner.Steps, err, t.lastResort())
	} else if err != nil {
		return err
	}
	t.saved = t.learner.Steps
	t.report(Checkpoint{t.saved, path})
	if err := checkpoint.Prune(t.files, t.Dir, t.Config.Keep, t.spared()...); err != nil {
		t.note("an old checkpoint could not be removed: %v", err)
	}
	return nil
}

// saveOrNote saves in the middle of a run: a failure, such as a full disk, is reported, and
// training goes on to the next checkpoint. Its error ends the run.
func (t *Trainer) saveOrNote() error {
	err := t.save()
	switch {
	case err == nil:
	case t.lost:
		return err
	case t.done(): // Run tries once more, and tells
	case checkpoint.IsDiskFull(err):
		t.note("the disk is full, so the checkpoint of step %d was not written; training goes on, the next one is tried after %d steps: %v", t.learner.Steps, t.Config.SaveEvery, err)
	default:
		t.note("the checkpoint of step %d was not written; training goes on, the next one is tried after %d steps: %v", t.learner.Steps, t.Config.SaveEvery, err)
	}
	return nil
}

// checkpoint describes the state of the run; its tensors' data are filled in one by one while they
// are written.
func (t *Trainer) checkpoint() (*checkpoint.Checkpoint, error) {
	arch, err := json.Marshal(t.learner.Net.Config())
	if err != nil {
		return nil, err
	}
	var process checkpoint.SchedulerConfig // an autoencoder has none
	switch {
	case t.Config.Denoises():
		process, err = t.scheduler()
	case t.Config.HasProcess():
		process, err = noisedSpec(t.Config).Scheduler()
	}
	if err != nil {
		return nil, err
	}
	dicts := dictionaries(t.learner)
	end := t.law.end
	c := &checkpoint.Checkpoint{
		Arch: t.learner.Net.Arch(), ArchConfig: arch,
		Weights:   dicts[checkpoint.Weights].shapes(),
		Scheduler: process,
		Optimizer: &checkpoint.Optimizer{
			Step: int64(t.learner.Steps), Moments: map[string]map[string]checkpoint.Tensor{},
		},
		Trainer: &checkpoint.Trainer{
			Step: int64(t.learner.Steps), Epoch: int64(t.epoch), Position: int64(t.position), Seed: t.Config.Seed,
			TrainSeconds: t.progress().Time.Seconds(),
			Cosine:       checkpoint.CosineEnd{Steps: int64(end.Steps), Epochs: int64(end.Epochs), Seconds: end.Time.Seconds()},
			Rate:         t.law.rate(t.lr),
			Data:         t.fingerprint(), HeldOut: t.heldOut.Fingerprint(), Images: t.described(),
		},
		Fill: func(part checkpoint.Part, name string, dst []byte) error { return dicts[part].fill(name, dst) },
	}
	for _, name := range t.learner.Options.Optimiser.Moments() {
		c.Optimizer.Moments[name] = dicts[checkpoint.Moment(name)].shapes()
	}
	if t.learner.State.Averaged() {
		c.EMA = dicts[checkpoint.EMA].shapes()
	}
	if t.latents != nil {
		dicts[checkpoint.VAE] = t.latents.dictionary()
		if c.VAE, err = t.latents.network(); err != nil {
			return nil, err
		}
	}
	if k, ok := t.learner.Method.(learn.Keeper); ok {
		c.Trainer.Method, err = k.Memory()
	}
	if h, ok := t.learner.Method.(learn.Hoarder); ok {
		c.Memory = map[string]checkpoint.Tensor{}
		for name, x := range h.Arrays() {
			c.Memory[name] = checkpoint.FromF32s(x, len(x))
		}
	}
	return c, err
}

// dictionaries are the parts of a learner's state as checkpoints hold them.
func dictionaries(l *learn.Learner) map[checkpoint.Part]dictionary {
	s := l.State
	d := map[checkpoint.Part]dictionary{checkpoint.Weights: {s.Params, s.Weights()}}
	for i, name := range l.Options.Optimiser.Moments() {
		d[checkpoint.Moment(name)] = dictionary{s.Trained, s.Moments()[i]}
	}
	if s.Averaged() {
		d[checkpoint.EMA] = dictionary{s.Params, s.Average()}
	}
	return d
}

// load takes the state of the checkpoint in dir. Each tensor goes to its place as it is read: a
// second copy of all is never in memory.
func (t *Trainer) load(dir string) error {
	t.learner.Blank()
	places, memory := dictionaries(t.learner), map[string][]float32{}
	_, err := checkpoint.Load(dir, checkpoint.Each(func(part checkpoint.Part, name string, x checkpoint.Tensor) (err error) {
		if part == checkpoint.Memory {
			memory[name], err = x.F32s()
			return err
		}
		if d, ok := places[part]; ok {
			return d.put(t.engine, name, x)
		}
		if part != checkpoint.EMA && part != checkpoint.VAE { // an average that is no longer kept, and what the run has already
			return fmt.Errorf("it has a %s, which the run's optimiser does not keep", part)
		}
		return nil
	}))
	if err != nil {
		return err
	}
	switch h, ok := t.learner.Method.(learn.Hoarder); {
	case ok:
		if err := h.Restore(memory); err != nil {
			return fmt.Errorf("trainer.safetensors: %w", err)
		}
	case len(memory) > 0:
		return errors.New("trainer.safetensors has a memory, which the run's method does not keep")
	}
	for _, part := range slices.Sorted(maps.Keys(places)) {
		d := places[part]
		if i := slices.Index(d.tensors, nil); i >= 0 {
			return fmt.Errorf("weights do not fit the network: missing %q %v among the %s", d.params[i].Name, d.params[i].Shape, part)
		}
	}
	return nil
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

// fill writes one tensor in PyTorch's layout into dst. A value that is not finite is ErrNotFinite.
func (d dictionary) fill(name string, dst []byte) error {
	i := slices.IndexFunc(d.params, func(p *net.Param) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("no tensor %q", name)
	}
	a, err := net.Export(d.params[i:i+1], d.tensors[i:i+1])
	if err != nil {
		return err
	}
	if a[name].DType == checkpoint.F32 && !finite(a[name].Data) {
		return fmt.Errorf("%s is %w", name, ErrNotFinite)
	}
	copy(dst, a[name].Data)
	return nil
}

// put takes one tensor from a file.
func (d dictionary) put(e *engine.Engine, name string, a checkpoint.Tensor) error {
	i := slices.IndexFunc(d.params, func(p *net.Param) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("weights do not fit the network: extra %q %v", name, a.Shape)
	}
	t, err := net.Import(d.params[i:i+1], map[string]checkpoint.Tensor{name: a}, dtypes.Float32)
	if err != nil {
		return err
	}
	d.tensors[i] = t[0]
	return e.Take(t[0])
}

// finite says whether none of the little-endian float32s in b is NaN or infinite: those have an
// exponent of ones.
func finite(b []byte) bool {
	const exponent = 0x7f800000
	for ; len(b) > 0; b = b[4:] {
		if binary.LittleEndian.Uint32(b)&exponent == exponent {
			return false
		}
	}
	return true
}

// scheduler describes the run's process and how it samples.
func (t *Trainer) scheduler() (checkpoint.SchedulerConfig, error) {
	c := t.Config
	s, err := Spec(c).Scheduler()
	if err != nil {
		return s, err
	}
	s.ClipSample = c.Clamp == "x0"
	x := s.Reverie
	x.Preset, x.Kind, x.Null = c.Preset, t.labelled(t.images.Kind()), t.learnsNull()
	x.Solver, x.Steps, x.Clamp = c.Solver.Row().Name, c.SampleSteps, c.Clamp
	for _, f := range sample.Unusual(c.Solver) {
		value, err := f.JSON()
		if err != nil {
			return s, err
		}
		if x.SolverSettings == nil {
			x.SolverSettings = map[string]json.RawMessage{}
		}
		x.SolverSettings[f.Name] = value
	}
	return s, nil
}

// Resume continues the run in dir, whose lock the trainer takes over, from its newest complete
// checkpoint.
func (t *Trainer) Resume(lock *checkpoint.RunLock) error {
	defer tidy()()
	t.hold(lock)
	last, err := checkpoint.Latest(t.Dir)
	if err != nil {
		return err
	}
	c, err := checkpoint.Load(last.Path, checkpoint.Only())
	if err != nil {
		return t.withOlder(last, err)
	}
	if err := t.continues(c); err != nil {
		return fmt.Errorf("%s: %w", last.Path, err)
	}
	if err := determined(t.Config); err != nil {
		t.note("%v", err)
	}
	if err := t.load(last.Path); err != nil {
		return t.withOlder(last, err)
	}
	s := c.Trainer
	t.learner.Steps, t.epoch, t.position, t.saved = int(s.Step), int(s.Epoch), int(s.Position), int(s.Step)
	t.used = seconds(s.TrainSeconds)
	if k, ok := t.learner.Method.(learn.Keeper); ok {
		if err := k.Remember(s.Method); err != nil {
			return fmt.Errorf("%s: %w", last.Path, err)
		}
	}
	had, err := config.Read(t.Dir)
	if err != nil {
		return err
	}
	t.goesOn(had, s)
	return t.open()
}

// goesOn takes up the law of the learning rate from a checkpoint of the run that had this
// configuration, and remarks on what changes.
func (t *Trainer) goesOn(had *config.Run, s *checkpoint.Trainer) {
	law := lawOf(had)
	law.end = Stop{Steps: int(s.Cosine.Steps), Epochs: int(s.Cosine.Epochs), Time: seconds(s.Cosine.Seconds)}
	now := t.progress()
	if r := s.Rate; r != nil {
		law.lr, law.schedule, law.warmup = r.LR, r.Schedule, int(r.Warmup)
		law.from, law.first = t.progressAt(int(r.FromStep), seconds(r.FromSeconds)), r.FromLR
		t.lr = r.Last
	} else {
		t.lr = law.at(t.progressAt(max(0, t.learner.Steps-1), now.Time))
	}
	t.law, t.remark = law.goesOn(t.Config, now, t.lr)
	if was := dataOf(had); was != dataOf(t.Config) {
		t.remark = strings.TrimPrefix(t.remark+fmt.Sprintf("; the images are the same, and are now read from %s (it was %s)", dataOf(t.Config), was), "; ")
	}
}

// withOlder adds to the error of a checkpoint that cannot be read how to go on from the newest one
// that can be, where there is one.
func (t *Trainer) withOlder(last checkpoint.Entry, err error) error {
	if !errors.Is(err, checkpoint.ErrDamaged) {
		return err
	}
	older, ok := checkpoint.Older(t.Dir, last)
	if !ok {
		return err
	}
	return fmt.Errorf("%w; to go on from the checkpoint of step %d, remove the folder %s", err, older.Step, last.Path)
}

// continues says whether the run of a checkpoint goes on under this configuration and on these
// images.
func (t *Trainer) continues(c *checkpoint.Checkpoint) error {
	s, perEpoch := c.Trainer, int64(t.stepsPerEpoch())
	switch {
	case s == nil:
		return fmt.Errorf("%w: it has no trainer.json", checkpoint.ErrNotModel)
	case s.Data != t.fingerprint() || s.HeldOut != "" && s.HeldOut != t.heldOut.Fingerprint():
		return fmt.Errorf("it was trained on other images than %s gives now: %s; put them back, give the folder that they were moved to as DATA, or start a new run",
			dataOf(t.Config), t.otherImages(s.Images))
	case s.Seed != t.Config.Seed:
		return fmt.Errorf("seed %d in trainer.json, %d in config.json; put back the config.json that was there", s.Seed, t.Config.Seed)
	case c.Arch != t.learner.Net.Arch():
		return fmt.Errorf("architecture %s, and config.json says %s; put back the config.json that was there", c.Arch, t.learner.Net.Arch())
	case s.Position >= perEpoch || s.Epoch*perEpoch+s.Position != s.Step:
		return fmt.Errorf("step %d cannot be position %d of epoch %d, of %d steps each; put back the config.json that was there", s.Step, s.Position, s.Epoch, perEpoch)
	}
	return nil
}

// described says what the run is trained on.
func (t *Trainer) described() string {
	return fmt.Sprintf("%v for training, %d held out", t.images, t.heldOut.Len())
}

// otherImages says how the images that are there differ from those that were.
func (t *Trainer) otherImages(were string) string {
	switch now := t.described(); were {
	case "":
		return "it has " + now
	case now:
		return "as many as it had, " + now + ", but with other contents, or of other classes"
	default:
		return fmt.Sprintf("it had %s, and these are %s", were, now)
	}
}

// seconds is s as a duration, exactly what Duration.Seconds was taken of.
func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// dataOf names the data of a configuration.
func dataOf(c *config.Run) string {
	if len(c.Data) == 0 {
		return "the embedded emoji"
	}
	return fmt.Sprint(c.Data)
}
