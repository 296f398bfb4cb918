package reverie

import (
	"fmt"
	"math"
)

// Posterior returns the Gaussian q(x_s | x_t, x0, x1) of an earlier law s given a later law t:
//
//	mean = x x_t + x0 X0 + far X1
//
// (Ho et al. 2020, arXiv:2006.11239, eq. 7, for any Coef.) For a DDPM and s = t-1:
//
//	x = sqrt(alpha_t) (1-abar_s)/(1-abar_t),   x0 = sqrt(abar_s) beta_t/(1-abar_t),   variance = beta_t (1-abar_s)/(1-abar_t)
func Posterior(t, s Coef) (x, x0, far, variance float64) {
	m := Move(t, s, 1)
	return m.X, m.X0, m.Far, m.Noise * m.Noise
}

// KL returns the divergence KL(N(m1, v1) || N(m2, v2)) in nats of two Gaussians on the line:
//
//	(v1/v2 - 1 - log(v1/v2) + (m1-m2)^2/v2)/2
//
// That of Gaussians with diagonal covariance is the sum over their dimensions. The variances are
// positive.
func KL(m1, v1, m2, v2 float64) float64 {
	d := (v1 - v2) / v2
	m := m1 - m2
	return (d - math.Log1p(d) + m*m/v2) / 2
}

// Variance is a choice of the variance of a reverse step p(x_s | x_t).
type Variance int

const (
	// PosteriorVariance is that of q(x_s | x_t, x0): right for data that are one point.
	PosteriorVariance Variance = iota
	// BetaVariance is that of q(x_t | x_s), beta_t: right for data ~ N(0, I).
	BetaVariance
	// LearnedVariance is between the two, where the network's v says: log variance = u log beta +
	// (1-u) log posterior, u = (v+1)/2 (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15). It takes
	// a Denoiser that knows it (WantVariance).
	LearnedVariance
)

// String returns what v is called: posterior, beta or learned.
func (v Variance) String() string {
	switch v {
	case PosteriorVariance:
		return "posterior"
	case BetaVariance:
		return "beta"
	case LearnedVariance:
		return "learned"
	}
	return fmt.Sprint(int(v))
}

// Of returns the variance v of the reverse step from the law t to the law s. It is 0 where s is
// Clean, whatever v: the last step adds no noise. LearnedVariance, which the laws alone do not
// tell, is NaN elsewhere.
func (v Variance) Of(t, s Coef) float64 {
	switch {
	case s.Sigma == 0:
		return 0
	case v == LearnedVariance:
		return math.NaN()
	case v == BetaVariance:
		return ForwardVariance(t, s)
	}
	_, _, _, variance := Posterior(t, s)
	return variance
}
