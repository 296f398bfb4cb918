package config

import (
	"fmt"

	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Validate returns an error for the first field with an unknown value, one out of range, or one
// that another rules out. It looks at r alone and opens nothing.
func (r *Run) Validate() error { return first(r.ValidateValues(), r.validateTogether()) }

// ValidateValues is the part of Validate that looks at each field alone.
func (r *Run) ValidateValues() error {
	if _, err := Presets.Find(r.Preset); err != nil {
		return err
	}
	parts := []any{&r.Stops, &r.Sources, &r.Network, &r.Conditioning, &r.Optimiser, &r.Rhythm}
	switch {
	case r.Denoises():
		parts = append(parts, &r.Formulation, &r.Sampler)
	case r.HasProcess():
		parts = append(parts, &noised{r.Process, r.Noise, r.Level, r.Times})
	}
	for _, part := range parts {
		if err := table.Check(part); err != nil {
			return err
		}
	}
	return r.validateKind()
}

// validateTogether finds fields that rule each other out.
func (r *Run) validateTogether() error {
	if r.Epochs == 0 && r.Steps == 0 && r.Time == 0 {
		return fmt.Errorf("nothing stops this run; give --epochs, --steps or --time")
	}
	err := first(r.validateBest(), r.validateClassifier(), r.validateAutoencoder())
	if err != nil || !r.HasProcess() {
		return err
	}
	if r.Classifier() {
		return r.Formulation.Validate()
	}
	return first(r.validateVariance(), r.validatePatch(), r.Formulation.Validate(), r.validateSteps(r.TableLength()))
}

// TableLength is the length of the process's table of betas, 0 where it has none.
func (r *Run) TableLength() int {
	if d, ok := r.Process.(*formulation.DDPM); ok {
		return d.Timesteps
	}
	return 0
}

// validateBest looks at --best with what it needs.
func (r *Run) validateBest() error {
	switch {
	case r.Best == "":
		return nil
	case r.Val == 0:
		return fmt.Errorf("--best %s compares with held-out images, and --val 0 holds out none; give a --val, such as 0.1", r.Best)
	case r.Best != "val" && !r.Denoises():
		return fmt.Errorf("--best %s judges samples of a diffusion, and --arch %s is none; give --best val", r.Best, name(r.Arch))
	}
	return nil
}

// validateAutoencoder looks at what autoencoders and latent diffusion rule out.
func (r *Run) validateAutoencoder() error {
	switch {
	case r.Autoencoder() && r.VAE != "":
		return fmt.Errorf("--vae trains a diffusion on the latents of an autoencoder; --arch %s is one itself", name(r.Arch))
	case r.Autoencoder() && r.Energy:
		return fmt.Errorf("--energy makes a prediction of the input's shape the gradient of a scalar; an autoencoder predicts none")
	case r.VAE == "":
		return nil
	case r.Clamp != "none":
		return fmt.Errorf("--clamp %s keeps images to [-1,1], and the latents of --vae have no such range; give --clamp none", r.Clamp)
	case len(r.From) > 0:
		return fmt.Errorf("--from gives a second set of images, and --vae encodes one only; leave one out")
	case r.HasPairs():
		return fmt.Errorf("--pairs gives a second set of images, and --vae encodes one only; leave one out")
	}
	return nil
}

// validatePatch looks at what noise on a part of an image rules out.
func (r *Run) validatePatch() error {
	switch k := r.Kind(); {
	case r.Patch == 0:
		return nil
	case k.Vector():
		return fmt.Errorf("--patch %d is a part of an image, and %s have none; leave it out", r.Patch, k.Noun(2))
	case r.VAE != "":
		return fmt.Errorf("--patch noises a part of an image, whose clean surroundings the latents of --vae do not keep apart; leave one out")
	case r.SampleEvery > 0:
		return fmt.Errorf("--sample-every %d draws whole images, and a network that is trained with --patch draws none; give --sample-every 0", r.SampleEvery)
	case r.Best != "" && r.Best != "val":
		return fmt.Errorf("--best %s judges whole images, and a network that is trained with --patch draws none; give --best val", r.Best)
	}
	return nil
}

// validateVariance looks at what a learned variance takes of the network and the sampler.
func (r *Run) validateVariance() error {
	if r.Learned() && !r.hasVariance() {
		return fmt.Errorf("--variance learned is for --solver ddpm; %s draws with a variance of its own", name(r.Solver))
	}
	return nil
}

// validateSteps checks the number of solver steps against the length T of the table, 0 for a
// process without one: 0 means the solver's own.
func (r *Run) validateSteps(timesteps int) error {
	if timesteps == 0 {
		if r.habits().WalksTable() {
			return fmt.Errorf("--solver %s walks a table of betas, which only --process ddpm has; reverse-diffusion is the sampler that it stands for", name(r.Solver))
		}
		return table.Range{Hi: maxSteps}.Check("sample-steps", float64(r.SampleSteps))
	}
	if err := (table.Range{Hi: float64(timesteps)}).Check("sample-steps", float64(r.SampleSteps)); err != nil {
		return fmt.Errorf("%w: the model has %d time steps", err, timesteps)
	}
	if r.habits().WalksTable() && r.SampleSteps != 0 && r.SampleSteps != timesteps {
		return fmt.Errorf("--sample-steps %d: solver %s walks all %d time steps; leave the flag out", r.SampleSteps, name(r.Solver), timesteps)
	}
	return nil
}

// habits are those of the run's solver.
func (r *Run) habits() sample.Habits { return sample.HabitsOf(r.Solver, nil) }

// hasVariance says whether the run's solver draws with a variance.
func (r *Run) hasVariance() bool { return table.Find(table.Fields(r.Solver), "variance") != nil }

// maxSteps bounds the steps of a solver.
const maxSteps = 100000

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
