package model

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// shaped is the noise of a name with its usual settings.
func shaped(t *testing.T, name string) noise.Noise {
	n, err := noise.Noises.New(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Data whose deviations from the mean are as pyramid noise has them, of the same covariance K, have
// the exact network of independent data: both are diagonal in the same coordinates. So samples by
// that network from pyramid noise have the data's covariance between pixels, up to what the chain
// itself loses of the variance: their correlation is K's, whichever solver draws fresh noise or
// none. That of n pairs has the standard error (1 - rho^2)/sqrt(n), of which 4 are allowed; from
// standard noise it is 0.
func TestSamplesOfShapedNoise(t *testing.T) {
	const n, size = 600, 4
	pyramid := shaped(t, "pyramid")
	m, _ := knownModel(t, openEngine(t, ""), 20)
	defer m.Close()
	rho := correlationOf(pyramid, size)
	if !(rho > 0.3) {
		t.Fatalf("neighbours are alike by %v", rho)
	}
	for _, law := range []noise.Noise{pyramid, nil} {
		m.Spec.Noise = law
		want := map[bool]float64{true: 0, false: rho}[law == nil]
		for _, solver := range []Solver{named("ddpm"), named("ddim"), named("heun"), sample.DDIM[X]{Eta: 1}} {
			got, err := m.Sample(t.Context(), Options{N: n, Height: size, Width: size, Batch: 200, Clamp: "none", Seed: 3, Solver: solver, Steps: 20})
			if err != nil {
				t.Fatal(err)
			}
			var xx, xy, yy float64
			for i := range n { // the first two pixels' first channel
				x, y := float64(got[i*size*size*3])-mu, float64(got[i*size*size*3+3])-mu
				xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
			}
			if r := xy / math.Sqrt(xx*yy); !(math.Abs(r-want) <= 4*(1-want*want)/math.Sqrt(n)) {
				t.Errorf("%s, %s noise: neighbours are alike by %v, want %v", sample.Name(solver), noise.Name(law), r, want)
			}
		}
	}
}

// correlationOf is how alike a law makes the first two pixels, by many draws.
func correlationOf(n noise.Noise, size int) float64 {
	z, sum := make([]float64, size*size), 0.0
	const draws = 100000
	for i := range draws {
		n.Fill(random.Stream{Seed: 8, Sample: uint64(i)}, z, size, size, 1)
		sum += z[0] * z[1] / draws
	}
	return sum
}

// An image's noise is its own, whatever the batch, from the prior on to the steps' fresh noise.
func TestShapedNoiseKnowsNoBatch(t *testing.T) {
	m, _ := knownModel(t, openEngine(t, ""), 10)
	defer m.Close()
	m.Spec.Noise = shaped(t, "simplex")
	o := Options{N: 3, Height: 8, Width: 4, Clamp: "none", Seed: 5, Solver: named("ddpm")}
	all, err := m.Sample(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.N, o.First = 1, 2
	last, err := m.Sample(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range last {
		if all[2*len(last)+i] != v {
			t.Fatalf("number %d is %v, and in a batch %v", i, v, all[2*len(last)+i])
		}
	}
}

// What is stated for the standard normal noise is refused of a model of another.
func TestShapedNoiseRefused(t *testing.T) {
	e := openEngine(t, "")
	m, _ := knownModel(t, e, 10)
	defer m.Close()
	m.Spec.Noise = shaped(t, "pyramid")
	k, x := kind.OfImages(4, 4, 3), make([]float64, 48)
	_, bound := m.Bound(t.Context(), k, x, LikelihoodOptions{})
	_, continuous := m.ContinuousBound(t.Context(), k, x, LikelihoodOptions{})
	_, flow := m.Likelihood(t.Context(), k, x, LikelihoodOptions{})
	_, restored := m.Restore(t.Context(), Options{}, nil, edit.Linear(nil), nil)
	for what, err := range map[string]error{"a bound": bound, "a continuous bound": continuous, "a likelihood": flow, "a restoration": restored} {
		if n := new(NoiseError); !errors.As(err, &n) || !strings.Contains(err.Error(), "pyramid noise") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	c := two.exact(e)
	of := func(a, b noise.Noise) error {
		m := two.unconditional(t, e)
		m.Spec.Noise, c.Spec.Noise = a, b
		return m.guidedBy(c)
	}
	other := shaped(t, "pyramid").(*noise.Pyramid)
	other.Discount = 0.5
	for want, err := range map[string]error{
		"with gaussian noise, and this model with pyramid": of(shaped(t, "pyramid"), nil),
		"with pyramid noise, and this model with gaussian": of(noise.Gaussian, other),
		"pyramid noise of other settings":                  of(shaped(t, "pyramid"), other),
		"stated for the standard normal noise":             of(shaped(t, "pyramid"), shaped(t, "pyramid")),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if err := of(noise.Gaussian, nil); err != nil {
		t.Error(err)
	}
	m.Spec.Noise, m.Spec.Patch = nil, 2
	_, sampled := m.Sample(t.Context(), Options{N: 1, Height: 4, Width: 4})
	_, redrawn := m.Redraw(t.Context(), Options{Height: 4, Width: 4}, make([]float32, 48), 0.5)
	_, bound = m.Bound(t.Context(), k, x, LikelihoodOptions{})
	for what, err := range map[string]error{"a sample": sampled, "an edit": redrawn, "a bound": bound, "a guide": two.unconditional(t, e).alike(m)} {
		if !errors.Is(err, ErrPatch) {
			t.Errorf("%s of a part: error %v", what, err)
		}
	}
	if err := m.Fits(Options{Height: 4, Width: 4, OnPatch: true}); err != nil {
		t.Errorf("asked of a part: %v", err)
	}
	if err := two.unconditional(t, e).Fits(Options{Height: 4, Width: 4, OnPatch: true}); err == nil || !strings.Contains(err.Error(), "train --patch") {
		t.Errorf("asked of a part by a model of the whole: %v", err)
	}
	a, b := two.unconditional(t, e), two.unconditional(t, e)
	b.Spec.Noise = shaped(t, "simplex")
	if err := a.alike(b); err == nil || !strings.Contains(err.Error(), "simplex noise") {
		t.Errorf("a model that guides: error %v", err)
	}
}
