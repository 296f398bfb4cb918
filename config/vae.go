package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
)

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

// SomeAutoencoder is the name of an architecture that is one, of images.
func SomeAutoencoder() string { return net.Fitting(kind.OfImages(0, 0, 0), true)[0] }

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
		unless("lr", func() { r.LR = 2e-3 })
		r.Process, r.Timesteps, r.Schedule, r.BetaStart, r.BetaEnd, r.Coupling = "", 0, "", 0, 0, ""
		r.Prediction, r.Objective, r.Loss, r.Weighting, r.Times = "", "", "", "", ""
		r.Solver, r.SampleSteps, r.Clamp, r.Variance = "", 0, "", ""
	case r.VAE != "":
		unless("clamp", func() { r.Clamp = "none" })
	}
	if !r.Autoencoder() && !slices.ContainsFunc(ofAutoencoder, given) {
		r.LatentChannels, r.Likelihood, r.Beta, r.BetaWarmup = 0, "", 0, 0
	}
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
			return fmt.Errorf("--%s belongs to --arch %s, not to %s; leave it out", flag, strings.Join(net.Fitting(kind.Kind{}, true), " and "), r.Arch)
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
	return first(inRange("beta", r.Beta), inRange("beta-warmup", r.BetaWarmup))
}

func (r *Run) validateLatent() error {
	switch {
	case r.VAE == "":
		return nil
	case r.Clamp != "none":
		return fmt.Errorf("--clamp %s keeps images to [-1,1], and the latents of --vae have no such range; give --clamp none", r.Clamp)
	case len(r.From) > 0:
		return fmt.Errorf("--from gives a second set of images, and --vae encodes one only; leave one out")
	}
	return nil
}
