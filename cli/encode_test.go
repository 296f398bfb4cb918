package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/vae"
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

// TestEncodeBound: the bound is that of the two terms beside it, with the 8 bits
// of a level for a density of images alone.
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

// TestEncodeUnits: points are judged in the units of their file. The autoencoder
// of points 128 times as large is the same, and their density 128 times as low in
// each number; other points are encoded in the units of training.
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
	refused(t, exitFailure, []string{"the data are 1x1x3, and the autoencoder takes 8x8x3"}, "encode", trainedVAE(t), at("wide.csv"), "--out", at("w.npz"))
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

// sharp is an autoencoder of images of h x w that looks at nothing: q(z|x) =
// N(0, 1), and p(x|z) = N(level, s^2) for every pixel, level from 0 to 255, s
// 0.0025, a third of a level.
func sharp(t *testing.T, e *engine.Engine, h, w int, level float64) *model.Autoencoder {
	t.Helper()
	a, err := vae.NewDense(vae.DenseConfig{Height: h, Width: w, Channels: 1, Latent: 1, Widths: []int{}, ScalingFactor: 1.3, ShiftFactor: 0.2,
		Likelihood: vae.Likelihood{Variance: vae.Fixed, Sigma: sharpness}})
	if err != nil {
		t.Fatal(err)
	}
	weights := net.Initial(a, 2, dtypes.Float32)
	for i, p := range a.Params() {
		if !p.Buffer {
			weights[i] = engine.Fill(e, func(v []float32) {
				if p.Name == "decoder.0.bias" {
					for j := range v {
						v[j] = float32(level/127.5 - 1)
					}
				}
			}, p.EngineShape()...)
		}
	}
	return model.NewAutoencoder(e, a, weights)
}

const sharpness = 0.0025

// TestBoundOfLevels: what encode calls a bound is one of the bits of 8-bit
// levels. Where all pixels are at the mean of N(level, s^2) the level's
// probability is known, and so is what the bound loses by Jensen's inequality;
// the density at the level itself would promise fewer than 0 bits.
func TestBoundOfLevels(t *testing.T) {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const n, side, level = 40, 8, 200
	a := sharp(t, e, side, side, level)
	defer a.Free()
	x := make([]float32, n*side*side)
	for i := range x {
		x[i] = float32(level/127.5 - 1)
	}
	set, err := data.FromMemory(data.Memory{Kind: kind.OfImages(side, side, 1), X: x}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q := newQuality(set, 3)
	for b, err := range set.All(context.Background(), 16) {
		if err != nil {
			t.Fatal(err)
		}
		if err := q.add(context.Background(), a, b, b.X); err != nil {
			t.Fatal(err)
		}
	}
	width := 127.5 * sharpness // of the Gaussian, in levels
	want := math.Log2(width*math.Sqrt(2*math.Pi)) + 1/(24*width*width)/math.Ln2
	se := 1 / math.Sqrt(180) / (2 * width * width) / math.Ln2 / math.Sqrt(n*side*side)
	truth := -math.Log2(math.Erf(0.5 / width / math.Sqrt2))
	got := vae.BitsPerDim((q.reconstruction-q.kl)/n, side*side, true)
	t.Logf("bound %.4f, expected %.4f +- %.4f, truth %.4f bits a pixel", got, want, se, truth)
	if !(math.Abs(got-want) <= 4*se) || !(got >= truth) || q.kl != 0 {
		t.Errorf("bound %v, want %v +- %v; truth %v, KL %v", got, want, se, truth, q.kl)
	}
}

// TestLikelihoodsOfLatentImages: e^-bound of a latent model of 8-bit images is an
// importance weight of a level's probability, and these sum to 1 over all levels;
// at the levels themselves the densities alone, as sharp as these, sum to 1.6.
func TestLikelihoodsOfLatentImages(t *testing.T) {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n, err := mlp.New(mlp.Config{Dim: 1, Width: 8, Depth: 1, Embed: 4})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.VP{}, reverie.V, smoothWeights(e, n))
	defer m.Close()
	const side, level, reach, draws = 2, 100, 2, 300
	if err := m.SetVAE(sharp(t, e, 1, side, level)); err != nil {
		t.Fatal(err)
	}
	const levels = 2*reach + 1
	images := eval.Images{N: levels * levels * draws, H: 1, W: side, C: 1, Levels: 256}
	for i := range images.N {
		k := i % (levels * levels)
		for _, x := range []int{level - reach + k%levels, level - reach + k/levels} {
			images.Pix = append(images.Pix, float32(float64(x)/127.5-1))
		}
	}
	l := &likelihoods{model: &model.Loaded{Model: m}, batch: 2000, exact: true}
	f, err := l.flow(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	p := f.PerSample()
	sum, variance := 0.0, 0.0
	for k := range levels * levels {
		mean, square := 0.0, 0.0
		for r := range draws {
			w := math.Exp(p[k+levels*levels*r])
			mean, square = mean+w/draws, square+w*w/draws
		}
		sum, variance = sum+mean, variance+(square-mean*mean)/(draws-1)
	}
	se := math.Sqrt(variance)
	t.Logf("the probabilities sum to %v +- %v", sum, se)
	if !(math.Abs(sum-1) <= 4*se && se < 0.1) {
		t.Errorf("the probabilities sum to %v +- %v", sum, se)
	}
}

// TestLatentOfDense: the latents of vae-mlp are points, which the default network
// is then for; the autoencoder in a diffusion has the weights that it was trained
// with.
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
	refused(t, exitFailure, []string{"--arch unet", "are points of 5 numbers: give --arch mlp"}, append(latent, "--arch", "unet", "--run", at("r"))...)
	refused(t, exitUsage, []string{"are points, for --arch mlp", "--layers belongs to"}, append(latent, "--layers", "2", "--run", at("r"))...)
	refused(t, exitUsage, []string{"are points, for --arch mlp", "of one width"}, append(latent, "--channels", "8,16", "--run", at("r"))...)
	refused(t, exitFailure, []string{"--arch mlp", "are images of 4x4: give --arch unet"}, "train", images(t), "--vae", trainedVAE(t), "--arch", "mlp", "--run", at("r"))
}
