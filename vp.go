package reverie

import "math"

// VP is the variance-preserving SDE, the limit of DDPM (Song et al. 2021, arXiv:2011.13456, eq.
// 11), for t in (0, 1]:
//
//	dx = -beta(t) x/2 dt + sqrt(beta(t)) dw,   beta(t) = BetaMin + t (BetaMax - BetaMin),   B = integral of beta
//	x_t = e^(-B/2) x0 + sqrt(1 - e^-B) eps
//
// With the prediction Velocity it is flow matching on the diffusion path (Lipman et al. 2023,
// arXiv:2210.02747, eq. 18 and 19, with time running the other way). CosineVP, SigmoidVP and
// LearnedVP have other schedules beta.
type VP struct {
	BetaMin, BetaMax float64 // 0: 0.1 and 20
	Lo               float64 // first time; 0: 1e-3. Sigma's derivative is singular at 0
}

// At returns the law at t.
func (p VP) At(t float64) Coef {
	beta, B := p.betas(t)
	a, s := math.Exp(-B/2), math.Sqrt(-math.Expm1(-B))
	return Coef{Alpha: a, Sigma: s, DAlpha: -beta * a / 2, DSigma: beta * a * a / (2 * s)}
}

// Span returns Lo and 1.
func (p VP) Span() (lo, hi float64) { return or(p.Lo, 1e-3), 1 }

// Cond returns 999 t.
func (p VP) Cond(t float64) float64 { return 999 * t }

// G2 returns beta(t).
func (p VP) G2(t float64) float64 {
	beta, _ := p.betas(t)
	return beta
}

// PriorSigma returns 1: sampling starts from N(0, I).
func (p VP) PriorSigma() float64 { return 1 }

// TimeAt solves B = log(1 + e^(-2 lambda)).
func (p VP) TimeAt(lambda float64) float64 { return p.timeOf(softplus(-2 * lambda)) }

// timeOf returns the t at which the integral of beta is B, the quadratic's root in the form that
// does not cancel.
func (p VP) timeOf(B float64) float64 {
	lo := or(p.BetaMin, 0.1)
	d := or(p.BetaMax, 20) - lo
	return 2 * B / (lo + math.Sqrt(lo*lo+2*d*B))
}

// betas returns beta(t) and its integral from 0 to t.
func (p VP) betas(t float64) (beta, integral float64) {
	lo := or(p.BetaMin, 0.1)
	d := or(p.BetaMax, 20) - lo
	return lo + t*d, t * (lo + t*d/2)
}

// SubVP is the sub-VP SDE of the same paper (eq. 29), whose variance is never above VP's:
//
//	x_t = e^(-B/2) x0 + (1 - e^-B) eps
type SubVP VP

// At returns the law at t.
func (p SubVP) At(t float64) Coef {
	beta, B := VP(p).betas(t)
	a := math.Exp(-B / 2)
	return Coef{Alpha: a, Sigma: -math.Expm1(-B), DAlpha: -beta * a / 2, DSigma: beta * a * a}
}

// Span returns Lo and 1.
func (p SubVP) Span() (lo, hi float64) { return VP(p).Span() }

// Cond returns 999 t.
func (p SubVP) Cond(t float64) float64 { return 999 * t }

// G2 returns beta(t) (1 - e^(-2B)).
func (p SubVP) G2(t float64) float64 {
	beta, B := VP(p).betas(t)
	return -beta * math.Expm1(-2*B)
}

// PriorSigma returns 1: sampling starts from N(0, I).
func (p SubVP) PriorSigma() float64 { return 1 }

// TimeAt solves a/s = 1/(2 sinh(B/2)), that is B = 2 asinh(e^-lambda/2).
func (p SubVP) TimeAt(lambda float64) float64 {
	return VP(p).timeOf(2 * math.Asinh(math.Exp(-lambda)/2))
}

// softplus returns log(1 + e^x).
func softplus(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// or returns v, or the default d where v is 0.
func or(v, d float64) float64 {
	if v == 0 {
		return d
	}
	return v
}
