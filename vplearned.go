package reverie

import (
	"encoding/json"
	"fmt"
	"math"
)

// LearnedVP is VP with the learned schedule of Variational Diffusion Models (Kingma et al. 2021,
// arXiv:2107.00630, appendix H): gamma, the negative logarithm of the signal-to-noise ratio, is a
// monotone network of t in [0, 1], stretched to learned ends:
//
//	alpha^2 = S(-gamma),   sigma^2 = S(gamma),   S the logistic function
//	gamma(t) = g0 + (g1 - g0) (h(t) - h(0))/(h(1) - h(0))
//	h(t) = l + sum over k of w3[k] S(w2[k] l + b2[k]),   l = w1 t
//
// w1, w2 and w3 are positive: of their parameters r they are softplus(r) = log(1 + e^r) (the paper
// takes |r|). The paper's other two biases change nothing: that of l moves b2, that of the outer
// layer cancels. The parameters of n hidden units are one slice of 3 + 3n numbers,
//
//	g0, r of g1 - g0, r of w1, n r of w2, n b2, n r of w3
//
// and it is what JSON holds, as {"params": [..]}. A LearnedVP is fixed: training makes a new one of
// the parameters.
type LearnedVP struct {
	params     []float64
	w1         float64
	w2, b2, w3 []float64
	h0, h1     float64 // h at 0 and 1
}

// The gammas that Cond counts from 0 to 999, and between which a new schedule runs: those of Kingma
// et al. for 8-bit images.
const (
	LearnedGammaMin = -13.3
	LearnedGammaMax = 5.0
)

// maxHidden bounds the hidden units that a file may ask for.
const maxHidden = 1 << 16

// LearnedUnits are the hidden units of the schedules that are trained. The paper's 1,024 resolve
// far more than a schedule has.
const LearnedUnits = 128

// LearnedParams returns the parameters that training starts from: n hidden units (the paper has
// 1,024) in equal steps over [0, 1], with so little weight that gamma is within 1% of a straight
// line from LearnedGammaMin to LearnedGammaMax.
func LearnedParams(n int) []float64 {
	const slope = 8
	inverse := func(y float64) float64 { return math.Log(math.Expm1(y)) } // of softplus
	p := make([]float64, 3, 3+3*n)
	p[0], p[1], p[2] = LearnedGammaMin, inverse(LearnedGammaMax-LearnedGammaMin), inverse(1)
	for range n {
		p = append(p, inverse(slope))
	}
	for k := range n {
		p = append(p, -slope*(float64(k)+0.5)/float64(n))
	}
	for range n {
		p = append(p, inverse(0.05/float64(n)))
	}
	return p
}

// NewLearnedVP returns the process of these parameters, or an error where they are not 3 + 3n
// numbers within +-10000, or gamma leaves +-700 or does not rise.
func NewLearnedVP(params []float64) (*LearnedVP, error) {
	n := len(params)/3 - 1
	if n < 1 || n > maxHidden || len(params)%3 != 0 {
		return nil, fmt.Errorf("learned schedule: %d parameters: expected 3 + 3n, n hidden units, 1 to %d", len(params), maxHidden)
	}
	for i, v := range params {
		if !(math.Abs(v) <= 1e4) {
			return nil, fmt.Errorf("learned schedule: parameter %d is %v: expected it within +-10000", i, v)
		}
	}
	p := &LearnedVP{params: append([]float64(nil), params...), w1: softplus(params[2])}
	for k := range n {
		p.w2 = append(p.w2, softplus(params[3+k]))
		p.w3 = append(p.w3, softplus(params[3+2*n+k]))
	}
	p.b2 = p.params[3+n : 3+2*n]
	p.h0, _ = p.h(0)
	p.h1, _ = p.h(1)
	for _, t := range []float64{0, 0.5, 1} {
		if g, d := p.Gamma(t); !(math.Abs(g) <= 700 && d > 0 && finite(d)) {
			return nil, fmt.Errorf("learned schedule: gamma(%v) = %v with slope %v: expected it within +-700, rising", t, g, d)
		}
	}
	return p, nil
}

// Params returns the parameters, in NewLearnedVP's order.
func (p *LearnedVP) Params() []float64 { return append([]float64(nil), p.params...) }

// MarshalJSON writes the parameters.
func (p *LearnedVP) MarshalJSON() ([]byte, error) { return json.Marshal(learnedJSON{p.params}) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *LearnedVP) UnmarshalJSON(b []byte) error {
	var j learnedJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	q, err := NewLearnedVP(j.Params)
	if err == nil {
		*p = *q
	}
	return err
}

type learnedJSON struct {
	Params []float64 `json:"params"`
}

// h returns the unscaled network's value and derivative.
func (p *LearnedVP) h(t float64) (h, dh float64) {
	l := p.w1 * t
	h, dh = l, p.w1
	for k, w := range p.w3 {
		u := p.w2[k]*l + p.b2[k]
		up := sigmoid(u)
		h += w * up
		dh += w * up * sigmoid(-u) * p.w2[k] * p.w1
	}
	return h, dh
}

// Gamma returns gamma(t) = log(sigma^2/alpha^2) and its derivative.
func (p *LearnedVP) Gamma(t float64) (gamma, derivative float64) {
	h, dh := p.h(t)
	scale := softplus(p.params[1]) / (p.h1 - p.h0)
	return p.params[0] + scale*(h-p.h0), scale * dh
}

// At returns the law at t.
func (p *LearnedVP) At(t float64) Coef {
	g, d := p.Gamma(t)
	return vpCoef(math.Exp(-softplus(g)/2), math.Exp(-softplus(-g)/2), d*sigmoid(g))
}

// Span returns 0 and 1.
func (p *LearnedVP) Span() (lo, hi float64) { return 0, 1 }

// Cond returns 999 (gamma - LearnedGammaMin)/(LearnedGammaMax - LearnedGammaMin), a fixed scale of
// the noise itself (as the paper's code does): while the schedule learns, t comes to mean another
// noise level, but a noise level remains the same number to the network. With learned ends it may
// leave 0..999.
func (p *LearnedVP) Cond(t float64) float64 {
	g, _ := p.Gamma(t)
	return 999 * (g - LearnedGammaMin) / (LearnedGammaMax - LearnedGammaMin)
}

// G2 returns beta(t) = sigma^2 gamma'.
func (p *LearnedVP) G2(t float64) float64 {
	g, d := p.Gamma(t)
	return d * sigmoid(g)
}

// PriorSigma returns 1: sampling starts from N(0, I).
func (p *LearnedVP) PriorSigma() float64 { return 1 }
