package cli

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/vae"
)

// tinyLikelihoods is a small trained model, and images of 8-bit levels.
func tinyLikelihoods(t *testing.T, n int) (*likelihoods, eval.Images) {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	m, err := model.Load(e, trained(t), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	images := eval.Images{N: n, H: 8, W: 8, C: 3, Levels: 256, Pix: make([]float32, n*8*8*3)}
	for i := range images.Pix {
		images.Pix[i] = float32(float64((i*i+7*i)%256)/127.5 - 1)
	}
	return &likelihoods{model: m, batch: 3, seed: 4}, images
}

// TestLikelihoodsOfBatches: an image's bound depends on the seed and its number, not on the batch it is in.
func TestLikelihoodsOfBatches(t *testing.T) {
	l, images := tinyLikelihoods(t, 5)
	told := 0
	l.progress = func(n int) { told += n }
	a, err := l.bound(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	if told != 5 {
		t.Errorf("told of %d images", told)
	}
	l.batch = 2
	b, err := l.bound(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	first, second := a.Matching.PerSample(), b.Matching.PerSample()
	for i := range first {
		if !(math.Abs(first[i]-second[i]) <= 1e-4*math.Abs(first[i])) {
			t.Errorf("image %d: %v nats in batches of 3, %v in batches of 2", i, first[i], second[i])
		}
	}
	if n := len(a.Matching.Terms()); n != 9 {
		t.Errorf("%d terms of a chain of 10", n)
	}
	v, err := l.continuous(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	// Random levels have 8 bits a dimension, of which no model can know less.
	for name, e := range map[string]likelihood.Estimate{"matching": a.Matching.Total(), "consistency": a.Consistency.Total(), "continuous": v.Total()} {
		if bits := e.Bits(192).Value; !(bits > 7 && bits < 1000) {
			t.Errorf("%s: %v bits a dimension of noise", name, bits)
		}
	}
	f, err := l.flow(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	if bits := f.Bits(); f.Samples() != 5 || !(bits.Value > 7 && bits.Value < 1000) || !(bits.SE > 0) {
		t.Errorf("likelihood of %d images: %+v bits a dimension", f.Samples(), bits)
	}
}

func TestLikelihoodsRefuse(t *testing.T) {
	l, images := tinyLikelihoods(t, 2)
	grey := eval.Images{N: 1, H: 8, W: 8, C: 1, Pix: make([]float32, 64)}
	if _, err := l.bound(t.Context(), grey); err == nil || !strings.Contains(err.Error(), "the images have 1 channels, and the model takes 3") {
		t.Errorf("grey images: %v", err)
	}
	odd := eval.Images{N: 1, H: 7, W: 7, C: 3, Pix: make([]float32, 7*7*3)}
	if _, err := l.bound(t.Context(), odd); err == nil {
		t.Error("images of 7x7 pass")
	}
	images.Pix[8*8*3] = 0.123
	if _, err := l.bound(t.Context(), images); err == nil || !strings.Contains(err.Error(), "images 0 to 1") || !strings.Contains(err.Error(), "expected a level") {
		t.Errorf("no level: %v", err)
	}
	l.exact = true
	images.Pix[8*8*3] = 1
	if _, err := l.flow(t.Context(), images); err == nil || !strings.Contains(err.Error(), "192 vector-Jacobian products") {
		t.Errorf("exact divergence of 192 dimensions: %v", err)
	}
	l.model.Process = reverie.Flow{}
	if _, err := l.bound(t.Context(), images); !errors.Is(err, errNoChain) {
		t.Errorf("a bound of a flow: %v", err)
	}
	n, err := vae.NewDense(vae.DenseConfig{Height: 8, Width: 8, Channels: 3, Likelihood: vae.Likelihood{Kind: vae.Bernoulli}})
	if err != nil {
		t.Fatal(err)
	}
	l.model.VAE = model.NewAutoencoder(l.model.Engine, n, nil)
	_, err = l.continuous(t.Context(), images)
	l.model.VAE = nil
	if !errors.Is(err, model.ErrLatent) || !strings.Contains(err.Error(), "bernoulli") {
		t.Errorf("a latent model of no density: %v", err)
	}
	l.model.Process = reverie.Flow{Between: true}
	if _, err := l.continuous(t.Context(), images); err == nil || !strings.Contains(err.Error(), "no likelihood") {
		t.Errorf("a flow between data sets: %v", err)
	}
}

// smoothWeights draws weights of a quarter in the input layer, with which an untrained network's density is smooth on the grids below.
func smoothWeights(e *engine.Engine, n net.Model) []*tensors.Tensor {
	weights := net.Initial(n, 5, dtypes.Float32)
	for i, p := range n.Params() {
		if p.Name == "input.weight" {
			w := tensors.MustCopyFlatData[float32](weights[i])
			for j := range w {
				w[j] /= 4
			}
			weights[i] = engine.New(e, w, p.EngineShape()...)
		}
	}
	return weights
}

// TestLikelihoodsOfPoints: points are read as real numbers, in float64: the density of what a random network draws integrates to 1.
func TestLikelihoodsOfPoints(t *testing.T) {
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
	const h, count = 0.1, 200
	points := eval.Images{N: count, H: 1, W: 1, C: 1, Pix: make([]float32, count)}
	for i := range points.Pix {
		points.Pix[i] = float32(h * (float64(i) - count/2))
	}
	l := &likelihoods{model: &model.Loaded{Model: m}, batch: 64, exact: true}
	f, err := l.flow(t.Context(), points)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range f.PerSample() {
		sum += h * math.Exp(v)
	}
	if !(math.Abs(sum-1) < 1e-2) || f.Levels != 0 {
		t.Errorf("the density integrates to %v", sum)
	}
}

// TestLikelihoodsOfLatents: e^-bound of a latent model is an importance weight, whose mean over draws of z is p(x), which integrates to 1.
func TestLikelihoodsOfLatents(t *testing.T) {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a, err := vae.NewDense(vae.DenseConfig{Channels: 1, Latent: 1, Widths: []int{}, ScalingFactor: 1.7, ShiftFactor: 0.3,
		Likelihood: vae.Likelihood{Variance: vae.Fixed, Sigma: 0.8}})
	if err != nil {
		t.Fatal(err)
	}
	weights := net.Initial(a, 2, dtypes.Float32)
	for i, p := range a.Params() {
		if !p.Buffer { // all linear: 0.3 of what goes in, and a bit more
			weights[i] = engine.Fill(e, func(v []float32) {
				for j := range v {
					v[j] = 0.3 + 0.1*float32(j)
				}
			}, p.EngineShape()...)
		}
	}
	n, err := mlp.New(mlp.Config{Dim: 1, Width: 8, Depth: 1, Embed: 4})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.VP{}, reverie.V, smoothWeights(e, n))
	defer m.Close()
	if err := m.SetVAE(model.NewAutoencoder(e, a, weights)); err != nil {
		t.Fatal(err)
	}
	const h, count, draws = 0.25, 64, 20
	points := eval.Images{N: count * draws, H: 1, W: 1, C: 1, Pix: make([]float32, count*draws)}
	for i := range points.Pix {
		points.Pix[i] = float32(h * (float64(i%count) - count/2))
	}
	l := &likelihoods{model: &model.Loaded{Model: m}, batch: 640, exact: true}
	f, err := l.flow(t.Context(), points)
	if err != nil {
		t.Fatal(err)
	}
	sum, variance := 0.0, 0.0
	p := f.PerSample()
	for i := range count {
		mean, square := 0.0, 0.0
		for r := range draws {
			w := math.Exp(p[i+count*r])
			mean, square = mean+w/draws, square+w*w/draws
		}
		sum += h * mean
		variance += h * h * (square - mean*mean) / (draws - 1)
	}
	se := math.Sqrt(variance)
	t.Logf("the density integrates to %v +- %v", sum, se)
	if !(math.Abs(sum-1) < 4*se+0.01 && se < 0.04) {
		t.Errorf("the density integrates to %v +- %v", sum, se)
	}
	l.times = 16
	v, err := l.continuous(t.Context(), points)
	if err != nil {
		t.Fatal(err)
	}
	if e := v.Total(); v.Dim != 1 || !(e.Value > f.Negative().Value-3*e.SE) {
		t.Errorf("bound %+v, by the flow %+v nats", e, f.Negative())
	}
}

func TestTermsFile(t *testing.T) {
	l, images := tinyLikelihoods(t, 3)
	b, err := l.bound(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, want := range map[string]string{"terms.csv": "as printed,total", "terms.SVG": "<svg"} {
		path := filepath.Join(dir, name)
		if err := checkTerms(path); err != nil {
			t.Error(err)
		}
		if err := writeTerms(path, b.Named()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readBytes(t, path)), want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
	if err := checkTerms("terms.txt"); err == nil || !errors.As(err, new(usageError)) {
		t.Errorf("terms.txt: %v", err)
	}
	if err := checkTerms(""); err != nil {
		t.Error(err)
	}
}
