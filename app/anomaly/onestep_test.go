package anomaly

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/mixture"
)

// TestOneStepMean: on average x - x0hat is s^2/(a^2 v + s^2) (x - mu) at each level, exactly.
func TestOneStepMean(t *testing.T) {
	const v, mu, x0 = 0.5, 0.3, 1.5
	m := law(t, mixture.Cov{Var: v}, []float64{mu})
	for name, p := range processes(t) {
		f := find(t, &OneStep[batch]{Levels: 5}, setup(t, still{host(0)}, p, m.Denoiser(p), 2), batch{{x0}, {mu}})
		if len(f.Levels) != 5 {
			t.Fatalf("%s: %v", name, f.Levels)
		}
		residual := 0.
		for i, l := range f.Levels {
			near(t, name+": a level", l.Ratio, 2*math.Pow(0.25, float64(i)/4), 0.01)
			residual += (1 - survives(at(t, p, l), v)) * (x0 - mu) / 5
		}
		near(t, name, x0-f.Healed[0][0], residual, 1e-12)
		near(t, name+": the mean itself", f.Map[1][0], 0, 1e-15)
	}
}

// TestOneStepSpread: x0hat lies about that mean with variance w^2 s^2/a^2, and the mean of Repeat
// with a share of it; see TestReconSpread. Nothing is lost to a grid.
func TestOneStepSpread(t *testing.T) {
	const v, x0, n, repeat = 0.5, 1.5, 4000, 3
	for name, p := range processes(t) {
		x := batch{slices.Repeat([]float64{x0}, n)}
		f := find(t, &OneStep[batch]{Levels: 1, Repeat: repeat}, setup(t, host(0), p, ofVariance(p, v), 2), x)
		w := survives(at(t, p, f.Levels[0]), v)
		want := math.Pow(w*f.Levels[0].Ratio, 2) / repeat
		mean, variance := momentsOf(f.Healed[0])
		if e := math.Abs(mean - w*x0); !(e <= 5*math.Sqrt(want/n)) {
			t.Errorf("%s: mean %v, want %v", name, mean, w*x0)
		}
		if e := math.Abs(variance/want - 1); !(e <= 5*math.Sqrt(2./n)) {
			t.Errorf("%s: variance %v, want %v", name, variance, want)
		}
	}
}

// TestAlikeUnderAll: at the same noise levels, of the same noise, x0hat is the same whatever the
// process: a chain's indices are not quite at those levels.
func TestAlikeUnderAll(t *testing.T) {
	m := mixture.Random(3, 4, 7)
	x := batch{{0.5, -1, 0.2}, {1, 1, -2}}
	var first Finding[batch]
	for name, p := range processes(t) {
		if name == "ddpm" {
			continue
		}
		f := find(t, &OneStep[batch]{}, setup(t, host(0), p, m.Denoiser(p), 2), x)
		if first.Map == nil {
			first = f
		}
		for n := range x {
			nearAll(t, name, f.Map[n], first.Map[n], 1e-9)
		}
	}
}
