package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/table"
)

// sameRun compares the newest checkpoint of two runs file by file, and their logs.
func sameRun(t *testing.T, got, want string) {
	t.Helper()
	paths := []string{"log.jsonl", "loss.svg"}
	for _, dir := range []string{got, want} {
		e, err := checkpoint.Latest(dir)
		if err != nil {
			t.Fatal(err)
		}
		if dir == want {
			files := slices.Sorted(maps.Keys(contents(t, e.Path)))
			if len(files) < 8 { // index, scheduler, two networks of two, moments, trainer
				t.Errorf("%s: only %v", e.Path, files)
			}
			for _, f := range files {
				rel, _ := filepath.Rel(want, filepath.Join(e.Path, f))
				paths = append(paths, rel)
			}
		}
	}
	for _, p := range paths {
		a, errA := os.ReadFile(filepath.Join(got, p))
		b, errB := os.ReadFile(filepath.Join(want, p))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s differs (%d and %d bytes; %v, %v)", p, len(a), len(b), errA, errB)
		}
	}
}

// interrupted is a run that was stopped after a step.
func interrupted(t *testing.T, c config.Run, stop int) *Trainer {
	t.Helper()
	tr := start(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.Observe(On(func(e Step) {
		if e.Record.Step == stop {
			cancel()
		}
	}))
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	return tr
}

// A run stopped after any step and resumed gives, bit for bit, the checkpoint and the log of one
// that was not: with BatchNorm, an average, flips, three steps an epoch (so stops lie within an
// epoch and at its ends), a rate that warms up and a cosine to the stop that the run was first
// given.
func TestResumeBitForBit(t *testing.T) {
	dir := images(t, 14, 8)
	whole := tiny(dir)
	whole.Warmup, whole.LRSchedule, whole.ClipNorm = 3, "cosine", 0.5
	w := start(t, whole)
	if n := w.stepsPerEpoch(); n != 3 || w.val.Len() < 1 {
		t.Fatalf("%d steps an epoch, %d images held out; choose other images", n, w.val.Len())
	}
	run(t, w)
	for stop := 1; stop < whole.Steps; stop++ {
		if testing.Short() && stop != 2 && stop != 3 {
			continue
		}
		t.Run(fmt.Sprint("after ", stop), func(t *testing.T) {
			first := interrupted(t, whole, stop)
			if got := len(records(t, first.Dir)); got != stop {
				t.Fatalf("interrupted after %d steps, the log has %d", stop, got)
			}
			run(t, resume(t, whole, first.Dir))
			sameRun(t, first.Dir, w.Dir)
		})
	}
}

// --steps 8 equals --steps 5 and then --resume --steps 8, under a constant rate; one of the two
// architectures without an average.
func TestLongerTotal(t *testing.T) {
	for _, arch := range []string{"simpleunet", "unet"} {
		c := tiny(images(t, 14, 8))
		if put(&c, "arch", arch); arch == "unet" {
			c.EMA = 0
		}
		w := start(t, c)
		run(t, w)
		short := c
		short.Steps = 5
		first := start(t, short)
		run(t, first)
		next, err := short.Resume([]*table.Field{table.Find(c.Fields(), "steps")})
		if err != nil {
			t.Fatal(err)
		}
		run(t, resume(t, *next, first.Dir))
		a, b := latest(t, first.Dir), latest(t, w.Dir)
		// The stop that each was first given is all that may differ.
		if a.Trainer.Cosine.Steps != 5 || b.Trainer.Cosine.Steps != 8 {
			t.Errorf("ends %v and %v, want 5 and 8 steps", a.Trainer.Cosine, b.Trainer.Cosine)
		}
		if !maps.Equal(a.Trainer.Files, b.Trainer.Files) { // SHA-256 of each
			t.Errorf("%s: the files differ:\n%v\n%v", arch, a.Trainer.Files, b.Trainer.Files)
		}
		if got, want := contents(t, first.Dir)["log.jsonl"], contents(t, w.Dir)["log.jsonl"]; got != want {
			t.Errorf("the logs differ:\n%s\n%s", got, want)
		}
	}
}

// A run that goes on to a longer total under a cosine logs the rate that the law says, tells so
// once, and is the same bit for bit if it is stopped on the way, or killed before its first
// checkpoint under the new law.
func TestLongerCosine(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.LRSchedule, c.Warmup, c.Steps = "cosine", 2, 4
	finished := func() *Trainer {
		tr := start(t, c)
		run(t, tr)
		return tr
	}
	longer := c
	longer.Steps = 12
	goOn := func(dir string, stop int, lost bool) {
		tr, told := resume(t, longer, dir), ""
		noteOf[tr] = func(s string) { told += s }
		ctx, cancel := context.WithCancel(context.Background())
		tr.Observe(On(func(e Step) {
			if e.Record.Step == stop {
				tr.lost = lost
				cancel()
			}
		}))
		if err := tr.Run(ctx); err != nil && !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		if !strings.Contains(told, "learning rate rises") && latest(t, dir).Trainer.Step == 4 {
			t.Errorf("told %q", told)
		}
		closed(t, tr)
	}
	w := finished()
	goOn(w.Dir, 0, false)
	r := records(t, w.Dir)
	if len(r) != 12 || r[4].LR != r[3].LR || r[6].LR != c.LR || !(r[11].LR < 0.1*c.LR) {
		t.Errorf("rates %v", r)
	}
	for i, x := range r {
		if (x.Note != "") != (i == 4) {
			t.Errorf("step %d has the note %q", x.Step, x.Note)
		}
	}
	for _, x := range []struct {
		stop int
		lost bool
	}{{5, false}, {9, false}, {6, true}} {
		tr := finished()
		goOn(tr.Dir, x.stop, x.lost)
		goOn(tr.Dir, 0, false)
		sameRun(t, tr.Dir, w.Dir)
	}
}

// A rate that was changed on resume, and a checkpoint of the first release, which does not say
// which rate it had.
func TestOtherRate(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 4
	tr := start(t, c)
	run(t, tr)
	next := c
	next.LR, next.Steps, next.Warmup = c.LR/4, 8, 2
	for _, old := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.CopyFS(dir, os.DirFS(tr.Dir)); err != nil {
			t.Fatal(err)
		}
		if old {
			withoutRate(t, dir)
		}
		again := resume(t, next, dir)
		noteOf[again] = func(string) {}
		run(t, again)
		var rates []float64
		for _, r := range records(t, dir)[3:] {
			rates = append(rates, r.LR/c.LR)
		}
		if want := []float64{1, 1, 0.625, 0.25, 0.25}; !slices.Equal(rates, want) {
			t.Errorf("old %v: rates %v, want %v", old, rates, want)
		}
	}
}

