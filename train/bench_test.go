package train

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
)

// BenchmarkRun is preset small on its own data, from the folder's making to the
// last checkpoint, without pictures; beside the time of a step, the least of
// the run, it reports that of the compiled update alone.
func BenchmarkRun(b *testing.B) {
	c, err := config.Preset("small")
	if err != nil {
		b.Fatal(err)
	}
	c.Time, c.SampleEvery, c.SaveEvery, c.Steps = 0, 0, 0, 20
	set, err := data.Embedded(context.Background(), DataOptions(&c))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tr, err := New(testEngine(b), &c, set)
		if err != nil {
			b.Fatal(err)
		}
		if err := tr.Create(filepath.Join(b.TempDir(), "run"), ""); err != nil {
			b.Fatal(err)
		}
		last, step := time.Now(), time.Hour
		tr.Step = func(e Event) {
			if e.Index > 0 && e.Val == nil { // neither compiles nor validates
				step = min(step, time.Since(last))
			}
			last = time.Now()
		}
		if err := tr.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(1e3*step.Seconds(), "ms-step")
		b.ReportMetric(1e3*update(b, tr).Seconds(), "ms-update")
		tr.Close()
	}
}

// update is the least time of a few updates of the trainer's state.
func update(b *testing.B, tr *Trainer) time.Duration {
	batch, err := tr.train.Load(context.Background(), make([]int, tr.Config.Batch)...)
	if err != nil {
		b.Fatal(err)
	}
	images := func() *tensors.Tensor { return engine.New(tr.engine, batch.X, batch.N, batch.H, batch.W, batch.C) }
	each := make([]float64, batch.N)
	in := append([]*tensors.Tensor{images(), vector(tr.engine, each), images(), vector(tr.engine, each)}, hyper(tr.engine, tr.Config, tr.step, 0)...)
	defer engine.Free(in...)
	least := time.Hour
	for range 10 {
		began := time.Now()
		out, err := tr.update.Update(tr.state.tensors, in...)
		if err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(began))
		engine.Free(out...)
	}
	return least
}
