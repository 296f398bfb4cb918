package learn

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/random"
)

// TestBetaWarmup: beta rises from 0 to its value; held-out images are judged by the bound itself.
func TestBetaWarmup(t *testing.T) {
	b := elbo{ELBO: ELBO{Beta: 4, BetaWarmup: 8}}
	for step, want := range map[int]float64{0: 0, 2: 1, 4: 2, 8: 4, 100: 4} {
		if got := b.weight(Place{Step: step}); got != want {
			t.Errorf("step %d: beta %v, want %v", step, got, want)
		}
		if got := b.weight(Place{Step: step, Validation: true}); got != 1 {
			t.Errorf("step %d: beta %v on held-out images, want 1", step, got)
		}
	}
	if got := (&elbo{ELBO: ELBO{Beta: 0.5}}).weight(Place{}); got != 0.5 {
		t.Errorf("without warm-up: beta %v, want 0.5", got)
	}
}

// bound is the method of an autoencoder of images of 8x8x3 in so many levels.
func bound(t *testing.T, likelihood string, levels int) *elbo {
	t.Helper()
	m, err := vae.NewConv(vae.Config{
		SampleSize: unet.Size{8, 8}, InChannels: 3, OutChannels: 3, BlockOutChannels: []int{8, 8}, LayersPerBlock: 1, LatentChannels: 2,
		NormNumGroups: 8, ScalingFactor: 1, Likelihood: vae.Likelihood{Kind: likelihood},
	})
	if err != nil {
		t.Fatal(err)
	}
	how, err := (&ELBO{Beta: 1}).Method(Setup{Net: m, Kind: kind.Kind{Levels: levels}})
	if err != nil {
		t.Fatal(err)
	}
	return how.(*elbo)
}

// TestSpread: 8-bit images are spread over their bins evenly, and differently at each step; data
// without levels and a Bernoulli's images stay what they are.
func TestSpread(t *testing.T) {
	b := &data.Batch{Kind: kind.OfImages(8, 8, 3), N: 3, X: make([]float32, 3*8*8*3)}
	for i := range b.X {
		b.X[i] = float32(i%256)/127.5 - 1
	}
	m := bound(t, "gaussian", kind.ByteLevels)
	at := func(step uint32) []float32 {
		return m.spread(b, Place{Times: random.Stream{Seed: 1, Domain: random.Times, Step: step}})
	}
	x, y := at(1), at(2)
	sum, squares, same := 0.0, 0.0, 0
	for i := range x {
		u := float64(x[i]-b.X[i]) * 127.5
		if math.Abs(u) > 0.5+1e-4 {
			t.Fatalf("value %d moved by %v bins", i, u)
		}
		sum, squares = sum+u, squares+u*u
		if x[i] == y[i] {
			same++
		}
	}
	n := float64(len(x)) // 576: mean 0 +- 0.012, variance 1/12 +- 0.0031
	if !(math.Abs(sum/n) < 0.05 && math.Abs(squares/n-1./12) < 0.0125) || same > 5 {
		t.Errorf("mean %v, variance %v, %d values twice the same", sum/n, squares/n, same)
	}
	if got := bound(t, "bernoulli", kind.ByteLevels).spread(b, Place{}); &got[0] != &b.X[0] {
		t.Error("a Bernoulli's images are spread")
	}
	if got := bound(t, "gaussian", 0).spread(b, Place{}); &got[0] != &b.X[0] {
		t.Error("data without levels are spread")
	}
}
