package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a small checkpoint whose every tensor depends on step and mark.
func sample(step int64, mark float32) *Checkpoint {
	w := func(x float32) map[string]Tensor {
		return map[string]Tensor{"conv.weight": FromF32s([]float32{x, mark}, 2, 1), "conv.bias": FromF32s([]float32{float32(step)}), "n": ScalarI64(step)}
	}
	moments := func(x float32) map[string]Tensor {
		return map[string]Tensor{"conv.weight": FromF32s([]float32{x, mark}, 2, 1), "conv.bias": FromF32s([]float32{x})}
	}
	s := NewScheduler()
	s.NumTrainTimesteps = 300
	s.Reverie = &SchedulerExtra{Process: "ddpm", Clamp: "x", Preset: "lecture"}
	return &Checkpoint{
		Arch: "simpleunet", ArchConfig: json.RawMessage(`{"channels":[2,4]}`),
		Weights: w(1), EMA: w(2), Scheduler: s,
		Optimizer: &Optimizer{Step: step, Moments: map[string]map[string]Tensor{"exp_avg": moments(3), "exp_avg_sq": moments(4)}},
		Trainer: &Trainer{Step: step, Epoch: 2, Position: 3, Seed: 1<<64 - 1, TrainSeconds: 1.1,
			Cosine: CosineEnd{Seconds: 480}, Data: fmt.Sprint(mark)},
	}
}

func equalCheckpoints(t *testing.T, got, want *Checkpoint) {
	t.Helper()
	if got.Arch != want.Arch || string(got.ArchConfig) != string(want.ArchConfig) {
		t.Errorf("architecture %s %s, want %s %s", got.Arch, got.ArchConfig, want.Arch, want.ArchConfig)
	}
	equalTensors(t, got.Weights, want.Weights)
	equalTensors(t, got.EMA, want.EMA)
	equalTensors(t, got.Optimizer.Moments["exp_avg"], want.Optimizer.Moments["exp_avg"])
	equalTensors(t, got.Optimizer.Moments["exp_avg_sq"], want.Optimizer.Moments["exp_avg_sq"])
	if got.Optimizer.Step != want.Optimizer.Step {
		t.Errorf("optimiser's step %d, want %d", got.Optimizer.Step, want.Optimizer.Step)
	}
	g, w := *got.Trainer, *want.Trainer
	g.Files, g.SHA256, w.Files, w.SHA256 = nil, "", nil, ""
	if fmt.Sprintf("%+v", g) != fmt.Sprintf("%+v", w) {
		t.Errorf("trainer %+v, want %+v", g, w)
	}
}

func mustSave(t *testing.T, fs FS, run string, c *Checkpoint) {
	t.Helper()
	if _, err := Save(fs, run, c); err != nil {
		t.Fatal(err)
	}
}

// A scenario is one change to a run, and the checkpoints of which one must be the newest after it
// was stopped: old before, new after.
type scenario struct {
	name     string
	before   func(t *testing.T, fs FS, run string)
	do       func(fs FS, run string) error
	old, new *Checkpoint
}

var scenarios = []scenario{
	{
		name:   "first checkpoint",
		before: func(*testing.T, FS, string) {},
		do:     func(fs FS, run string) error { _, err := Save(fs, run, sample(1, 0)); return err },
		old:    nil, new: sample(1, 0),
	}, {
		name:   "next checkpoint",
		before: func(t *testing.T, fs FS, run string) { mustSave(t, fs, run, sample(1, 0)) },
		do:     func(fs FS, run string) error { _, err := Save(fs, run, sample(2, 0)); return err },
		old:    sample(1, 0), new: sample(2, 0),
	}, {
		name:   "same step again",
		before: func(t *testing.T, fs FS, run string) { mustSave(t, fs, run, sample(1, 0)) },
		do:     func(fs FS, run string) error { _, err := Save(fs, run, sample(1, 5)); return err },
		old:    sample(1, 0), new: sample(1, 5),
	}, {
		name: "prune",
		before: func(t *testing.T, fs FS, run string) {
			for step := range int64(3) {
				mustSave(t, fs, run, sample(step, 0))
			}
		},
		do:  func(fs FS, run string) error { return Prune(fs, run, 1) },
		old: sample(2, 0), new: sample(2, 0),
	}, {
		name: "after an interrupted replacement",
		before: func(t *testing.T, fs FS, run string) {
			mustSave(t, fs, run, sample(1, 0))
			dir := filepath.Join(checkpointsDir(run), stepDir(1))
			if err := os.Rename(dir, dir+oldSuffix); err != nil {
				t.Fatal(err)
			}
		},
		do:  func(fs FS, run string) error { _, err := Save(fs, run, sample(2, 0)); return err },
		old: sample(1, 0), new: sample(2, 0),
	},
}

// run runs a scenario with the given fault; it says how many operations that were, and how it
// ended.
func (s scenario) run(t *testing.T, fault *faultFS) (run string, ops int, err error) {
	t.Helper()
	dir := t.TempDir()
	run, fault.trash = filepath.Join(dir, "run"), dir
	if err := os.Mkdir(run, 0o777); err != nil {
		t.Fatal(err)
	}
	s.before(t, &faultFS{stopAt: -1}, run)
	err = s.do(fault, run)
	return run, fault.n, err
}

