package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all" // the architectures that come with reverie
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/table"
)

// role says what the run's network is for.
func (r *Run) role() checkpoint.Role {
	if r.Arch == nil {
		return checkpoint.Denoiser // which Validate says
	}
	return net.RoleOf(r.Arch)
}

// Autoencoder says whether the run trains an autoencoder, which has no process.
func (r *Run) Autoencoder() bool { return r.role() == checkpoint.Autoencoder }

// Classifier says whether the run trains a classifier, of clean samples or, where HasProcess, of
// noised ones.
func (r *Run) Classifier() bool { return r.role() == checkpoint.Classifier }

// Denoises says whether the run trains the network of a diffusion, which alone predicts and is
// sampled from.
func (r *Run) Denoises() bool { return r.role() == checkpoint.Denoiser }

// HasProcess says whether the run's network sees the noised samples of a process.
func (r *Run) HasProcess() bool {
	c, ok := r.Arch.(*classifier.Architecture)
	return r.Denoises() || ok && c.Noised
}

// seen is the kind of what the network sees, whose shape in a latent space is not known before the
// autoencoder is read.
func (r *Run) seen() kind.Kind {
	if r.VAE != "" {
		return kind.OfLatents(0, 0, 0)
	}
	return r.Kind()
}

// adaptNetwork gives an architecture its own widths in place of a preset's, which are for denoisers
// of images, and what suits it for what it sees.
func (r *Run) adaptNetwork(given func(flag string) bool) {
	if r.Arch == nil {
		return // which Validate says
	}
	set := map[string]string{}
	if !r.Denoises() || r.Arch.Fits(kind.OfImages(0, 0, 0)) != nil {
		if usual, err := net.Architectures.Find(name(r.Arch)); err == nil {
			if f := table.Find(table.Fields(usual), "channels"); f != nil {
				set[f.Name] = f.String()
			}
		}
	}
	if s, ok := r.Arch.(net.Suiting); ok {
		maps.Copy(set, s.Suits(r.seen()))
	}
	r.set(set, given)
}

// FitLevels leaves out the last levels of the network, where it was not chosen, while the
// resolution cannot be halved between all, and says whether it did. Preset lecture is an experiment
// that stays as it is.
func (r *Run) FitLevels(given func(flag string) bool) bool {
	if given("channels") || r.Preset == "lecture" || r.Kind().Vector() || r.VAE != "" {
		return false
	}
	l, ok := r.Arch.(net.Leveled)
	return ok && l.FitLevels(r.Resolution.H, r.Resolution.W)
}

// validateFit says whether the network takes the data; what it makes of latents is found where the
// autoencoder is read.
func (r *Run) validateFit() error {
	if r.VAE != "" {
		return nil
	}
	k := r.Kind()
	if err := r.Arch.Fits(k); err != nil {
		return fmt.Errorf("--arch %s: %w; %s take %s", name(r.Arch), err, k.Noun(2), alternatives(slices.Concat(net.Fitting(k, checkpoint.Denoiser), net.Fitting(k, checkpoint.Autoencoder))))
	}
	return nil
}

// name is that of a row, "" of none.
func name(r table.Row) string {
	if r == nil {
		return ""
	}
	return r.Row().Name
}

// alternatives are names to choose from: "unet, vae or vae-mlp".
func alternatives(names []string) string {
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, "")
}
