package guide

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// This file says what law a solver draws from, and which laws guidance leads to, in closed form.
// Both branches are Gaussians with common axes, so that the guided x0hat is affine in x and the law
// Gaussian, of independent coordinates along the axes.

// processes are those of all formulations.
func processes(t *testing.T) map[string]reverie.Process {
	t.Helper()
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]reverie.Process{
		"ddpm": chain, "vp": reverie.VP{}, "ve": reverie.VE{SigmaMin: 0.01, SigmaMax: 100}, "edm": reverie.EDM{}, "flow": reverie.Flow{},
	}
}

// at is the time of the noise level s/a in p.
func at(p reverie.Process, level float64) float64 { return reverie.TimeAt(p, -math.Log(level)) }

// gridOf are n steps between two noise levels, even in their logarithm.
func gridOf(p reverie.Process, from, to float64, n int) []float64 {
	grid := make([]float64, n+1)
	for i := range grid {
		grid[i] = at(p, from*math.Pow(to/from, float64(i)/float64(n)))
	}
	return grid
}

// A normal is a Gaussian of independent coordinates along the axes of a basis.
type normal struct{ mean, variance []float64 }

// axes is an orthonormal basis of d dimensions, a vector a row: a reflection.
func axes(d int) [][]float64 {
	w := make([]float64, d)
	for j := range w {
		w[j] = math.Sin(float64(1 + j))
	}
	if d == 1 {
		return [][]float64{{1}}
	}
	b := reverie.NewBatch[float64](d, d)
	for i := range b {
		b[i][i] = 1
		add(b[i], -2*w[i]/dot(w, w), w)
	}
	return b
}