// withoutRate makes the newest checkpoint of a run one of the first release.
func withoutRate(t *testing.T, dir string) {
	c := latest(t, dir)
	c.Trainer.Rate, c.Trainer.HeldOut, c.Trainer.Images = nil, "", ""
	if _, err := checkpoint.Save(checkpoint.OS{}, dir, c); err != nil {
		t.Fatal(err)
	}
}

// Data that moved are the same data; others are refused with what differs.
func TestResumeMovedData(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 2
	tr := start(t, c)
	run(t, tr)
	next := c
	next.Steps, next.Data = 4, []string{filepath.Join(t.TempDir(), "elsewhere")}
	if err := os.CopyFS(next.Data[0], os.DirFS(c.Data[0])); err != nil {
		t.Fatal(err)
	}
	again, told := resume(t, next, tr.Dir), ""
	noteOf[again] = func(s string) { told = s }
	run(t, again)
	if !strings.Contains(told, next.Data[0]) || !strings.Contains(told, c.Data[0]) || records(t, tr.Dir)[2].Note != told {
		t.Errorf("told %q", told)
	}
	if had, err := config.Read(tr.Dir); err != nil || had.Data[0] != next.Data[0] {
		t.Errorf("config.json has %v, %v", had.Data, err)
	}
	for name := range contents(t, c.Data[0]) { // of training or held out
		other := next
		other.Data = []string{filepath.Join(t.TempDir(), "less")}
		if err := os.CopyFS(other.Data[0], os.DirFS(c.Data[0])); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(other.Data[0], name)); err != nil {
			t.Fatal(err)
		}
		err := refusedResume(t, other, tr.Dir)
		if err == nil || !strings.Contains(err.Error(), "it had 9 images") || !strings.Contains(err.Error(), "5 held out, and these are") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	next.Data = []string{images(t, 14, 9)}
	if err := refusedResume(t, next, tr.Dir); err == nil || !strings.Contains(err.Error(), "other images") {
		t.Error(err)
	}
}

