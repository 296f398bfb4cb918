package reverie

import "math"

// EDM is the process of Karras et al. (2022, arXiv:2206.00364), whose time is the noise level
// itself:
//
//	x_t = x0 + t eps,   t in [SigmaMin, SigmaMax]
type EDM struct {
	SigmaMin, SigmaMax float64 // 0: 0.002 and 80
}

// At returns the law at t.
func (p EDM) At(t float64) Coef { return Coef{Alpha: 1, Sigma: t, DSigma: 1} }

// Span returns SigmaMin and SigmaMax.
func (p EDM) Span() (lo, hi float64) { return or(p.SigmaMin, 0.002), or(p.SigmaMax, 80) }

// Cond returns log(t)/4.
func (p EDM) Cond(t float64) float64 { return math.Log(t) / 4 }

// G2 returns 2 t.
func (p EDM) G2(t float64) float64 { return 2 * t }

// TimeAt returns e^-lambda.
func (p EDM) TimeAt(lambda float64) float64 { return math.Exp(-lambda) }
