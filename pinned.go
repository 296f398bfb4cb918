package reverie

import "math"

// Pinned is a linear SDE that is known at both ends, the data x0 at t = 0 and a given far end x1 at
// t = 1:
//
//	dX = f X dt + g dw,   alpha_t = exp(integral of f),   S_t = integral of g^2/alpha^2, both from 0 to t
//	a = alpha_t (S_1-S_t)/S_1,   b = alpha_t/alpha_1 S_t/S_1,   s^2 = alpha_t^2 S_t (S_1-S_t)/S_1
//
// Its diffusion is the reference's own, g^2. So is every Schroedinger bridge, given both its ends;
// of one that starts from x1 alone (Liu et al. 2023, arXiv:2302.05872) the network knows E[x0 |
// x_t], and far ends are what sampling starts from.
type Pinned struct {
	Reference Reference
	Lo        float64 // first time; 0: 1e-3. Sigma's derivative is singular at 0 and at 1
}

// A Reference is a linear SDE on the times from 0 to 1.
type Reference interface {
	// At returns the SDE at t.
	At(t float64) Linear
	// TimeOf returns the time at which Linear.Gone is gone.
	TimeOf(gone float64) float64
}

// Linear is a linear SDE at a time t, its variance in the unit of X at 0.
type Linear struct {
	F, G2 float64 // drift f X, squared diffusion g^2
	Alpha float64 // alpha_t, 1 at 0
	Total float64 // S_1, the same at all t
	// Gone and Left are S_t/S_1 and (S_1-S_t)/S_1, each to rounding: neither is 1 less the other
	// where it is small.
	Gone, Left float64
}

// At returns the law at t.
func (p Pinned) At(t float64) Coef {
	l, far := p.Reference.At(t), 1/p.Reference.At(1).Alpha
	rate := l.G2 / (l.Alpha * l.Alpha * l.Total) // of Gone
	c := Coef{Alpha: l.Alpha * l.Left, Beta: l.Alpha * far * l.Gone}
	s, r := l.Alpha*math.Sqrt(l.Total), math.Sqrt(l.Gone*l.Left)
	c.Sigma = s * r
	c.DAlpha = l.F*c.Alpha - l.Alpha*rate
	c.DBeta = l.F*c.Beta + l.Alpha*far*rate
	c.DSigma = l.F*c.Sigma + s*rate*(l.Left-l.Gone)/(2*r)
	return c
}

// Span returns Lo and 1.
func (p Pinned) Span() (lo, hi float64) { return or(p.Lo, 1e-3), 1 }

// Cond returns 1000 t.
func (p Pinned) Cond(t float64) float64 { return 1000 * t }

// G2 returns the reference's g^2.
func (p Pinned) G2(t float64) float64 { return p.Reference.At(t).G2 }

// TimeAt solves e^(2 lambda) = Left/(Gone S_1).
func (p Pinned) TimeAt(lambda float64) float64 {
	return p.Reference.TimeOf(1 / (1 + p.Reference.At(1).Total*math.Exp(2*lambda)))
}

// Backward returns the coefficients of the drift of the same SDE run from 1 to 0, given the
// expected data x0hat, as Coef.Drift has those of the forward one, given the expected far end:
//
//	dX = (x X + x0 x0hat) d(1-t) + g dw,   x = -f - S'/S,   x0 = alpha_t S'/S
//
// The two drifts add up to g^2 grad log p_t, whatever the coupling of the ends.
func (p Pinned) Backward(t float64) (x, x0 float64) {
	l := p.Reference.At(t)
	r := l.G2 / (l.Alpha * l.Alpha * l.Total * l.Gone)
	return -l.F - r, l.Alpha * r
}

// Transition returns the reference's law of the far end where the data are not pinned: x1 given x0
// is N(alpha x0, v I).
func (p Pinned) Transition() (alpha, v float64) {
	l := p.Reference.At(1)
	return l.Alpha, l.Alpha * l.Alpha * l.Total
}

// Regularisation returns the weight of the entropy, for the cost |x0-x1|^2, by which the entropic
// coupling of two data sets is that of their Schroedinger bridge over the reference, 2 v/alpha of
// Transition: the kernel exp(-|x1 - alpha x0|^2/(2v)) and exp(-|x0-x1|^2/that) differ by factors of
// x0 and of x1 alone.
func (p Pinned) Regularisation() float64 {
	alpha, v := p.Transition()
	return 2 * v / alpha
}

// Geometric is the reference with f = -Theta and g^2 = C K^(2t): of Theta = 0 the
// variance-exploding Schroedinger bridge of Jukic et al. 2024 (arXiv:2407.16074), of K = 1, too,
// Brownian motion. Each real number gets the noise: of a complex one, whose two parts share a
// variance C, each gets C/2.
type Geometric struct {
	K, C  float64 // 0: 2.6 and 0.4
	Theta float64
}

