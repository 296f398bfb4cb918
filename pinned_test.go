package reverie

import (
	"fmt"
	"math"
	"testing"
)

// references are all references, with f and g^2 as their papers print them.
var references = map[string]struct {
	r     Reference
	f, g2 func(t float64) float64
}{
	"brownian": {Geometric{K: 1, C: 0.49}, func(float64) float64 { return 0 }, func(float64) float64 { return 0.49 }},
	"sb-ve":    {Geometric{}, func(float64) float64 { return 0 }, func(t float64) float64 { return 0.4 * math.Pow(2.6, 2*t) }},
	"theta":    {Geometric{K: 10, C: 0.01, Theta: 1.5}, func(float64) float64 { return -1.5 }, func(t float64) float64 { return 0.01 * math.Pow(10, 2*t) }},
	"level":    {Geometric{K: math.Exp(-1), C: 0.5, Theta: 1}, func(float64) float64 { return -1 }, func(t float64) float64 { return 0.5 * math.Exp(-2*t) }},
	"sb-vp":    {Preserving{}, func(t float64) float64 { return -(0.01 + 19.99*t) / 2 }, func(t float64) float64 { return 0.3 * (0.01 + 19.99*t) }},
	"i2sb": {Symmetric{}, func(float64) float64 { return 0 }, func(t float64) float64 {
		return math.Pow(math.Sqrt(0.1)+(math.Sqrt(0.3)-math.Sqrt(0.1))*min(t, 1-t), 2)
	}},
}

// integral of h from lo to hi by Gauss and Legendre's two points on 2,000 pieces: of the references
// here exact to 1e-11.
func integral(h func(float64) float64, lo, hi float64) (sum float64) {
	const pieces = 2000
	w := (hi - lo) / pieces
	for i := range pieces {
		for _, side := range []float64{-1, 1} {
			sum += h(lo+w*(float64(i)+0.5+side/math.Sqrt(12))) * w / 2
		}
	}
	return sum
}

// The law by the integrals of f and g^2 alone.
func TestPinnedLaw(t *testing.T) {
	for name, r := range references {
		alpha := func(u float64) float64 { return math.Exp(integral(r.f, 0, u)) }
		// of an f at most linear the integral is that of its middle
		s2 := func(lo, hi float64) float64 {
			return integral(func(u float64) float64 { return r.g2(u) * math.Exp(-2*u*r.f(u/2)) }, lo, hi)
		}
		whole := s2(0, 0.5) + s2(0.5, 1) // I2SB's has a corner
		for _, at := range []float64{0, 1e-3, 0.2, 0.5, 0.7, 0.999, 1} {
			var gone, left float64
			if at <= 0.5 {
				gone, left = s2(0, at), s2(at, 0.5)+s2(0.5, 1)
			} else {
				gone, left = s2(0, 0.5)+s2(0.5, at), s2(at, 1)
			}
			c, what := Pinned{Reference: r.r}.At(at), func(s string) string { return fmt.Sprintf("%s at %v: %s", name, at, s) }
			near(t, what("a"), c.Alpha, alpha(at)*left/whole, 1e-10, 1e-12)
			near(t, what("b"), c.Beta, alpha(at)/alpha(1)*gone/whole, 1e-10, 1e-12)
			near(t, what("s"), c.Sigma, alpha(at)*math.Sqrt(gone*left/whole), 1e-10, 1e-12)
			near(t, what("f"), r.r.At(at).F, r.f(at), 1e-14, 0)
			near(t, what("g^2"), r.r.At(at).G2, r.g2(at), 1e-14, 0)
		}
		a, v := Pinned{Reference: r.r}.Transition()
		near(t, name+"'s alpha", a, alpha(1), 1e-10, 0)
		near(t, name+"'s variance", v, alpha(1)*alpha(1)*whole, 1e-10, 0)
	}
}

