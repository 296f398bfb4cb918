package model_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/vae"
)

// levelsOfNoise are n images of 8-bit levels.
func levelsOfNoise(n int) []float64 {
	x := make([]float64, n*8*8*3)
	for i := range x {
		x[i] = float64(float32(float64((i*i+7*i)%256)/127.5 - 1))
	}
	return x
}

// TestLikelihoodsOfBatches: an image's bound depends on the seed and its number, not on the batch
// it is in.
func TestLikelihoodsOfBatches(t *testing.T) {
	e := openEngine(t)
	m, err := model.Load(e, trained(t, e, func(*config.Run) {}), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	k, images := kind.OfImages(8, 8, 3), levelsOfNoise(5)
	told := 0
	o := model.LikelihoodOptions{Batch: 3, Seed: 4, Progress: func(n int) { told += n }}
	a, err := m.Bound(t.Context(), k, images, o)
	if err != nil {
		t.Fatal(err)
	}
	if told != 5 {
		t.Errorf("told of %d images", told)
	}
	o.Batch = 2
	b, err := m.Bound(t.Context(), k, images, o)
	if err != nil {
		t.Fatal(err)
	}
	first, second := a.Matching.PerSample(), b.Matching.PerSample()
	for i := range first {
		if !(math.Abs(first[i]-second[i]) <= 1e-4*math.Abs(first[i])) {
			t.Errorf("image %d: %v nats in batches of 3, %v in batches of 2", i, first[i], second[i])
		}
	}
	if n := len(a.Matching.Terms()); n != 19 {
		t.Errorf("%d terms of a chain of 20", n)
	}
	v, err := m.ContinuousBound(t.Context(), k, images, o)
	if err != nil {
		t.Fatal(err)
	}
	// Random levels have 8 bits a dimension, of which no model can know less.
	for name, e := range map[string]likelihood.Estimate{"matching": a.Matching.Total(), "consistency": a.Consistency.Total(), "continuous": v.Total()} {
		if bits := e.Bits(192).Value; !(bits > 7 && bits < 1000) {
			t.Errorf("%s: %v bits a dimension of noise", name, bits)
		}
	}
	f, err := m.Likelihood(t.Context(), k, images, o)
	if err != nil {
		t.Fatal(err)
	}
	if bits := f.Bits(); f.Samples() != 5 || !(bits.Value > 7 && bits.Value < 1000) || !(bits.SE > 0) {
		t.Errorf("likelihood of %d images: %+v bits a dimension", f.Samples(), bits)
	}
}

func TestLikelihoodsRefuse(t *testing.T) {
	e := openEngine(t)
	m, err := model.Load(e, trained(t, e, func(*config.Run) {}), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	k, images := kind.OfImages(8, 8, 3), levelsOfNoise(2)
	o := model.LikelihoodOptions{Batch: 3, Seed: 4}
	refuses := func(what string, k kind.Kind, x []float64, words ...string) {
		t.Helper()
		_, err := m.Bound(t.Context(), k, x, o)
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want one with %q", what, err, w)
			}
		}
	}
	refuses("grey images", kind.OfImages(8, 8, 1), make([]float64, 64), "the images have 1 channels, and the model takes 3")
	refuses("images of 7x7", kind.OfImages(7, 7, 3), make([]float64, 7*7*3), "7")
	refuses("half an image", k, images[:100], "100 numbers are no images of 8x8x3")
	images[8*8*3] = 0.123
	refuses("no level", k, images, "images 0 to 1", "expected a level")
	images[8*8*3] = 1
	o.Exact = true
	if _, err := m.Likelihood(t.Context(), k, images, o); err == nil || !strings.Contains(err.Error(), "192 vector-Jacobian products") {
		t.Errorf("exact divergence of 192 dimensions: %v", err)
	}
	m.Process = reverie.Flow{}
	if _, err := m.Bound(t.Context(), k, images, o); !errors.Is(err, model.ErrNoChain) {
		t.Errorf("a bound of a flow: %v", err)
	}
	n, err := vae.NewDense(vae.DenseConfig{Height: 8, Width: 8, Channels: 3, Likelihood: vae.Likelihood{Kind: vae.Bernoulli}})
	if err != nil {
		t.Fatal(err)
	}
	m.VAE = model.NewAutoencoder(e, n, nil)
	_, err = m.ContinuousBound(t.Context(), k, images, o)
	m.VAE = nil
	if !errors.Is(err, model.ErrLatent) || !strings.Contains(err.Error(), "bernoulli") {
		t.Errorf("a latent model of no density: %v", err)
	}
	m.Process = reverie.Flow{Between: true}
	if _, err := m.ContinuousBound(t.Context(), k, images, o); err == nil || !strings.Contains(err.Error(), "no likelihood") {
		t.Errorf("a flow between data sets: %v", err)
	}
}

