package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/model"
)

// vaeFlags are those of an autoencoder that takes a moment.
var vaeFlags = []string{"--arch", "vae", "--channels", "4,8", "--latent-channels", "3", "--resolution", "8", "--batch", "4", "--sample-every", "0"}

var sharedVAE, sharedLatent sync.Once

// trainedVAE is a run of an autoencoder, made once: not to be changed.
func trainedVAE(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch, "vae")
	imgs := images(t)
	sharedVAE.Do(func() {
		r := ok(t, append([]string{"train", imgs, "--steps", "4", "--run", dir}, vaeFlags...)...)
		for _, text := range []string{"autoencoder, latent 4x4x3, 4.0 times fewer numbers than the image", "gaussian likelihood, beta 1"} {
			if !strings.Contains(r.err, text) {
				t.Errorf("stderr lacks %q:\n%s", text, r.err)
			}
		}
	})
	return dir
}

// trainedLatent is a run of a diffusion in its latents, likewise.
func trainedLatent(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch, "latent")
	vae, imgs := trainedVAE(t), images(t)
	sharedLatent.Do(func() {
		r := ok(t, "train", "--vae", vae, "--channels", "4,8", "--timesteps", "10", "--batch", "4", "--steps", "4", "--sample-every", "0", "--run", dir)
		for _, text := range []string{"in the 4x4x3 latents of " + vae, "the data are those of --vae, " + imgs} {
			if !strings.Contains(r.err, text) {
				t.Errorf("stderr lacks %q:\n%s", text, r.err)
			}
		}
	})
	return dir
}

