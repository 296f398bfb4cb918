package sample

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// This file holds the samples of every solver against the data's law, in 1, 2 and 64 dimensions.

// component returns a component in d dimensions around at, with deviations from 0.3 to 0.9.
func component(d int, at float64) (mean, sd []float64) {
	for j := range d {
		mean = append(mean, at*math.Cos(float64(j)))
		sd = append(sd, 0.3+0.6*float64(j%7)/6)
	}
	return mean, sd
}

// dataOf returns a Gaussian, or a mixture of two, in d dimensions with full covariance.
func dataOf(d, components int) mix {
	m := mix{weight: []float64{0.35, 0.65}}
	if components == 1 {
		m.weight = []float64{1}
	}
	for k := range components {
		mean, sd := component(d, 0.8-2*float64(k))
		m.mean, m.sd = append(m.mean, mean), append(m.sd, sd)
	}
	if d > 1 {
		m.u = make([]float64, d)
		for j := range m.u {
			m.u[j] = 1 + math.Sin(float64(3*j))
		}
	}
	return m
}

// errorsOf returns how far mean and covariance of x are from the data's, and how far those of as
// many exact samples would be: the root of the expected square, for Gaussians, in the Euclidean
// norm.
func errorsOf(m mix, x batch) (mean, cov, meanError, covError float64) {
	wantM, wantC := m.moments()
	d, n := len(wantM), float64(len(x))
	gotM, gotC := make([]float64, d), [][]float64(reverie.NewBatch[float64](d, d))
	for _, v := range x {
		for j := range d {
			gotM[j] += v[j] / n
		}
	}
	for _, v := range x {
		for i := range d {
			for j := range d {
				gotC[i][j] += (v[i] - gotM[i]) * (v[j] - gotM[j]) / n
			}
		}
	}
	trace, square := 0.0, 0.0
	for i := range d {
		trace += wantC[i][i]
		mean += (gotM[i] - wantM[i]) * (gotM[i] - wantM[i])
		for j := range d {
			square += wantC[i][j] * wantC[i][j]
			cov += (gotC[i][j] - wantC[i][j]) * (gotC[i][j] - wantC[i][j])
		}
	}
	return math.Sqrt(mean), math.Sqrt(cov), math.Sqrt(trace / n), math.Sqrt((trace*trace + square) / n)
}

// affinity returns the mean of the kernel exp(-|x-y|^2/(2 d)) over pairs, without a sample's with
// itself where x is y.
func affinity(x, y batch) float64 {
	sum, n := 0.0, 0.0
	for i := range x {
		for j := range y {
			if &x[i][0] == &y[j][0] {
				continue
			}
			d := 0.0
			for k, v := range x[i] {
				d += (v - y[j][k]) * (v - y[j][k])
			}
			sum, n = sum+math.Exp(-d/float64(2*len(x[i]))), n+1
		}
	}
	return sum / n
}

// mmd returns the unbiased estimate of the squared maximum mean discrepancy of x and y, of which
// own is affinity(y, y).
func mmd(x, y batch, own float64) float64 { return affinity(x, x) + own - 2*affinity(x, y) }

// A trial is a solver as it is tried, with the bias that its steps leave: of the covariance,
// relative, in the Euclidean norm.
type trial struct {
	solver  string // its name, and what is set: see made
	spacing string
	steps   int
	bias    float64
}

// name is the solver's.
func (c trial) name() string { return strings.Fields(c.solver)[0] }

// set says whether something is set.
func (c trial) set() bool { return strings.Contains(c.solver, "=") }

var trials = []trial{
	{"ddpm", "logsnr", 60, 0.17},
	{"ddim", "logsnr", 60, 0.10},
	{"ddim eta=0.5", "logsnr", 60, 0.10},
	{"euler", "quadratic", 60, 0.02},
	{"heun", "karras", 20, 0.06},
	{"heun churn=10", "karras", 30, 0.09},
	{"euler-maruyama", "quadratic", 120, 0.08},
	{"reverse-diffusion", "quadratic", 120, 0.08},
	{"pc", "quadratic", 100, 0.06},
	{"pc predictor=ddpm", "quadratic", 60, 0.11},
	{"pc predictor=euler-maruyama corrections=2", "quadratic", 60, 0.11},
	{"annealed-langevin updates=50", "logsnr", 20, 0.2},
	{"dpm++2m", "logsnr", 20, 0.03},
	{"dpm++2m-sde", "logsnr", 40, 0.04},
	{"unipc", "logsnr", 15, 0.02},
	{"unipc order=3", "logsnr", 15, 0.02},
	{"rk45", "linear", 2, 0.005},
}

// TestLaws: from noise, every solver's mean and covariance are the data's, within 3.5 times the
// sampling error and the stated bias, and so is its law by MMD, on a Gaussian and on a mixture.
// That the bias shrinks is TestBiasShrinks.
func TestLaws(t *testing.T) {
	p := reverie.VP{}
	for _, d := range []int{1, 2, 64} {
		for _, components := range []int{1, 2} {
			m, n := dataOf(d, components), 500
			if d == 64 {
				n = 160
			}
			sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 31}}
			truth := m.noised(sp, p, reverie.Clean, 160)
			own, null := affinity(truth, truth), 0.0
			for range 4 {
				null = max(null, math.Abs(mmd(m.noised(sp, p, reverie.Clean, 160), truth, own)))
			}
			for _, c := range trials {
				x := draw(t, p, m, c, n)
				mean, cov, meanError, covError := errorsOf(m, x)
				_, C := m.moments()
				size := 0.0
				for i := range C {
					for j := range C {
						size += C[i][j] * C[i][j]
					}
				}
				size = math.Sqrt(size)
				distance := mmd(x[:160], truth, own)
				if !(mean <= 3.5*meanError+c.bias/2*math.Sqrt(size) && cov <= 3.5*covError+c.bias*size && distance <= 4*null+c.bias/10) {
					t.Errorf("%d dimensions, %d components, %s: mean off by %.3g (of %.3g), covariance by %.3g (of %.3g), MMD^2 %.3g (of %.3g)",
						d, components, c.solver, mean, meanError, cov, covError, distance, null)
				}
			}
		}
	}
}

