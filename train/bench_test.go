package train

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/reverie-go/reverie/config"
)

// BenchmarkRun is preset small on its own data, from the folder's making to the last checkpoint,
// without pictures; beside the time of a step, the least of the run, it reports that of the
// learner's alone.
func BenchmarkRun(b *testing.B) {
	c, err := config.Preset("small")
	if err != nil {
		b.Fatal(err)
	}
	c.Time, c.SampleEvery, c.SaveEvery, c.Steps = 0, 0, 0, 20
	set, err := c.Open(context.Background(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tr, err := New(b.Context(), testEngine(b), &c, Parts{Data: set})
		if err != nil {
			b.Fatal(err)
		}
		if err := tr.Create(filepath.Join(b.TempDir(), "run"), ""); err != nil {
			b.Fatal(err)
		}
		last, step := time.Now(), time.Hour
		tr.Observe(On(func(e Step) {
			if e.Index > 0 && e.Val == nil { // neither compiles nor validates
				step = min(step, time.Since(last))
			}
			last = time.Now()
		}))
		if err := tr.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(1e3*step.Seconds(), "ms-step")
		b.ReportMetric(1e3*learning(b, tr).Seconds(), "ms-learner")
		tr.Close()
	}
}

// learning is the least time of a few of the learner's steps on one batch, without data, log and
// clock.
func learning(b *testing.B, tr *Trainer) time.Duration {
	batch, err := tr.train.Load(context.Background(), make([]int, tr.Config.Batch)...)
	if err != nil {
		b.Fatal(err)
	}
	least := time.Hour
	for range 10 {
		began := time.Now()
		if _, err := tr.learner.Step(batch, 0); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(began))
	}
	return least
}
