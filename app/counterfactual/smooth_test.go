package counterfactual

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// Of two Gaussians of equal covariance the classifier is a logistic one, log p = -log(1 + e^-u)
// with u linear, and under noise of deviation d its gradient is grad u times the mean of 1/(1 +
// e^u) over u's own normal law, here by the trapezoidal rule; without noise it is that at u itself.
// The mean of many draws is that, and it is not the gradient without noise.
func TestSmoothed(t *testing.T) {
	m, err := mixture.New(nil, [][]float64{{-1, 0.5}, {1, -0.5}}, []mixture.Cov{{Var: 0.5}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	x := []float64{0.9, -0.3}
	slope := []float64{4, -2} // (m1 - m0)/v
	const d, n = 0.7, 4096
	u, wide := slope[0]*x[0]+slope[1]*x[1], d*math.Hypot(slope[0], slope[1])
	mean, h := 0.0, 0.01
	for z := -8.0; z <= 8; z += h {
		mean += h * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / (1 + math.Exp(u+wide*z))
	}
	for name, p := range processes(t) {
		xs, target, scale := make(batch, n), make([]int, n), make([]float64, n)
		for i := range xs {
			xs[i], target[i], scale[i] = x, 1, 2
		}
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, levels(p, 0.7, 2), xs, target)
		w := begun(t, &DiME[batch]{Redraw: Redraw{1}}, pr, scale...)
		for _, c := range []struct{ deviation, want float64 }{{0, 1 / (1 + math.Exp(u))}, {d, mean}} {
			g, err := w.smoothed(t.Context(), xs, c.deviation)
			if err != nil {
				t.Fatal(err)
			}
			for j := range slope {
				got := 0.0
				for i := range g {
					got += g[i][j] / n
				}
				want := 2 * c.want * slope[j]
				if tol := 0.03*math.Abs(want) + 1e-9; !(math.Abs(got-want) < tol) { // three errors of the mean over 16,384 draws
					t.Errorf("%s, noise %v: gradient %v of number %d, want %v", name, c.deviation, got, j, want)
				}
			}
		}
	}
}
