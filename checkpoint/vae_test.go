package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// autoencoder is a checkpoint of an autoencoder alone.
func autoencoder(step int64) *Checkpoint {
	c := sample(step, 5)
	c.Arch, c.ArchConfig, c.Scheduler = "vae", json.RawMessage(`{"latent_channels":2}`), SchedulerConfig{}
	return c
}

// latent is a checkpoint of a network in an autoencoder's latent space.
func latent(step int64) *Checkpoint {
	c := sample(step, 5)
	c.VAE = &Network{
		Arch: "vae-mlp", ArchConfig: json.RawMessage(`{"scaling_factor":3}`),
		Weights: map[string]Tensor{"decoder.0.bias": FromF32s([]float32{1, 2, float32(step)}, 3)},
	}
	return c
}

// TestAutoencoderRoundTrip: alone it lies in vae/ and has no scheduler; beside a network it comes
// back with it, its data if they are asked for.
func TestAutoencoderRoundTrip(t *testing.T) {
	run := t.TempDir()
	path, err := Save(nil, run, autoencoder(4))
	if err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{"vae": true, "vae_ema": true, "unet": false, "scheduler": false} {
		if _, err := os.Stat(filepath.Join(path, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	equalCheckpoints(t, got, autoencoder(4))
	if got.VAE != nil {
		t.Error("an autoencoder has one of its own")
	}

	if path, err = Save(nil, run, latent(8)); err != nil {
		t.Fatal(err)
	}
	for _, opt := range []LoadOption{ForSampling(false), ForSampling(true), Only(VAE)} {
		if got, err = Load(path, opt); err != nil {
			t.Fatal(err)
		}
		want := latent(8).VAE
		if got.Arch != "simpleunet" || got.VAE.Arch != want.Arch || string(got.VAE.ArchConfig) != string(want.ArchConfig) {
			t.Errorf("%s with %s %s", got.Arch, got.VAE.Arch, got.VAE.ArchConfig)
		}
		equalTensors(t, got.VAE.Weights, want.Weights)
	}
	if got, err = Load(path, Only()); err != nil || got.VAE.Weights["decoder.0.bias"].Data != nil {
		t.Errorf("data without being asked for: %v, %v", got.VAE, err)
	}
	if got, err = Load(path); err != nil {
		t.Fatal(err)
	}
	equalCheckpoints(t, got, latent(8))
}

// TestAutoencoderDamage: each file of the autoencoder is verified, and no other is taken.
func TestAutoencoderDamage(t *testing.T) {
	for name, c := range map[string]*Checkpoint{
		"vae/" + tensorsName: latent(1), "vae/" + configName: latent(1), "vae_ema/" + tensorsName: autoencoder(1),
	} {
		path, err := Save(nil, t.TempDir(), c)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(path, filepath.FromSlash(name))
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-2] ^= 1
		if err := os.WriteFile(file, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	bad := latent(1)
	bad.VAE.Arch = "unet"
	if _, err := Save(nil, t.TempDir(), bad); err == nil || !strings.Contains(err.Error(), `"unet" is no autoencoder`) {
		t.Errorf("error %v", err)
	}
	bad = autoencoder(1)
	bad.VAE = latent(1).VAE
	if _, err := Save(nil, t.TempDir(), bad); err == nil || !strings.Contains(err.Error(), "no autoencoder of its own") {
		t.Errorf("error %v", err)
	}
}
