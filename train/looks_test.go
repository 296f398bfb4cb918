package train

import (
	"context"
	"errors"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
)

// ticking gives a trainer a clock that moves by so much with each step.
func ticking(tr *Trainer, step time.Duration) {
	tr.now = func() time.Time { return time.Unix(0, 0).Add(time.Duration(tr.learner.Steps) * step) }
}

// A new run has its first checkpoint by the clock, all others by steps; a resumed one, and one that
// saves at its end only, have none by the clock.
func TestFirstCheckpoint(t *testing.T) {
	for _, x := range []struct {
		every int
		want  []int64
	}{{5, []int64{3, 5, 8}}, {0, []int64{8}}, {2, []int64{2, 4, 6, 8}}} {
		c := tiny(images(t, 14, 8))
		c.SaveEvery, c.Keep = x.every, 0
		tr := start(t, c)
		ticking(tr, 11*time.Second)
		run(t, tr)
		if got := stepsOf(t, tr.Dir); !slices.Equal(got, x.want) {
			t.Errorf("every %d: %v, want %v", x.every, got, x.want)
		}
	}
	c := tiny(images(t, 14, 8))
	tr := start(t, c)
	run(t, tr)
	c.SaveEvery, c.Keep, c.Steps = 100, 0, 20
	next := resume(t, c, tr.Dir)
	ticking(next, time.Minute)
	run(t, next)
	if got := stepsOf(t, tr.Dir); !slices.Equal(got, []int64{8, 20}) {
		t.Errorf("resumed: %v", got)
	}
}

// A first checkpoint that cannot be written is not tried again at every step.
func TestFirstCheckpointFails(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SaveEvery = 6
	tr := start(t, c)
	ticking(tr, time.Minute)
	d := new(fullDisk)
	d.hold(tr)
	tr.Observe(On(func(e Step) { d.full = e.Record.Step < 5 }))
	told := 0
	noteOf[tr] = func(s string) {
		if strings.Contains(s, "checkpoint") {
			told++
		}
	}
	run(t, tr)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if list, err := checkpoint.List(tr.Dir); err != nil || len(list) != 2 || list[0].Step != 6 {
		t.Errorf("%v, %v", list, err)
	}
}

// Within a long epoch pictures come by the clock: soon after the start, then from time to time;
// they cost the run neither bits nor much of its time.
func TestPicturesByTime(t *testing.T) {
	c := tiny(images(t, 60, 8))
	c.SampleEvery, c.SampleN, c.SampleSteps, c.Steps = 5, 1, 3, 9
	put(&c, "solver", "ddim")
	tr := start(t, c)
	if tr.stepsPerEpoch() <= c.Steps {
		t.Fatal("choose more images")
	}
	ticking(tr, time.Minute)
	var costs []time.Duration
	tr.Observe(On(func(Step) {
		costs = append(costs, tr.pictureTime())
		tr.stepping = 0 // pictures are free
	}))
	run(t, tr)
	names := slices.Sorted(maps.Keys(contents(t, filepath.Join(tr.Dir, "samples"))))
	want := []string{"forward.png", "step-000001-raw-ema.png", "step-000001-strip.png", "step-000006-raw-ema.png", "step-000006-strip.png",
		"step-000009-raw-ema.png", "step-000009-strip.png", "training.png"}
	if !slices.Equal(names, want) {
		t.Errorf("pictures %v", names)
	}
	// A step of a minute on 3 images is 3.3 forward passes of each; two grids of 50 steps and a
	// strip of as many follow.
	if want := time.Duration(math.Round(60 / (3.3 * 3) * 150 * 1e9)); (costs[0] - want).Abs() > time.Second {
		t.Errorf("pictures cost %v, want %v", costs[0], want)
	}
	plain := c
	plain.SampleEvery = 0
	other := start(t, plain)
	run(t, other)
	if !maps.Equal(latest(t, tr.Dir).Trainer.Files, latest(t, other.Dir).Trainer.Files) {
		t.Error("a run without pictures has other weights")
	}
	dear := start(t, c)
	ticking(dear, time.Minute)
	run(t, dear)
	if n := len(contents(t, filepath.Join(dear.Dir, "samples"))); n != 4 { // at the end alone
		t.Errorf("%d pictures of a run whose pictures take hours", n)
	}
}

// A grid of raw weights alone is named so.
func TestRawGrid(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SampleEvery, c.SampleN, c.EMA, c.Steps = 1, 1, 0, 1
	tr := start(t, c)
	run(t, tr)
	if _, ok := contents(t, filepath.Join(tr.Dir, "samples"))["step-000001-raw.png"]; !ok {
		t.Error("no such picture")
	}
}

// The summary has the best and the last validation loss of the log, and that of weights within an
// epoch; what a short run should go on to.
func TestSummary(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 13 // three an epoch
	tr := start(t, c)
	tr.final = nil
	run(t, tr)
	s, best := tr.Summary(), Validated{Loss: math.Inf(1)}
	for _, r := range records(t, tr.Dir) {
		if r.Val != nil && *r.Val < best.Loss {
			best = Validated{Step: r.Step, Loss: *r.Val}
		}
	}
	if s.Last == nil || s.Last.Step != 13 || s.Best == nil || s.Best.Loss > best.Loss || s.Best.Loss != min(best.Loss, s.Last.Loss) {
		t.Errorf("best %+v, last %+v, the log has %+v", s.Best, s.Last, best)
	}
	again := prepare(t, c)
	e, err := checkpoint.Latest(tr.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.load(e.Path); err != nil {
		t.Fatal(err)
	}
	if v, err := again.validate(); err != nil || *v != s.Last.Loss {
		t.Errorf("%v, %v of the last checkpoint", v, err)
	}
	if s.Steps != 13 || math.Abs(s.Passes-13./3) > 1e-12 || s.Enough != 130 {
		t.Errorf("%+v", s)
	}
	for _, x := range []struct {
		step int
		ema  float64
		want int
	}{{0, 0.9, 0}, {600, 0.9, 1200}, {400, 0.9, 1000}, {1000, 0.9, 0}, {1000, 0.9999, 10000}, {10000, 0.9999, 0}, {10, 0, 100}} {
		tr.learner.Steps, tr.Config.EMA = x.step, x.ema
		if got := tr.enough(); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}

// A run that was interrupted has no final validation, and an epoch's is the last.
func TestSummaryInterrupted(t *testing.T) {
	tr := start(t, tiny(images(t, 14, 8)))
	ctx, cancel := context.WithCancel(context.Background())
	tr.Observe(On(func(e Step) {
		if e.Record.Step == 4 {
			cancel()
		}
	}))
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	if s := tr.Summary(); s.Last == nil || s.Last.Step != 3 || s.Last != s.Best {
		t.Errorf("%+v", s)
	}
}
