package sample

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
)

// The interval on which orders are fitted: Alpha and Sigma are smooth there in every process.
const from, to = 0.8, 0.2

// smooth are processes with their names, in time.
var smooth = map[string]reverie.Process{"vp": reverie.VP{}, "sub-vp": reverie.SubVP{}, "ve": reverie.VE{SigmaMin: 0.1, SigmaMax: 10}, "flow": reverie.Flow{}, "edm": reverie.EDM{}}

// flowGaussian carries x from t to s along the exact probability flow of Gaussian data: (x -
// mean_t)/deviation_t does not change.
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

// A method is a solver and the order it is expected to have.
type method struct {
	name  string
	make  func() Solver[batch]
	order float64
}

// Orders of convergence of the deterministic solvers, fitted over four halvings of the step: on
// Gaussian data against the flow in closed form, on a mixture against rk45 at 1e-12
// (TestRK45Tolerance). UniPC's corrector adds one to the predictor's order, which is that of its
// name.
func TestOrders(t *testing.T) {
	for _, m := range []method{
		{"ddim", func() Solver[batch] { return DDIM[batch]{} }, 1},
		{"euler", func() Solver[batch] { return Euler[batch]{} }, 1},
		{"heun", func() Solver[batch] { return Heun[batch]{} }, 2},
		{"dpm++2m", func() Solver[batch] { return &DPM2M[batch]{} }, 2},
		{"dpm++2m lower final", func() Solver[batch] { return &DPM2M[batch]{LowerFinal: true} }, 2},
		{"unip 1", func() Solver[batch] { return &UniPC[batch]{Order: 1, NoCorrect: true} }, 1},
		{"unip 2", func() Solver[batch] { return &UniPC[batch]{NoCorrect: true} }, 2},
		{"unip 2 bh1", func() Solver[batch] { return &UniPC[batch]{BH1: true, NoCorrect: true} }, 2},
		{"unipc 1", func() Solver[batch] { return &UniPC[batch]{Order: 1} }, 2},
		{"unipc 2", func() Solver[batch] { return &UniPC[batch]{} }, 3},
		{"unipc 2 bh1", func() Solver[batch] { return &UniPC[batch]{BH1: true} }, 3},
	} {
		for name, p := range smooth {
			order := fit(t, p, gaussian, m, from, to)
			bent := fit(t, p, bimodal, m, from, to)
			if !(math.Abs(order-m.order) <= 0.2 && math.Abs(bent-m.order) <= 0.2) {
				t.Errorf("%s under %s: order %.3f on a Gaussian, %.3f on a mixture, want %v", m.name, name, order, bent, m.order)
			}
		}
	}
}

// fit returns the order of m between two times, over four halvings.
func fit(t *testing.T, p reverie.Process, data mix, m method, from, to float64) float64 {
	t.Helper()
	start := batch{{-1.5}, {-0.2}, {0.4}, {1.7}}
	want := batch{}
	if len(data.weight) == 1 {
		for _, x := range start {
			want = append(want, []float64{flowGaussian(p, x[0], from, to)})
		}
	} else {
		want = walkOf(t, p, data, &RK45[batch]{RTol: 1e-12, ATol: 1e-12}, start, []float64{from, to})
	}
	var logN, logE []float64
	for n := 80; n <= 1280; n *= 2 {
		e := distance(walkOf(t, p, data, m.make(), start, even(from, to, n)), want)
		logN, logE = append(logN, math.Log2(float64(n))), append(logE, math.Log2(e))
	}
	return -slope(logN, logE)
}

// UniPC of order 3 starts with steps of order 1 and 2, corrected, and so ends above order 3.
func TestUniPC3(t *testing.T) {
	for name, p := range smooth {
		if order := fit(t, p, bimodal, method{make: func() Solver[batch] { return &UniPC[batch]{Order: 3} }}, from, to); !(order >= 2.9) {
			t.Errorf("%s: order %v", name, order)
		}
	}
}