// The ends: the points themselves, exactly, with finite slopes of a and b; and as near to them as
// float64 has times, a, b and s keep their digits: one rate of Gone for all, the slope at the end.
func TestPinnedEnds(t *testing.T) {
	for name, r := range references {
		p := Pinned{Reference: r.r}
		far, v := p.Transition()
		for at, want := range map[float64]Coef{0: {Alpha: 1}, 1: {Beta: 1}} {
			c := p.At(at)
			if c.Alpha != want.Alpha || c.Beta != want.Beta || c.Sigma != 0 || !finite(c.DAlpha, c.DBeta) || math.IsNaN(c.DSigma) {
				t.Errorf("%s at %v: %+v", name, at, c)
			}
		}
		for _, h := range []float64{0x1p-30, 0x1p-40, 0x1p-50} {
			c := p.At(h)
			gone := h * r.g2(0) * far * far / v // to a share of h alone
			near(t, name+" b", c.Beta, gone/far, 3e3*h+1e-14, 0)
			near(t, name+" s^2", c.Sigma*c.Sigma, h*r.g2(0), 3e3*h+1e-14, 0)
			c = p.At(1 - h)
			left := h * r.g2(1) / v
			near(t, name+" a", c.Alpha, far*left, 30*h+1e-14, 0)
			near(t, name+" s^2", c.Sigma*c.Sigma, h*r.g2(1), 30*h+1e-14, 0)
		}
	}
}

// What the papers print: of SB-VE s_t^2 = c (k^2t - 1)/(2 ln k), 1.2056 in all; of I2SB the sums of
// 1,000 betas, of which the continuous one is the limit.
func TestPinnedPapers(t *testing.T) {
	l := Geometric{}.At(0.3)
	near(t, "SB-VE", l.Gone*l.Total, 0.4*(math.Pow(2.6, 0.6)-1)/(2*math.Log(2.6)), 1e-13, 0)
	near(t, "SB-VE in all", l.Total, 1.2056, 5e-5, 0)
	const n = 1000
	beta := ScaledLinearBetas(n, 1e-4, 0.3/n)
	for i := range n / 2 {
		beta[n-1-i] = beta[i]
	}
	whole, sum := 0.0, 0.0
	for _, b := range beta {
		whole += b
	}
	near(t, "I2SB in all", Symmetric{}.At(0).Total, whole, 2e-3, 0)
	for i, b := range beta {
		sum += b
		at := Symmetric{}.At(float64(i+1) / n)
		near(t, "I2SB", at.Gone*at.Total, sum, 2e-3, 0)
	}
}

// The steps that the papers print, by the reference's s^2 and sb^2: I2SB's posterior, in which the
// far end has no share, is Move with eta = 1, the ODE of Jukic et al. Move with eta = 0; out of the
// far end the posterior is noisy, and Leave is not.
func TestPinnedSteps(t *testing.T) {
	const x0, x1, x = 0.7, -0.4, 0.3
	for name, r := range references {
		p := Pinned{Reference: r.r}
		for _, times := range [][2]float64{{1, 0.8}, {1, 1e-3}, {0.999, 0.998}, {0.9, 0.2}, {0.5, 1e-3}, {0.3, 0.29}, {0.5, 0}} {
			from, to := r.r.At(times[0]), r.r.At(times[1])
			st, ss, sT := from.Gone*from.Total, to.Gone*to.Total, from.Total
			bar := sT - ss
			keep := ss / st // s_s^2/s_t^2
			m := Move(p.At(times[0]), p.At(times[1]), 1)
			at := x
			if times[0] == 1 {
				at = x1
			}
			near(t, name+" posterior", m.X*at+m.X0*x0+m.Far*x1, to.Alpha*(keep*at/from.Alpha+(1-keep)*x0), tol, 1e-2)
			near(t, name+" posterior's noise", m.Noise, to.Alpha*math.Sqrt(ss*(1-keep)), tol, 1e-3)
			if times[0] < 1 {
				near(t, name+" the far end's share", m.Far, 0, 1e-12, 1)
				e := Move(p.At(times[0]), p.At(times[1]), 0)
				a, b := to.Alpha*bar/sT, to.Alpha/r.r.At(1).Alpha*ss/sT
				ct := p.At(times[0])
				ratio := to.Alpha * math.Sqrt(ss*bar) / (from.Alpha * math.Sqrt(st*(sT-st)))
				near(t, name+" ODE", e.X*x+e.X0*x0+e.Far*x1, a*x0+b*x1+ratio*(x-ct.Alpha*x0-ct.Beta*x1), 1e-9, 1)
				if e.Noise != 0 || Leave(p.At(times[0]), p.At(times[1])) != e {
					t.Errorf("%s: %+v", name, e)
				}
				continue
			}
			c := p.At(times[1])
			if got := Leave(p.At(1), c); got != (Step{X0: c.Alpha, Far: c.Beta}) {
				t.Errorf("%s leaves by %+v", name, got)
			}
		}
	}
}

