package sample

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// This file holds every solver, as it is where nothing is said, against the law of N(0, v) under
// every process that it does not refuse.

type namedProcess struct {
	name string
	p    reverie.Process
}

// everyProcess returns the processes with the schedules that they may have. The learned one is what
// training might have made of it: a bent gamma.
func everyProcess(t *testing.T) (all []namedProcess) {
	t.Helper()
	for _, T := range []int{300, 1000} {
		for _, schedule := range scheduleNames {
			all = append(all, namedProcess{fmt.Sprintf("ddpm %s %d", schedule, T), mustDDPM(t, betasOf(schedule, T, 1e-4, 0.02))})
		}
	}
	all = append(all, namedProcess{"ddpm zero snr", mustDDPM(t, reverie.ZeroSNR(reverie.LinearBetas(300, 1e-4, 0.02)))},
		namedProcess{"ddpm steep", mustDDPM(t, reverie.LinearBetas(1000, 1e-4, 0.5))})
	params := reverie.LearnedParams(4)
	params[len(params)-2] = 1
	learned, err := reverie.NewLearnedVP(params)
	if err != nil {
		t.Fatal(err)
	}
	transferred, err := reverie.Within(reverie.EDM{}, reverie.VP{})
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, namedProcess{"edm for a network of vp", transferred})
	return append(all, namedProcess{"vp", reverie.VP{}}, namedProcess{"vp cosine", reverie.CosineVP{}}, namedProcess{"vp sigmoid", reverie.SigmoidVP{}},
		namedProcess{"vp learned", learned}, namedProcess{"subvp", reverie.SubVP{}}, namedProcess{"ve", reverie.VE{}}, namedProcess{"edm", reverie.EDM{}},
		namedProcess{"flow", reverie.Flow{}}, namedProcess{"flow between", reverie.Flow{Between: true}})
}

// centred is the exact denoiser of N(0, v) in any number of dimensions: the posterior mean a v
// x/(a^2 v + s^2).
func centred(p reverie.Process, v float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		c := reverie.At(p, t)
		sp := &reverie.Host[float64]{}
		return sp.Sum([]float64{c.Alpha * v / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)}, x), nil
	})
}

// deviation returns what the solver with its default times makes of the exact marginal at hi,
// without sampling error, relative to sqrt(v).
func deviation(t *testing.T, name string, p reverie.Process, steps int, v float64, d reverie.Denoiser[batch]) float64 {
	t.Helper()
	solver := made(t, name)
	grid, err := Grid(HabitsOf(solver, p).Spacing, p, steps)
	if err != nil {
		t.Fatal(err)
	}
	draws := map[string]int{"ddpm": steps, "euler-maruyama": steps, "reverse-diffusion": steps, "pc": 2 * steps, "dpm++2m-sde": steps}[name] // the others add no noise
	_, hi := p.Span()
	c := p.At(hi)
	_, variance := lawUnder(t, p, d, solver, grid, 0, c.Alpha*c.Alpha*v+c.Sigma*c.Sigma, draws)
	return math.Sqrt(variance / v)
}

// habitual is the grid of a solver where nothing is said.
func habitual(solver any, p reverie.Process) ([]float64, error) {
	h := HabitsOf(solver, p)
	return Grid(h.Spacing, p, h.Steps)
}

// ownRecursion are the solvers whose law is their own: TestLangevinRecursions,
// TestLectureRecursion.
var ownRecursion = []string{"lecture-sde", "langevin", "annealed-langevin"}

// Every solver with its defaults keeps the deviation of N(0, v) within a tenth, under every process
// that it does not refuse.
func TestDefaultsKeepTheLaw(t *testing.T) {
	for _, x := range everyProcess(t) {
		for _, name := range Solvers.Names() {
			if slices.Contains(ownRecursion, name) || Fits(made(t, name), x.p) != nil {
				continue
			}
			for _, v := range []float64{0.25, 1, 4} {
				if got := deviation(t, name, x.p, HabitsOf(made(t, name), x.p).Steps, v, centred(x.p, v)); !(math.Abs(got-1) <= 0.1) {
					t.Errorf("%s under %s: N(0, %v) comes out with %.3f of its deviation", name, x.name, v, got)
				}
			}
		}
	}
}

