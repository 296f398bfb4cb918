package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runOf is a run folder with checkpoints of these steps.
func runOf(t *testing.T, all ...int64) string {
	t.Helper()
	run := t.TempDir()
	for _, step := range all {
		mustSave(t, &faultFS{stopAt: -1}, run, sample(step, 0))
	}
	return run
}

func checkpointOf(run string, step int64) string {
	return filepath.Join(checkpointsDir(run), stepDir(step))
}

// spoil changes one byte in the middle of a file.
func spoil(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A folder that only looks like a newer checkpoint is none: it neither stays the newest nor takes
// the place of one that is kept.
func TestFoldersThatAreNoCheckpoints(t *testing.T) {
	run := runOf(t, 5)
	text, err := os.ReadFile(filepath.Join(checkpointOf(run, 5), trainerFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, trainer := range map[string]string{
		"step-9223372036854775807": string(text), "step-1000000000001": string(text), "step-000800": string(text), "step-000900": "",
	} {
		write(t, filepath.Join(checkpointsDir(run), name, trainerFile), trainer)
	}
	if err := os.MkdirAll(filepath.Join(checkpointsDir(run), "step-000950", trainerFile), 0o777); err != nil {
		t.Fatal(err)
	}
	if got := steps(t, run); !slices.Equal(got, []int64{5}) {
		t.Errorf("steps %v", got)
	}
	mustSave(t, &faultFS{stopAt: -1}, run, sample(6, 0))
	if err := Prune(nil, run, 1); err != nil {
		t.Fatal(err)
	}
	if got := steps(t, run); !slices.Equal(got, []int64{6}) {
		t.Errorf("one is kept: steps %v", got)
	}
	if found, err := Resolve(run); err != nil || found.Model != checkpointOf(run, 6) {
		t.Errorf("%+v, %v", found, err)
	}
}

// Of a run whose newest checkpoints are damaged the error names the newest that is whole, and
// pruning keeps it.
func TestDamagedNewest(t *testing.T) {
	run := runOf(t, 5, 6, 7)
	if found, c, err := Open(run); err != nil || c.Trainer.Step != 7 || found.Run != run {
		t.Fatalf("%+v, %+v, %v", found, c, err)
	}
	wants := func(older int64) {
		t.Helper()
		_, _, err := Open(run)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), checkpointOf(run, 7)) || !strings.HasSuffix(err.Error(), "give "+checkpointOf(run, older)) {
			t.Errorf("error %v, want one that gives step %d", err, older)
		}
	}
	spoil(t, filepath.Join(checkpointOf(run, 7), "unet", tensorsName))
	wants(6)
	spoil(t, filepath.Join(checkpointOf(run, 6), "unet", tensorsName))
	wants(5)
	spoil(t, filepath.Join(checkpointOf(run, 7), trainerFile))
	wants(5)
	if err := Prune(nil, run, 2); err != nil {
		t.Fatal(err)
	}
	wants(5)
	if err := os.RemoveAll(checkpointOf(run, 5)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(run); !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "give ") {
		t.Errorf("none is whole: error %v", err)
	}
}

// A checkpoint that is pruned while it is read gives way to the one that took its place.
func TestPrunedWhileRead(t *testing.T) {
	run := runOf(t, 5)
	pruned := false
	_, c, err := Open(run, func(*loader) {
		if pruned {
			return
		}
		pruned = true
		mustSave(t, &faultFS{stopAt: -1}, run, sample(6, 0))
		if err := Prune(nil, run, 1); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil || c.Trainer.Step != 6 {
		t.Errorf("%+v, %v", c, err)
	}
}
