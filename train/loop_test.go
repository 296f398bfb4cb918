package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
)

// The stop first reached ends the run; 14 images leave three steps an epoch. The clock moves a
// second with each step.
func TestStops(t *testing.T) {
	dir := images(t, 14, 8)
	for _, x := range []struct {
		epochs, steps int
		time          time.Duration
		want          int
	}{
		{steps: 4, want: 4},
		{epochs: 2, want: 6},
		{time: 5 * time.Second, want: 5},
		{time: 4500 * time.Millisecond, want: 5},
		{epochs: 3, steps: 7, time: 8 * time.Second, want: 7},
		{epochs: 2, steps: 7, time: 8 * time.Second, want: 6},
		{epochs: 3, steps: 7, time: 2 * time.Second, want: 2},
	} {
		c := tiny(dir)
		c.Epochs, c.Steps, c.Time = x.epochs, x.steps, x.time
		tr := start(t, c)
		tr.now = func() time.Time { return time.Unix(int64(tr.learner.Steps), 0) }
		var last Step
		tr.Observe(On(func(e Step) { last = e }))
		run(t, tr)
		if last.Record.Step != x.want || last.Done != 1 || last.Left != 0 {
			t.Errorf("%+v: ended at step %d, %v done, %v left", x, last.Record.Step, last.Done, last.Left)
		}
		s := latest(t, tr.Dir).Trainer
		if int(s.Step) != x.want || int(s.Epoch) != x.want/3 || int(s.Position) != x.want%3 || s.TrainSeconds != float64(x.want) {
			t.Errorf("%+v: checkpoint of %+v", x, s)
		}
	}
}

// A total of time counts all sessions, not the pause between them.
func TestTimeIsATotal(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps, c.Time = 2, 5*time.Second
	clock := func(tr *Trainer) {
		tr.now = func() time.Time { return time.Unix(1000+int64(tr.learner.Steps), 0) }
	}
	first := start(t, c)
	clock(first)
	run(t, first)
	c.Steps = 0
	next := resume(t, c, first.Dir)
	clock(next)
	run(t, next)
	if got := latest(t, first.Dir).Trainer; got.Step != 5 || got.TrainSeconds != 5 {
		t.Errorf("ended at step %d after %v s, want 5 after 5", got.Step, got.TrainSeconds)
	}
	for i, r := range records(t, first.Dir) {
		if r.Seconds != float64(i+1) {
			t.Errorf("step %d at %v s", r.Step, r.Seconds)
		}
	}
}

// What a step tells: its place, the speed and the time left.
func TestEvent(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 8
	tr := start(t, c)
	ticks := 0
	tr.now = func() time.Time { return time.Unix(int64(2*tr.learner.Steps), 0) }
	tr.Observe(On(func(e Step) {
		ticks++
		if e.Record.Step != ticks || e.Epoch != (ticks-1)/3 || e.Index != (ticks-1)%3 || e.Steps != 3 {
			t.Errorf("step %d: %+v", ticks, e)
		}
		if e.Done != float64(ticks)/8 || e.Left != time.Duration(8-ticks)*2*time.Second {
			t.Errorf("step %d: %v done, %v left", ticks, e.Done, e.Left)
		}
		if e.Speed != 1.5 { // 3 images in 2 seconds
			t.Errorf("step %d: %v images/s", ticks, e.Speed)
		}
		if (e.Val != nil) != (ticks%3 == 0) {
			t.Errorf("step %d: validation %v", ticks, e.Val)
		}
		if n := e.Counts[0] + e.Counts[1] + e.Counts[2] + e.Counts[3]; n != c.Batch || e.GradNorm <= 0 || e.Loss <= 0 {
			t.Errorf("step %d: %+v", ticks, e)
		}
	}))
	run(t, tr)
}

func TestQuartiles(t *testing.T) {
	means, counts := quartiles([]float32{1, 2, 4, 8, 16}, []float64{0, 4, 5, 9, 19}, 0, 20)
	if means != [4]float64{1.5, 6, 0, 16} || counts != [4]int{2, 2, 0, 1} {
		t.Errorf("%v, %v", means, counts)
	}
}

