package reverie

import (
	"fmt"
	"math"
)

// Coef is the Gaussian law of x_t given its two ends, and its derivatives with respect to t:
//
//	x_t = Alpha x0 + Beta x1 + Sigma eps,   eps ~ N(0, I)
//
// x0 is the data, x1 the far end that a bridge is given (Beta is 0 for every other process).
type Coef struct{ Alpha, Beta, Sigma, DAlpha, DBeta, DSigma float64 }

// A Process is a family of such laws, from the data (t near lo) to the prior (t = hi). Alpha/Sigma
// decreases strictly with t.
type Process interface {
	// At returns the law at t, which lies in Span.
	At(t float64) Coef
	// Span returns the first and the last time. Where 1/Sigma or DSigma is singular at 0, lo is
	// above it.
	Span() (lo, hi float64)
	// Cond returns the number by which the network is told t.
	Cond(t float64) float64
}

// Clean is the time of the data itself, x_t = x0, in every process: the target of a sampler's last
// step and never the start of one. For a DDPM it is the index before 0.
const Clean = -1.0

// At returns p's law at t, which lies in p's Span or is Clean.
func At(p Process, t float64) Coef {
	if t == Clean {
		return Coef{Alpha: 1}
	}
	return p.At(t)
}

// Discrete is implemented by a process whose network was trained at the times 0, 1, .., Steps()-1
// only.
type Discrete interface{ Steps() int }

// Prior is implemented by a process whose samplers start from N(0, PriorSigma^2 I) with another
// deviation than Sigma at hi: those whose law tends to N(0, I) start there, although at hi they
// have not quite reached it.
type Prior interface{ PriorSigma() float64 }

// PriorSigma returns the deviation of the noise from which p's samplers start at hi; of a process
// with a far end x1 that of the noise about x1, 0 where it is pinned there.
func PriorSigma(p Process) float64 {
	if p, ok := p.(Prior); ok {
		return p.PriorSigma()
	}
	_, hi := p.Span()
	return p.At(hi).Sigma
}

// HasFar says whether p has a given far end x1 beside the noise.
func HasFar(p Process) bool {
	lo, hi := p.Span()
	return p.At(lo+(hi-lo)/2).Beta != 0
}

// HasScore returns nil, or why p has no score: then whatever is derived from it (an SDE's solver,
// fresh noise, Langevin's dynamics, a likelihood, the weight of a bound) is to be refused, while
// the probability flow stands. A process says so by a method of this name.
func HasScore(p Process) error {
	if p, ok := p.(interface{ HasScore() error }); ok {
		return p.HasScore()
	}
	return nil
}

// Check reports a process whose span or law is none, because its parameters are out of range: At
// must give finite coefficients that grow noisier from lo to hi.
func Check(p Process) error {
	lo, hi := p.Span()
	if !finite(lo, hi) || lo > hi {
		return fmt.Errorf("process: times from %v to %v: expected finite ones in this order", lo, hi)
	}
	last := math.Inf(1)
	for _, t := range []float64{lo, lo + (hi-lo)/2, hi} {
		c := p.At(t)
		if !finite(c.Alpha, c.Beta, c.Sigma) || c.Alpha < 0 || c.Sigma < 0 || c.Alpha+c.Sigma+math.Abs(c.Beta) == 0 {
			return fmt.Errorf("process: at t = %v alpha = %v, beta = %v, sigma = %v: expected finite numbers, alpha and sigma not negative", t, c.Alpha, c.Beta, c.Sigma)
		}
		if l := c.Lambda(); l > last {
			return fmt.Errorf("process: less noisy at t = %v than before: expected alpha/sigma to fall from %v to %v", t, lo, hi)
		} else if c.Beta == 0 { // a bridge's noise falls again towards its far end
			last = l
		}
	}
	return nil
}

// Drift returns the coefficients of the forward SDE's drift (Song et al. 2021, arXiv:2011.13456,
// eq. 5)
//
//	dx = (x X + far x1) dt + g dw,    x = a'/a,   far = b' - x b
//
// It is singular where Alpha is 0.
func (c Coef) Drift() (x, far float64) {
	x = c.DAlpha / c.Alpha
	return x, c.DBeta - x*c.Beta
}

// Score returns the coefficients of the score, given the expected data x0hat:
//
//	grad log p(x) = x X + x0 x0hat + far x1 = (a x0hat + b x1 - X)/s^2
//
// It is singular where Sigma is 0.
func (c Coef) Score() (x, x0, far float64) {
	v := c.Sigma * c.Sigma
	return -1 / v, c.Alpha / v, c.Beta / v
}

// Eps returns the coefficients of the expected noise, given the expected data x0hat:
//
//	epshat = x X + x0 x0hat + far x1 = (X - a x0hat - b x1)/s
//
// It is singular where Sigma is 0.
func (c Coef) Eps() (x, x0, far float64) {
	return 1 / c.Sigma, -c.Alpha / c.Sigma, -c.Beta / c.Sigma
}

// Velocity returns the coefficients of the velocity of the probability flow, given the expected
// data x0hat:
//
//	dX/dt = a' x0hat + b' x1 + s' epshat = x X + x0 x0hat + far x1
//
// It equals drift - g^2 score/2, and is singular where Sigma is 0 (unless written with epshat).
func (c Coef) Velocity() (x, x0, far float64) {
	x = c.DSigma / c.Sigma
	return x, c.DAlpha - x*c.Alpha, c.DBeta - x*c.Beta
}

// Diffusion is implemented by a process that knows its g^2 in closed form, where the general
// formula of G2 cancels.
type Diffusion interface{ G2(t float64) float64 }

// G2 returns the squared diffusion coefficient g^2 of p's forward SDE at t:
//
//	g^2 = d(s^2)/dt - 2 (a'/a) s^2
func G2(p Process, t float64) float64 {
	if p, ok := p.(Diffusion); ok {
		return p.G2(t)
	}
	c := p.At(t)
	f, _ := c.Drift()
	return 2*c.Sigma*c.DSigma - 2*f*c.Sigma*c.Sigma
}

// SNR returns the signal-to-noise ratio (a/s)^2 (Kingma et al. 2021, arXiv:2107.00630).
func (c Coef) SNR() float64 {
	r := c.Alpha / c.Sigma
	return r * r
}

// DSNR returns the derivative of SNR with respect to t, which is negative.
func (c Coef) DSNR() float64 {
	return 2 * c.Alpha * (c.DAlpha*c.Sigma - c.Alpha*c.DSigma) / (c.Sigma * c.Sigma * c.Sigma)
}

// finite reports whether all of v are finite numbers.
func finite(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
