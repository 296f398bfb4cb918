package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// The values a field of Run may take, in the order that --help prints them.
var (
	Crops       = []string{"none", "center"}
	Splits      = []string{"bytes", "pixels"}
	Processes   = []string{"ddpm", "vp", "subvp", "ve", "edm", "flow"}
	Schedules   = []string{"linear", "scaled-linear", "cosine", "sigmoid", "learned"}
	Predictions = []string{"eps", "x0", "v", "velocity", "score", "edm"}
	Objectives  = []string{"denoise", "exact", "sliced", "sliced-vr"}
	TimeLaws    = []string{"uniform", "stratified", "importance", "log-normal"}
	Couplings   = []string{"none", "ot"}
	Losses      = []string{"l1", "mse", "huber"}
	Weightings  = []string{"simple", "elbo", "min-snr", "likelihood", "edm", "snr"}
	LRSchedules = []string{"constant", "cosine"}
)

// OneOf is nil if value is among those allowed, else an error that names the
// flag, the value and what is allowed.
func OneOf(flag, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("--%s %q is unknown; choose one of %s", flag, value, strings.Join(allowed, ", "))
}

// Validate returns an error for the first field with an unknown value, one out
// of range, or one that another rules out. It looks at r alone and opens nothing.
func (r *Run) Validate() error { return first(r.ValidateValues(), r.validateTogether()) }

// ValidateValues is the part of Validate that looks at each field alone.
func (r *Run) ValidateValues() error {
	return first(
		OneOf("preset", r.Preset, PresetNames()),
		r.validateData(), r.validateNetwork(), r.validateOptimiser(), r.validateTotals(),
		r.validateDiffusion(),
	)
}

// validateDiffusion looks at the process and the sampler, which an autoencoder
// has not.
func (r *Run) validateDiffusion() error {
	if r.Autoencoder() {
		return nil
	}
	return first(r.validateProcess(), r.validateSampler())
}

// validateTogether finds fields that rule each other out.
func (r *Run) validateTogether() error {
	switch {
	case r.usesBetas() && r.BetaStart > r.BetaEnd:
		return fmt.Errorf("--beta-start %v is above --beta-end %v", r.BetaStart, r.BetaEnd)
	case r.Epochs == 0 && r.Steps == 0 && r.Time == 0:
		return fmt.Errorf("nothing stops this run; give --epochs, --steps or --time")
	}
	if err := r.validateBest(); err != nil {
		return err
	}
	if err := r.validateAutoencoder(); err != nil || r.Autoencoder() {
		return err
	}
	timesteps := r.Timesteps
	if r.Process != "ddpm" {
		timesteps = 0
	}
	return first(r.validateFormulation(), r.validateSteps(timesteps))
}

func (r *Run) validateData() error {
	if err := r.validateKind(); err != nil {
		return err
	}
	return first(
		inRange("resolution", r.Resolution.H), inRange("resolution", r.Resolution.W),
		OneOf("crop", r.Crop, Crops), OneOf("split", r.Split, Splits),
		inRange("val", r.Val),
		inRange("cache", r.Cache), inRange("max-pixels", r.MaxPixels),
	)
}

func (r *Run) validateProcess() error {
	return first(
		OneOf("process", r.Process, Processes),
		inRange("beta-start", r.BetaStart), inRange("beta-end", r.BetaEnd), inRange("timesteps", r.Timesteps),
		OneOf("schedule", r.Schedule, Schedules),
		OneOf("prediction", r.Prediction, Predictions),
		OneOf("loss", r.Loss, Losses),
		OneOf("weighting", r.Weighting, Weightings),
		OneOf("coupling", r.Coupling, Couplings),
		OneOf("objective", r.Objective, Objectives),
		OneOf("times", r.Times, TimeLaws),
		inRange("sigma-min", r.SigmaMin), inRange("sigma-max", r.SigmaMax), inRange("sigma-data", r.SigmaData), inRange("level", r.Level),
	)
}

func (r *Run) validateOptimiser() error {
	return first(
		inRange("lr", r.LR), inRange("adam-betas", r.AdamBetas[0]), inRange("adam-betas", r.AdamBetas[1]),
		inRange("ema", r.EMA), inRange("clip-norm", r.ClipNorm),
		inRange("batch", r.Batch), inRange("warmup", r.Warmup),
		OneOf("lr-schedule", r.LRSchedule, LRSchedules),
	)
}

func (r *Run) validateSampler() error {
	return first(
		OneOf("solver", r.Solver, sample.Solvers.Names()),
		OneOf("clamp", r.Clamp, sample.Clamps.Names()),
		OneOf("variance", r.Variance, sample.Variances.Names()),
		inRange("sample-steps", r.SampleSteps),
	)
}

// validateSteps checks the number of solver steps against the length T of the table, 0 for a process
// without one: 0 means the solver's own.
func (r *Run) validateSteps(timesteps int) error {
	if timesteps == 0 {
		if walksTable(r.Solver) {
			return fmt.Errorf("--solver %s walks a table of betas, which only --process ddpm has; reverse-diffusion is the sampler that it stands for", r.Solver)
		}
		return Range{Hi: maxSteps}.Check("sample-steps", float64(r.SampleSteps))
	}
	if err := (Range{Hi: float64(timesteps)}).Check("sample-steps", float64(r.SampleSteps)); err != nil {
		return fmt.Errorf("%w: the model has %d time steps", err, timesteps)
	}
	if walksTable(r.Solver) && r.SampleSteps != 0 && r.SampleSteps != timesteps {
		return fmt.Errorf("--sample-steps %d: solver %s walks all %d time steps; leave the flag out", r.SampleSteps, r.Solver, timesteps)
	}
	return nil
}

// habits are those of the solver of a known name.
func habits(solver string) sample.Habits {
	row, err := sample.Solvers.Find(solver)
	if err != nil {
		return sample.Habits{}
	}
	return sample.HabitsOf(row, nil)
}

// walksTable says whether a solver walks every index of a table, whatever is said.
func walksTable(solver string) bool {
	h := habits(solver)
	return h.Whole && h.OwnTimes
}

// hasVariance says whether a solver draws with a variance.
func hasVariance(solver string) bool {
	row, err := sample.Solvers.Find(solver)
	return err == nil && table.Find(table.Fields(row), "variance") != nil
}

// maxSteps bounds the steps of a solver.
const maxSteps = 100000

func (r *Run) validateTotals() error {
	if t := time.Duration(r.Time); !RangeOf("time").Has(t.Seconds()) {
		return fmt.Errorf("--time %v is outside 0s to %v", t, MaxTime)
	}
	return first(
		inRange("epochs", r.Epochs), inRange("steps", r.Steps), inRange("save-every", r.SaveEvery), inRange("keep", r.Keep),
		inRange("sample-every", r.SampleEvery), inRange("sample-n", r.SampleN),
	)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
