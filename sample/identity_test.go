package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
)

// This file holds single steps against their papers' formulas written out for the paper's own
// process, and whole walks under one process against another: y = x/Alpha under any process is x
// under EDM, whose time is Sigma/Alpha.

// stepsOf returns what one step makes of x = 0 and of x = 1, and the deviation of its noise, on the
// data of gaussian_test.go.
func stepsOf(t *testing.T, p reverie.Process, solver Solver[batch], from, to float64) (at0, at1, noise float64) {
	t.Helper()
	m0, v := law(t, p, solver, []float64{from, to}, 0, 0, 1)
	m1, _ := law(t, p, solver, []float64{from, to}, 1, 0, 1)
	return m0, m1, math.Sqrt(v)
}

// Song et al. (2021), table 1 and appendix E, with the score from the marginal N(m, v): the SDE's f
// and g written out.
func TestStepsAsSongPrintsThem(t *testing.T) {
	score := func(p reverie.Process, t, x float64) float64 {
		m, v := marginal(p, t)
		return -(x - m) / v
	}
	beta := func(t float64) float64 { return 0.1 + 19.9*t }
	chain := mustDDPM(t, reverie.LinearBetas(20, 0.01, 0.3))
	vp, sub, ve := reverie.VP{}, reverie.SubVP{}, reverie.VE{}
	dsigma2 := func(t float64) float64 { return 2 * math.Log(5000) * sigmaVE(t) * sigmaVE(t) } // d(sigma^2)/dt
	subG2 := func(t float64) float64 { return beta(t) * (1 - math.Exp(-0.2*t-19.9*t*t)) }
	for _, c := range []struct {
		name     string
		p        reverie.Process
		solver   Solver[batch]
		from, to float64
		want     func(x, t, h float64) (mean, noise float64)
	}{
		{"euler-maruyama vp", vp, EulerMaruyama[batch]{}, 0.7, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*(beta(t)*x/2+beta(t)*score(vp, t, x)), math.Sqrt(beta(t) * h)
		}},
		{"euler-maruyama sub-vp", sub, EulerMaruyama[batch]{}, 0.7, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*(beta(t)*x/2+subG2(t)*score(sub, t, x)), math.Sqrt(subG2(t) * h)
		}},
		{"euler-maruyama ve", ve, EulerMaruyama[batch]{}, 0.7, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*dsigma2(t)*score(ve, t, x), math.Sqrt(dsigma2(t) * h)
		}},
		{"euler vp", vp, Euler[batch]{}, 0.7, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*(beta(t)*x/2+beta(t)*score(vp, t, x)/2), 0
		}},
		{"euler sub-vp upward", sub, Euler[batch]{}, 0.6, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*(beta(t)*x/2+subG2(t)*score(sub, t, x)/2), 0
		}},
		{"euler ve", ve, Euler[batch]{}, 0.7, 0.65, func(x, t, h float64) (float64, float64) {
			return x + h*dsigma2(t)*score(ve, t, x)/2, 0
		}},
		{"reverse diffusion ddpm", chain, ReverseDiffusion[batch]{}, 12, 11, func(x, t, _ float64) (float64, float64) {
			b := chain.Beta(12)
			return (2-math.Sqrt(1-b))*x + b*score(chain, t, x), math.Sqrt(b)
		}},
		{"reverse diffusion ddpm to clean", chain, ReverseDiffusion[batch]{}, 0, reverie.Clean, func(x, t, _ float64) (float64, float64) {
			return (2-math.Sqrt(0.99))*x + 0.01*score(chain, t, x), 0
		}},
		{"reverse diffusion ve", ve, ReverseDiffusion[batch]{}, 0.7, 0.6, func(x, t, _ float64) (float64, float64) {
			d := sigmaVE(0.7)*sigmaVE(0.7) - sigmaVE(0.6)*sigmaVE(0.6)
			return x + d*score(ve, t, x), math.Sqrt(d)
		}},
		{"langevin ve", ve, Langevin[batch]{Level: 0.3, H: 0.01}, 1, 0.5, func(x, _, _ float64) (float64, float64) {
			return x + 0.005*score(ve, 0.3, x), 0.1
		}},
		{"langevin still", ve, Langevin[batch]{Level: 0.3, H: 0.01, Still: true}, 1, 0.5, func(x, _, _ float64) (float64, float64) {
			return x + 0.005*score(ve, 0.3, x), 0
		}},
		{"langevin default", ve, Langevin[batch]{}, 1, 0.5, func(x, _, _ float64) (float64, float64) {
			return x + 1e-5*score(ve, 0, x), math.Sqrt(2e-5) // NCSN's 2e-5 at sigma = 0.01
		}},
		{"annealed langevin ve", ve, AnnealedLangevin[batch]{Updates: 1}, 0.4, 0.2, func(x, t, _ float64) (float64, float64) {
			h := 2e-5 * sigmaVE(t) * sigmaVE(t) / (0.01 * 0.01)
			return x + h/2*score(ve, t, x), math.Sqrt(h)
		}},
		{"annealed langevin eps", ve, AnnealedLangevin[batch]{Eps: 1e-5, Updates: 1}, 0.4, 0.2, func(x, t, _ float64) (float64, float64) {
			h := 1e-5 * sigmaVE(t) * sigmaVE(t) / (0.01 * 0.01)
			return x + h/2*score(ve, t, x), math.Sqrt(h)
		}},
	} {
		at0, at1, noise := stepsOf(t, c.p, c.solver, c.from, c.to)
		for x, got := range []float64{at0, at1} {
			want, deviation := c.want(float64(x), c.from, c.from-c.to)
			if !(math.Abs(got-want) <= 1e-10*(1+math.Abs(want)) && math.Abs(noise-deviation) <= 1e-10*(1+deviation)) {
				t.Errorf("%s at x = %d: %v + %v z, want %v + %v z", c.name, x, got, noise, want, deviation)
			}
		}
	}
}