// TestEncodeDecode: latents pass through the file in PyTorch's order, and what decode makes of them
// is what encode pictured.
func TestEncodeDecode(t *testing.T) {
	run, imgs := trainedVAE(t), images(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	r := ok(t, "encode", run, imgs, "--out", at("z.npz"), "--reconstruct", at("pairs.png"))
	if want := at("z.npz") + "\n" + at("pairs.png") + "\n"; r.out != want {
		t.Errorf("stdout %q, want %q", r.out, want)
	}
	for _, text := range []string{"16 images, latents 4x4x3, 4.0 times fewer numbers", "PSNR ", "bits/dim", "log p(x|z)"} {
		if !strings.Contains(r.err, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.err)
		}
	}
	z, err := checkpoint.OpenNPZ(at("z.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, key := range []string{"mean", "logvar"} {
		if a, err := z.Array(key, checkpoint.F32, 4); err != nil || fmt.Sprint(a.Shape) != "[16 3 4 4]" {
			t.Errorf("%s: %v, %v", key, a.Shape, err)
		}
	}
	r = ok(t, "decode", run, "--in", at("z.npz"), "--out", at("grid.png"), "--npz", at("x.npz"))
	if want := at("grid.png") + "\n" + at("x.npz") + "\n"; r.out != want {
		t.Errorf("stdout %q, want %q", r.out, want)
	}
	x, err := checkpoint.OpenNPZ(at("x.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if a, err := x.Array("arr_0", checkpoint.U8, 4); err != nil || fmt.Sprint(a.Shape) != "[16 8 8 3]" {
		t.Errorf("images %v, %v", a.Shape, err)
	}
	// The autoencoder within the diffusion is the same one.
	ok(t, "decode", trainedLatent(t), "--in", at("z.npz"), "--out", at("again.png"), "--npz", at("again.npz"))
	if string(readBytes(t, at("x.npz"))) != string(readBytes(t, at("again.npz"))) {
		t.Error("the diffusion's copy decodes otherwise")
	}
	r = ok(t, "encode", run, "--held-out", "--out", at("held.npz"))
	if !strings.Contains(r.err, "of 8x8x3") {
		t.Errorf("stderr: %s", r.err)
	}
}

// TestInterpolate: a strip from one image to the other.
func TestInterpolate(t *testing.T) {
	run, imgs := trainedVAE(t), images(t)
	dir := t.TempDir()
	for _, path := range model.Paths.Names() {
		out, npz := filepath.Join(dir, path+".png"), filepath.Join(dir, path+".npz")
		ok(t, "decode", run, "--from", filepath.Join(imgs, "a", "00.png"), "--to", filepath.Join(imgs, "b", "01.png"), "--steps", "5", "--path", path, "--out", out, "--npz", npz)
		z, err := checkpoint.OpenNPZ(npz)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := z.Array("arr_0", checkpoint.U8, 4); err != nil || a.Shape[0] != 5 {
			t.Errorf("%s: %v, %v", path, a.Shape, err)
		}
		z.Close()
	}
}

// TestSampleAutoencoder: the prior, image by image the same for every number of them, and a
// diffusion of latents.
func TestSampleAutoencoder(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	draw := func(run, name string, n string) checkpoint.Tensor {
		ok(t, "sample", run, "-n", n, "--seed", "3", "--out", at("s.png"), "--npz", at(name))
		z, err := checkpoint.OpenNPZ(at(name))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		a, err := z.Array("arr_0", checkpoint.U8, 4)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, run := range []string{trainedVAE(t), trainedLatent(t)} {
		five, two := draw(run, "5.npz", "5"), draw(run, "2.npz", "2")
		if fmt.Sprint(five.Shape) != "[5 8 8 3]" || len(two.Data) != 2*8*8*3 {
			t.Fatalf("images %v, %v", five.Shape, two.Shape)
		}
		for i, v := range two.Data {
			if d := int(v) - int(five.Data[i]); d < -2 || d > 2 {
				t.Fatalf("value %d: %d of two images, %d of five", i, v, five.Data[i])
			}
		}
	}
	ok(t, "sample", trainedLatent(t), "-n", "1", "--out", at("s.png"), "--strip", at("strip.png"))
	if st, err := os.Stat(at("strip.png")); err != nil || st.Size() == 0 {
		t.Error(err)
	}
}

// TestInfoAutoencoder: both kinds of model say what they are.
func TestInfoAutoencoder(t *testing.T) {
	for run, text := range map[string]string{
		trainedVAE(t): "images of 8x8, latents 4x4x3, gaussian likelihood", trainedLatent(t): "latents of vae, ",
	} {
		if r := ok(t, "info", run); !strings.Contains(r.out, text) || strings.Contains(r.out, "process") == strings.Contains(text, "images of") {
			t.Errorf("info of %s:\n%s", run, r.out)
		}
	}
}

// TestResumeLatent: a latent run goes on without the autoencoder's run.
func TestResumeLatent(t *testing.T) {
	dir := copyOf(t, trainedLatent(t))
	text := strings.Replace(string(readBytes(t, filepath.Join(dir, "config.json"))), `"vae": "`, `"vae": "/gone`, 1)
	writeBytes(t, filepath.Join(dir, "config.json"), []byte(text))
	refused(t, exitFailure, []string{"a resumed run keeps its settings; leave out --beta 2 (the run has 1)"}, "train", "--resume", trainedVAE(t), "--beta", "2")
	r := ok(t, "train", "--resume", dir, "--steps", "6")
	if !strings.Contains(r.err, "2 steps in") {
		t.Errorf("stderr: %s", r.err)
	}
}

// TestAutoencoderRefusals: what makes no sense is refused with the reason.
func TestAutoencoderRefusals(t *testing.T) {
	vae, latent, plain := trainedVAE(t), trainedLatent(t), trained(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	pixel := filepath.Join(images(t), "a", "00.png")
	for _, flag := range []string{"--process", "--prediction", "--schedule", "--loss", "--solver", "--objective"} {
		value := map[string]string{"--process": "flow", "--prediction": "eps", "--schedule": "cosine", "--loss": "l1", "--solver": "ddim", "--objective": "denoise"}[flag]
		if cli("train", "--help"); !strings.Contains(cli("train", "--help").out, flag+" ") {
			continue // a flag to come
		}
		refused(t, exitUsage, []string{flag + " belongs to a diffusion", "it has no process"}, "train", "--arch", "vae", flag, value)
	}
	for _, c := range []struct {
		code  int
		texts []string
		args  []string
	}{
		{exitUsage, []string{"--beta belongs to --arch vae and vae-mlp, not to unet"}, []string{"train", "--beta", "2"}},
		{exitUsage, []string{"--likelihood belongs to --arch vae"}, []string{"train", "--likelihood", "bernoulli"}},
		{exitUsage, []string{`--likelihood "laplace" is unknown; choose one of gaussian, bernoulli`}, []string{"train", "--arch", "vae", "--likelihood", "laplace"}},
		{exitUsage, []string{"--layers belongs to --arch unet and vae, not to vae-mlp"}, []string{"train", "--arch", "vae-mlp", "--layers", "2"}},
		{exitUsage, []string{"--clamp x0 keeps images to [-1,1]", "give --clamp none"}, []string{"train", "--vae", vae, "--clamp", "x0"}},
		{exitUsage, []string{"--vae"}, []string{"train", "--vae", vae, "--arch", "vae"}},
		{exitFailure, []string{"no such run"}, []string{"train", "--vae", at("no"), "--run", at("r")}},
		{exitFailure, []string{"it has no autoencoder", "train one with --arch vae"}, []string{"train", "--vae", plain, "--run", at("r")}},
		{exitFailure, []string{"it has no autoencoder"}, []string{"encode", plain}},
		{exitUsage, []string{"--steps belongs to a diffusion"}, []string{"sample", vae, "--steps", "3"}},
		{exitFailure, []string{"choose none"}, []string{"sample", latent, "--clamp", "x0", "--out", at("s.png")}},
		{exitUsage, []string{"give either latents by --in, or two images"}, []string{"decode", vae}},
		{exitUsage, []string{"--to is missing"}, []string{"decode", vae, "--from", pixel}},
		{exitUsage, []string{"give either latents by --in"}, []string{"decode", vae, "--in", "z.npz", "--from", pixel}},
		{exitUsage, []string{"--steps belongs to --from and --to"}, []string{"decode", vae, "--in", "z.npz", "--steps", "3"}},
		{exitFailure, []string{"--in", "no such file"}, []string{"decode", vae, "--in", at("no.npz"), "--out", at("g.png")}},
		{exitFailure, []string{"--to", "no such file"}, []string{"decode", vae, "--from", pixel, "--to", at("no.png"), "--out", at("g.png")}},
		{exitUsage, []string{"--held-out means the run's own images"}, []string{"encode", vae, dir, "--held-out"}},
		{exitUsage, []string{"encode takes a run"}, []string{"encode"}},
	} {
		refused(t, c.code, c.texts, c.args...)
	}
	for name, shape := range map[string][]int{"z has 2 channels": {1, 2, 4, 4}, "has no latents": {0, 3, 4, 4}, "finite": {1, 3, 4, 4}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		v := make([]float32, n)
		if name == "finite" {
			v[7] = float32(math.NaN())
		}
		if err := checkpoint.WriteNPZ(nil, at("bad.npz"), checkpoint.NamedTensor{Key: "z", Tensor: checkpoint.FromF32s(v, shape...)}); err != nil {
			t.Fatal(err)
		}
		refused(t, exitFailure, []string{name}, "decode", vae, "--in", at("bad.npz"), "--out", at("g.png"))
	}
}

// TestPointsAutoencoder: an autoencoder of points, and a diffusion of its latents, through every
// command.
func TestPointsAutoencoder(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ok(t, "train", "points:moons", "--arch", "vae-mlp", "--channels", "16", "--latent-channels", "1", "--steps", "20", "--sample-every", "1", "--run", at("v"))
	for _, name := range []string{"training.png", "step-000020-prior.png", "step-000020-reconstructions.png"} {
		if st, err := os.Stat(filepath.Join(at("v"), "samples", name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := ok(t, "encode", at("v"), "--out", at("z.npz"), "--reconstruct", at("pairs.png"))
	if !strings.Contains(r.err, "latents 1x1x1, 2.0 times fewer numbers") {
		t.Errorf("stderr: %s", r.err)
	}
	refused(t, exitFailure, []string{"codes points, and ", " is images; give points"}, "encode", at("v"), images(t), "--out", at("y.npz"))
	refused(t, exitFailure, []string{"codes images, and points:moons is points; give images"}, "encode", trainedVAE(t), "points:moons", "--out", at("y.npz"))
	ok(t, "decode", at("v"), "--in", at("z.npz"), "--out", at("d.png"), "--npz", at("x.npz"))
	r = ok(t, "train", "--vae", at("v"), "--steps", "5", "--sample-every", "1", "--run", at("l")) // on the autoencoder's own data
	if !strings.Contains(r.err, "the data are those of --vae, points:moons; give DATA for others") || !strings.Contains(r.err, "9,062 latents of 1x1x1") {
		t.Errorf("stderr: %s", r.err)
	}
	for _, run := range []string{at("v"), at("l")} {
		ok(t, "sample", run, "-n", "7", "--out", at("s.png"), "--csv", at("s.csv"), "--npz", at("s.npz"))
		if lines := strings.Count(string(readBytes(t, at("s.csv"))), "\n"); lines != 7 {
			t.Errorf("%s: %d lines, want 7", run, lines)
		}
		z, err := checkpoint.OpenNPZ(at("s.npz"))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := z.Array("arr_0", checkpoint.F64, 2); err != nil || fmt.Sprint(a.Shape) != "[7 2]" {
			t.Errorf("%s: %v, %v", run, a.Shape, err)
		}
		z.Close()
	}
	refused(t, exitUsage, []string{"--csv is for points"}, "sample", trainedVAE(t), "--csv", at("t.csv"))
}

// TestHostileSize: a size in a foreign file that the network itself cannot take is an error where
// it is needed, and never more.
func TestHostileSize(t *testing.T) {
	run := trainedVAE(t)
	dir := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(run, "checkpoints", "step-000004"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trainer.json", "trainer.safetensors"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	z := filepath.Join(dir, "z.npz")
	if err := checkpoint.WriteNPZ(nil, z, checkpoint.NamedTensor{Key: "z", Tensor: checkpoint.FromF32s(make([]float32, 3*4*4), 1, 3, 4, 4)}); err != nil {
		t.Fatal(err)
	}
	was := `"sample_size": 8`
	for _, size := range []string{"1", "-8", "[3, 1000000000]", "null"} {
		for _, part := range []string{"vae", "vae_ema"} {
			path := filepath.Join(dir, part, "config.json")
			text := string(readBytes(t, path))
			if !strings.Contains(text, was) {
				t.Fatalf("%s lacks %s:\n%s", path, was, text)
			}
			writeBytes(t, path, []byte(strings.Replace(text, was, `"sample_size": `+size, 1)))
		}
		was = `"sample_size": ` + size
		ok(t, "decode", dir, "--in", z, "--out", filepath.Join(dir, "g.png"))
		if r := cli("sample", dir, "-n", "1", "--out", filepath.Join(dir, "s.png")); r.code != exitFailure || !strings.Contains(r.err, "--resolution") {
			t.Errorf("size %s: exit code %d, %s", size, r.code, r.err)
		}
		ok(t, "sample", dir, "-n", "1", "--resolution", "8", "--out", filepath.Join(dir, "s.png"))
	}
}
