package reverie

import "math"

// SigmoidVP is VP with the sigmoid schedule of Jabri et al. (2022, arXiv:2212.11972; Chen 2023,
// arXiv:2301.10972, algorithm 1), whose abar runs from 1 to 0 as a stretch of the logistic function
// S does:
//
//	abar = (S(e) - S(z))/(S(e) - S(b)),   z = b + t (e - b),   b = Start/Tau,   e = End/Tau
//
// The betas named "sigmoid" are another schedule: see SigmoidBetas.
type SigmoidVP struct {
	Start, End float64 // both 0: -3 and 3
	Tau        float64 // 0: 1
	Lo, Hi     float64 // first and last time; 0: 1e-3 and 0.999: beta has no bound at 1, Sigma's derivative none at 0
}

// ends returns b and e.
func (p SigmoidVP) ends() (b, e float64) {
	if p.Start == 0 && p.End == 0 {
		p.Start, p.End = -3, 3
	}
	tau := or(p.Tau, 1)
	return p.Start / tau, p.End / tau
}

// At returns the law at t.
func (p SigmoidVP) At(t float64) Coef {
	b, e := p.ends()
	all, left := rise(b, e-b), rise(b+t*(e-b), (1-t)*(e-b))
	return vpCoef(math.Sqrt(left/all), math.Sqrt(rise(b, t*(e-b))/all), p.G2(t))
}

// rise returns S(x+d) - S(x) of the logistic function S, without cancellation:
//
//	sinh(d/2)/(2 cosh(x/2) cosh((x+d)/2))
func rise(x, d float64) float64 {
	return math.Sinh(d/2) / (2 * math.Cosh(x/2) * math.Cosh((x+d)/2))
}

// Span returns Lo and Hi.
func (p SigmoidVP) Span() (lo, hi float64) { return or(p.Lo, 1e-3), or(p.Hi, 0.999) }

// Cond returns 999 t.
func (p SigmoidVP) Cond(t float64) float64 { return 999 * t }

// G2 returns beta(t) = (e - b) S'(z)/(S(e) - S(z)), with S' = 1/(4 cosh^2(z/2)).
func (p SigmoidVP) G2(t float64) float64 {
	b, e := p.ends()
	z, d := b+t*(e-b), (1-t)*(e-b)
	return (e - b) * math.Cosh((z+d)/2) / (2 * math.Cosh(z/2) * math.Sinh(d/2))
}

// PriorSigma returns 1: sampling starts from N(0, I).
func (p SigmoidVP) PriorSigma() float64 { return 1 }

// TimeAt solves S(z) = S(b) + (1 - abar)(S(e) - S(b)).
func (p SigmoidVP) TimeAt(lambda float64) float64 {
	b, e := p.ends()
	all := rise(b, e-b)
	up, down := sigmoid(b)+sigmoid(-2*lambda)*all, sigmoid(-e)+sigmoid(2*lambda)*all // S(z) and 1 - S(z)
	return (math.Log(up/down) - b) / (e - b)
}