// noiseOff is d as a network of eps would be that says the noise a share too large.
func noiseOff(p reverie.Process, d reverie.Denoiser[batch], share float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(ctx context.Context, x batch, t float64) (batch, error) {
		x0, err := reverie.Denoise(ctx, d, x, t)
		c := p.At(t)
		for i := range x0 {
			for j := range x0[i] {
				x0[i][j] -= share * (x[i][j] - c.Alpha*x0[i][j]) / c.Alpha
			}
		}
		return x0, err
	})
}

// A network says the noise only about rightly, and x0hat = (x - s eps)/a multiplies what it says
// wrong by s/a, 20,000 at the end of the cosine chain of 1,000. From the times that the defaults
// take 1% of error in eps costs no solver more than a sixth of the deviation, and ddim in 25 steps
// a fifth.
func TestDefaultsBearAWrongEps(t *testing.T) {
	for _, x := range everyProcess(t) {
		if _, hi := x.p.Span(); x.p.At(hi).Alpha == 0 {
			continue // flow, where eps says nothing of x0
		}
		for _, name := range Solvers.Names() {
			if slices.Contains(ownRecursion, name) || Fits(made(t, name), x.p) != nil {
				continue
			}
			for _, steps := range []int{HabitsOf(made(t, name), x.p).Steps, 25} {
				most := 1. / 6
				if steps == 25 && name != "ddim" {
					continue
				} else if steps == 25 {
					most = 0.2
				}
				for _, share := range []float64{-0.01, 0.01} {
					if got := deviation(t, name, x.p, steps, 1, noiseOff(x.p, centred(x.p, 1), share)); !(math.Abs(got-1) <= most) {
						t.Errorf("%s in %d steps under %s with eps off by %v: N(0, 1) comes out with %.3f of its deviation", name, steps, x.name, share, got)
					}
				}
			}
		}
	}
}

// In float32 it matters what the network says: eps, v or x0. The exact one of each keeps the law in
// the 25 steps of ddim that the documents use, under chains whose alpha nearly vanishes. The
// deviation of n numbers has the standard error 1/sqrt(2n), of which 4 are added to the tenth.
func TestPredictionsInFloat32(t *testing.T) {
	const n = 4000
	for _, T := range []int{300, 1000} {
		p := mustDDPM(t, reverie.CosineBetas(T))
		grid, err := Grid(HabitsOf(DDIM[batch]{}, p).Spacing, p, 25)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"eps", "v", "x0"} {
			k, err := paramOf(kind)
			if err != nil {
				t.Fatal(err)
			}
			type single = reverie.Batch[float32]
			network := func(_ context.Context, x single, cond float64) (single, error) { // of N(0, 1): x0hat = a x
				c := p.At(cond)
				skip, _, out, _ := k(c)
				y := reverie.NewBatch[float32](len(x), len(x[0]))
				for j, v := range x[0] {
					y[0][j] = float32((c.Alpha - skip) / out * float64(v))
				}
				return y, nil
			}
			sp := &reverie.Host[float32]{Stream: random.Stream{Seed: 5}}
			run := &Run[single]{Space: sp, Process: p, Denoiser: reverie.Wrap[single](sp, p, k, network)}
			x, err := Sample(context.Background(), run, DDIM[single]{}, run.Prior(reverie.NewBatch[float32](1, n)), grid, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := sp.Norm(x)[0] / math.Sqrt(n); !(math.Abs(got-1) <= 0.1+4/math.Sqrt(2*n)) {
				t.Errorf("ddim in 25 steps on %s, cosine chain of %d: N(0, 1) comes out with %.3f of its deviation", kind, T, got)
			}
		}
	}
}

// langevinShare is h/Sigma^2 where nothing is said.
const langevinShare = 0.2

