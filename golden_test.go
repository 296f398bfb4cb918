package reverie

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

type golden struct {
	Tables []struct {
		Schedule   string
		T          int
		Start, End float64
		Columns    map[string][]float64
	}
}

// readGolden reads what testdata/gen_golden.py wrote.
func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// near reports a relative difference above tol, of numbers whose scale is at least floor.
func near(t *testing.T, what string, got, want, tol, floor float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(math.Abs(want), floor)) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

// DDPM's tables against PyTorch float64. The script's 1 - cumprod is off by some 2^-53, which is
// 1e-12 of the smallest, beta_0 = 1e-4.
func TestTablesAgainstPyTorch(t *testing.T) {
	for _, g := range readGolden(t).Tables {
		p, err := NewDDPM(betasOf(g.Schedule, g.T, g.Start, g.End))
		if err != nil {
			t.Fatal(err)
		}
		for i := range g.T {
			c, prev := p.At(float64(i)), At(p, float64(i-1))
			x, x0, _, variance := Posterior(c, prev)
			for name, got := range map[string]float64{
				"beta": p.Beta(i), "sqrt_abar": c.Alpha, "sqrt_one_minus_abar": c.Sigma,
				"posterior_variance": variance, "posterior_mean_x": x, "posterior_mean_x0": x0,
				"elbo_posterior": p.ELBO(float64(i), PosteriorVariance), "elbo_beta": p.ELBO(float64(i), BetaVariance),
			} {
				near(t, g.Schedule+" "+name, got, g.Columns[name][i], 1e-11, 0)
			}
		}
	}
}