// smoothWeights draws weights of a quarter in the input layer, with which an untrained network's
// density is smooth on the grids below.
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

// TestLikelihoodsOfPoints: points are read as real numbers, in float64: the density of what a
// random network draws integrates to 1.
func TestLikelihoodsOfPoints(t *testing.T) {
	e := openEngine(t)
	n, err := mlp.New(mlp.Config{Dim: 1, Width: 8, Depth: 1, Embed: 4})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.VP{}, reverie.V, smoothWeights(e, n))
	defer m.Close()
	const h, count = 0.1, 200
	points := make([]float64, count)
	for i := range points {
		points[i] = h * (float64(i) - count/2)
	}
	f, err := m.Likelihood(t.Context(), kind.OfPoints(1), points, model.LikelihoodOptions{Batch: 64, Exact: true})
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

// TestLikelihoodsOfLatents: e^-bound of a latent model is an importance weight, whose mean over
// draws of z is p(x), which integrates to 1.
func TestLikelihoodsOfLatents(t *testing.T) {
	e := openEngine(t)
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
	points := make([]float64, count*draws)
	for i := range points {
		points[i] = h * (float64(i%count) - count/2)
	}
	o := model.LikelihoodOptions{Batch: 640, Exact: true}
	f, err := m.Likelihood(t.Context(), kind.OfPoints(1), points, o)
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
	o.Times = 16
	v, err := m.ContinuousBound(t.Context(), kind.OfPoints(1), points, o)
	if err != nil {
		t.Fatal(err)
	}
	if e := v.Total(); v.Dim != 1 || !(e.Value > f.Negative().Value-3*e.SE) {
		t.Errorf("bound %+v, by the flow %+v nats", e, f.Negative())
	}
}

// The flow of a smooth network is the same under every process: the likelihoods differ by what
// their ends do, s/a of 0.01 and 0.002 at one, a/s of 0.0066 and 0.0125 at the other.
func TestLikelihoodsUnder(t *testing.T) {
	e := openEngine(t)
	n, err := mlp.New(mlp.Config{Dim: 2, Width: 8, Depth: 1, Embed: 4})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.VP{}, reverie.V, smoothWeights(e, n))
	defer m.Close()
	points := []float64{0, 0, 1, -1, -0.5, 0.2, 2, 1}
	o := model.LikelihoodOptions{Batch: 2} // twice: each batch is under the other process once
	own, err := m.Likelihood(t.Context(), kind.OfPoints(2), points, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Process = reverie.EDM{}
	other, err := m.Likelihood(t.Context(), kind.OfPoints(2), points, o)
	if err != nil {
		t.Fatal(err)
	}
	a, b := own.PerSample(), other.PerSample()
	for i := range a {
		if a[i] == b[i] || !(math.Abs(a[i]-b[i]) < 0.05) {
			t.Errorf("point %d: %v nats under vp, %v under edm", i, a[i], b[i])
		}
	}
	o.Process = reverie.Flow{Between: true}
	if _, err := m.Likelihood(t.Context(), kind.OfPoints(2), points, o); err == nil || !strings.Contains(err.Error(), "far end is not noise") {
		t.Errorf("under a flow between data sets: %v", err)
	}
}

// TestNetworkHasADensity: what a network of any weights draws has a density, so its likelihoods
// integrate to 1 over the line.
func TestNetworkHasADensity(t *testing.T) {
	e := openEngine(t)
	n, err := mlp.New(mlp.Config{Dim: 1, Width: 12, Depth: 1, Embed: 8})
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(e, n, reverie.Flow{}, reverie.Velocity, net.Initial(n, 5, dtypes.Float32))
	defer m.Close()
	const h, count = 0.05, 2000
	x := make([]float64, count)
	for i := range x {
		x[i] = h * (float64(i) - count/2)
	}
	l, err := m.Likelihood(t.Context(), kind.OfPoints(1), x, model.LikelihoodOptions{Batch: count, Exact: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, peak := 0.0, 0.0
	for _, logp := range l.PerSample() {
		sum += h * math.Exp(logp)
		peak = max(peak, math.Exp(logp))
	}
	t.Logf("integral %v, largest density %v, %+v", sum, peak, l.Report)
	if !(math.Abs(sum-1) < 1e-3) {
		t.Errorf("the density integrates to %v", sum)
	}
	if math.Abs(peak-1/math.Sqrt(2*math.Pi)) < 1e-3 {
		t.Error("the network does nothing: its density is the prior's")
	}
}
