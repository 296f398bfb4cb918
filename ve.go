package reverie

import "math"

// VE is the variance-exploding SDE, the limit of NCSN (Song et al. 2021, arXiv:2011.13456, eq. 30),
// for t in [0, 1]:
//
//	x_t = x0 + s eps,   s = SigmaMin (SigmaMax/SigmaMin)^t
type VE struct {
	SigmaMin, SigmaMax float64 // 0: 0.01 and 50
}

// At returns the law at t.
func (p VE) At(t float64) Coef {
	lo, rate := p.rate()
	s := lo * math.Exp(rate*t)
	return Coef{Alpha: 1, Sigma: s, DSigma: rate * s}
}

// Span returns 0 and 1.
func (p VE) Span() (lo, hi float64) { return 0, 1 }

// Cond returns log Sigma.
func (p VE) Cond(t float64) float64 {
	lo, rate := p.rate()
	return math.Log(lo) + rate*t
}

// G2 returns 2 rate s^2.
func (p VE) G2(t float64) float64 {
	c := p.At(t)
	return 2 * c.DSigma * c.Sigma
}

// TimeAt returns the time at which s is e^-lambda.
func (p VE) TimeAt(lambda float64) float64 {
	lo, rate := p.rate()
	return -(lambda + math.Log(lo)) / rate
}

// rate returns SigmaMin and d(log Sigma)/dt.
func (p VE) rate() (lo, rate float64) {
	lo = or(p.SigmaMin, 0.01)
	return lo, math.Log(or(p.SigmaMax, 50) / lo)
}
