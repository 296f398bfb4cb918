package formulation

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// chain is a short table of betas.
func chain(s Schedule) *DDPM { return &DDPM{Timesteps: 30, Schedule: s} }

var between = BetaRange{1e-3, 0.05}

// specs are a description for every name that a flag may have.
func specs() (all []Spec) {
	for _, prediction := range Predictions.Rows() {
		for _, process := range Processes.Rows() {
			all = append(all, Spec{Process: process, Prediction: prediction, Variance: "posterior"})
		}
	}
	for _, schedule := range []Schedule{&Linear{between}, &ScaledLinear{between}, Cosine, &Sigmoid{between}} {
		all = append(all, Spec{Process: chain(schedule), Prediction: Eps, Variance: "posterior"})
	}
	for _, schedule := range []Schedule{&Linear{between}, Cosine, &Sigmoid{defaultBetas}, Learned} {
		all = append(all, Spec{Process: &VP{schedule}, Prediction: V, Variance: "posterior"})
	}
	for _, variance := range sample.Variances.Names() {
		all = append(all, Spec{Process: chain(&Linear{between}), Prediction: Eps, Variance: variance})
	}
	return append(all,
		Spec{Process: &DDPM{Timesteps: 3, Schedule: linear(), Betas: []float64{0.1, 0.3, 0.2}}, Prediction: V, Variance: "posterior"},
		Spec{Process: &DDPM{Timesteps: 30, Schedule: Cosine, ZeroSNR: true}, Prediction: V, Variance: "posterior"},
		Spec{Process: &SubVP{between}, Prediction: Eps, Variance: "posterior"},
		Spec{Process: &VE{0.02, 30}, Prediction: Score, Variance: "posterior"},
		Spec{Process: &EDM{0.02, 30}, Prediction: &Preconditioned{1.5}, Variance: "posterior"},
		Spec{Process: &EDM{}, Prediction: V, Variance: "posterior", Energy: true},
		Spec{Process: &EDM{}, Prediction: V, Variance: "posterior", Noise: &noise.Pyramid{Discount: 0.7}, Patch: 8},
		Spec{Process: chain(Cosine), Prediction: Eps, Variance: "posterior", Noise: &noise.Simplex{Octaves: 3, Persistence: 0.5, Frequency: 0.1}},
		Spec{Process: chain(Cosine), Prediction: X0, Variance: "posterior", Noise: &noise.Coarse{Cells: 9}},
		Spec{Process: chain(Cosine), Prediction: Eps, Variance: "posterior", Noise: noise.Gaussian},
		Spec{Process: &Flow{Between: true}, Prediction: Velocity, Variance: "posterior"},
		Spec{Process: &Brownian{Diffusion: 0.3}, Prediction: X0, Variance: "posterior"},
		Spec{Process: &I2SB{BetaRange: between}, Prediction: X0, Variance: "posterior"},
		Spec{Process: &SBVE{K: 3, C: 0.2}, Prediction: X0, Variance: "posterior"},
		Spec{Process: &SBVP{BetaRange: between, C: 1}, Prediction: X0, Variance: "posterior"},
		Spec{Process: &OUVE{Theta: 1, SigmaMin: 0.1, SigmaMax: 0.4}, Prediction: Eps, Variance: "posterior"},
	)
}

// sameRow says whether two rows have a name and settings alike; those without settings are values.
func sameRow(a, b table.Row) bool {
	if reflect.TypeOf(a).Kind() == reflect.Pointer {
		return reflect.DeepEqual(a, b)
	}
	return a.Row() == b.Row()
}

