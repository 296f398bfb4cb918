package config

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// none is a command line without flags.
func none(string) bool { return false }

// TestAdaptAutoencoder: an autoencoder has no process and no sampler, and a diffusion nothing of an
// autoencoder's; what was given stays.
func TestAdaptAutoencoder(t *testing.T) {
	for _, preset := range Presets.Names() {
		for _, arch := range net.Fitting(kind.Kind{}, checkpoint.Autoencoder) {
			c, err := Preset(preset)
			if err != nil {
				t.Fatal(err)
			}
			set(&c, "arch", arch, "channels", "8,16")
			c.Adapt(func(flag string) bool { return flag == "channels" })
			if err := c.Validate(); err != nil {
				t.Errorf("%s, %s: %v", preset, arch, err)
			}
			if c.Process != nil || c.Solver != nil || c.Clamp != "" || c.Loss != nil {
				t.Errorf("%s, %s: %+v", preset, arch, c)
			}
			for _, r := range []*Run{&c, roundTrip(t, &c)} {
				for flag, want := range map[string]string{"arch": arch, "channels": "8,16", "latent-channels": "4", "likelihood": "gaussian", "beta": "1", "beta-warmup": "0"} {
					if got := table.Find(r.Fields(), flag); got.String() != want {
						t.Errorf("%s, %s: %s is %v, want %s", preset, arch, flag, got, want)
					}
				}
			}
		}
	}
	c, _ := Preset("small")
	c.VAE = "/runs/vae-1"
	c.Adapt(none)
	if err := c.Validate(); err != nil || c.Clamp != "none" || c.Process.Row().Name != "ddpm" {
		t.Errorf("%v: %+v", err, c)
	}
}

// roundTrip writes a configuration and reads it back.
func roundTrip(t *testing.T, c *Run) *Run {
	text, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// TestAutoencoderFlags: every flag of a process is refused with an autoencoder, and every flag of
// an autoencoder with a diffusion.
func TestAutoencoderFlags(t *testing.T) {
	c, _ := Preset("small")
	ofAutoencoder := []string{"latent-channels", "likelihood", "beta", "beta-warmup"}
	for _, flag := range ofAutoencoder {
		if err := c.Unused(func(f string) bool { return f == flag }); err == nil || !strings.Contains(err.Error(), "--"+flag+" belongs to --arch vae") {
			t.Errorf("%s: %v", flag, err)
		}
	}
	set(&c, "arch", "vae")
	for _, flag := range ofDiffusion() {
		if err := c.Unused(func(f string) bool { return f == flag }); err == nil || !strings.Contains(err.Error(), "--"+flag+" belongs to a diffusion") {
			t.Errorf("%s: %v", flag, err)
		}
	}
	for _, flag := range ofAutoencoder {
		if err := c.Unused(func(f string) bool { return f == flag }); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

// TestAutoencoderValues: values out of range, and fields that rule each other out.
func TestAutoencoderValues(t *testing.T) {
	for want, change := range map[string]func(*Run){
		"--latent-channels 0 is outside 1 to":       func(r *Run) { coderOf(r).LatentChannels = 0 },
		"--beta -1 is outside":                      func(r *Run) { coderOf(r).Beta = -1 },
		"--beta-warmup -1 is outside":               func(r *Run) { coderOf(r).BetaWarmup = -1 },
		`--likelihood "" is unknown; choose one of`: func(r *Run) { coderOf(r).Likelihood = "" },
		"is one itself":                             func(r *Run) { r.VAE = "/x" },
		"give 1 to 8 widths":                        func(r *Run) { coderOf(r).Channels = nil },
		"have no such range; give --clamp none":     func(r *Run) { *r = latentRun(); r.Clamp = "x" },
		"give": func(r *Run) {
			*r = latentRun()
			r.Process, r.Prediction, r.From = &formulation.Flow{}, formulation.Velocity, []string{"/y"}
		},
	} {
		c, _ := Preset("small")
		set(&c, "arch", "vae")
		c.Adapt(none)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// latentRun is a diffusion in latents.
func latentRun() Run {
	c, _ := Preset("small")
	c.VAE = "/x"
	c.Adapt(none)
	return c
}