// Upwards, from data to noise, the orders hold too.
func TestOrdersUpward(t *testing.T) {
	for _, m := range []method{
		{"ddim", func() Solver[batch] { return DDIM[batch]{} }, 1},
		{"euler", func() Solver[batch] { return Euler[batch]{} }, 1},
		{"heun", func() Solver[batch] { return Heun[batch]{} }, 2},
		{"dpm++2m", func() Solver[batch] { return &DPM2M[batch]{} }, 2},
		{"unipc", func() Solver[batch] { return &UniPC[batch]{} }, 3},
	} {
		for name, p := range smooth {
			if order := fit(t, p, bimodal, m, to, from); !(math.Abs(order-m.order) <= 0.2) {
				t.Errorf("%s under %s: order %.3f, want %v", m.name, name, order, m.order)
			}
		}
	}
}

// The error of rk45 against the closed form is proportional to its tolerance, both ways.
func TestRK45Tolerance(t *testing.T) {
	start := batch{{-1.5}, {-0.2}, {0.4}, {1.7}}
	for name, p := range smooth {
		for _, ends := range [][2]float64{{from, to}, {to, from}} {
			want := batch{}
			for _, x := range start {
				want = append(want, []float64{flowGaussian(p, x[0], ends[0], ends[1])})
			}
			var logTol, logE []float64
			for tol := 1e-4; tol > 1e-12; tol /= 10 {
				e := distance(walkOf(t, p, gaussian, &RK45[batch]{RTol: tol, ATol: tol}, start, ends[:]), want)
				if !(e <= 50*tol) {
					t.Errorf("%s %v: error %.3g at tolerance %.3g", name, ends, e, tol)
				}
				logTol, logE = append(logTol, math.Log(tol)), append(logE, math.Log(e))
			}
			if s := slope(logTol, logE); !(s >= 0.8 && s <= 1.2) {
				t.Errorf("%s %v: error ~ tolerance^%.3f", name, ends, s)
			}
		}
	}
}

// Weak orders of the stochastic solvers: errors of mean and variance, which propagate exactly on
// Gaussian data, over four halvings, from the exact marginal at one end of the interval to that at
// the other. On linear drifts the multistep form of DPM-Solver++ is of order 2 in them.
func TestWeakOrders(t *testing.T) {
	for _, m := range []method{
		{"euler-maruyama", func() Solver[batch] { return EulerMaruyama[batch]{} }, 1},
		{"reverse-diffusion", func() Solver[batch] { return ReverseDiffusion[batch]{} }, 1},
		{"ddpm", func() Solver[batch] { return DDPM[batch]{} }, 1},
		{"ddpm beta", func() Solver[batch] { return DDPM[batch]{Variance: "beta"} }, 1},
		{"ddim .5", func() Solver[batch] { return DDIM[batch]{Eta: 0.5} }, 1},
		{"dpm++2m-sde", func() Solver[batch] { return &DPM2MSDE[batch]{} }, 2},
	} {
		for name, p := range smooth {
			mFrom, vFrom := marginal(p, from)
			mTo, vTo := marginal(p, to)
			var logN, logM, logV []float64
			for n := 20; n <= 320; n *= 2 {
				gotM, gotV := law(t, p, m.make(), even(from, to, n), mFrom, vFrom, n)
				logN = append(logN, math.Log2(float64(n)))
				logM, logV = append(logM, math.Log2(math.Abs(gotM-mTo))), append(logV, math.Log2(math.Abs(gotV-vTo)))
			}
			exact := slices.Max(logM) < -44 // many keep the mean to rounding
			inMean, inVariance := -slope(logN, logM), -slope(logN, logV)
			if !(exact || math.Abs(inMean-m.order) <= 0.25) || !(math.Abs(inVariance-m.order) <= 0.25) {
				t.Errorf("%s under %s: order %.3f in the mean, %.3f in the variance, want %v: errors %.2f, %.2f", m.name, name, inMean, inVariance, m.order, logM, logV)
			}
		}
	}
}
