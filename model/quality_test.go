package model_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/vae"
)

// sharp is an autoencoder of images of h x w that looks at nothing: q(z|x) = N(0, 1), and p(x|z) =
// N(level, s^2) for every pixel, level from 0 to 255, s 0.0025, a third of a level.
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

// TestBoundOfLevels: what encode calls a bound is one of the bits of 8-bit levels. Where all pixels
// are at the mean of N(level, s^2) the level's probability is known, and so is what the bound loses
// by Jensen's inequality; the density at the level itself would promise fewer than 0 bits.
func TestBoundOfLevels(t *testing.T) {
	e := openEngine(t)
	const n, side, level = 40, 8, 200
	a := sharp(t, e, side, side, level)
	defer a.Free()
	x := make([]float32, n*side*side)
	for i := range x {
		x[i] = float32(level/127.5 - 1)
	}
	q := model.NewQuality(a, kind.OfImages(side, side, 1), 3)
	for part := range slices.Chunk(x, 16*side*side) {
		if err := q.Add(t.Context(), part, part); err != nil {
			t.Fatal(err)
		}
	}
	width := 127.5 * sharpness // of the Gaussian, in levels
	want := math.Log2(width*math.Sqrt(2*math.Pi)) + 1/(24*width*width)/math.Ln2
	se := 1 / math.Sqrt(180) / (2 * width * width) / math.Ln2 / math.Sqrt(n*side*side)
	truth := -math.Log2(math.Erf(0.5 / width / math.Sqrt2))
	got := q.Bits()
	t.Logf("bound %.4f, expected %.4f +- %.4f, truth %.4f bits a pixel", got, want, se, truth)
	if !(math.Abs(got-want) <= 4*se) || !(got >= truth) || q.KL() != 0 {
		t.Errorf("bound %v, want %v +- %v; truth %v, KL %v", got, want, se, truth, q.KL())
	}
}

// TestLikelihoodsOfLatentImages: e^-bound of a latent model of 8-bit images is an importance weight
// of a level's probability, and these sum to 1 over all levels; at the levels themselves the
// densities alone, as sharp as these, sum to 1.6.
func TestLikelihoodsOfLatentImages(t *testing.T) {
	e := openEngine(t)
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
	var images []float64
	for i := range levels * levels * draws {
		k := i % (levels * levels)
		for _, x := range []int{level - reach + k%levels, level - reach + k/levels} {
			images = append(images, float64(x)/127.5-1)
		}
	}
	f, err := m.Likelihood(t.Context(), kind.OfImages(1, side, 1), images, model.LikelihoodOptions{Batch: 2000, Exact: true})
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
