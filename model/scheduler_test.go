package model

import (
	"image"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
)

// specs are a description for every name that a flag may have.
func specs() (all []Spec) {
	for _, prediction := range config.Predictions {
		for _, process := range config.Processes {
			all = append(all, Spec{Process: process, Schedule: "linear", Timesteps: 30, BetaStart: 1e-3, BetaEnd: 0.05, Prediction: prediction, Variance: "posterior"})
		}
	}
	for _, schedule := range []string{"linear", "scaled-linear", "cosine", "sigmoid"} {
		all = append(all, Spec{Process: "ddpm", Schedule: schedule, Timesteps: 30, BetaStart: 1e-3, BetaEnd: 0.05, Prediction: "eps", Variance: "posterior"})
	}
	for _, schedule := range []string{"cosine", "sigmoid"} {
		all = append(all, Spec{Process: "vp", Schedule: schedule, Timesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: "v", Variance: "posterior"})
	}
	for _, variance := range config.Variances {
		all = append(all, Spec{Process: "ddpm", Schedule: "linear", Timesteps: 30, BetaStart: 1e-3, BetaEnd: 0.05, Prediction: "eps", Variance: variance})
	}
	return append(all,
		Spec{Process: "ddpm", Schedule: "linear", Timesteps: 3, Betas: []float64{0.1, 0.3, 0.2}, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: "v", Variance: "posterior"},
		Spec{Process: "ddpm", Schedule: "cosine", Timesteps: 30, BetaStart: 1e-3, BetaEnd: 0.05, ZeroSNR: true, Prediction: "v", Variance: "posterior"},
		Spec{Process: "ve", Timesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, SigmaMin: 0.02, SigmaMax: 30, Prediction: "score", Variance: "posterior"},
		Spec{Process: "edm", Timesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, SigmaMin: 0.02, SigmaMax: 30, Prediction: "edm", SigmaData: 1.5, Variance: "posterior"},
		Spec{Process: "flow", Timesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, Between: true, Prediction: "velocity", Variance: "posterior"},
	)
}

// Every name that a flag may have goes to the words of files and comes back, and gives the same laws and the same kind.
func TestSpecRoundTrip(t *testing.T) {
	for _, s := range specs() {
		c, err := s.Scheduler()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		back, err := SpecOf(c)
		want := s
		if s.Process != "ddpm" {
			want.Timesteps = 1000 // which files have, and nothing asks for
		}
		if err != nil || !reflect.DeepEqual(back, want) {
			t.Errorf("%+v came back as %+v, %v", want, back, err)
		}
		p, err := s.New()
		if err != nil {
			t.Fatal(err)
		}
		q, err := back.New()
		if err != nil {
			t.Fatal(err)
		}
		lo, hi := p.Span()
		at := math.Floor(lo + (hi-lo)/3)
		if _, ok := p.(reverie.Discrete); !ok {
			at = lo + (hi-lo)/3
		}
		if p.At(at) != q.At(at) || p.Cond(at) != q.Cond(at) {
			t.Errorf("%+v came back as another process", s)
		}
		sameKind(t, s, back, p.At(at))
	}
}

func sameKind(t *testing.T, s, back Spec, at reverie.Coef) {
	t.Helper()
	a, err := s.Param()
	if err != nil {
		t.Fatal(err)
	}
	b, err := back.Param()
	if err != nil {
		t.Fatal(err)
	}
	a0, a1, a2, a3 := a(at)
	b0, b1, b2, b3 := b(at)
	if a0 != b0 || a1 != b1 || a2 != b2 || a3 != b3 {
		t.Errorf("%+v came back as another kind", s)
	}
}

