package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/sample"
)

// A golden is what testdata/gen_schedulers.py had diffusers say of a configuration.
type golden struct {
	Name, Text string
	At         []float64 // indices of the table
	Ratio      []float64 // sigma/alpha there
	Sigmas     []float64 // of a walk of five steps
	Told       []float64 // to the network
}

func goldens(t *testing.T) (all map[string][]golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/schedulers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Tables, Flows, Edms []golden }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return map[string][]golden{"tables": file.Tables, "flows": file.Flows, "edms": file.Edms}
}

// loaded gives what a scheduler's file means in a model folder.
func loaded(t *testing.T, text string) (*checkpoint.Checkpoint, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../checkpoint/testdata/diffusers")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scheduler", "scheduler_config.json"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return checkpoint.Load(dir, checkpoint.Only())
}

// model is a model with no more than what a walk asks for.
func model(t *testing.T, g golden) (*Model, formulation.Spec) {
	t.Helper()
	c, err := loaded(t, g.Text)
	if err != nil {
		t.Fatalf("%s: %v", g.Name, err)
	}
	s, err := formulation.SpecOf(c.Scheduler)
	if err != nil {
		t.Fatalf("%s: %v", g.Name, err)
	}
	p, err := s.Process.Process()
	if err != nil {
		t.Fatalf("%s: %v", g.Name, err)
	}
	return &Model{Process: p, Walk: c.Scheduler.Walk}, s
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

// The law of every class with a table of betas is diffusers' own, to the digits of double precision
// but for betas that a float32 holds there (trained_betas).
func TestForeignTables(t *testing.T) {
	for _, g := range goldens(t)["tables"] {
		m, _ := model(t, g)
		for i, at := range g.At {
			c := m.Process.At(at)
			if !near(c.Sigma/c.Alpha, g.Ratio[i], 1e-6) {
				t.Errorf("%s at %v: sigma/alpha %v, diffusers has %v\n%s", g.Name, at, c.Sigma/c.Alpha, g.Ratio[i], g.Text)
			}
		}
	}
}

// A flow's walk and EDM's have diffusers' noise levels, and tell the network the same.
func TestForeignWalks(t *testing.T) {
	all := goldens(t)
	for _, g := range append(all["flows"], all["edms"]...) {
		m, s := model(t, g)
		grid, err := m.grid(Options{Spacing: m.Walk.Spacing, Steps: 5}, m.Process)
		if err != nil {
			t.Fatal(err)
		}
		// Of EDM all but the end is a time; it is Clean, or the last time once more, where the walk
		// then ends.
		for i, told := range g.Told {
			if at := grid[i]; !near(at, g.Sigmas[i], 1e-6) || math.Abs(m.Process.Cond(at)-told) > 1e-5*max(1, math.Abs(told)) {
				t.Errorf("%s, time %d: %v, told %v; diffusers has %v, told %v\n%s", g.Name, i, at, m.Process.Cond(at), g.Sigmas[i], told, g.Text)
			}
		}
		if lowest := grid[len(grid)-1] != reverie.Clean; lowest != strings.Contains(g.Text, `"final_sigmas_type": "sigma_min"`) {
			t.Errorf("%s ends at %v\n%s", g.Name, grid[len(grid)-1], g.Text)
		}
		if want := map[string]string{"flow": "velocity", "edm": "edm"}[s.Process.Row().Name]; s.Prediction.Row().Name != want {
			t.Errorf("%s predicts %s", g.Name, s.Prediction.Row().Name)
		}
	}
}

// What a file says of the walk becomes the default.
func TestForeignWalkKeys(t *testing.T) {
	for text, want := range map[string]checkpoint.Walk{
		`"_class_name": "DDIMScheduler", "set_alpha_to_one": false`:                                                                  {AtLowest: true},
		`"_class_name": "DDIMScheduler"`:                                                                                             {},
		`"_class_name": "PNDMScheduler"`:                                                                                             {AtLowest: true},
		`"_class_name": "DDPMScheduler", "set_alpha_to_one": false`:                                                                  {},
		`"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"`:                                                    {Spacing: "trailing"},
		`"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "linspace", "use_karras_sigmas": true`:                         {Spacing: "karras"},
		`"_class_name": "UniPCMultistepScheduler", "use_exponential_sigmas": true, "final_sigmas_type": "sigma_min"`:                 {Spacing: "logsnr", AtLowest: true},
		`"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": true, "flow_shift": 5.0, "prediction_type": "flow_prediction"`: {Spacing: "linear", Shift: 5},
		`"_class_name": "FlowMatchHeunDiscreteScheduler", "shift": 2.0`:                                                              {Spacing: "linear", Shift: 2},
		`"_class_name": "EDMEulerScheduler", "sigma_schedule": "exponential"`:                                                        {Spacing: "logsnr"},
		`"_class_name": "DDPMScheduler", "timestep_spacing": "leading", "lambda_min_clipped": -Infinity, "_x": NaN`:                  {},
	} {
		c, err := loaded(t, "{"+text+"}")
		if err != nil || c.Scheduler.Walk != want {
			t.Errorf("%s: %+v, %v, want %+v", text, c, err, want)
		}
	}
}

// A key that changes the law and is not honoured is refused by its name.
func TestForeignSchedulerRefusals(t *testing.T) {
	for text, want := range map[string]string{
		`"_class_name": "LCMScheduler"`:                                                       `_class_name is "LCMScheduler"`,
		`"_class_name": "ScoreSdeVeScheduler"`:                                                "expected one of DDIMParallelScheduler",
		`"_class_name": "DDPMScheduler", "beta_schedule": "laplace"`:                          "beta_schedule",
		`"_class_name": "DDPMScheduler", "prediction_type": "flow_prediction"`:                "prediction_type",
		`"_class_name": "DDPMScheduler", "variance_type": "learned"`:                          "variance_type",
		`"_class_name": "DDPMScheduler", "trained_betas": [0.1, 0.2]`:                         "trained_betas is a table of 2",
		`"_class_name": "DDPMScheduler", "num_train_timesteps": 2, "trained_betas": [0.1, 1]`: "trained_betas[1] is 1",
		`"_class_name": "DDPMScheduler", "num_train_timesteps": 2.5`:                          "num_train_timesteps is 2.5",
		`"_class_name": "DDPMScheduler", "beta_start": Infinity`:                              "beta_start is Infinity",
		`"_class_name": "DDPMScheduler", "beta_start": "0.1"`:                                 `beta_start is "0.1", expected such as 0.0001`,
		`"_class_name": "DDPMScheduler", "trained_betas": []`:                                 "trained_betas is []",
		`"_class_name": "DDPMScheduler", "thresholding": true, "sample_max_value": 1.5`:       "sample_max_value 1.5",
		`"_class_name": "DDPMScheduler", "timestep_spacing": "odd"`:                           "timestep_spacing",
		`"_class_name": "PNDMScheduler", "rescale_betas_zero_snr": true`:                      "rescale_betas_zero_snr",
		`"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous"`:              `timestep_type is "continuous"`,
		`"_class_name": "EulerDiscreteScheduler", "sigma_max": 700.0`:                         "sigma_max is 700",
		`"_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true`:                    "use_beta_sigmas",
		`"_class_name": "EulerDiscreteScheduler", "final_sigmas_type": "half"`:                "final_sigmas_type",
		`"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": true`:                   "",
		`"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true`:      "use_dynamic_shifting",
		`"_class_name": "FlowMatchEulerDiscreteScheduler", "invert_sigmas": true`:             "invert_sigmas",
		`"_class_name": "FlowMatchEulerDiscreteScheduler", "shift_terminal": 0.02`:            "shift_terminal",
		`"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 0`:                        "shift is 0",
		`"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 500`:        "num_train_timesteps is 500",
		`"_class_name": "EDMEulerScheduler", "rho": 5`:                                        "rho is 5",
		`"_class_name": "EDMEulerScheduler", "prediction_type": "v_prediction"`:               `prediction_type is "v_prediction"`,
		`"_class_name": "EDMEulerScheduler", "sigma_max": -1`:                                 "sigma_max",
		`"_class_name": "DDPMScheduler", "noise_offset_law": "odd"`:                           `noise_offset_law is "odd": the key is not known`,
		`"_class_name": "DDPMScheduler", "beta_start": 1, "beta_start": 0.1`:                  "comes twice",
		`"_class_name": "DDPMScheduler", "clip_sample_range": 2.5`:                            "clip_sample_range 2.5",
	} {
		c, err := loaded(t, "{"+text+"}")
		if err == nil {
			_, err = formulation.SpecOf(c.Scheduler)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// A walk that ends at the lowest level has as many steps or one less, and a shifted flow's times go
// by the formula.
func TestForeignGrids(t *testing.T) {
	ddpm, err := reverie.NewDDPM(reverie.LinearBetas(50, 1e-3, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	for _, spacing := range sample.Spacings.Names() {
		for _, steps := range []int{1, 2, 7, 50} {
			m := &Model{Process: ddpm, Walk: checkpoint.Walk{AtLowest: true}}
			grid, err := m.grid(Options{Spacing: spacing, Steps: steps}, ddpm)
			if err != nil {
				t.Fatal(err)
			}
			if grid[len(grid)-1] != 0 || len(grid) < 2 || !slices.IsSortedFunc(grid, func(a, b float64) int { return int(b - a) }) {
				t.Errorf("%s, %d steps: %v", spacing, steps, grid)
			}
		}
	}
	for _, shift := range []float64{0.5, 1, 3} {
		m := &Model{Process: reverie.Flow{}, Walk: checkpoint.Walk{Spacing: "linear", Shift: shift}}
		grid, err := m.grid(Options{Spacing: "linear", Steps: 5}, m.Process)
		if err != nil {
			t.Fatal(err)
		}
		u := 1 - (1-1e-3)/4 // the second time before the shift
		if want := shift * u / (1 + (shift-1)*u); grid[0] != 1 || !near(grid[1], want, 1e-12) || grid[4] < 1e-3 || grid[5] != reverie.Clean {
			t.Errorf("shift %v: %v", shift, grid)
		}
	}
}