// TestBiasShrinks: what is left of the error in mean and variance without any sampling error (on a
// Gaussian, where both propagate exactly, from the law at hi to the data over all of VP) falls at
// least by a third with twice the steps, down to the little that x0hat at lo differs from the data.
func TestBiasShrinks(t *testing.T) {
	p := reverie.VP{}
	const floor = 3e-4
	for _, c := range trials {
		if c.name() == "rk45" || c.name() == "annealed-langevin" {
			continue // TestRK45Tolerance, TestAnnealedBias
		}
		last := math.Inf(1)
		for n := 25; n <= 200; n *= 2 {
			solver := made(t, c.solver)
			grid, err := Grid(c.spacing, p, n)
			if err != nil {
				t.Fatal(err)
			}
			m, v := marginal(p, 1)
			m, v = law(t, p, solver, grid, m, v, 3*n)
			e := max(math.Abs(m-mean), math.Abs(v-sd*sd))
			if !(e <= floor || e <= 0.67*last) {
				t.Errorf("%s: error %.5f with %d steps, %.5f with half as many", c.solver, e, n, last)
			}
			last = e
		}
	}
}

// Every solver samples every process over its whole span, singular ends included (Alpha = 0 at
// flow's hi, Sigma' at VP's lo), from the law at hi: mean and variance are exact but for a bias
// that is small with many steps.
func TestEveryProcess(t *testing.T) {
	chain := mustDDPM(t, reverie.LinearBetas(300, 1e-4, 0.06))
	for name, p := range map[string]reverie.Process{"ddpm": chain, "vp": reverie.VP{}, "sub-vp": reverie.SubVP{}, "ve": reverie.VE{}, "edm": reverie.EDM{}, "flow": reverie.Flow{}, "cosine": reverie.CosineVP{}, "sigmoid": reverie.SigmoidVP{}} {
		_, hi := p.Span()
		for _, c := range trials {
			if c.solver == "rk45" && name == "ddpm" {
				c.solver = "rk45 rtol=1e-3 atol=1e-3"
			}
			n, draws, tolerance := 800, 0, 0.02 // without noise many steps cost little
			if slices.Contains([]string{"ddpm", "euler-maruyama", "reverse-diffusion", "pc", "annealed-langevin", "dpm++2m-sde"}, c.name()) || slices.Contains([]string{"ddim", "heun"}, c.name()) && c.set() {
				n, draws, tolerance = 100, 300, 0.15
			}
			solver := made(t, c.solver)
			if c.name() == "annealed-langevin" { // how fast it gets better: TestAnnealedBias
				solver, tolerance = AnnealedLangevin[batch]{Updates: 3}, 1
			}
			if c.solver == "euler" && name == "ve" { // whose own time is far from straight
				tolerance = 0.06
			}
			spacing := map[string]string{"ve": "linear", "edm": "karras"}[name]
			if spacing == "" {
				spacing = c.spacing
			}
			if name == "ddpm" {
				n = min(n, 300)
			}
			grid, err := Grid(spacing, p, n)
			if err != nil {
				t.Fatal(err)
			}
			m, v := marginal(p, hi)
			m, v = law(t, p, solver, grid, m, v, draws)
			if !(math.Abs(m-mean) <= 0.01 && math.Abs(v-sd*sd) <= tolerance*sd*sd) {
				t.Errorf("%s under %s: mean %v, variance %v, want %v, %v", c.solver, name, m, v, mean, sd*sd)
			}
		}
	}
}

// Annealed Langevin follows the law the better the more levels there are, and the more updates at
// each: where the law changes faster than the dynamics mix, x stays too wide.
func TestAnnealedBias(t *testing.T) {
	p := reverie.VE{}
	start, startV := marginal(p, 1)
	last := math.Inf(1)
	for _, c := range [][2]int{{10, 5}, {20, 5}, {40, 5}, {40, 10}, {80, 10}} {
		grid, err := LogSNR(p, c[0])
		if err != nil {
			t.Fatal(err)
		}
		m, v := law(t, p, AnnealedLangevin[batch]{Updates: c[1]}, grid, start, startV, c[0]*c[1])
		e := max(math.Abs(m-mean), math.Abs(v-sd*sd))
		if !(e <= 0.67*last) {
			t.Errorf("error %.5f with %d levels of %d updates, %.5f with half as many", e, c[0], c[1], last)
		}
		last = e
	}
}

// draw returns n samples.
func draw(t *testing.T, p reverie.Process, m mix, c trial, n int) batch {
	t.Helper()
	run := &Run[batch]{Space: &reverie.Host[float64]{Stream: random.Stream{Seed: 17}}, Process: p, Denoiser: m.denoiser(p)}
	solver := made(t, c.solver)
	grid, err := Grid(c.spacing, p, c.steps)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Sample(context.Background(), run, solver, run.Prior(reverie.NewBatch[float64](n, len(m.mean[0]))), grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