// Heun as Karras et al. print it (algorithm 2), at one step of N = 2 with churn, on EDM: the noise
// of the churn goes through both slopes.
func TestHeunAsKarrasPrintsIt(t *testing.T) {
	const from, to, z = 3.0, 1.2, 0.7
	d := func(y, s float64) float64 { return (y - expected(1, s, y)) / s }
	for _, h := range []Heun[batch]{{}, {Churn: 0.5}, {Churn: 40}, {Churn: 0.5, Noise: 1.007}, {Churn: 0.5, Min: 3.5}, {Churn: 0.5, Max: 2.5}, {Churn: 0.5, Min: 2.5, Max: 3.5}} {
		gamma := min(h.Churn/2, math.Sqrt2-1)
		if h.Min > from || h.Max > 0 && h.Max < from {
			gamma = 0
		}
		noise := h.Noise
		if noise == 0 {
			noise = 1
		}
		up := from * (1 + gamma)
		x := 0.9 + math.Sqrt(up*up-from*from)*noise*z
		y := x + (to-up)*d(x, up)
		want := x + (to-up)*(d(x, up)+d(y, to))/2

		var got batch
		var drawn bool
		sp := &recorded{noise: []batch{{{z}}, {{0}}}}
		run := &Run[batch]{Space: sp, Process: reverie.EDM{}, Denoiser: gaussian.denoiser(reverie.EDM{})}
		last, err := Sample(context.Background(), run, h, batch{{0.9}}, []float64{from, to, reverie.Clean}, func(s State[batch]) error {
			if s.Step == 1 {
				got, drawn = s.X, len(sp.noise) < 2
			}
			return nil
		})
		if err != nil || !(math.Abs(got[0][0]-want) <= 1e-12) {
			t.Errorf("%+v: %v, want %v, %v", h, got, want, err)
		}
		if drawn != (gamma > 0) {
			t.Errorf("%+v: noise drawn: %v", h, drawn)
		}
		if h.Churn == 0 && !(math.Abs(last[0][0]-expected(1, to, want)) <= 1e-12) {
			t.Errorf("the step to Clean is %v, not x0hat", last)
		}
	}
}

