package reverie

import "math"

// OUVE is the Ornstein-Uhlenbeck SDE with exploding variance of SGMSE+ (Richter et al. 2023,
// arXiv:2208.05830, eq. 5 to 7), which drives the data x0 to a given far end x1, for t in (0, 1]:
//
//	dX = Theta (x1 - X) dt + g dw,   g = SigmaMin k^t sqrt(2 L),   k = SigmaMax/SigmaMin,   L = log k
//	x_t = e^(-Theta t) x0 + (1-e^(-Theta t)) x1 + s eps,   s^2 = SigmaMin^2 (k^(2t) - e^(-2 Theta t)) L/(Theta+L)
//
// It is not pinned: sampling starts from x1 + s(1) z, although e^-Theta of x0 is still in the mean
// there, 22% for the paper's.
type OUVE struct {
	Theta              float64 // 0: 1.5
	SigmaMin, SigmaMax float64 // 0: 0.05 and 0.5
	Lo                 float64 // first time; 0: 0.03. Sigma's derivative is singular at 0
}

// At returns the law at t.
func (p OUVE) At(t float64) Coef {
	theta, least, L := p.rates()
	a := math.Exp(-theta * t)
	s := least * a * math.Sqrt(math.Expm1(2*(L+theta)*t)*L/(theta+L))
	return Coef{Alpha: a, Beta: -math.Expm1(-theta * t), Sigma: s, DAlpha: -theta * a, DBeta: theta * a, DSigma: p.G2(t)/(2*s) - theta*s}
}

// Span returns Lo and 1.
func (p OUVE) Span() (lo, hi float64) { return or(p.Lo, 0.03), 1 }

// Cond returns 1000 t.
func (p OUVE) Cond(t float64) float64 { return 1000 * t }

// G2 returns 2 L SigmaMin^2 k^(2t).
func (p OUVE) G2(t float64) float64 {
	_, least, L := p.rates()
	return 2 * L * least * least * math.Exp(2*L*t)
}

// TimeAt solves (s/a)^2 = SigmaMin^2 (e^(2 (L+Theta) t) - 1) L/(Theta+L).
func (p OUVE) TimeAt(lambda float64) float64 {
	theta, least, L := p.rates()
	return math.Log1p(math.Exp(-2*lambda)*(theta+L)/(least*least*L)) / (2 * (L + theta))
}

// rates returns Theta, SigmaMin and L.
func (p OUVE) rates() (theta, least, L float64) {
	least = or(p.SigmaMin, 0.05)
	return or(p.Theta, 1.5), least, math.Log(or(p.SigmaMax, 0.5) / least)
}
