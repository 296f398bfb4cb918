package model_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/sample"
)

// trainedVAE makes a run of an autoencoder of four steps.
func trainedVAE(t testing.TB, e *engine.Engine) string {
	return trained(t, e, func(c *config.Run) {
		put(c, "arch", "vae", "latent-channels", "3", "beta", "1")
		c.Adapt(func(flag string) bool { return flag == "channels" })
	})
}

// trainedLatent makes a run of a diffusion in its latents.
func trainedLatent(t testing.TB, e *engine.Engine, vae string) string {
	return trained(t, e, func(c *config.Run) {
		c.VAE = vae
		c.Adapt(func(flag string) bool { return flag == "channels" })
	})
}

// TestLatentModel: the model's files suffice; what is sampled is what the decoder makes of what the
// process ends at, unscaled, for every batch size.
func TestLatentModel(t *testing.T) {
	e := openEngine(t)
	dir := trainedVAE(t, e)
	run := trainedLatent(t, e, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(e, run, false)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if h, w, c := m.Inside(8, 8).Shape(); h != 4 || w != 4 || c != 3 || m.Kind.C != 3 {
		t.Errorf("the process works on %dx%dx%d, images of %d channels", h, w, c, m.Kind.C)
	}
	if err := m.Check(9, 8); err == nil || !strings.Contains(err.Error(), "multiples of 2") {
		t.Errorf("a size that the autoencoder cannot take: %v", err)
	}
	if err := m.Check(10, 10); err == nil || !strings.Contains(err.Error(), "latents of 5x5") {
		t.Errorf("a size whose latents the network cannot take: %v", err)
	}
	var last *tensors.Tensor // the latents at the end
	o := model.Options{N: 3, Seed: 2, Steps: 4, Solver: new(sample.DDIM[*tensors.Tensor]), Hook: func(first int, s model.State) error {
		if s.Step == s.Steps {
			last, err = s.X.Clone()
		}
		return err
	}}
	x, err := m.Sample(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	_, factor := m.VAE.Net.Scale()
	z := tensors.MustCopyFlatData[float32](last)
	for i := range z {
		z[i] /= float32(factor)
	}
	want, h, w, err := m.VAE.DecodeCodes(context.Background(), z, 3, 4, 4, 2)
	if err != nil || h != 8 || w != 8 || len(x) != len(want) {
		t.Fatalf("%d values, want %d of %dx%d; %v", len(x), len(want), h, w, err)
	}
	for i := range x {
		if !(math.Abs(float64(x[i]-want[i])) <= 1e-5) {
			t.Fatalf("value %d: %v, want %v", i, x[i], want[i])
		}
	}
	o.Batch, o.Hook = 2, nil
	if y, err := m.Sample(context.Background(), o); err != nil || distance(x, y) > 1e-5 {
		t.Errorf("in batches of 2 the images differ by %v; %v", distance(x, y), err)
	}
	o.Clamp = "x0"
	if _, err := m.Sample(context.Background(), o); !errors.Is(err, model.ErrLatent) || !strings.Contains(err.Error(), "choose none") {
		t.Errorf("clamped latents: %v", err)
	}
}

// distance is the largest difference.
func distance(x, y []float32) (d float64) {
	for i := range x {
		d = max(d, math.Abs(float64(x[i]-y[i])))
	}
	return d
}

// TestLoadAutoencoder: from its own run, from a diffusion's, and what is none.
func TestLoadAutoencoder(t *testing.T) {
	e := openEngine(t)
	dir := trainedVAE(t, e)
	run := trainedLatent(t, e, dir)
	x := make([]float32, 2*8*8*3)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	var all []model.Codes
	for _, path := range []string{dir, run} {
		a, err := model.LoadAutoencoder(e, path, false)
		if err != nil {
			t.Fatal(err)
		}
		if a.Height != 8 || a.Width != 8 {
			t.Errorf("%s: images of %dx%d, want 8x8", path, a.Height, a.Width)
		}
		c, err := a.EncodeImages(context.Background(), x, 2, 8, 8, 1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		if _, err := a.EncodeImages(context.Background(), x, 2, 7, 8, 1); err == nil {
			t.Error("7 rows are halved")
		}
		a.Free()
	}
	if !slices.Equal(all[0].Mean, all[1].Mean) || !slices.Equal(all[0].LogVar, all[1].LogVar) || all[0].N != 2 || all[0].C != 3 {
		t.Error("the diffusion's copy is another autoencoder")
	}
	if _, err := model.Load(e, dir, false); !errors.Is(err, model.ErrAutoencoder) {
		t.Errorf("an autoencoder taken for a diffusion: %v", err)
	}
	plain := trained(t, e, func(*config.Run) {})
	if _, err := model.LoadAutoencoder(e, plain, false); !errors.Is(err, model.ErrNoAutoencoder) || !strings.Contains(err.Error(), "--arch vae") {
		t.Errorf("a diffusion taken for an autoencoder: %v", err)
	}
}

// TestLostAutoencoder: a network of latents whose files lost the autoencoder is refused, before
// anything is drawn as images.
func TestLostAutoencoder(t *testing.T) {
	e := openEngine(t)
	vaeRun := trained(t, e, func(c *config.Run) {
		put(c, "arch", "vae", "latent-channels", "5", "beta", "1")
		c.Adapt(func(flag string) bool { return flag == "channels" })
	})
	run := trainedLatent(t, e, vaeRun)
	step := filepath.Join(run, "checkpoints", "step-000004")
	if err := os.Remove(filepath.Join(step, "trainer.json")); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(step, "model_index.json")
	b, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	at := strings.Index(text, `,`+"\n"+`  "vae"`)
	if err := os.WriteFile(index, []byte(text[:at]+"\n}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := model.Load(e, step, false); err == nil || !strings.Contains(err.Error(), "reverie.channels is 3, and the network takes 5, unless model_index.json names a vae") {
		t.Errorf("error %v", err)
	}
}

// TestScale: latents that were shifted and scaled are turned back before they are decoded.
func TestScale(t *testing.T) {
	e := openEngine(t)
	d, err := vae.NewDense(vae.DenseConfig{Channels: 3, Latent: 2, Widths: []int{}, ShiftFactor: 0.5, ScalingFactor: 4})
	if err != nil {
		t.Fatal(err)
	}
	a := model.NewAutoencoder(e, d, net.Initial(d, 1, dtypes.Float32))
	points := func(dim int) net.Model {
		m, err := mlp.New(mlp.Config{Dim: dim})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := model.New(e, points(2), nil, nil, nil)
	if err := m.SetVAE(a); err != nil {
		t.Fatal(err)
	}
	z := []float32{0.3, -1, 2, 0}
	got, err := m.Images(engine.New(e, []float32{4 * (z[0] - 0.5), 4 * (z[1] - 0.5), 4 * (z[2] - 0.5), 4 * (z[3] - 0.5)}, 2, 1, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	want, _, _, err := a.DecodeCodes(context.Background(), z, 2, 1, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if x := tensors.MustCopyFlatData[float32](got); distance(x, want) > 1e-6 {
		t.Errorf("%v, want %v", x, want)
	}
	if err := model.New(e, points(3), nil, nil, nil).SetVAE(a); err == nil || !strings.Contains(err.Error(), "takes 3 channels, and the autoencoder's latents have 2") {
		t.Errorf("error %v", err)
	}
}