// TestSpecRoundTrip: every name that a flag may have goes to the words of files, by their bytes,
// and comes back, and gives the same laws and the same kind.
func TestSpecRoundTrip(t *testing.T) {
	for _, s := range specs() {
		written, err := s.Scheduler()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		var c checkpoint.SchedulerConfig
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		back, err := SpecOf(c)
		if err != nil || !sameRow(back.Process, s.Process) || !sameRow(back.Prediction, s.Prediction) || back.Variance != s.Variance || back.Energy != s.Energy || !reflect.DeepEqual(back.Noise, noise.Shaped(s.Noise)) || back.Patch != s.Patch {
			t.Errorf("%v %v came back as %v %v, %v", s.Process, s.Prediction, back.Process, back.Prediction, err)
			continue
		}
		p, err := s.Process.Process()
		if err != nil {
			t.Fatal(err)
		}
		q, err := back.Process.Process()
		if err != nil {
			t.Fatal(err)
		}
		lo, hi := p.Span()
		at := math.Floor(lo + (hi-lo)/3)
		if _, ok := p.(reverie.Discrete); !ok {
			at = lo + (hi-lo)/3
		}
		if p.At(at) != q.At(at) || p.Cond(at) != q.Cond(at) {
			t.Errorf("%v came back as another process", s.Process)
		}
		a0, a1, a2, a3 := s.Prediction.Param()(p.At(at))
		b0, b1, b2, b3 := back.Prediction.Param()(p.At(at))
		same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
		if !same(a0, b0) || !same(a1, b1) || !same(a2, b2) || !same(a3, b3) {
			t.Errorf("%v came back as another kind", nameOf(s.Prediction))
		}
	}
}

// TestOldScheduler: files of the first release have the settings that the process has none of too.
func TestOldScheduler(t *testing.T) {
	for text, want := range map[string]Process{
		`{"process": "ve", "schedule": "linear", "sigma_min": 0.02, "clamp": "", "preset": "small", "height": 1, "width": 1, "solver": "heun", "steps": 20}`: &VE{SigmaMin: 0.02},
		`{"process": "vp", "schedule": "cosine", "clamp": "none"}`:                  &VP{Cosine},
		`{"process": "vp", "clamp": "none"}`:                                        &VP{linear()},
		`{"process": "vp", "schedule": "", "clamp": "none"}`:                        &VP{linear()},
		`{"process": "flow", "schedule": "linear", "between": true, "clamp": "x0"}`: &Flow{Between: true},
		`{"process": "", "clamp": "x0"}`:                                            &DDPM{Timesteps: 1000, Schedule: linear()},
	} {
		c := checkpoint.NewScheduler()
		if err := json.Unmarshal([]byte(`{"reverie": `+text+`}`), &c); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if s, err := SpecOf(c); err != nil || !sameRow(s.Process, want) {
			t.Errorf("%s: %v, %v", text, s.Process, err)
		}
	}
}

// TestSpecOfRefuses: what of a file is not supported is named.
func TestSpecOfRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*checkpoint.SchedulerConfig){
		`beta_schedule "laplace" is not supported`:                   func(c *checkpoint.SchedulerConfig) { c.BetaSchedule = "laplace" },
		`prediction_type "flow" is not supported`:                    func(c *checkpoint.SchedulerConfig) { c.PredictionType = "flow" },
		`variance_type "learned"`:                                    func(c *checkpoint.SchedulerConfig) { c.VarianceType = "learned" },
		"clip_sample_range":                                          func(c *checkpoint.SchedulerConfig) { c.ClipSampleRange = 0.5 },
		`process "vpp" is not supported: the program knows ddpm, vp`: own("vpp", ""),
		"reverie.sigma_min: -1 is outside 0 to 1000000000":           own("ve", `{"sigma_min": -1}`),
		"reverie.sigma_data: 2000000000 is outside":                  func(c *checkpoint.SchedulerConfig) { own("ve", `{"sigma_data": 2e9}`)(c); c.PredictionType = "edm" },
		`reverie.schedule: "sqrt" is unknown`:                        own("vp", `{"schedule": "sqrt"}`),
		`unknown field "wings"`:                                      own("vp", `{"wings": 2}`),
		`sigma-min: string, expected a number`:                       own("ve", `{"sigma_min": "a"}`),
		"reverie.between: process vp has no second data set":         func(c *checkpoint.SchedulerConfig) { own("vp", "")(c); c.Reverie.Between = true },
	} {
		c := checkpoint.NewScheduler()
		spoil(&c)
		if _, err := SpecOf(c); err == nil || !strings.HasPrefix(err.Error(), "scheduler: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// own makes a file one of ours, of a process with settings.
func own(process, settings string) func(*checkpoint.SchedulerConfig) {
	return func(c *checkpoint.SchedulerConfig) {
		c.Reverie = &checkpoint.SchedulerExtra{Process: process}
		if settings != "" {
			if err := json.Unmarshal([]byte(settings), &c.Reverie.Settings); err != nil {
				panic(err)
			}
		}
	}
}