// A run that was killed goes on from its last checkpoint: the log loses the steps that the
// checkpoint does not know, and a line that was cut short.
func TestResumeAfterCrash(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SaveEvery, c.Keep = 3, 1
	w := start(t, c)
	run(t, w)
	tr := start(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	tr.Observe(On(func(e Step) {
		if e.Record.Step == 5 {
			cancel()
			tr.lost = true // nothing is saved, as if it had been killed here
		}
	}))
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	path := filepath.Join(tr.Dir, "log.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 5 {
		t.Fatalf("%d lines before the crash", n)
	}
	if err := os.WriteFile(path, append(text, text[:40]...), 0o666); err != nil {
		t.Fatal(err)
	}
	if list, err := checkpoint.List(tr.Dir); err != nil || len(list) != 1 || list[0].Step != 3 {
		t.Fatalf("checkpoints %v, %v; want that of step 3", list, err)
	}
	next := resume(t, c, tr.Dir)
	if n := len(records(t, tr.Dir)); n != 3 || next.learner.Steps != 3 {
		t.Errorf("%d records at step %d, want 3", n, next.learner.Steps)
	}
	run(t, next)
	sameRun(t, tr.Dir, w.Dir)
}

// What a checkpoint does not fit is said, not trained on.
func TestResumeRefuses(t *testing.T) {
	dir := images(t, 14, 8)
	c := tiny(dir)
	c.Steps = 2
	tr := start(t, c)
	run(t, tr)
	for want, change := range map[string]func(*config.Run){
		"other images": func(c *config.Run) { c.Data = []string{images(t, 9, 8)} },
		"seed 7":       func(c *config.Run) { c.Seed = 8 },
		"architecture": func(c *config.Run) { put(c, "arch", "unet") },
		"step 2":       func(c *config.Run) { c.Batch = 5 },
		"weights":      func(c *config.Run) { put(c, "channels", "4,12") },
	} {
		other := *c.Copy()
		change(&other)
		next := prepare(t, other)
		lock, err := checkpoint.OpenRun(tr.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Resume(lock); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "step-000002") {
			t.Errorf("%s: %v", want, err)
		}
		closed(t, next)
	}
	again, told := resume(t, c, tr.Dir), "" // nothing was lost, and nothing is left to do
	noteOf[again] = func(s string) { told += s }
	if run(t, again); !strings.Contains(told, "--steps") {
		t.Errorf("told %q", told)
	}
	if got := latest(t, tr.Dir).Trainer.Step; got != 2 {
		t.Errorf("step %d", got)
	}
}

func TestResumeWithoutCheckpoint(t *testing.T) {
	c := tiny(images(t, 14, 8))
	tr := start(t, c)
	closed(t, tr)
	next := prepare(t, c)
	lock, err := checkpoint.OpenRun(tr.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := next.Resume(lock); !errors.Is(err, checkpoint.ErrNoCheckpoint) {
		t.Error(err)
	}
}

// Where the newest checkpoint is damaged, the error says which folder to remove so that the run
// goes on from the one before it; and so it does.
func TestResumePastADamagedCheckpoint(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps, c.SaveEvery, c.Keep = 4, 2, 2
	w := start(t, c)
	run(t, w)
	list, err := checkpoint.List(w.Dir)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	whole := contents(t, list[1].Path)
	damage(t, list[1].Path)
	if err := refusedResume(t, c, w.Dir); !errors.Is(err, checkpoint.ErrDamaged) || !strings.Contains(err.Error(), "step 2, remove the folder "+list[1].Path) {
		t.Error(err)
	}
	if err := os.RemoveAll(list[1].Path); err != nil {
		t.Fatal(err)
	}
	run(t, resume(t, c, w.Dir))
	if !maps.Equal(contents(t, list[1].Path), whole) {
		t.Error("from the older checkpoint the run came out otherwise")
	}
	if err := os.RemoveAll(list[0].Path); err != nil {
		t.Fatal(err)
	}
	damage(t, list[1].Path)
	if err := refusedResume(t, c, w.Dir); !errors.Is(err, checkpoint.ErrDamaged) || strings.Contains(err.Error(), "remove") {
		t.Errorf("with nothing to go back to: %v", err)
	}
}

// damage flips a bit of a checkpoint's weights.
func damage(t *testing.T, dir string) {
	path := filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-3] ^= 1
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// refusedResume is the error of resuming the run in dir.
func refusedResume(t *testing.T, c config.Run, dir string) error {
	lock, err := checkpoint.OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	tr := prepare(t, c)
	defer closed(t, tr)
	return tr.Resume(lock)
}
