package config

import (
	"fmt"
	"slices"
)

// Likelihoods are the laws p(x|z) of an autoencoder.
var Likelihoods = []string{"gaussian", "bernoulli"}

// Autoencoders are the architectures that are one.
var Autoencoders = []string{"vae", "vae-mlp"}

// Autoencoder says whether the run trains an autoencoder, which has no process.
func (r *Run) Autoencoder() bool { return slices.Contains(Autoencoders, r.Arch) }

// ofDiffusion are the flags that an autoencoder has no use for, and ofAutoencoder
// those that only it has.
var (
	ofDiffusion = []string{
		"process", "timesteps", "schedule", "beta-start", "beta-end", "sigma-min", "sigma-max", "from", "coupling",
		"prediction", "sigma-data", "objective", "level", "loss", "weighting", "times",
		"solver", "sample-steps", "clamp", "variance", "energy", "vae",
	}
	ofAutoencoder = []string{"latent-channels", "likelihood", "beta", "beta-warmup"}
)

// ForAutoencoder says whether a flag among those given is one of autoencoders
// alone.
func ForAutoencoder(set []string) bool {
	return slices.ContainsFunc(set, func(flag string) bool { return slices.Contains(ofAutoencoder, flag) })
}

// adaptAutoencoder replaces what a preset says by what suits an autoencoder, or a
// diffusion in the latent space of one.
func (r *Run) adaptAutoencoder(given func(flag string) bool) {
	unless := func(flag string, change func()) {
		if !given(flag) {
			change()
		}
	}
	switch {
	case r.Autoencoder():
		unless("channels", func() { r.Channels = autoencoderWidths(r.Arch) })
		unless("lr", func() { r.LR = 2e-3 })
		r.Process, r.Timesteps, r.Schedule, r.BetaStart, r.BetaEnd, r.Coupling = "", 0, "", 0, 0, ""
		r.Prediction, r.Objective, r.Loss, r.Weighting, r.Times = "", "", "", "", ""
		r.Solver, r.SampleSteps, r.Clamp, r.Variance = "", 0, "", ""
	case r.VAE != "":
		if r.Arch == "unet" {
			unless("channels", func() { r.Channels = []int{32, 64, 64} })
		} else if r.Arch == "mlp" && !r.Points() {
			unless("channels", func() { r.Channels = []int{128, 128, 128} })
		}
		unless("clamp", func() { r.Clamp = "none" })
	}
	if !r.Autoencoder() && !slices.ContainsFunc(ofAutoencoder, given) {
		r.LatentChannels, r.Likelihood, r.Beta, r.BetaWarmup = 0, "", 0, 0
	}
}

// autoencoderWidths are the levels of vae, which halve an image twice, and the
// hidden layers of vae-mlp.
func autoencoderWidths(arch string) []int {
	if arch == "vae-mlp" {
		return []int{128, 128}
	}
	return []int{32, 64, 64}
}

// unusedParts finds flags of an autoencoder given to a diffusion, and the other
// way round.
func (r *Run) unusedParts(given func(flag string) bool) error {
	for _, flag := range ofDiffusion {
		if given(flag) && r.Autoencoder() {
			return fmt.Errorf("--%s belongs to a diffusion, and --arch %s is an autoencoder: it has no process and learns by its own bound; leave it out", flag, r.Arch)
		}
	}
	for _, flag := range ofAutoencoder {
		if given(flag) && !r.Autoencoder() {
			return fmt.Errorf("--%s belongs to --arch vae and vae-mlp, not to %s; leave it out", flag, r.Arch)
		}
	}
	return nil
}

// validateAutoencoder looks at the fields of autoencoders and of latent
// diffusion.
func (r *Run) validateAutoencoder() error {
	if !r.Autoencoder() {
		return r.validateLatent()
	}
	if r.VAE != "" {
		return fmt.Errorf("--vae trains a diffusion on the latents of an autoencoder; --arch %s is one itself", r.Arch)
	}
	return first(
		inRange("latent-channels", r.LatentChannels),
		OneOf("likelihood", r.Likelihood, Likelihoods),
		inRange("beta", r.Beta), inRange("beta-warmup", r.BetaWarmup),
	)
}

func (r *Run) validateLatent() error {
	switch {
	case r.VAE == "":
		return nil
	case r.Clamp != "none":
		return fmt.Errorf("--clamp %s keeps images to [-1,1], and the latents of --vae have no such range; give --clamp none", r.Clamp)
	case r.Arch == "mlp" && slices.ContainsFunc(r.Channels, func(w int) bool { return w != r.Channels[0] }):
		return fmt.Errorf("--channels %v: the blocks of mlp are of one width, such as 128,128,128", r.Channels)
	case len(r.From) > 0:
		return fmt.Errorf("--from gives a second set of images, and --vae encodes one only; leave one out")
	}
	return nil
}