// mixture makes it one in the basis.
func (g normal) mixture(t *testing.T, basis [][]float64) *mixture.Mixture {
	t.Helper()
	d := len(basis)
	mean, cov := make([]float64, d), [][]float64(reverie.NewBatch[float64](d, d))
	for k, b := range basis {
		add(mean, g.mean[k], b)
		for i := range cov {
			add(cov[i], g.variance[k]*b[i], b)
		}
	}
	m, err := mixture.New(nil, [][]float64{mean}, []mixture.Cov{{Full: cov}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// impulses is a Space whose noise is, at call i, 1 along each axis for sample i+2, and 0 for all
// others: what a walk makes of it are the weights of its noises.
type impulses struct {
	*reverie.Host[float64]
	calls int
	one   []float64
}

func (s *impulses) Noise(like batch) batch {
	y := reverie.NewBatch[float64](len(like), len(like[0]))
	if s.calls+2 < len(y) {
		copy(y[s.calls+2], s.one)
	}
	s.calls++
	return y
}

// drawn is the law of what a solver draws, exactly, where the denoiser is affine along the axes:
// the walk of 0, of 1 along each axis, and of each of its noises alone.
func drawn(t *testing.T, p reverie.Process, solver sample.Solver[batch], d func(n int) denoiser, grid []float64, basis [][]float64, start normal) normal {
	t.Helper()
	one := make([]float64, len(basis))
	for _, b := range basis {
		add(one, 1, b)
	}
	walk := func(n int) (batch, int) {
		x := reverie.NewBatch[float64](n, len(basis))
		if n > 1 {
			copy(x[1], one)
		}
		sp := &impulses{Host: &reverie.Host[float64]{}, one: one}
		y, err := sample.Sample(t.Context(), &sample.Run[batch]{Space: sp, Process: p, Denoiser: d(n)}, sample.Fresh(solver), x, grid, nil)
		if err != nil {
			t.Fatalf("%T: %v", solver, err)
		}
		return y, sp.calls
	}
	_, calls := walk(1)
	x, _ := walk(2 + calls)
	law := normal{make([]float64, len(basis)), make([]float64, len(basis))}
	for k, b := range basis {
		zero := dot(x[0], b)
		gain := dot(x[1], b) - zero
		law.mean[k] = zero + gain*start.mean[k]
		law.variance[k] = gain * gain * start.variance[k]
		for _, y := range x[2:] {
			weight := dot(y, b) - zero
			law.variance[k] += weight * weight
		}
	}
	return law
}

// apart is the largest difference of two laws: of a variance as a share of it, of a mean as one of
// the deviation.
func (g normal) apart(want normal) float64 {
	d := 0.0
	for k, v := range want.variance {
		gap := max(math.Abs(g.variance[k]/v-1), math.Abs(g.mean[k]-want.mean[k])/math.Sqrt(v))
		if !(gap <= d) { // or NaN
			d = gap
		}
	}
	return d
}

// A pairing is a Gaussian p(x|y) and a Gaussian p(x), by which gamma guides, and where the walk
// starts and ends, in tau = s^2/a^2; y = x/a has the variance tau there at the start, and mean 0.
type pairing struct {
	class, null normal
	gamma       float64
	from, to    float64
}

// flow is the law of y at the end where the noise has the share eta^2 of the reverse SDE's: 0 is
// the ODE (Bradley & Nakkiran 2024, arXiv:2408.09000), 1 the SDE. With k = (1 + eta^2)/2,
//
//	dy/dtau = -k score + noise,   score = -gamma (y - mu)/(v + tau) - (1 - gamma) (y - m)/(V + tau)
//	Phi = (v + tau)^gamma (V + tau)^(1 - gamma) to the power k
//	variance: Phi0^2 (V_T/Phi_T^2 + eta^2 int Phi^-2 dtau)
//	mean: int Phi0/Phi k (gamma mu/(v + tau) + (1 - gamma) m/(V + tau)) dtau
func (c pairing) flow(eta float64) normal {
	k, n := (1+eta*eta)/2, len(c.class.mean)
	law := normal{make([]float64, n), make([]float64, n)}
	for i := range n {
		v, V := c.class.variance[i], c.null.variance[i]
		phi := func(tau float64) float64 {
			return math.Pow(math.Pow(v+tau, c.gamma)*math.Pow(V+tau, 1-c.gamma), k)
		}
		end := phi(c.to)
		law.variance[i] = end * end * (c.from/math.Pow(phi(c.from), 2) + eta*eta*c.integral(func(tau float64) float64 { return math.Pow(phi(tau), -2) }))
		law.mean[i] = end * c.integral(func(tau float64) float64 {
			return k / phi(tau) * (c.gamma*c.class.mean[i]/(v+tau) + (1-c.gamma)*c.null.mean[i]/(V+tau))
		})
	}
	return law
}

// integral is that of f from to up to from, by Simpson's rule in log tau.
func (c pairing) integral(f func(tau float64) float64) (sum float64) {
	const n = 2000
	h := math.Log(c.from/c.to) / n
	for i := range n + 1 {
		weight := 2 + 2*float64(i%2)
		if i == 0 || i == n {
			weight = 1
		}
		tau := c.to * math.Exp(h*float64(i))
		sum += weight * h / 3 * tau * f(tau)
	}
	return sum
}

// tilt is the law p(x|y)^gamma p(x)^(1-gamma), noised to tau only by its two factors: what guidance
// is often taken for.
func (c pairing) tilt(tau float64) normal {
	n := len(c.class.mean)
	law := normal{make([]float64, n), make([]float64, n)}
	for i := range n {
		own, other := c.gamma/(c.class.variance[i]+tau), (1-c.gamma)/(c.null.variance[i]+tau)
		law.variance[i] = 1 / (own + other)
		law.mean[i] = (own*c.class.mean[i] + other*c.null.mean[i]) / (own + other)
	}
	return law
}

// scaled is the law of a y.
func (g normal) scaled(a float64) normal {
	law := normal{append([]float64(nil), g.mean...), append([]float64(nil), g.variance...)}
	scale(law.mean, a)
	scale(law.variance, a*a)
	return law
}

// pairingOf are two Gaussians in d dimensions, from level 10 to level .1.
func pairingOf(d int, gamma float64) pairing {
	c := pairing{gamma: gamma, from: 100, to: 0.01}
	for k := range d {
		V := 2 - float64(k%5)/4
		c.null.variance = append(c.null.variance, V)
		c.class.variance = append(c.class.variance, V*[]float64{0.5, 0.3, 0.8}[k%3])
		c.null.mean = append(c.null.mean, 0.3*math.Cos(float64(k)))
		c.class.mean = append(c.class.mean, 0.6*math.Sin(float64(1+k)))
	}
	return c
}

// guided is the pairing's guided denoiser under p.
func (c pairing) guided(t *testing.T, p reverie.Process, basis [][]float64) func(int) denoiser {
	t.Helper()
	d := Autoguidance[batch](host, c.class.mixture(t, basis).Denoiser(p), c.null.mixture(t, basis).Denoiser(p), Linear(host, c.gamma))
	return func(int) denoiser { return d }
}

// start is the law of x at the start under p: noise alone.
func (c pairing) start(p reverie.Process) normal {
	s := p.At(at(p, math.Sqrt(c.from))).Sigma
	n := normal{make([]float64, len(c.class.mean)), make([]float64, len(c.class.mean))}
	for k := range n.variance {
		n.variance[k] = s * s
	}
	return n
}

// reached is what a solver draws in n steps.
func (c pairing) reached(t *testing.T, p reverie.Process, solver sample.Solver[batch], n int) normal {
	t.Helper()
	basis := axes(len(c.class.mean))
	return drawn(t, p, solver, c.guided(t, p, basis), gridOf(p, math.Sqrt(c.from), math.Sqrt(c.to), n), basis, c.start(p))
}

// TestLawsInTheLimit: from infinite noise down to none, with r = v/V, the laws have the variances
//
//	ODE V r^gamma,   SDE V (r - r^2gamma)/((2 gamma - 1)(1 - r)), for gamma = 1/2 -V r log r/(1 - r)
//	tilt V r/(gamma + (1 - gamma) r)
//
// and differ, but for gamma = 0 and 1.
func TestLawsInTheLimit(t *testing.T) {
	const r, V = 0.5, 2.0
	for _, c := range []struct{ gamma, ode, sde, tilt float64 }{
		{0.5, 1.414, 1.386, 1.333}, {2, 0.5, 0.583, 0.667}, {4, 0.125, 0.283, 0.4}, {1, 1, 1, 1}, {0, 2, 2, 2},
	} {
		p := pairing{normal{[]float64{0}, []float64{r * V}}, normal{[]float64{0}, []float64{V}}, c.gamma, 1e7, 1e-9}
		sde := V * (r - math.Pow(r, 2*c.gamma)) / ((2*c.gamma - 1) * (1 - r))
		if c.gamma == 0.5 {
			sde = -V * r * math.Log(r) / (1 - r)
		}
		for _, law := range []struct {
			name             string
			got              normal
			formula, rounded float64
		}{
			{"ODE", p.flow(0), V * math.Pow(r, c.gamma), c.ode},
			{"SDE", p.flow(1), sde, c.sde},
			{"tilt", p.tilt(0), V * r / (c.gamma + (1-c.gamma)*r), c.tilt},
		} {
			if got := law.got.variance[0]; !(math.Abs(got/law.formula-1) <= 1e-5 && math.Abs(got-law.rounded) <= 6e-4) {
				t.Errorf("gamma %v: the %s's variance is %v, by formula %v, about %v", c.gamma, law.name, got, law.formula, law.rounded)
			}
		}
	}
}

// extrapolated is the law to which a solver's tends by its order, from n and 2n steps, and the
// order at which it tends to want.
func (c pairing) extrapolated(t *testing.T, p reverie.Process, solver sample.Solver[batch], order float64, want normal, n int) (law normal, got float64) {
	t.Helper()
	few, many := c.reached(t, p, solver, n), c.reached(t, p, solver, 2*n)
	got = math.Log2(few.apart(want) / many.apart(want))
	k := math.Pow(2, order)
	for i := range few.mean {
		law.mean = append(law.mean, (k*many.mean[i]-few.mean[i])/(k-1))
		law.variance = append(law.variance, (k*many.variance[i]-few.variance[i])/(k-1))
	}
	return law, got
}

// A method is a solver, the share of the reverse SDE's noise that it takes, its order, and the
// steps from which that shows.
type method struct {
	name   string
	solver sample.Solver[batch]
	eta    float64
	order  float64
	n      int
	smooth bool // it takes derivatives in time, which a table of betas lacks
}

var methods = []method{
	{"ddim", sample.DDIM[batch]{}, 0, 1, 160, false},
	{"euler", sample.Euler[batch]{}, 0, 1, 320, true},
	{"heun", sample.Heun[batch]{}, 0, 2, 160, false},
	{"dpm++2m", &sample.DPM2M[batch]{}, 0, 2, 160, false},
	{"unipc", &sample.UniPC[batch]{}, 0, 3, 160, false},
	{"ddim of eta 0.6", sample.DDIM[batch]{Eta: 0.6}, 0.6, 1, 64, false},
	{"ddim of eta 1", sample.DDIM[batch]{Eta: 1}, 1, 1, 64, false},
	{"ddpm", sample.DDPM[batch]{}, 1, 1, 64, false},
	{"euler-maruyama", sample.EulerMaruyama[batch]{}, 1, 1, 64, true},
	{"reverse-diffusion", sample.ReverseDiffusion[batch]{}, 1, 1, 64, false},
	{"dpm++2m-sde", &sample.DPM2MSDE[batch]{}, 1, 2, 64, false},
}

// TestLawsOfSolvers: deterministic solvers tend to the ODE's law and those with full noise to the
// SDE's, each by its order, a share of the noise to a law of its own between, and none of them to
// the tilt: the laws are further apart than what extrapolation leaves. The laws of the walks are
// exact, there is no chance in these numbers.
func TestLawsOfSolvers(t *testing.T) {
	const near = 2.5e-3
	for name, p := range processes(t) {
		for d, gammas := range map[int][]float64{1: {2}, 2: {0.5, 4}} {
			for _, gamma := range gammas {
				c := pairingOf(d, gamma)
				a := p.At(at(p, math.Sqrt(c.to))).Alpha
				laws := map[float64]normal{0: c.flow(0).scaled(a), 0.6: c.flow(0.6).scaled(a), 1: c.flow(1).scaled(a), -1: c.tilt(c.to).scaled(a)}
				for _, m := range methods {
					if _, discrete := p.(reverie.Discrete); m.smooth && discrete {
						continue
					}
					law, order := c.extrapolated(t, p, m.solver, m.order, laws[m.eta], m.n)
					gap := law.apart(laws[m.eta])
					if !(math.Abs(order-m.order) <= 0.25 && gap <= near) {
						t.Errorf("%s, gamma %v, %d-D: %s tends to a law %.2g from its own with order %.3f, want %v", name, gamma, d, m.name, gap, order, m.order)
					}
				}
				for eta, law := range laws {
					for other, l := range laws {
						if gap := law.apart(l); eta != other && !(gap > 3*near) {
							t.Errorf("gamma %v: the laws of %v and %v are %v apart: the test says nothing", gamma, eta, other, gap)
						}
					}
				}
			}
		}
	}
}

// TestLawsIn64Dimensions: the same of one solver for each law, along axes that are no coordinates'.
func TestLawsIn64Dimensions(t *testing.T) {
	for name, p := range processes(t) {
		c := pairingOf(64, 2)
		a := p.At(at(p, math.Sqrt(c.to))).Alpha
		for _, m := range []method{
			{"heun", sample.Heun[batch]{}, 0, 2, 40, false},
			{"dpm++2m-sde", &sample.DPM2MSDE[batch]{}, 1, 2, 16, false},
		} {
			if _, far := p.(reverie.Flow); m.eta > 0 && !far {
				continue // for time: a law takes as many samples as there are steps
			}
			law, order := c.extrapolated(t, p, m.solver, m.order, c.flow(m.eta).scaled(a), m.n)
			gap := law.apart(c.flow(m.eta).scaled(a))
			if !(math.Abs(order-m.order) <= 0.25 && gap <= 4e-3) {
				t.Errorf("%s: %s tends to a law %.2g from its own with order %.3f, want %v", name, m.name, gap, order, m.order)
			}
		}
	}
}

// branch returns the guided x0hat of y = x/a at tau along axis k, gain y + offset.
func (c pairing) branch(k int, tau float64) (gain, offset float64) {
	v, V := c.class.variance[k], c.null.variance[k]
	gain = c.gamma*v/(v+tau) + (1-c.gamma)*V/(V+tau)
	return gain, tau * (c.gamma*c.class.mean[k]/(v+tau) + (1-c.gamma)*c.null.mean[k]/(V+tau))
}

// moved is the law of gain y + offset + deviation z.
func (g normal) moved(k int, gain, offset, deviation float64) {
	g.mean[k] = gain*g.mean[k] + offset
	g.variance[k] = gain*gain*g.variance[k] + deviation*deviation
}

// TestRecursions: in few steps, a part of the noise, a corrector, and Langevin dynamics have laws
// of their own, by their recursions in y = x/a:
//
//	ddim:      y <- D + sqrt(R^2 - u^2) (y - D)/S + u z,   u = eta R sqrt(1 - R^2/S^2), from level S to R
//	corrector: y <- y - e (y - D)/R^2 + sqrt(2e) z,        e = 2 (r R a_t/a_s)^2
//	langevin:  y <- y - h (y - D)/(2 S^2) + sqrt(h) z,     h = 0.2 S^2, at each level
func TestRecursions(t *testing.T) {
	const n, r = 12, 0.2
	for name, p := range processes(t) {
		for _, gamma := range []float64{0.5, 2, 4} {
			c := pairingOf(3, gamma)
			grid := gridOf(p, math.Sqrt(c.from), math.Sqrt(c.to), n)
			a := p.At(grid[n]).Alpha
			for what, m := range map[string]struct {
				solver sample.Solver[batch]
				step   func(g normal, k int, from, to reverie.Coef)
			}{
				"ddim": {sample.DDIM[batch]{Eta: 0.6}, func(g normal, k int, from, to reverie.Coef) {
					c.ddim(g, k, from, to, 0.6)
				}},
				"pc": {sample.PC[batch]{Predictor: sample.DDPM[batch]{}, SNR: r}, func(g normal, k int, from, to reverie.Coef) {
					c.ddim(g, k, from, to, 1)
					level := to.Sigma / to.Alpha
					e := 2 * math.Pow(r*level*from.Alpha/to.Alpha, 2)
					gain, offset := c.branch(k, level*level)
					share := e / (level * level)
					g.moved(k, 1-share+share*gain, share*offset, math.Sqrt(2*e))
				}},
				"annealed-langevin": {sample.AnnealedLangevin[batch]{Updates: 3}, func(g normal, k int, from, _ reverie.Coef) {
					level := from.Sigma / from.Alpha
					gain, offset := c.branch(k, level*level)
					for range 3 {
						g.moved(k, 1-0.1+0.1*gain, 0.1*offset, math.Sqrt(0.2)*level)
					}
				}},
			} {
				want := normal{make([]float64, 3), []float64{c.from, c.from, c.from}}
				for i := range n {
					for k := range 3 {
						m.step(want, k, p.At(grid[i]), p.At(grid[i+1]))
					}
				}
				if gap := c.reached(t, p, m.solver, n).apart(want.scaled(a)); !(gap <= 1e-9) {
					t.Errorf("%s, gamma %v: the law of %s is %v from its recursion's", name, gamma, what, gap)
				}
			}
		}
	}
}

// ddim is a step with the share eta of the noise.
func (c pairing) ddim(g normal, k int, from, to reverie.Coef, eta float64) {
	S, R := from.Sigma/from.Alpha, to.Sigma/to.Alpha
	u := eta * R * math.Sqrt(1-R*R/(S*S))
	left := math.Sqrt(R*R-u*u) / S
	gain, offset := c.branch(k, S*S)
	g.moved(k, gain+left*(1-gain), (1-left)*offset, u)
}

// TestLangevinIsTheTilt: Langevin dynamics at one level have the tilt of that level's factors for
// their law, the one thing that guidance is often said to draw from; but for a step of size h, by
// which the variance w becomes w/(1 - h/(4w)).
func TestLangevinIsTheTilt(t *testing.T) {
	for name, p := range processes(t) {
		for _, gamma := range []float64{0.5, 2, 4} {
			c := pairingOf(2, gamma)
			level := at(p, 0.5)
			a := p.At(level).Alpha
			want := c.tilt(0.25).scaled(a)
			h := 0.3 * want.variance[0]
			for k, w := range want.variance {
				want.variance[k] = w / (1 - h/(4*w))
			}
			got := c.reached(t, p, sample.Langevin[batch]{Level: level, H: h, Updates: 150}, 1)
			if gap := got.apart(want); !(gap <= 1e-7) {
				t.Errorf("%s, gamma %v: %v from the tilt", name, gamma, gap)
			}
		}
	}
}