// The two drifts of the pinned SDE: their sum is g^2 score, half their difference the velocity, and
// the step with eta = 1 over a short time is the backward one, with g^2 of fresh noise.
func TestPinnedDrifts(t *testing.T) {
	for name, r := range references {
		p := Pinned{Reference: r.r}
		for _, at := range []float64{1e-3, 0.1, 0.4, 0.5, 0.8, 0.999} {
			c := p.At(at)
			fx, far := c.Drift()
			bx, b0 := p.Backward(at)
			sx, s0, sfar := c.Score()
			g := p.G2(at)
			scale := math.Abs(fx) + math.Abs(bx)
			near(t, name+" x", fx+bx, g*sx, tol, scale)
			near(t, name+" x0", b0, g*s0, tol, scale)
			near(t, name+" x1", far, g*sfar, tol, scale)
			vx, v0, vfar := c.Velocity()
			near(t, name+" v", (fx-bx)/2, vx, tol, scale)
			near(t, name+" v0", -b0/2, v0, tol, scale)
			near(t, name+" v1", far/2, vfar, tol, scale)
			h := 1e-7 * at
			m := Move(c, p.At(at-h), 1)
			near(t, name+" step", (m.X-1)/h, bx, 1e-4, math.Abs(bx))
			near(t, name+" step's x0", m.X0/h, b0, 1e-4, math.Abs(b0))
			near(t, name+" step's noise", m.Noise*m.Noise/h, g, 1e-4, 0)
		}
	}
}

// The entropic coupling's kernel is the transition's, but for factors of either end alone: they
// drop out of k(x,y) k(x',y')/(k(x,y') k(x',y)).
func TestRegularisation(t *testing.T) {
	for name, r := range references {
		p := Pinned{Reference: r.r}
		a, v := p.Transition()
		cross := func(k func(x, y float64) float64) float64 { return k(0.3, -1) + k(-0.7, 2) - k(0.3, 2) - k(-0.7, -1) }
		want := cross(func(x, y float64) float64 { return -(y - a*x) * (y - a*x) / (2 * v) })
		near(t, name, cross(func(x, y float64) float64 { return -(x - y) * (x - y) / p.Regularisation() }), want, tol, 0)
	}
	near(t, "bridge", Bridge{C: 0.7}.Regularisation(), 2*0.49, tol, 0)
}

// OUVE is the solution of its SDE: drift Theta (x1 - X), whatever g; and 22% of x0 are left in the
// mean at its end.
func TestOUVE(t *testing.T) {
	p := OUVE{}
	for _, at := range []float64{0.03, 0.4, 1} {
		c := p.At(at)
		x, far := c.Drift()
		near(t, "drift", x, -1.5, tol, 0)
		near(t, "drift to x1", far, 1.5, tol, 0)
		s2 := 0.0025 * (math.Pow(10, 2*at) - math.Exp(-3*at)) * math.Log(10) / (1.5 + math.Log(10))
		near(t, "s^2", c.Sigma*c.Sigma, s2, tol, 0)
		v := integral(func(u float64) float64 { return 2 * math.Log(10) * 0.0025 * math.Pow(10, 2*u) * math.Exp(-3*(at-u)) }, 0, at)
		near(t, "s^2 by the SDE", c.Sigma*c.Sigma, v, 1e-9, 0)
	}
	near(t, "left of x0", p.At(1).Alpha, 0.22, 0.02, 0)
	near(t, "start", PriorSigma(p), p.At(1).Sigma, 0, 0)
}
