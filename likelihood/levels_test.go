package likelihood

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// TestBinsSumToOne: the 256 levels share the whole probability, wherever the mean is and whatever
// the deviation.
func TestBinsSumToOne(t *testing.T) {
	for _, s := range []float64{1e-4, 1e-3, 0.01, 0.1, 1, 30} {
		for _, m := range []float64{-40, -1.003, -1, -0.3333, 0, 0.0039, 0.77, 1, 1.2, 9} {
			sum := 0.0
			for k := range levels {
				sum += math.Exp(-decode(levels, [][]float64{{float64(k)/perLevel - 1}}, [][]float64{{m}}, constant(2*math.Log(s)))[0])
			}
			if !(math.Abs(sum-1) < 1e-12) {
				t.Errorf("mean %v, deviation %v: the bins sum to 1%+g", m, s, sum-1)
			}
			c, z := reverie.Coef{Alpha: 0.9, Sigma: s}, m
			sum = 0
			for k := range levels {
				sum += math.Exp(logLevelGiven(c, k, z))
			}
			if !(math.Abs(sum-1) < 1e-12) {
				t.Errorf("x = %v, deviation %v: the levels given x sum to 1%+g", z, s, sum-1)
			}
		}
	}
}

// constant is one log variance for all.
func constant(v float64) func(i, j int) float64 { return func(int, int) float64 { return v } }

// TestDensityOfPoints: -log p(x|z) normalises in x, which makes it the Gaussian's density around
// z/a.
func TestDensityOfPoints(t *testing.T) {
	c := reverie.Coef{Alpha: 0.8, Sigma: 0.3}
	sum := 0.0
	const h = 1e-3
	for x := -4.0; x < 6; x += h {
		sum += h * math.Exp(-decodeGiven(0, c, [][]float64{{x}}, [][]float64{{0.7}})[0])
	}
	if !(math.Abs(sum-1) < 1e-9) {
		t.Errorf("the density integrates to %v", sum)
	}
	got := decode(0, [][]float64{{0.5, 1}}, [][]float64{{0, 1}}, constant(math.Log(0.04)))[0]
	if want := 2*math.Log(0.2*math.Sqrt(2*math.Pi)) + 0.125/0.04; !(math.Abs(got-want) < 1e-12) {
		t.Errorf("-log N = %v, want %v", got, want)
	}
}

func TestLevelsAreChecked(t *testing.T) {
	for x, ok := range map[float64]bool{-1: true, 1: true, 0.2: true, float64(float32(77/127.5 - 1)): true, 77.01/127.5 - 1: false,
		1.01: false, -1.0079: false, 257/127.5 - 1: false, math.NaN(): false, math.Inf(1): false} {
		if err := checkLevels([][]float64{{x}}); (err == nil) != ok {
			t.Errorf("%v: %v", x, err)
		}
	}
}

// discrete is a law of pairs of levels, the two of a pair alike more often than not, and its -log
// p.
func discrete(t *testing.T) (m *mixture.Mixture, nats map[[2]float64]float64) {
	t.Helper()
	at := []float64{0, 3, 51, 130, 131, 255}
	var weights []float64
	var means [][]float64
	nats = map[[2]float64]float64{}
	for i, a := range at {
		for j, b := range at {
			w := 1 / float64(1+3*(i-j)*(i-j))
			weights = append(weights, w)
			means = append(means, []float64{a/perLevel - 1, b/perLevel - 1})
		}
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for k, w := range weights {
		nats[[2]float64(means[k])] = -math.Log(w / sum)
	}
	m, err := mixture.New(weights, means, []mixture.Cov{{}})
	if err != nil {
		t.Fatal(err)
	}
	return m, nats
}

// TestBoundOfPixels: of a known law of levels the bounds are above -log p, and with fine steps and
// little noise near it.
func TestBoundOfPixels(t *testing.T) {
	m, nats := discrete(t)
	x := dataOf(m, 150)
	want := make([]float64, len(x))
	for i := range x {
		want[i] = nats[[2]float64(x[i])]
	}
	p := chainOf(t, 200, 7)
	b := bound(t, p, m.Denoiser(p), x, BoundOptions{Levels: levels})
	edm := reverie.EDM{SigmaMin: 0.001}
	v, err := Continuous(t.Context(), noiseOf(3), edm, m.Denoiser(edm), x, BoundOptions{Levels: levels, Draws: 4})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*Evidence{"matching": &b.Matching, "consistency": &b.Consistency, "continuous": v} {
		d, se := meanDifference(e.PerSample(), want)
		d, se = d/2/math.Ln2, se/2/math.Ln2
		t.Logf("%s: above the truth by %.4f +- %.4f bits/dim", name, d, se)
		if !(d >= -3*se && d < 0.1+3*se) {
			t.Errorf("%s: above the truth by %v +- %v bits/dim, want 0 to 0.1", name, d, se)
		}
	}
}
