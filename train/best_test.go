package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
)

// restless is a run whose held-out loss rises after a while: its rate rises too high.
func restless(t *testing.T, best string) *Trainer {
	c := tiny(images(t, 16, 8))
	c.Best, c.SaveEvery, c.Keep, c.Steps, c.LR, c.Warmup, c.EMA = best, 2, 1, 8, 0.3, 8, 0
	return start(t, c)
}

func stepsOf(t *testing.T, dir string) (steps []int64) {
	list, err := checkpoint.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		steps = append(steps, e.Step)
	}
	return steps
}

// The record is the least of all checkpoints' held-out losses, taken here from the files of the
// same run that kept all; its checkpoint outlives the pruning, which else leaves the newest; a
// resumed run goes on with the record, one by another metric begins anew.
func TestBestCheckpoint(t *testing.T) {
	every := restless(t, "")
	every.Config.Keep = 0
	dir := every.Config.Data[0]
	run(t, every)
	least := Best{Metric: "val", Value: math.Inf(1)}
	list, err := checkpoint.List(every.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		tr := prepare(t, *every.Config)
		if err := tr.load(e.Path); err != nil {
			t.Fatal(err)
		}
		v, err := tr.validate()
		if err != nil {
			t.Fatal(err)
		}
		if *v < least.Value {
			least.Value, least.Step = *v, e.Step
		}
	}
	if len(list) != 4 || least.Step == 8 {
		t.Fatalf("%d checkpoints, the best of step %d: this run tests nothing", len(list), least.Step)
	}
	c := *every.Config
	c.Best, c.Keep, c.Data = "val", 1, []string{dir}
	kept := start(t, c)
	run(t, kept)
	b, err := ReadBest(kept.Dir)
	least.Judged = 8
	if err != nil || b == nil || *b != least {
		t.Fatalf("record %+v, want %+v (%v)", b, least, err)
	}
	if got := stepsOf(t, kept.Dir); !slices.Equal(got, []int64{least.Step, 8}) {
		t.Errorf("kept %v", got)
	}
	if path, err := BestCheckpoint(kept.Dir); err != nil || filepath.Base(path) != filepath.Base(list[least.Step/2-1].Path) {
		t.Errorf("best %s, %v", path, err)
	}
	c.Steps = 10
	again := resume(t, c, kept.Dir)
	if again.best == nil || *again.best != least {
		t.Errorf("resumed with %+v", again.best)
	}
	run(t, again)
	if got := stepsOf(t, kept.Dir); !slices.Contains(got, again.best.Step) || !slices.Contains(got, 10) || len(got) > 2 {
		t.Errorf("kept %v, best %+v", got, again.best)
	}
	c.Steps, c.Best = 12, "swd"
	other := resume(t, c, kept.Dir)
	if other.best != nil {
		t.Errorf("a record of val was taken for one of swd: %+v", other.best)
	}
	run(t, other)
	if b, err := ReadBest(kept.Dir); err != nil || b == nil || b.Metric != "swd" {
		t.Errorf("record %+v, %v", b, err)
	}
}

// A run that stops between a save and its judgement is judged on resume, and comes to the record of
// one that was not stopped.
func TestBestAfterAStop(t *testing.T) {
	w := restless(t, "val")
	run(t, w)
	want, err := ReadBest(w.Dir)
	if err != nil || want == nil || want.Step == 8 {
		t.Fatalf("record %+v, %v: this run tests nothing", want, err)
	}
	for _, step := range []int{2, int(want.Step)} {
		c := *w.Config
		tr := start(t, c)
		ctx, cancel := context.WithCancel(context.Background())
		tr.Observe(On(func(e Step) {
			if e.Record.Step == step {
				cancel() // saved, for the step is one that saves, and not judged
			}
		}))
		if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		closed(t, tr)
		if b, err := ReadBest(tr.Dir); err != nil || b != nil && b.Judged >= int64(step) {
			t.Fatalf("judged already: %+v, %v", b, err)
		}
		run(t, resume(t, c, tr.Dir))
		if b, err := ReadBest(tr.Dir); err != nil || b == nil || *b != *want {
			t.Errorf("stopped at %d: record %+v, want %+v (%v)", step, b, want, err)
		}
		if got := stepsOf(t, tr.Dir); !slices.Equal(got, []int64{want.Step, 8}) {
			t.Errorf("stopped at %d: kept %v", step, got)
		}
	}
}