func TestSpecErrors(t *testing.T) {
	for want, s := range map[string]Spec{
		"sqrt": {Schedule: "sqrt", Prediction: "eps"}, "noise": {Schedule: "linear", Prediction: "noise"}, "wild": {Schedule: "linear", Prediction: "eps", Variance: "wild"},
	} {
		if _, err := s.Scheduler(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for want, s := range map[string]Spec{"vpp": {Process: "vpp"}, "scaled-linear": {Process: "vp", Schedule: "scaled-linear"}, "timesteps": {Schedule: "linear"}} {
		if _, err := s.New(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for want, spoil := range map[string]func(*checkpoint.SchedulerConfig){
		"beta_schedule":     func(c *checkpoint.SchedulerConfig) { c.BetaSchedule = "laplace" },
		"prediction_type":   func(c *checkpoint.SchedulerConfig) { c.PredictionType = "flow" },
		"variance_type":     func(c *checkpoint.SchedulerConfig) { c.VarianceType = "learned" },
		"clip_sample_range": func(c *checkpoint.SchedulerConfig) { c.ClipSampleRange = 0.5 },
	} {
		c := checkpoint.NewScheduler()
		spoil(&c)
		if _, err := SpecOf(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A forward strip shows sqrt(abar) x0 + sqrt(1-abar) eps at t = 0, 3, .., 27 of
// 30, under one draw of the noise.
func TestForwardStrip(t *testing.T) {
	const h, w, c = 4, 6, 3
	beta, err := reverie.Betas("linear", 30, 1e-3, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	x0, eps := make([]float32, h*w*c), make([]float32, h*w*c)
	for i := range x0 {
		x0[i] = float32(i)/72 - 0.5
	}
	random.Stream{Seed: 5, Domain: random.Training}.Normal32(eps)
	got := ForwardStrip(p, x0, h, w, c, 5, picture.Units{})
	var frames []image.Image
	abar := 1.0
	for i, b := range beta {
		if abar *= 1 - b; i%3 != 0 {
			continue
		}
		x := make([]float32, len(x0))
		for k := range x {
			x[k] = float32(math.Sqrt(abar)*float64(x0[k]) + math.Sqrt(1-abar)*float64(eps[k]))
		}
		frames = append(frames, picture.FromFloat(x, h, w, c))
	}
	want := picture.Strip(frames, picture.Layout{})
	if got.Bounds() != want.Bounds() || len(frames) != 10 {
		t.Fatalf("%v, want %v of %d", got.Bounds(), want.Bounds(), len(frames))
	}
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r, g, b, a := got.At(x, y).RGBA()
			r2, g2, b2, a2 := want.At(x, y).RGBA()
			for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(b) - int(b2), int(a) - int(a2)} {
				if d > 257 || d < -257 { // one level, where rounding falls the other way
					t.Fatalf("pixel %d,%d differs", x, y)
				}
			}
		}
	}
}

// A strip has ten stages, evenly spread, the last of which is the last step,
// of the first image of the first batch; of a walk under ten steps, all.
func TestStrip(t *testing.T) {
	e := openEngine(t, "")
	for steps, want := range map[int][]int{
		300: {30, 60, 90, 120, 150, 180, 210, 240, 270, 300}, 10: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		25: {3, 5, 8, 10, 13, 15, 18, 20, 23, 25}, 4: {1, 2, 3, 4}, 1: {1},
	} {
		s := Strip{H: 2, W: 2, C: 1}
		for step := 1; step <= steps; step++ {
			v := float32(step)/float32(steps)*2 - 1 // what is seen of it: its level
			x := engine.New(e, []float32{v, v, v, v, -1, -1, -1, -1}, 2, 2, 2, 1)
			for _, first := range []int{0, 2} {
				if err := s.Hook(first, State{Step: step, Steps: steps, X: x, X0: (*tensors.Tensor)(nil)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(s.images) != len(want) {
			t.Errorf("%d steps: %d stages, want %d", steps, len(s.images), len(want))
			continue
		}
		for i, img := range s.images {
			v := float32(want[i])/float32(steps)*2 - 1
			level := picture.Bytes(nil, []float32{v})[0]
			if r, _, _, _ := img.At(1, 1).RGBA(); uint8(r>>8) != level {
				t.Errorf("%d steps: stage %d has level %d, that of step %d is %d", steps, i, r>>8, want[i], level)
			}
		}
	}
}
