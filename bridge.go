package reverie

import "math"

// Bridge is the Brownian bridge between the data x0 and a given far end x1, with g^2 = C^2 (the
// reference process of De Bortoli et al. 2021, arXiv:2106.01357, with both ends known):
//
//	x_t = (1-t) x0 + t x1 + C sqrt(t(1-t)) eps
type Bridge struct {
	C  float64 // 0: 1
	Lo float64 // first time; 0: 1e-3. Sigma's derivative is singular at 0 and at 1
}

// At returns the law at t.
func (p Bridge) At(t float64) Coef {
	c, s := or(p.C, 1), math.Sqrt(t*(1-t))
	return Coef{Alpha: 1 - t, Beta: t, Sigma: c * s, DAlpha: -1, DBeta: 1, DSigma: c * (1 - 2*t) / (2 * s)}
}

// Span returns Lo and 1.
func (p Bridge) Span() (lo, hi float64) { return or(p.Lo, 1e-3), 1 }

// Cond returns 1000 t.
func (p Bridge) Cond(t float64) float64 { return 1000 * t }

// G2 returns C^2.
func (p Bridge) G2(float64) float64 {
	c := or(p.C, 1)
	return c * c
}

// TimeAt returns 1/(1 + C^2 e^(2 lambda)).
func (p Bridge) TimeAt(lambda float64) float64 { return 1 / (1 + p.G2(0)*math.Exp(2*lambda)) }
