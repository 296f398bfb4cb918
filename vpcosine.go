package reverie

import "math"

// CosineVP is VP with the cosine schedule of Nichol & Dhariwal (2021, arXiv:2102.09672, eq. 17) in
// continuous time:
//
//	abar = cos^2(theta)/cos^2(theta_0),   theta = (t + S)/(1 + S) pi/2,   theta_0 = theta at 0
//	beta = pi/(1 + S) tan(theta)
//
// CosineBetas' chain of T steps has this abar at (t+1)/T.
type CosineVP struct {
	S      float64 // 0: 0.008
	Lo, Hi float64 // first and last time; 0: 1e-3 and 0.9946, as Lu et al. (2022, arXiv:2206.00927): beta has no bound at 1, Sigma's derivative none at 0
}

// At returns the law at t.
func (p CosineVP) At(t float64) Coef {
	S, w := p.rate()
	// cos(theta) and 1-abar as sines of what is left, which do not cancel near the ends: cos^2 A -
	// cos^2 B = sin(B-A) sin(B+A).
	c0 := math.Cos(S * w)
	a := math.Sin((1-t)*w) / c0
	s := math.Sqrt(math.Sin(t*w)*math.Sin((t+2*S)*w)) / c0
	return vpCoef(a, s, p.G2(t))
}

// vpCoef returns the law of a variance-preserving process from its alpha, sigma and beta:
//
//	alpha' = -beta alpha/2,   sigma' = beta alpha^2/(2 sigma)
func vpCoef(alpha, sigma, beta float64) Coef {
	return Coef{Alpha: alpha, Sigma: sigma, DAlpha: -beta * alpha / 2, DSigma: beta * alpha * alpha / (2 * sigma)}
}

// rate returns S and d theta/dt = pi/2/(1 + S).
func (p CosineVP) rate() (S, w float64) {
	S = or(p.S, 0.008)
	return S, math.Pi / 2 / (1 + S)
}

// Span returns Lo and Hi.
func (p CosineVP) Span() (lo, hi float64) { return or(p.Lo, 1e-3), or(p.Hi, 0.9946) }

// Cond returns 999 t.
func (p CosineVP) Cond(t float64) float64 { return 999 * t }

// G2 returns beta(t).
func (p CosineVP) G2(t float64) float64 {
	S, w := p.rate()
	return 2 * w * math.Sin((t+S)*w) / math.Sin((1-t)*w)
}

// PriorSigma returns 1: sampling starts from N(0, I).
func (p CosineVP) PriorSigma() float64 { return 1 }

// TimeAt finds theta by its tangent: cos^2 theta = cos^2 theta_0 abar and sin^2 theta = sin^2
// theta_0 + cos^2 theta_0 (1 - abar).
func (p CosineVP) TimeAt(lambda float64) float64 {
	S, w := p.rate()
	sin, cos := math.Sincos(S * w)
	abar, rest := sigmoid(2*lambda), sigmoid(-2*lambda)
	return math.Atan2(math.Sqrt(sin*sin+cos*cos*rest), cos*math.Sqrt(abar))/w - S
}

// sigmoid returns 1/(1 + e^-x).
func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
