package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The values a field of Run may take, in the order that --help prints them.
var (
	Archs       = []string{"simpleunet", "unet", "mlp", "vae", "vae-mlp"}
	Crops       = []string{"none", "center"}
	Processes   = []string{"ddpm", "vp", "subvp", "ve", "edm", "flow"}
	Schedules   = []string{"linear", "scaled-linear", "cosine", "sigmoid", "learned"}
	Predictions = []string{"eps", "x0", "v", "velocity", "score", "edm"}
	Objectives  = []string{"denoise", "exact", "sliced", "sliced-vr"}
	TimeLaws    = []string{"uniform", "stratified", "importance", "log-normal"}
	Couplings   = []string{"none", "ot"}
	Losses      = []string{"l1", "mse", "huber"}
	Weightings  = []string{"simple", "elbo", "min-snr", "likelihood", "edm", "snr"}
	LRSchedules = []string{"constant", "cosine"}
	Solvers     = []string{"ddpm", "ddim", "lecture-sde", "euler", "heun", "euler-maruyama", "reverse-diffusion", "pc", "langevin", "annealed-langevin", "dpm++2m", "dpm++2m-sde", "unipc", "rk45"}
	Clamps      = []string{"x0", "dynamic", "x", "none"}
	Variances   = []string{"posterior", "beta", "learned"}
)

// OneOf is nil if value is among those allowed, else an error that names the
// flag, the value and what is allowed.
func OneOf(flag, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("--%s %q is unknown; choose one of %s", flag, value, strings.Join(allowed, ", "))
}

// Within is nil if lo <= value <= hi, else an error that names the flag.
func Within[T int | float64](flag string, value, lo, hi T) error {
	if value >= lo && value <= hi { // false for NaN
		return nil
	}
	return fmt.Errorf("--%s %v is outside %v to %v", flag, value, lo, hi)
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
	return first(r.validateFormulation(), ValidateSolver(r.Solver, r.SampleSteps, "sample-steps", timesteps))
}

func (r *Run) validateData() error {
	if err := r.validatePoints(); err != nil {
		return err
	}
	if !r.Points() && !slices.Contains([]int{1, 3, 4}, r.ImageChannels) {
		return fmt.Errorf("--image-channels %d: give 1 (grey), 3 (RGB) or 4 (RGBA)", r.ImageChannels)
	}
	return first(
		Within("resolution", r.Resolution.H, 1, maxSide), Within("resolution", r.Resolution.W, 1, maxSide),
		OneOf("crop", r.Crop, Crops),
		Within("val", r.Val, 0, 0.9),
		Within("cache", r.Cache, 0, 1<<20),
	)
}

func (r *Run) validateNetwork() error {
	if err := OneOf("arch", r.Arch, Archs); err != nil {
		return err
	}
	least := 2
	if r.Autoencoder() || r.Arch == "mlp" {
		least = 1
	}
	if len(r.Channels) < least || len(r.Channels) > 8 {
		return fmt.Errorf("--channels %v: give %d to 8 widths, such as 64,128,256", r.Channels, least)
	}
	for _, c := range r.Channels {
		if err := Within("channels", c, 1, 8192); err != nil {
			return err
		}
	}
	return Within("layers", r.Layers, 1, 16)
}

func (r *Run) validateProcess() error {
	if !(r.BetaStart > 0 && r.BetaStart < 1) {
		return fmt.Errorf("--beta-start %v: give a number above 0 and under 1", r.BetaStart)
	}
	if !(r.BetaEnd > 0 && r.BetaEnd < 1) {
		return fmt.Errorf("--beta-end %v: give a number above 0 and under 1", r.BetaEnd)
	}
	return first(
		OneOf("process", r.Process, Processes),
		Within("timesteps", r.Timesteps, 1, 100000),
		OneOf("schedule", r.Schedule, Schedules),
		OneOf("prediction", r.Prediction, Predictions),
		OneOf("loss", r.Loss, Losses),
		OneOf("weighting", r.Weighting, Weightings),
		OneOf("coupling", r.Coupling, Couplings),
		OneOf("objective", r.Objective, Objectives),
		OneOf("times", r.Times, TimeLaws),
		Within("sigma-min", r.SigmaMin, 0, 1e9), Within("sigma-max", r.SigmaMax, 0, 1e9), Within("sigma-data", r.SigmaData, 0, 1e9),
		Within("level", r.Level, 0, 1e9),
	)
}

func (r *Run) validateOptimiser() error {
	if !(r.LR > 0) || math.IsInf(r.LR, 0) {
		return fmt.Errorf("--lr %v is no learning rate; give a positive number, such as 0.001", r.LR)
	}
	for _, b := range r.AdamBetas {
		if !(b > 0 && b < 1) { // to the optimiser 0 means its default
			return fmt.Errorf("--adam-betas %v: each is above 0 and under 1", r.AdamBetas)
		}
	}
	if !(r.EMA >= 0 && r.EMA < 1) {
		return fmt.Errorf("--ema %v is no decay; give 0 (none) to under 1, such as 0.995", r.EMA)
	}
	if !(r.ClipNorm >= 0) {
		return fmt.Errorf("--clip-norm %v is negative; 0 means no limit", r.ClipNorm)
	}
	return first(
		Within("batch", r.Batch, 1, 1<<16),
		Within("warmup", r.Warmup, 0, 1<<30),
		OneOf("lr-schedule", r.LRSchedule, LRSchedules),
	)
}

func (r *Run) validateSampler() error {
	return first(
		OneOf("solver", r.Solver, Solvers),
		OneOf("clamp", r.Clamp, Clamps),
		OneOf("variance", r.Variance, Variances),
		Within("sample-steps", r.SampleSteps, 0, maxSteps),
	)
}

// ValidateSolver checks the number of solver steps, as given by the named flag,
// against the length T of the table, 0 for a process without one: 0 means the solver's own.
func ValidateSolver(solver string, steps int, flag string, timesteps int) error {
	if timesteps == 0 {
		if solver == "lecture-sde" {
			return fmt.Errorf("--solver lecture-sde walks a table of betas, which only --process ddpm has; reverse-diffusion is the sampler that it stands for")
		}
		return Within(flag, steps, 0, maxSteps)
	}
	if err := Within(flag, steps, 0, timesteps); err != nil {
		return fmt.Errorf("%w: the model has %d time steps", err, timesteps)
	}
	if solver == "lecture-sde" && steps != 0 && steps != timesteps {
		return fmt.Errorf("--%s %d: solver lecture-sde walks all %d time steps; leave the flag out", flag, steps, timesteps)
	}
	return nil
}

// maxSteps bounds the steps of a solver.
const maxSteps = 100000

func (r *Run) validateTotals() error {
	const longest = 100_000 * time.Hour // checkpoints hold times up to 1e9 s
	if t := time.Duration(r.Time); t < 0 || t > longest {
		return fmt.Errorf("--time %v is outside 0 to %v", t, longest)
	}
	const most = 1 << 40
	return first(
		Within("epochs", r.Epochs, 0, most), Within("steps", r.Steps, 0, most),
		Within("save-every", r.SaveEvery, 0, most), Within("keep", r.Keep, 0, most),
		Within("sample-every", r.SampleEvery, 0, most), Within("sample-n", r.SampleN, 0, 1024),
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