// Lu et al. (2022), algorithm 2, and section 5 for the SDE, written out in lambda for VP with x0
// predictions.
func TestDPM2MAsLuPrintsIt(t *testing.T) {
	p := reverie.VP{}
	grid := []float64{0.9, 0.7, 0.45, 0.4, 0.1}
	alpha := func(t float64) float64 { return math.Sqrt(abarVP(t)) }
	sigma := func(t float64) float64 { return math.Sqrt(1 - abarVP(t)) }
	lambda := func(t float64) float64 { return math.Log(alpha(t) / sigma(t)) }
	for _, sde := range []bool{false, true} {
		x, before, hBefore := 0.8, 0.0, 0.0
		noise := []batch{{{0.3}}, {{-1.1}}, {{0.5}}, {{2}}}
		for i, s := range grid[1:] {
			t := grid[i]
			m := expected(alpha(t), sigma(t), x)
			h := lambda(s) - lambda(t)
			D := m
			if i > 0 {
				r := hBefore / h
				D = (1+1/(2*r))*m - 1/(2*r)*before
			}
			if sde {
				x = sigma(s)/sigma(t)*math.Exp(-h)*x + alpha(s)*(1-math.Exp(-2*h))*D + sigma(s)*math.Sqrt(1-math.Exp(-2*h))*noise[i][0][0]
			} else {
				x = sigma(s)/sigma(t)*x - alpha(s)*(math.Exp(-h)-1)*D
			}
			before, hBefore = m, h
		}
		var solver Solver[batch] = &DPM2M[batch]{}
		if sde {
			solver = &DPM2MSDE[batch]{}
		}
		run := &Run[batch]{Space: &recorded{noise: noise}, Process: p, Denoiser: gaussian.denoiser(p)}
		got, err := Sample(context.Background(), run, solver, batch{{0.8}}, grid, nil)
		if err != nil || !(math.Abs(got[0][0]-x) <= 1e-11) {
			t.Errorf("sde %v: %v, want %v, %v", sde, got, x, err)
		}
	}
}

// UniPC's predictor of order 2 is DPM-Solver++(2M) (rho = 1/2 makes them the same with B = e^-h -
// 1), and of order 1 DDIM.
func TestUniPIsDPM2M(t *testing.T) {
	start := batch{{-1.5}, {0.4}}
	for name, p := range smooth {
		grid := append(even(from, to, 7), reverie.Clean)
		a := walkOf(t, p, bimodal, &UniPC[batch]{NoCorrect: true}, start, grid)
		if d := distance(a, walkOf(t, p, bimodal, &DPM2M[batch]{}, start, grid)); !(d <= 1e-12) {
			t.Errorf("%s: order 2 is off dpm++2m by %v", name, d)
		}
		a = walkOf(t, p, bimodal, &UniPC[batch]{NoCorrect: true, Order: 1}, start, grid)
		if d := distance(a, walkOf(t, p, bimodal, DDIM[batch]{}, start, grid)); !(d <= 1e-12) {
			t.Errorf("%s: order 1 is off ddim by %v", name, d)
		}
	}
}

// Euler is DDIM where Alpha and Sigma are linear in t, and is not elsewhere.
func TestEulerAndDDIM(t *testing.T) {
	for name, p := range smooth {
		grid := append(even(from, to, 5), reverie.Clean)
		d := distance(walkOf(t, p, bimodal, Euler[batch]{}, batch{{1.2}}, grid), walkOf(t, p, bimodal, DDIM[batch]{}, batch{{1.2}}, grid))
		if same := name == "flow" || name == "edm"; same != (d <= 1e-12) {
			t.Errorf("%s: euler and ddim differ by %v", name, d)
		}
	}
}

// The solvers in Sigma/Alpha or lambda give the same y = x/Alpha under every process.
func TestProcessesAreOne(t *testing.T) {
	chain := mustDDPM(t, reverie.LinearBetas(50, 0.002, 0.3))
	cases := map[string]reverie.Process{"ddpm": chain}
	for name, p := range smooth {
		cases[name] = p
	}
	for name, p := range cases {
		grid := append(even(from, to, 6), reverie.Clean)
		if name == "ddpm" {
			grid = []float64{45, 30, 22, 15, 9, 4, reverie.Clean}
		}
		levels, x := make([]float64, len(grid)), batch{{1.3}, {-0.4}}
		for i, at := range grid {
			if levels[i] = at; at != reverie.Clean {
				levels[i] = p.At(at).Sigma / p.At(at).Alpha
			}
		}
		y := (&reverie.Host[float64]{}).Sum([]float64{1 / p.At(grid[0]).Alpha}, x)
		for _, solver := range []string{"ddim", "heun", "heun churn=2", "dpm++2m", "dpm++2m-sde", "unipc", "unipc order=3", "unipc bh1=true", "ddpm", "annealed-langevin updates=3"} {
			walk := func(p reverie.Process, x batch, grid []float64) batch {
				run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: bimodal.denoiser(p)}
				x, err := Sample(context.Background(), run, made(t, solver), x, grid, nil)
				if err != nil {
					t.Fatal(err)
				}
				return x
			}
			edm := reverie.EDM{SigmaMax: 1000}
			if a, b := walk(p, x, grid), walk(edm, y, levels); !(distance(a, b) <= 1e-9) {
				t.Errorf("%s, %s: %v, under edm %v", name, solver, a, b)
			}
		}
	}
}
