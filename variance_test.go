package reverie

import (
	"math"
	"strings"
	"testing"
)

// The chain's table of learned variances against its posterior's and its beta, and iDDPM's clipping
// of the first.
func TestLogVariances(t *testing.T) {
	for _, p := range []*DDPM{mustDDPM("linear", 300), mustDDPM("cosine", 50), mustDDPM("linear", 2)} {
		for i := range p.Steps() {
			lo, hi := p.LogVariances(i)
			k := max(i, 1)
			near(t, "hi", math.Exp(hi), p.Beta(i), tol, 0)
			near(t, "lo", math.Exp(lo), p.Beta(k)*(1-p.AlphaBar(k-1))/(1-p.AlphaBar(k)), 1e-9, 0)
			if i > 0 {
				ct, cs := p.At(float64(i)), p.At(float64(i-1))
				near(t, "posterior", math.Exp(lo), PosteriorVariance.Of(ct, cs), 1e-9, 0)
			}
			if !(lo <= hi) && i > 0 {
				t.Errorf("index %d: %v above %v", i, lo, hi)
			}
		}
	}
	if lo, hi := mustDDPM("linear", 1).LogVariances(0); lo != hi || hi != math.Log(1e-4) {
		t.Error(lo, hi)
	}
}

// The closed KL against that of the two Gaussians, whose means and variances are here put together
// from the chain.
func TestReverseTermKL(t *testing.T) {
	p := mustDDPM("cosine", 100)
	const x, x0 = 0.4, -0.3
	for _, i := range []int{1, 2, 50, 98, 99} {
		abar, prev, beta := p.AlphaBar(i), p.AlphaBar(i-1), p.Beta(i)
		mean := func(x0 float64) float64 { // Ho et al. 2020, eq. 7
			return (math.Sqrt(prev)*beta*x0 + math.Sqrt(1-beta)*(1-prev)*x) / (1 - abar)
		}
		posterior := beta * (1 - prev) / (1 - abar)
		r := p.ReverseTerm(i)
		for _, v := range []float64{-1, -0.2, 0.5, 1, 1.3} {
			for _, d := range []float64{0, 0.01, -0.7} {
				variance := math.Pow(beta, (v+1)/2) * math.Pow(posterior, (1-v)/2)
				near(t, "variance", math.Exp(r.LogVariance(v)), variance, 1e-9, 0)
				want := KL(mean(x0), posterior, mean(x0+d), variance)
				near(t, "KL", r.KL(d, v), want, 1e-8, 1e-8)
			}
		}
		// With the posterior's own variance it is the bound's weight of the error.
		near(t, "weight", r.KL(0.3, -1), p.ELBO(float64(i), PosteriorVariance)*0.09, 1e-9, 0)
	}
	r := p.ReverseTerm(0)
	near(t, "gap at 0", r.Gap, 1, tol, 0)
	near(t, "hi at 0", math.Exp(r.LogVariance(1)), p.Beta(0), tol, 0)
}

// For given error the best v is where the variance is the posterior's plus the squared error of the
// mean: KL has its minimum there.
func TestReverseTermMinimum(t *testing.T) {
	r := mustDDPM("linear", 300).ReverseTerm(3)
	const d = 0.05
	best := math.Exp(r.Lo) + r.Gap*r.Gap*d*d
	v := 2*(math.Log(best)-r.Lo)/(r.Hi-r.Lo) - 1
	near(t, "variance", math.Exp(r.LogVariance(v)), best, tol, 0)
	least := r.KL(d, v)
	near(t, "KL", least, math.Log(best/math.Exp(r.Lo))/2, tol, 0)
	for _, off := range []float64{-0.1, 0.1} {
		if !(r.KL(d, v+off) > least) {
			t.Errorf("KL at v%+v is not above the least", off)
		}
	}
}

// Without a network a learned variance is no number, except that the last step adds no noise.
func TestLearnedVarianceAlone(t *testing.T) {
	p := mustDDPM("linear", 10)
	if v := LearnedVariance.Of(p.At(3), p.At(2)); !math.IsNaN(v) {
		t.Error(v)
	}
	if v := LearnedVariance.Of(p.At(3), At(p, Clean)); v != 0 {
		t.Error(v)
	}
	if w := p.ELBO(3, LearnedVariance); !math.IsNaN(w) {
		t.Error(w)
	}
	o := Objective{Process: p, Param: Eps, Weighting: ELBO{LearnedVariance}}
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "learned variance") {
		t.Error(err)
	}
	o.Weighting = nil
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
}
