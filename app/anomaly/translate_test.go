package anomaly

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// classes is the setup that encodes as class from (reverie.NullClass: of none) and decodes as class
// to, of n samples.
func classes(t *testing.T, p reverie.Process, m *mixture.Mixture, from, to, n, steps int) Setup[batch] {
	of := func(class int) reverie.Denoiser[batch] {
		all := make([]int, n)
		for i := range all {
			all[i] = class
		}
		return reverie.OfClass(m.Denoiser(p), all)
	}
	s := setup(t, host(0), p, of(to), steps)
	s.Encoder = of(from)
	return s
}

// turned is the product of cos(d theta) over a grid, theta = arctan(s/(a sqrt(v))): what a walk of
// DDIM, up or down, loses of a distance from the mean of data of variance v.
func turned(p reverie.Process, grid []float64, v float64) float64 {
	product := 1.
	for i := range grid[1:] {
		theta := func(t float64) float64 { c := reverie.At(p, t); return math.Atan2(c.Sigma, c.Alpha*math.Sqrt(v)) }
		product *= math.Cos(theta(grid[i]) - theta(grid[i+1]))
	}
	return product
}

// TestTranslateBySteps: with P = turned, two classes of covariance v I come out as
//
//	x' = mu_h + P^2 (x - mu_d) + P (mu_d - mu_h) a sqrt(v)/sqrt(a^2 v + s^2)
//
// exactly, for every depth and any number of steps; by many P is 1, and this is Translate's
// formula. Between a class and itself it is the round trip's factor P^2.
func TestTranslateBySteps(t *testing.T) {
	const v = 0.3
	d, h := []float64{1.2, -0.5}, []float64{-0.4, 0.1}
	m := law(t, mixture.Cov{Var: v}, d, h)
	x := batch{{1.4, 0.2}, {-3, 0.7}}
	for name, p := range processes(t) {
		for _, ratio := range []float64{0.3, 1, translateRatio} {
			for _, steps := range []int{8, 40} {
				level := reverie.TimeAt(p, -math.Log(ratio))
				if name == "ddpm" {
					level = math.Round(level)
				}
				s := classes(t, p, m, 0, 1, 2, steps)
				f := find(t, &Translate[batch]{Level: level}, s, x)
				l, _ := (&look[batch]{Setup: s}).tail(level)
				P, c := turned(p, l, v), at(t, p, f.Levels[0])
				shrunk := c.Alpha * math.Sqrt(v) / math.Hypot(c.Alpha*math.Sqrt(v), c.Sigma)
				for n := range x {
					for i := range d {
						near(t, fmt.Sprintf("%s, ratio %v, %d steps", name, ratio, steps), f.Healed[n][i], h[i]+P*P*(x[n][i]-d[i])+P*(d[i]-h[i])*shrunk, 1e-9)
					}
				}
				same := find(t, &Translate[batch]{Level: level}, classes(t, p, m, 1, 1, 2, steps), x)
				near(t, name+": of a class and itself", same.Map[0][0], (1-P*P)*math.Abs(x[0][0]-h[0]), 1e-9)
			}
		}
	}
}

// byFlow inverts by any solver.
type byFlow struct{ sample.Solver[batch] }

func (byFlow) Row() table.Info { return table.Info{Name: "by-flow"} }

func (b byFlow) Invert(ctx context.Context, run *sample.Run[batch], x0 batch, grid []float64, hook func(sample.State[batch]) error) (batch, error) {
	return sample.Invert(ctx, run, b.Solver, x0, grid, hook)
}