// At returns the SDE at t.
func (g Geometric) At(t float64) Linear {
	r := g.rate()
	c := or(g.C, 0.4)
	return Linear{
		F: -g.Theta, G2: c * math.Pow(or(g.K, 2.6), 2*t), Alpha: math.Exp(-g.Theta * t), Total: c * meanExp(r),
		Gone: grown(r, t), Left: grown(-r, 1-t),
	}
}

// TimeOf solves (e^(r t)-1)/(e^r-1) = gone.
func (g Geometric) TimeOf(gone float64) float64 {
	r := g.rate()
	if r == 0 {
		return gone
	}
	return math.Log1p(gone*math.Expm1(r)) / r
}

// rate returns the growth of g^2/alpha^2.
func (g Geometric) rate() float64 { return 2 * (math.Log(or(g.K, 2.6)) + g.Theta) }

// grown returns the integral of e^(r u) from 0 to t over that from 0 to 1.
func grown(r, t float64) float64 {
	if r == 0 {
		return t
	}
	return math.Expm1(r*t) / math.Expm1(r)
}

// meanExp returns the integral of e^(r u) from 0 to 1.
func meanExp(r float64) float64 {
	if r == 0 {
		return 1
	}
	return math.Expm1(r) / r
}

// Preserving is the reference of the VP-SDE times sqrt(C): f = -beta/2, g^2 = C beta, beta(t) =
// BetaMin + t (BetaMax - BetaMin) (Jukic et al. 2024, arXiv:2407.16074).
type Preserving struct {
	BetaMin, BetaMax float64 // 0: 0.01 and 20
	C                float64 // 0: 0.3
}

// At returns the SDE at t: S = C (e^B - 1), B the integral of beta.
func (p Preserving) At(t float64) Linear {
	beta, B := p.vp().betas(t)
	_, whole := p.vp().betas(1)
	c, lo, hi := or(p.C, 0.3), p.vp().BetaMin, p.vp().BetaMax
	left := (1 - t) * (lo + (hi-lo)*(1+t)/2) // the integral from t to 1
	return Linear{
		F: -beta / 2, G2: c * beta, Alpha: math.Exp(-B / 2), Total: c * math.Expm1(whole),
		Gone: math.Expm1(B) / math.Expm1(whole), Left: math.Expm1(-left) / math.Expm1(-whole),
	}
}

// TimeOf solves (e^B-1)/(e^B_1-1) = gone.
func (p Preserving) TimeOf(gone float64) float64 {
	_, whole := p.vp().betas(1)
	return p.vp().timeOf(math.Log1p(gone * math.Expm1(whole)))
}

// vp is the VP-SDE with the betas.
func (p Preserving) vp() VP { return VP{BetaMin: or(p.BetaMin, 0.01), BetaMax: or(p.BetaMax, 20)} }

// Symmetric is the reference of I2SB (Liu et al. 2023, arXiv:2302.05872): f = 0, and a g^2 whose
// root rises evenly to the middle and falls again, g = sqrt(BetaMin) + (sqrt(BetaMax) -
// sqrt(BetaMin)) min(t, 1-t). BetaMax is the code's beta_max, towards which the rise goes on for
// the whole of the time: the middle is half way.
type Symmetric struct {
	BetaMin, BetaMax float64 // 0: 0.1 and 0.3
}

// At returns the SDE at t.
func (p Symmetric) At(t float64) Linear {
	g, slope := p.line()
	half := p.rise(0.5)
	l := Linear{Alpha: 1, Total: 2 * half}
	g += slope * min(t, 1-t)
	l.G2 = g * g
	near := p.rise(min(t, 1-t)) / l.Total
	l.Gone, l.Left = near, 1-near
	if t > 0.5 {
		l.Gone, l.Left = l.Left, l.Gone
	}
	return l
}

// TimeOf solves the cubic (g+slope t)^3 = g^3 + 3 slope S up to the middle, and is symmetric.
func (p Symmetric) TimeOf(gone float64) float64 {
	if gone > 0.5 {
		return 1 - p.TimeOf(1-gone)
	}
	g, slope := p.line()
	S := gone * 2 * p.rise(0.5)
	if slope == 0 {
		return S / (g * g)
	}
	return (math.Cbrt(g*g*g+3*slope*S) - g) / slope
}

// line returns g at 0 and its slope.
func (p Symmetric) line() (g, slope float64) {
	g = math.Sqrt(or(p.BetaMin, 0.1))
	return g, math.Sqrt(or(p.BetaMax, 0.3)) - g
}

// rise returns the integral of g^2 from 0 to t, at most 1/2.
func (p Symmetric) rise(t float64) float64 {
	g, slope := p.line()
	return t * (g*g + slope*t*(g+slope*t/3))
}
