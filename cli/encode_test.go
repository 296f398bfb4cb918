package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/random"
)

// encoded are the numbers in encode's last line.
type encoded struct{ psnr, bits, reconstruction, kl float64 }

var encodedLine = regexp.MustCompile(`PSNR (\S+) dB; bound (\S+) bits/dim: log p\(x\|z\) (\S+) - KL (\S+) nats`)

// encodeOf encodes by the command line and reads the last line.
func encodeOf(t *testing.T, args ...string) (e encoded) {
	t.Helper()
	r := ok(t, append([]string{"encode"}, args...)...)
	m := encodedLine.FindStringSubmatch(r.err)
	if m == nil {
		t.Fatalf("stderr: %s", r.err)
	}
	for i, v := range []*float64{&e.psnr, &e.bits, &e.reconstruction, &e.kl} {
		var err error
		if *v, err = strconv.ParseFloat(m[i+1], 64); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// TestEncodeBound: the bound is that of the two terms beside it, with the 8 bits of a level for a
// density of images alone.
func TestEncodeBound(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ok(t, append([]string{"train", images(t), "--steps", "2", "--likelihood", "bernoulli", "--run", at("bernoulli")}, vaeFlags...)...)
	ok(t, "train", "points:moons", "--arch", "vae-mlp", "--channels", "8", "--latent-channels", "1", "--steps", "2", "--sample-every", "0", "--run", at("points"))
	perLevel := 8 - math.Log2(256/127.5) // an even density on 256 levels of width 1/127.5 is 8 bits
	for run, c := range map[string]struct{ size, offset float64 }{
		trainedVAE(t):    {8 * 8 * 3, perLevel},
		trainedLatent(t): {8 * 8 * 3, perLevel},
		at("bernoulli"):  {8 * 8 * 3, 0},
		at("points"):     {2, 0},
	} {
		e := encodeOf(t, run, "--out", at("z.npz"))
		want := (e.kl-e.reconstruction)/c.size/math.Ln2 + c.offset
		if !(math.Abs(e.bits-want) <= 0.001/c.size+1e-4) || !(e.kl >= 0) {
			t.Errorf("%s: %+v, its terms say %v", run, e, want)
		}
	}
}

// TestEncodeUnits: points are judged in the units of their file. The autoencoder of points 128
// times as large is the same, and their density 128 times as low in each number; other points are
// encoded in the units of training.
func TestEncodeUnits(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	table := func(name string, n int, scale float64) {
		x := make([]float64, 2*n)
		random.Stream{Seed: 8}.Normal(x)
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "%g,%g\n", scale*float64(float32(x[2*i])), scale*float64(float32(1+3*x[2*i+1])))
		}
		if err := os.WriteFile(at(name), []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	table("one.csv", 300, 1)
	table("large.csv", 300, 128)
	table("few.csv", 20, 1)
	for _, name := range []string{"one", "large"} {
		ok(t, "train", at(name+".csv"), "--arch", "vae-mlp", "--channels", "8", "--latent-channels", "1", "--steps", "20", "--batch", "64", "--sample-every", "0", "--run", at(name))
	}
	one, large := encodeOf(t, at("one"), "--out", at("one.npz")), encodeOf(t, at("large"), "--out", at("large.npz"))
	if !(math.Abs(large.bits-one.bits-7) <= 2e-4) || !(math.Abs(one.reconstruction-large.reconstruction-14*math.Ln2) <= 2e-3) || one.kl != large.kl || one.psnr != large.psnr {
		t.Errorf("%+v, of points 128 times as large %+v: 7 bits a number more were expected", one, large)
	}
	// N(0, 1) x N(1, 9) has 3.6 bits a number, and of the rounds of training few.
	if truth := math.Log2(2*math.Pi*math.E)/2 + math.Log2(3)/2; !(one.bits > truth-0.15 && one.bits < truth+1.5) {
		t.Errorf("%v bits a number, the entropy is %v", one.bits, truth)
	}
	encodeOf(t, at("one"), at("few.csv"), "--out", at("few.npz"))
	all, few := means(t, at("one.npz")), means(t, at("few.npz"))
	for i, v := range few {
		if !(math.Abs(float64(v-all[i])) <= 1e-5) || len(few) != 20 {
			t.Fatalf("%d latents, number %d %v, among all %v", len(few), i, v, all[i])
		}
	}
	if err := os.WriteFile(at("wide.csv"), []byte("1,2,3\n4,5,6\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailure, []string{"points of 3 numbers, and the data's have 2"}, "encode", at("one"), at("wide.csv"), "--out", at("w.npz"))
	refused(t, exitFailure, []string{"2 sets of points: give one"}, "encode", at("one"), at("few.csv"), at("one.csv"), "--out", at("w.npz"))
	refused(t, exitFailure, []string{"codes images, and ", "is points; give images"}, "encode", trainedVAE(t), at("wide.csv"), "--out", at("w.npz"))
}

// means are the latents in a file.
func means(t *testing.T, path string) []float32 {
	t.Helper()
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array("mean", checkpoint.F32, 4)
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.F32s()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestLatentOfDense: the latents of vae-mlp are points, which the default network is then for; the
// autoencoder in a diffusion has the weights that it was trained with.
func TestLatentOfDense(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ok(t, "train", images(t), "--arch", "vae-mlp", "--resolution", "8", "--channels", "8", "--latent-channels", "5", "--batch", "4", "--steps", "2", "--sample-every", "0", "--run", at("v"))
	latent := []string{"train", images(t), "--vae", at("v"), "--timesteps", "10", "--batch", "4", "--steps", "2", "--sample-every", "0"}
	r := ok(t, append(latent, "--run", at("l"))...)
	if !strings.Contains(r.err, "mlp") || !strings.Contains(r.err, "in the 1x1x5 latents of") {
		t.Errorf("stderr: %s", r.err)
	}
	ok(t, "train", "--resume", at("l"), "--steps", "3")
	ok(t, "sample", at("l"), "-n", "2", "--out", at("s.png"))
	for run, text := range map[string]string{at("v"): "averaged (EMA) weights", at("l"): "the weights that the diffusion was trained with"} {
		for _, args := range [][]string{{"encode", run, "--out", at("z.npz")}, {"decode", run, "--in", at("z.npz"), "--out", at("g.png")}} {
			if r := ok(t, args...); !strings.Contains(r.err, text) || strings.Contains(r.err, "raw") {
				t.Errorf("%s %s: %s", args[0], run, r.err)
			}
		}
	}
	if r := ok(t, "encode", at("v"), "--raw", "--out", at("z.npz")); !strings.Contains(r.err, "raw weights") {
		t.Errorf("stderr: %s", r.err)
	}
	refused(t, exitFailure, []string{"--raw", "one set of weights"}, "encode", at("l"), "--raw", "--out", at("z.npz"))
	refused(t, exitFailure, []string{"--arch unet", "are 1x1x5: give --arch mlp"}, append(latent, "--arch", "unet", "--run", at("r"))...)
	refused(t, exitUsage, []string{"are 1x1x5, for --arch mlp", "--layers belongs to"}, append(latent, "--layers", "2", "--run", at("r"))...)
	refused(t, exitUsage, []string{"are 1x1x5, for --arch mlp", "of one width"}, append(latent, "--channels", "8,16", "--run", at("r"))...)
	refused(t, exitFailure, []string{"--arch mlp", "are 4x4x3: give --arch simpleunet or unet"}, "train", images(t), "--vae", trainedVAE(t), "--arch", "mlp", "--run", at("r"))
}
