package reverie

import (
	"fmt"
	"math"
	"sort"
)

// DDPM is the discrete chain of Ho et al. (2020, arXiv:2006.11239) over a table of T betas:
//
//	q(x_t | x_{t-1}) = N(sqrt(1-beta_t) x_{t-1}, beta_t I),   x_t = sqrt(abar_t) x0 + sqrt(1-abar_t) eps
//
// Its time is the code index 0..T-1 (the paper's t less one). Between two indices log(Alpha/Sigma)
// is interpolated linearly, with Alpha^2 + Sigma^2 = 1; at an index the derivatives are those
// towards the next one (at T-1, from the one before).
type DDPM struct {
	beta    []float64
	logAbar []float64
}

// NewDDPM returns the chain with these betas, each in (0, 1).
func NewDDPM(beta []float64) (*DDPM, error) {
	if len(beta) == 0 {
		return nil, fmt.Errorf("reverie: a DDPM needs at least one beta")
	}
	p := &DDPM{beta: append([]float64(nil), beta...), logAbar: make([]float64, len(beta))}
	sum := 0.0
	for t, b := range beta {
		if !(b > 0 && b < 1) {
			return nil, fmt.Errorf("reverie: beta[%d] = %v: expected a number between 0 and 1", t, b)
		}
		sum += math.Log1p(-b)
		p.logAbar[t] = sum
	}
	if math.Exp(sum) == 0 {
		return nil, fmt.Errorf("reverie: the betas leave no signal at index %d (log abar = %v): use fewer steps or smaller betas", len(beta)-1, sum)
	}
	return p, nil
}

// Steps returns T.
func (p *DDPM) Steps() int { return len(p.beta) }

// Span returns 0 and T-1.
func (p *DDPM) Span() (lo, hi float64) { return 0, float64(len(p.beta) - 1) }

// Cond returns the index t.
func (p *DDPM) Cond(t float64) float64 { return t }

// PriorSigma returns 1: sampling starts from N(0, I).
func (p *DDPM) PriorSigma() float64 { return 1 }

// Beta returns beta_t.
func (p *DDPM) Beta(t int) float64 { return p.beta[t] }

// AlphaBar returns abar_t, the product of 1-beta_0 .. 1-beta_t; 1 for t = -1.
func (p *DDPM) AlphaBar(t int) float64 {
	if t < 0 {
		return 1
	}
	return math.Exp(p.logAbar[t])
}

// At returns the law at t in [0, T-1]; it panics elsewhere.
func (p *DDPM) At(t float64) Coef {
	if !(t >= 0 && t <= float64(len(p.beta)-1)) {
		panic(fmt.Sprintf("reverie: DDPM.At(%v): t is outside 0..%d", t, len(p.beta)-1))
	}
	i := int(t)
	lo := max(0, min(i, len(p.beta)-2)) // the interval whose slope holds at t
	var slope float64
	if lo+1 < len(p.beta) {
		slope = p.logRatio(lo+1) - p.logRatio(lo)
	}
	var c Coef
	if t == float64(i) {
		c.Alpha, c.Sigma = math.Exp(p.logAbar[i]/2), math.Sqrt(-math.Expm1(p.logAbar[i]))
	} else {
		r := math.Exp(p.logRatio(i) + (t-float64(i))*slope)
		c.Alpha, c.Sigma = r/math.Hypot(1, r), 1/math.Hypot(1, r)
	}
	c.DAlpha, c.DSigma = c.Alpha*c.Sigma*c.Sigma*slope, -c.Sigma*c.Alpha*c.Alpha*slope
	return c
}

// logRatio returns log(Alpha/Sigma) at index i.
func (p *DDPM) logRatio(i int) float64 {
	return (p.logAbar[i] - math.Log(-math.Expm1(p.logAbar[i]))) / 2
}

// TimeAt returns the time at which log(Alpha/Sigma) is lambda, exactly an index where it is one's.
func (p *DDPM) TimeAt(lambda float64) float64 {
	n := len(p.beta)
	i := sort.Search(n, func(i int) bool { return p.logRatio(i) <= lambda }) // the first index that is at least as noisy
	if i == 0 || i == n || p.logRatio(i) == lambda {
		return float64(min(i, n-1))
	}
	a, b := p.logRatio(i-1), p.logRatio(i)
	return float64(i-1) + (a-lambda)/(a-b)
}

// ELBO returns the weight of |x0hat - x0|^2 in the negative evidence lower bound (Luo 2022,
// arXiv:2208.11970, eq. 99) for reverse steps of variance v, posterior or beta (a learned one has
// no weight of its own: see ReverseTerm; NaN):
//
//	abar_{t-1} beta_t^2 / (2 s_t^2 (1-abar_t)^2)
//
// and, at index 0, that of the reconstruction term's Gaussian, 1/(2 beta_0). t is an index.
func (p *DDPM) ELBO(t float64, v Variance) float64 {
	i := int(t)
	beta := p.beta[i]
	if v == LearnedVariance {
		return math.NaN()
	}
	if i == 0 {
		return 1 / (2 * beta)
	}
	noise := -math.Expm1(p.logAbar[i])
	variance := beta
	if v == PosteriorVariance {
		variance *= math.Expm1(p.logAbar[i-1]) / math.Expm1(p.logAbar[i])
	}
	return p.AlphaBar(i-1) * beta * beta / (2 * variance * noise * noise)
}