// newest loads the newest checkpoint and compares it with those allowed.
func (s scenario) newest(t *testing.T, run string, done bool) {
	t.Helper()
	loadAll(t, run)
	e, err := Latest(run)
	if errors.Is(err, ErrNoCheckpoint) && s.old == nil && !done {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(e.Path)
	if err != nil {
		t.Fatalf("the newest complete checkpoint does not load: %v", err)
	}
	isNew := c.Trainer.Step == s.new.Trainer.Step && c.Trainer.Data == s.new.Trainer.Data
	switch {
	case isNew:
		equalCheckpoints(t, c, s.new)
	case done:
		t.Errorf("the checkpoint saved is not the newest")
	default:
		equalCheckpoints(t, c, s.old)
	}
}

// loadAll loads every checkpoint that a run lists.
func loadAll(t *testing.T, run string) {
	t.Helper()
	list, err := List(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if _, err := Load(e.Path); err != nil {
			t.Errorf("a checkpoint that is listed does not load: %v", err)
		}
	}
}

// goOn checks that a later process clears the leftovers and saves.
func goOn(t *testing.T, run string) {
	t.Helper()
	if err := Clean(nil, run); err != nil {
		t.Fatal(err)
	}
	clean(t, run)
	next := sample(9, 0)
	mustSave(t, &faultFS{stopAt: -1}, run, next)
	e, err := Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(e.Path)
	if err != nil {
		t.Fatal(err)
	}
	equalCheckpoints(t, c, next)
	clean(t, run)
}

// clean checks that a run holds complete checkpoints and nothing else.
func clean(t *testing.T, run string) {
	t.Helper()
	entries, err := os.ReadDir(checkpointsDir(run))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := parseStep(e.Name()); !ok {
			t.Errorf("%s is left over", e.Name())
		}
		if !isFile(filepath.Join(checkpointsDir(run), e.Name(), trainerFile)) {
			t.Errorf("%s is left over in part", e.Name())
		}
	}
}

// Stopped before and in the middle of every single operation, by a kill and by power cuts that lose
// what was not synced, the newest complete checkpoint loads.
func TestStopAtEveryOperation(t *testing.T) {
	for _, s := range scenarios {
		_, ops, err := s.run(t, &faultFS{stopAt: -1})
		if err != nil || ops < 5 {
			t.Fatalf("%s: %d operations, %v", s.name, ops, err)
		}
		for at := 0; at <= ops; at++ {
			for _, l := range []loss{kill, cutAll, cutData, cutEntries} {
				t.Run(fmt.Sprintf("%s/%d/%d", s.name, at, l), func(t *testing.T) {
					t.Parallel()
					fault := &faultFS{stopAt: at}
					run, _, err := s.run(t, fault)
					if (err == nil) != (at >= ops) && !strings.Contains(s.name, "prune") {
						t.Errorf("stopped at %d of %d: error %v", at, ops, err)
					}
					if err := fault.lose(l); err != nil {
						t.Fatal(err)
					}
					s.newest(t, run, err == nil)
					goOn(t, run)
				})
			}
		}
	}
}

// A full disk, from any operation on, is reported as one, leaves nothing behind and does not harm
// what is there; with room again the next save succeeds. So with one operation that fails alone.
func TestFullDiskAndBadSector(t *testing.T) {
	for _, s := range scenarios {
		_, ops, _ := s.run(t, &faultFS{stopAt: -1})
		for at := range ops {
			for _, full := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%d/%t", s.name, at, full), func(t *testing.T) {
					t.Parallel()
					fault := &faultFS{stopAt: at, full: full, only: !full}
					run, _, err := s.run(t, fault)
					if full && err != nil && !IsDiskFull(err) {
						t.Errorf("error %v is not that of a full disk", err)
					}
					if !full && err != nil && IsDiskFull(err) {
						t.Errorf("error %v is that of a full disk", err)
					}
					if full {
						temporaries(t, run)
					}
					if err := fault.lose(kill); err != nil {
						t.Fatal(err)
					}
					s.newest(t, run, err == nil)
					goOn(t, run)
				})
			}
		}
	}
}

func temporaries(t *testing.T, run string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(checkpointsDir(run), tmpPrefix+"*"))
	if err != nil || len(found) > 0 && !strings.Contains(found[0], "pruned") {
		t.Errorf("left over: %v, %v", found, err)
	}
}

// WriteFileAtomic leaves the old contents or the new ones.
func TestWriteFileAtomicStopped(t *testing.T) {
	write := func(fs FS, path, text string) error {
		return WriteFileAtomic(fs, path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	for at := 0; at < 7; at++ {
		for _, l := range []loss{kill, cutAll, cutData, cutEntries} {
			path := filepath.Join(t.TempDir(), "config.json")
			if err := write(nil, path, "old"); err != nil {
				t.Fatal(err)
			}
			fault := &faultFS{stopAt: at, trash: t.TempDir()}
			err := write(fault, path, "the new text")
			if (err == nil) != (at >= 6) {
				t.Errorf("stopped at %d: error %v", at, err)
			}
			if err := fault.lose(l); err != nil {
				t.Fatal(err)
			}
			b, readErr := os.ReadFile(path)
			if readErr != nil || string(b) != "old" && string(b) != "the new text" || err == nil && string(b) == "old" {
				t.Errorf("stopped at %d, loss %d: %q, %v", at, l, b, readErr)
			}
			if err := Clean(nil, filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
			if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
				t.Errorf("stopped at %d: left over: %v", at, names)
			}
		}
	}
}
