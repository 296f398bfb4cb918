package sample

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// The data of these tests: every element ~ N(mean, sd^2), so that the exact denoiser is affine, and
// with it every solver's step.
const mean, sd = 0.6, 0.5

// expected returns E[x0 | x_t = x] for x_t = a x0 + s eps, by the product of two Gaussians.
func expected(a, s, x float64) float64 {
	return (mean/(sd*sd) + a*x/(s*s)) / (1/(sd*sd) + a*a/(s*s))
}

// exact is the denoiser of that data under p, with the far end x1 in every element.
func exact(p reverie.Process, x1 float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		c := p.At(t)
		y := reverie.NewBatch[float64](len(x), len(x[0]))
		for n := range x {
			for j, v := range x[n] {
				if y[n][j] = mean; c.Sigma > 0 {
					y[n][j] = expected(c.Alpha, c.Sigma, v-c.Beta*x1)
				}
			}
		}
		return y, nil
	})
}

// A paperStep is one step of a solver as its paper prints it, with the exact denoiser: the mean of
// x_s given x, and the deviation of its noise.
type paperStep func(t, s, x float64) (m, noise float64)

// ancestralDDPM is Ho et al. (2020), algorithm 2, with abar multiplied up; between distant indices
// beta is that of the thinned chain.
func ancestralDDPM(beta []float64, v reverie.Variance) paperStep {
	abar := products(beta)
	return func(t, s, x float64) (float64, float64) {
		a, b := abar[int(t)+1], abar[int(s)+1]
		beta := 1 - a/b
		eps := (x - math.Sqrt(a)*expected(math.Sqrt(a), math.Sqrt(1-a), x)) / math.Sqrt(1-a)
		m := (x - beta/math.Sqrt(1-a)*eps) / math.Sqrt(1-beta)
		switch {
		case s == reverie.Clean:
			return m, 0
		case v == reverie.BetaVariance:
			return m, math.Sqrt(beta)
		}
		return m, math.Sqrt(beta * (1 - b) / (1 - a))
	}
}

// ddimDDPM is Song et al. (2021), eq. 12 and 16, of a process with abar(t).
func ddimDDPM(abar func(t float64) float64, eta float64) paperStep {
	return func(t, s, x float64) (float64, float64) {
		a, b := abar(t), abar(s)
		x0 := expected(math.Sqrt(a), math.Sqrt(1-a), x)
		eps := (x - math.Sqrt(a)*x0) / math.Sqrt(1-a)
		sigma := eta * math.Sqrt((1-b)/(1-a)*(1-a/b))
		return math.Sqrt(b)*x0 + math.Sqrt(1-b-sigma*sigma)*eps, sigma
	}
}

// products returns abar from index -1 on.
func products(beta []float64) []float64 {
	abar := []float64{1}
	for i, b := range beta {
		abar = append(abar, abar[i]*(1-b))
	}
	return abar
}

// abarVP is that of VP's default.
func abarVP(t float64) float64 { return math.Exp(-0.1*max(t, 0) - 19.9*max(t, 0)*max(t, 0)/2) }

// eulerFlow is Euler's method on the velocity eps - x0 of rectified flow.
func eulerFlow(t, s, x float64) (float64, float64) {
	x0 := expected(1-t, t, x)
	return x + (max(s, 0)-t)*(x-x0)/t, 0
}

// eulerVE is Euler's method of Karras et al. (2022), dx/dsigma = (x - x0)/sigma; ancestralVE
// k-diffusion's ancestral step.
func eulerVE(t, s, x float64) (float64, float64) {
	from, to := sigmaVE(t), sigmaVE(s)
	return x + (to-from)*(x-expected(1, from, x))/from, 0
}

func ancestralVE(t, s, x float64) (float64, float64) {
	from, to := sigmaVE(t), sigmaVE(s)
	up := math.Sqrt(to * to * (from*from - to*to) / (from * from))
	down := math.Sqrt(to*to - up*up)
	return x + (down-from)*(x-expected(1, from, x))/from, up
}

func sigmaVE(t float64) float64 {
	if t == reverie.Clean {
		return 0
	}
	return 0.01 * math.Pow(5000, t)
}

// ancestralBridge draws from the Brownian bridge (g = 1) between x0hat and x, or between x0hat and
// x1 = 2 from t = 1 on.
func ancestralBridge(t, s, x float64) (float64, float64) {
	s = max(s, 0)
	x0 := mean
	if t < 1 {
		x0 = expected(1-t, math.Sqrt(t*(1-t)), x-t*2)
	}
	return x0 + s/t*(x-x0), math.Sqrt(s * (t - s) / t)
}

// A scenario is a solver on a process with its recursion.
type scenario struct {
	name   string
	p      reverie.Process
	solver Solver[batch]
	grid   func(p reverie.Process, n int) ([]float64, error)
	step   paperStep
}

// betasFor are those of a chain of T steps that tends to VP's default as T grows.
func betasFor(T int) []float64 { return reverie.LinearBetas(T, 0.1/float64(T), 20/float64(T)) }