// A single image is learnt: the loss of the last steps is a fraction of the first ones', and the
// validation loss, on no image, is left out.
func TestLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("400 steps")
	}
	c := tiny(images(t, 1, 8))
	c.Val, c.Batch, c.Steps, c.Flip, c.LR = 0, 1, 400, false, 3e-3
	put(&c, "arch", "unet", "channels", "8,16", "loss", "mse")
	tr := start(t, c)
	run(t, tr)
	r := records(t, tr.Dir)
	average := func(r []Record) (sum float64) {
		for _, x := range r {
			sum += x.Loss / float64(len(r))
		}
		return sum
	}
	// Predicting zero costs 1.
	first, last := average(r[:20]), average(r[len(r)-100:])
	if !(last < 0.35*first) {
		t.Errorf("loss %v at first, %v at last", first, last)
	}
	for _, x := range r {
		if x.Val != nil {
			t.Fatal("a validation loss without images")
		}
	}
}

// A rate that throws the weights away ends the run at the step, with the last good checkpoint as it
// was.
func TestNotFinite(t *testing.T) {
	for _, x := range []struct {
		name string
		lr   float64
		step string // that the error names
		kept int64  // checkpoint, -1: none
		clip float64
	}{
		{"the loss of the next step", 1e30, "step 2", 1, 0},
		{"the weights at once", 1e38, "after step 1", -1, 0},
		{"the weights at once, clipped", 1e38, "after step 1", -1, 1},
	} {
		c := tiny(images(t, 14, 8))
		c.LR, c.SaveEvery, c.ClipNorm = x.lr, 1, x.clip
		tr := start(t, c)
		err := tr.Run(context.Background())
		if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), x.step) || !strings.Contains(err.Error(), "--lr") || strings.Contains(err.Error(), "--clip-norm") != (x.clip == 0) {
			t.Errorf("%s: %v", x.name, err)
		}
		closed(t, tr)
		e, err := checkpoint.Latest(tr.Dir)
		if x.kept < 0 {
			if !errors.Is(err, checkpoint.ErrNoCheckpoint) {
				t.Errorf("%s: %v, %v", x.name, e, err)
			}
			continue
		}
		if err != nil || e.Step != x.kept {
			t.Errorf("%s: %v, %v", x.name, e, err)
		}
		for name, tensor := range latest(t, tr.Dir).Weights {
			if tensor.DType == checkpoint.F32 && !finite(tensor.Data) {
				t.Errorf("%s: %s is not finite", x.name, name)
			}
		}
		if _, err := os.Stat(filepath.Join(tr.Dir, "loss.svg")); err != nil {
			t.Error(err)
		}
	}
}

func TestFinite(t *testing.T) {
	bytes := func(v ...float32) (b []byte) {
		for _, x := range v {
			u := math.Float32bits(x)
			b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		}
		return b
	}
	inf := float32(math.Inf(1))
	for _, v := range []float32{inf, -inf, float32(math.NaN())} {
		if finite(bytes(1, v, 2)) {
			t.Errorf("%v passed", v)
		}
	}
	if !finite(bytes(0, -1, math.MaxFloat32, math.SmallestNonzeroFloat32)) || !finite(nil) {
		t.Error("finite numbers refused")
	}
}

// A data set that can no longer be read ends the run, after it was saved.
func TestSavesBeforeAnError(t *testing.T) {
	dir := images(t, 14, 8)
	c := tiny(dir)
	c.Cache, c.Strict = 0, true
	tr := start(t, c)
	tr.Observe(On(func(e Step) {
		if e.Record.Step == 3 {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		}
	}))
	if err := tr.Run(context.Background()); err == nil || errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	if got := latest(t, tr.Dir).Trainer.Step; got < 3 {
		t.Errorf("saved at step %d", got)
	}
}

// An interrupt before the first step leaves a run that can be resumed.
func TestInterruptedAtOnce(t *testing.T) {
	c := tiny(images(t, 14, 8))
	tr := start(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := tr.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	closed(t, tr)
	run(t, resume(t, c, tr.Dir))
	w := start(t, c)
	run(t, w)
	sameRun(t, tr.Dir, w.Dir)
}
