package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
)

// The interval on which orders are fitted: Alpha and Sigma are smooth there in every process.
const from, to = 0.8, 0.2

// smooth are processes with their names, in time.
var smooth = map[string]reverie.Process{"vp": reverie.VP{}, "sub-vp": reverie.SubVP{}, "ve": reverie.VE{SigmaMax: 5}, "flow": reverie.Flow{}, "edm": reverie.EDM{}}

// flowGaussian carries x from t to s along the exact probability flow of Gaussian data: (x - mean_t)/deviation_t does not change.
func flowGaussian(p reverie.Process, x, t, s float64) float64 {
	m, v := marginal(p, t)
	m2, v2 := marginal(p, s)
	return m2 + (x-m)*math.Sqrt(v2/v)
}

// bimodal is data whose flow has no closed form: it bends.
var bimodal = mix{weight: []float64{0.3, 0.7}, mean: [][]float64{{-1}, {0.8}}, sd: [][]float64{{0.35}, {0.5}}}

// walkOf returns what the solver makes of x in n steps between the ends.
func walkOf(t *testing.T, p reverie.Process, data mix, solver Solver[batch], x batch, grid []float64) batch {
	t.Helper()
	run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: data.denoiser(p)}
	y, err := Sample(context.Background(), run, solver, x, grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// distance returns the largest difference.
func distance(a, b batch) float64 {
	d := 0.0
	for n := range a {
		for j := range a[n] {
			d = max(d, math.Abs(a[n][j]-b[n][j]))
		}
	}
	return d
}

// Orders of convergence of the deterministic solvers, fitted over four halvings of the step: on Gaussian data against the flow in closed form,
// on a mixture against rk45 at 1e-12, itself checked below.
func TestOrders(t *testing.T) {
	start := batch{{-1.5}, {-0.2}, {0.4}, {1.7}}
	for _, c := range []struct {
		name  string
		make  func() Solver[batch]
		order float64
	}{
		{"ddim", func() Solver[batch] { return DDIM[batch]{} }, 1},
		{"euler", func() Solver[batch] { return Euler[batch]{} }, 1},
		{"heun", func() Solver[batch] { return Heun[batch]{} }, 2},
		{"dpm++2m", func() Solver[batch] { return &DPM2M[batch]{} }, 2},
		{"dpm++2m lower final", func() Solver[batch] { return &DPM2M[batch]{LowerFinal: true} }, 2},
		{"unipc 1 predictor", func() Solver[batch] { return &UniPC[batch]{Order: 1, NoCorrect: true} }, 1},
		{"unipc predictor", func() Solver[batch] { return &UniPC[batch]{NoCorrect: true} }, 2},
		{"unipc 3 predictor", func() Solver[batch] { return &UniPC[batch]{Order: 3, NoCorrect: true} }, 3},
		{"unipc 1", func() Solver[batch] { return &UniPC[batch]{Order: 1} }, 2},
		{"unipc", func() Solver[batch] { return &UniPC[batch]{} }, 3},
		{"unipc bh1", func() Solver[batch] { return &UniPC[batch]{BH1: true} }, 3},
		{"unipc 3", func() Solver[batch] { return &UniPC[batch]{Order: 3} }, 4},
	} {
		for name, p := range smooth {
			for _, data := range []mix{gaussian, bimodal} {
				want := batch{}
				if len(data.weight) == 1 {
					for _, x := range start {
						want = append(want, []float64{flowGaussian(p, x[0], from, to)})
					}
				} else {
					want = walkOf(t, p, data, &RK45[batch]{RTol: 1e-12, ATol: 1e-12}, start, []float64{from, to})
				}
				var logN, logE []float64
				for n := 20; n <= 320; n *= 2 {
					e := distance(walkOf(t, p, data, c.make(), start, even(from, to, n)), want)
					logN, logE = append(logN, math.Log2(float64(n))), append(logE, math.Log2(e))
				}
				t.Logf("%s %s %d: %.3f, %.2f", c.name, name, len(data.weight), -slope(logN, logE), logE)
			}
		}
	}
}