// A record of an older version, which does not say what was judged, still loads.
func TestOldRecord(t *testing.T) {
	tr := restless(t, "val")
	run(t, tr)
	b, err := ReadBest(tr.Dir)
	if err != nil {
		t.Fatal(err)
	}
	old := fmt.Sprintf(`{"metric":"val","value":%v,"step":%d}`, b.Value, b.Step)
	if err := os.WriteFile(filepath.Join(tr.Dir, bestFile), []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	again := resume(t, *tr.Config, tr.Dir)
	if again.best == nil || again.judged != int(b.Step) {
		t.Errorf("%+v, judged %d", again.best, again.judged)
	}
	noteOf[again] = func(string) {} // that it is done
	run(t, again)
	if got, err := ReadBest(tr.Dir); err != nil || *got != *b {
		t.Errorf("%+v, want %+v (%v)", got, b, err)
	}
}

// Samples are judged by the same noise at every checkpoint, against the held-out images.
func TestBestOfSamples(t *testing.T) {
	for _, metric := range []string{"swd", "mmd"} {
		tr := restless(t, metric)
		tr.Config.Steps = 4
		run(t, tr)
		b, err := ReadBest(tr.Dir)
		if err != nil || b == nil || b.Metric != metric {
			t.Fatalf("%s: %+v, %v", metric, b, err)
		}
		path, err := BestCheckpoint(tr.Dir)
		if err != nil {
			t.Fatal(err)
		}
		again := prepare(t, *tr.Config)
		if err := again.load(path); err != nil {
			t.Fatal(err)
		}
		if err := again.preview.Use(again.learner.State.Sampling(false)); err != nil {
			t.Fatal(err)
		}
		x, err := again.preview.Sample(context.Background(), again.judgedOptions())
		if err != nil {
			t.Fatal(err)
		}
		heldOut, err := again.val.Load(context.Background(), all(again.val.Len())...)
		if err != nil {
			t.Fatal(err)
		}
		m := eval.Images{N: judgedImages, Kind: kind.OfImages(8, 8, 3).Real(), Pix: x}.Rounded()
		judge, err := eval.Judges.Find(metric)
		if err != nil {
			t.Fatal(err)
		}
		want, err := judge.Rank(t.Context(), m, eval.Images{N: heldOut.N, Kind: kind.OfImages(8, 8, 3).Real(), Pix: heldOut.X}, tr.Config.Seed)
		if err != nil || math.Abs(want-b.Value) > 1e-9*math.Abs(want) {
			t.Errorf("%s: %v in the record, %v of the checkpoint (%v)", metric, b.Value, want, err)
		}
	}
}

func all(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	return at
}

// What --best cannot do is said; a broken record is an error that says how to go on; without one
// there is no best checkpoint.
func TestBestRefused(t *testing.T) {
	c := tiny(images(t, 4, 8))
	c.Best, c.Val = "val", 1e-9
	set, err := c.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), testEngine(t), &c, Parts{Data: set}); err == nil || !strings.Contains(err.Error(), "larger --val") {
		t.Errorf("nothing held out: %v", err)
	}
	dir := t.TempDir()
	if _, err := BestCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "train with --best") {
		t.Errorf("no record: %v", err)
	}
	for _, text := range []string{"", "{", `{"metric":"val","other":1}`, strings.Repeat(" ", 1<<13)} {
		if err := os.WriteFile(filepath.Join(dir, bestFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := BestCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, bestFile), []byte(`{"metric":"val","value":1,"step":5}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := BestCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "step 5, is gone") {
		t.Errorf("no checkpoint: %v", err)
	}
}