// Langevin's two solvers with their defaults have the variance of their own recursion: an update of
// size h of N(0, V) makes u into (1 - h/2V)^2 u + h, a level's change multiplies x by the ratio of
// the alphas, and x0hat at the end is a v/V x.
func TestLangevinRecursions(t *testing.T) {
	for _, x := range everyProcess(t) {
		for _, name := range []string{"langevin", "annealed-langevin"} {
			if Fits(made(t, name), x.p) != nil {
				continue
			}
			updates, set := 1, name
			if name == "annealed-langevin" { // the default's 100 only cost time
				updates, set = 3, "annealed-langevin updates=3"
			}
			grid, err := habitual(made(t, name), x.p)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []float64{0.25, 1, 4} {
				solver := made(t, set)
				_, hi := x.p.Span()
				end := x.p.At(hi)
				u := end.Alpha*end.Alpha*v + end.Sigma*end.Sigma
				_, got := lawUnder(t, x.p, centred(x.p, v), solver, grid, 0, u, 3*len(grid))
				for i, at := range grid[:len(grid)-1] {
					if name == "langevin" {
						at, _ = x.p.Span()
					}
					c := x.p.At(at)
					h, V := langevinShare*c.Sigma*c.Sigma, c.Alpha*c.Alpha*v+c.Sigma*c.Sigma
					for range updates {
						k := 1 - h/(2*V)
						u = k*k*u + h
					}
					switch {
					case grid[i+1] == reverie.Clean:
						u *= c.Alpha * v / V * c.Alpha * v / V
					case name == "annealed-langevin" && c.Alpha > 0:
						k := x.p.At(grid[i+1]).Alpha / c.Alpha
						u *= k * k
					}
				}
				if !(math.Abs(got/u-1) <= 1e-6) {
					t.Errorf("%s under %s: N(0, %v) comes out with variance %v, by its recursion %v", name, x.name, v, got, u)
				}
			}
		}
	}
}

// The lecture's solver has the variance of its own recursion, as printed: with epshat = k x, k =
// s/(a^2 v + s^2), and the norms of many dimensions,
//
//	u -> (2 - sqrt(1-beta) - beta k/2)^2 u + 4 beta (r^2/(k^2 u))^2,   r = 0.05
//
// and no noise in the last step. Both norms of d numbers have the relative error 1/sqrt(2d), and
// the noise the fourth power of their ratio: 4 standard errors of the variance, sqrt(2/d), and as
// much for the norms are allowed.
func TestLectureRecursion(t *testing.T) {
	const d = 4000
	for _, x := range everyProcess(t)[:4] {
		p := x.p.(*reverie.DDPM)
		for _, v := range []float64{0.25, 1, 4} {
			sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 3}}
			run := &Run[batch]{Space: sp, Process: p, Denoiser: centred(p, v)}
			grid, err := habitual(LectureSDE[batch]{}, p)
			if err != nil {
				t.Fatal(err)
			}
			c := p.At(grid[0])
			start := math.Sqrt(c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)
			y, err := Sample(context.Background(), run, LectureSDE[batch]{}, sp.Sum([]float64{start}, sp.Noise(reverie.NewBatch[float64](1, d))), grid, nil)
			if err != nil {
				t.Fatal(err)
			}
			u := start * start
			for _, at := range grid[:len(grid)-1] {
				c, beta := p.At(at), p.Beta(int(at))
				k := c.Sigma / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)
				noise := 4 * beta * math.Pow(0.05*0.05/(k*k*u), 2)
				if at == 0 {
					noise = 0
				}
				f := 2 - math.Sqrt(1-beta) - beta*k/2
				u = f*f*u + noise
			}
			norm := sp.Norm(y)[0]
			if got := norm * norm / d; !(math.Abs(got/u-1) <= 8*math.Sqrt(2./d)) {
				t.Errorf("lecture-sde under %s: N(0, %v) comes out with variance %v, by its recursion %v", x.name, v, got, u)
			}
		}
	}
}