// scenarios returns every solver that is affine, on chains of T steps.
func scenarios(t *testing.T, T int) []scenario {
	chain := mustDDPM(t, betasFor(T))
	abar := products(betasFor(T))
	table := func(t float64) float64 { return abar[int(t)+1] }
	// So near to 0 the last step starts that its bias is of the solver's order.
	vp, flow, bridge := reverie.VP{Lo: 1e-9}, reverie.Flow{Lo: 1e-9}, reverie.Bridge{Lo: 1e-9}
	return []scenario{
		{"ddpm", chain, DDPM[batch]{}, Linear, ancestralDDPM(betasFor(T), reverie.PosteriorVariance)},
		{"ddpm beta", chain, DDPM[batch]{"beta"}, Linear, ancestralDDPM(betasFor(T), reverie.BetaVariance)},
		{"ddim", chain, DDIM[batch]{}, Linear, ddimDDPM(table, 0)},
		{"ddim .5", chain, DDIM[batch]{Eta: 0.5}, Linear, ddimDDPM(table, 0.5)},
		{"ddim 1", chain, DDIM[batch]{Eta: 1}, Linear, ddimDDPM(table, 1)},
		{"vp ddim", vp, DDIM[batch]{}, Trailing, ddimDDPM(abarVP, 0)},
		{"vp ancestral", vp, DDPM[batch]{}, Trailing, ddimDDPM(abarVP, 1)},
		{"flow euler", flow, DDIM[batch]{}, Trailing, eulerFlow},
		{"ve euler", reverie.VE{}, DDIM[batch]{}, Linear, eulerVE},
		{"ve ancestral", reverie.VE{}, DDPM[batch]{}, Linear, ancestralVE},
		{"bridge ancestral", bridge, DDPM[batch]{}, Trailing, ancestralBridge},
	}
}

// start returns mean and variance of the exact marginal at hi, given the far end 2.
func start(p reverie.Process) (m, v float64) {
	_, hi := p.Span()
	c := p.At(hi)
	return c.Alpha*mean + c.Beta*2, c.Alpha*c.Alpha*sd*sd + c.Sigma*c.Sigma
}

// recursion returns mean and variance after the last step of the grid, from the exact marginal at
// its first.
func recursion(p reverie.Process, step paperStep, grid []float64) (m, v float64) {
	m, v = start(p)
	for i, s := range grid[1:] {
		at0, noise := step(grid[i], s, 0)
		at1, _ := step(grid[i], s, 1)
		slope := at1 - at0
		m, v = at0+slope*m, slope*slope*v+noise*noise
	}
	return m, v
}

// Samples match the recursion of mean and variance. With n = 40,000 numbers the mean's standard
// error is sqrt(v/n), the variance's v sqrt(2/n); 4 of them are allowed (fixed seed).
func TestSamplesMatchRecursion(t *testing.T) {
	const n = 40000
	for _, sc := range scenarios(t, 60) {
		for _, steps := range []int{60, 7, 1} {
			t.Run(fmt.Sprintf("%s in %d", sc.name, steps), func(t *testing.T) {
				grid, err := sc.grid(sc.p, steps)
				if err != nil {
					t.Fatal(err)
				}
				sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 11}}
				run := &Run[batch]{Space: sp, Process: sc.p, Denoiser: exact(sc.p, 2)}
				m, v := start(sc.p)
				x := sp.Noise(reverie.NewBatch[float64](100, n/100))
				far := reverie.NewBatch[float64](100, n/100)
				for i := range x {
					for j := range x[i] {
						x[i][j], far[i][j] = m+math.Sqrt(v)*x[i][j], 2
					}
				}
				if sc.p.At(0.5).Beta != 0 {
					run.Far = []batch{far}
				}
				x, err = Sample(context.Background(), run, sc.solver, x, grid, nil)
				if err != nil {
					t.Fatal(err)
				}
				wantM, wantV := recursion(sc.p, sc.step, grid)
				gotM, gotV := moments(x)
				if !(math.Abs(gotM-wantM) <= 4*math.Sqrt(wantV/n)+1e-12 && math.Abs(gotV-wantV) <= 4*wantV*math.Sqrt(2./n)+1e-12) {
					t.Errorf("mean %v, variance %v, want %v, %v", gotM, gotV, wantM, wantV)
				}
			})
		}
	}
}

func moments(x batch) (m, v float64) {
	n := float64(len(x) * len(x[0]))
	for i := range x {
		for _, a := range x[i] {
			m += a / n
		}
	}
	for i := range x {
		for _, a := range x[i] {
			v += (a - m) * (a - m) / n
		}
	}
	return m, v
}

// The recursion tends to the data's law: the mean exactly, the variance's error falling as 1/steps
// for all of these first-order methods, so twice the steps halve it. (VE's grid visits Sigma = 0.01
// before Clean, whose bias, 4e-4 of the variance, is subtracted.)
func TestConvergence(t *testing.T) {
	const n = 4000
	for i, sc := range scenarios(t, n) {
		coarse, fine := sc, scenarios(t, 2*n)[i]
		t.Run(sc.name, func(t *testing.T) {
			a, b := varianceError(t, coarse, n), varianceError(t, fine, 2*n)
			if ratio := a / b; !(math.Abs(a) <= 0.02*sd*sd && ratio >= 1.8 && ratio <= 2.2) {
				t.Errorf("errors %v, %v: ratio %v", a, b, ratio)
			}
		})
	}
}

// varianceError returns the recursion's variance less the data's.
func varianceError(t *testing.T, sc scenario, n int) float64 {
	grid, err := sc.grid(sc.p, n)
	if err != nil {
		t.Fatal(err)
	}
	m, v := recursion(sc.p, sc.step, grid)
	if !(math.Abs(m-mean) <= 1e-9) {
		t.Errorf("mean %v", m)
	}
	want := sd * sd
	if _, ok := sc.p.(reverie.VE); ok { // x0hat of an x at Sigma = 0.01 is narrower than the data
		want *= sd * sd / (sd*sd + 1e-4)
	}
	return v - want
}