// TestTranslateByFlow: both ways by rk45, from a level of noise of 1e-5 on, of which a^2 v/(a^2 v +
// s^2) is 1 - 3e-10, the displacement is the formula's to 1e-8, at every depth.
func TestTranslateByFlow(t *testing.T) {
	const v = 0.3
	d, h := []float64{1.2, -0.5}, []float64{-0.4, 0.1}
	m := law(t, mixture.Cov{Var: v}, d, h)
	solver := &sample.RK45[batch]{RTol: 1e-11, ATol: 1e-12, MaxCalls: 1000000}
	for name, p := range map[string]reverie.Process{
		"vp": reverie.VP{BetaMin: 1e-9, Lo: 4e-6}, "ve": reverie.VE{SigmaMin: 1e-5}, "edm": reverie.EDM{SigmaMin: 1e-5}, "flow": reverie.Flow{Lo: 1e-5},
	} {
		for _, ratio := range []float64{0.3, 1, 10} {
			s := classes(t, p, m, 0, 1, 1, 3)
			s.Solver, s.Inverter = solver, byFlow{sample.Fresh(sample.Solver[batch](solver))}
			x := batch{{1.4, 0.2}}
			f := find(t, &Translate[batch]{Level: reverie.TimeAt(p, -math.Log(ratio))}, s, x)
			for i := range d {
				near(t, fmt.Sprintf("%s, ratio %v", name, ratio), f.Map[0][i], math.Abs(h[i]-d[i])*(1-math.Sqrt(v/(v+ratio*ratio))), 1e-8)
			}
		}
	}
}

// TestTranslateFromNull: encoded as of no class, the way up is the mixture's own flow. It is
// integrated here in the clock S = s/a by Runge and Kutta's classic steps from the scores of the
// two Gaussians, dX/dS = -S score of N(mu, v + S^2) for X = x/a; the way down is the healthy
// Gaussian's closed form.
func TestTranslateFromNull(t *testing.T) {
	const v, d, h, x0 = 0.3, 1.2, -0.4, 0.9
	m := law(t, mixture.Cov{Var: v}, []float64{d}, []float64{h})
	velocity := func(x, S float64) float64 {
		u := v + S*S
		p, q := math.Exp(-(x-d)*(x-d)/(2*u)), math.Exp(-(x-h)*(x-h)/(2*u))
		return S * (p*(x-d) + q*(x-h)) / (u * (p + q))
	}
	for name, p := range processes(t) {
		for _, steps := range []int{100, 400} {
			f := find(t, &Translate[batch]{}, classes(t, p, m, reverie.NullClass, 1, 1, steps), batch{{x0}})
			S, x := f.Levels[0].Ratio, x0
			const n = 2000
			for i := range n {
				e, at := S/n, float64(i)*S/n
				k1 := velocity(x, at)
				k2 := velocity(x+e/2*k1, at+e/2)
				k3 := velocity(x+e/2*k2, at+e/2)
				x += e / 6 * (k1 + 2*k2 + 2*k3 + velocity(x+e*k3, at+e))
			}
			want := h + (x-h)*math.Sqrt(v/(v+S*S))
			if e := math.Abs(f.Healed[0][0] - want); !(e <= 2/float64(steps)) { // of first order
				t.Errorf("%s, %d steps: %v, want %v", name, steps, f.Healed[0][0], want)
			}
		}
	}
}

// TestTranslateOtherwise: by the fixed point the round trip of a class and itself is exact, with no
// encoder it is the Run's, and by noise it is Recon.
func TestTranslateOtherwise(t *testing.T) {
	m := law(t, mixture.Cov{Var: 0.3}, []float64{1.2}, []float64{-0.4})
	for name, p := range processes(t) {
		s := classes(t, p, m, 1, 1, 2, 20)
		s.Encoder, s.Inverter = nil, &edit.FixedPoint[batch]{Tolerance: 1e-10, Calls: 200}
		x := batch{{0.5}, {-2}}
		f := find(t, &Translate[batch]{}, s, x)
		near(t, name+": by the fixed point", max(f.Map[0][0], f.Map[1][0]), 0, 1e-7)

		s.Run.Space = host(0)
		noise := find(t, &Translate[batch]{Encode: "noise"}, s, x)
		s.Run.Space = host(0)
		recon := find(t, &Recon[batch]{Level: noise.Levels[0].T}, s, x)
		nearAll(t, name+": by noise", noise.Map[1], recon.Map[1], 0)
	}
}
