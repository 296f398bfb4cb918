package reverie

import "math"

// A Step is the affine map of one solver step, from x at time t to
//
//	x_s = X x + X0 x0hat + Far x1 + Noise z,   z ~ N(0, I)
type Step struct{ X, X0, Far, Noise float64 }

// Move returns the step from the law t to the law s that keeps the marginals, whatever eta in [0,
// 1] says of the share of fresh noise:
//
//	x_s = a_s x0hat + b_s x1 + sqrt(s_s^2 - u^2) epshat + u z
//	epshat = (x - a_t x0hat - b_t x1)/s_t
//	u = eta s_s sqrt(1 - (a_t s_s / a_s s_t)^2)
//
// (Song et al. 2021, arXiv:2010.02502, eq. 12, for any Coef.) eta = 1 draws from the posterior
// q(x_s | x_t, x0hat, x1): DDPM's ancestral sampling. eta = 0 is DDIM, Euler's method for VE
// (k-diffusion's) and for rectified flow.
//
// Ends: where s_s = 0 the step is a_s x0hat + b_s x1. Where s_t = 0 (a bridge at hi) epshat is
// undefined, and u = s_s whatever eta. Backwards (from data towards noise, DDIM inversion) u = 0.
func Move(t, s Coef, eta float64) Step {
	if s.Sigma == 0 || t.Sigma == 0 {
		return Step{X0: s.Alpha, Far: s.Beta, Noise: s.Sigma}
	}
	r := math.Min(1, (t.Alpha*s.Sigma)/(s.Alpha*t.Sigma))
	k := s.Sigma / t.Sigma * math.Sqrt((1-eta)*(1+eta)+eta*eta*r*r) // sqrt(s_s^2 - u^2)/s_t
	return Step{
		X:     k,
		X0:    s.Alpha - k*t.Alpha,
		Far:   s.Beta - k*t.Beta,
		Noise: eta * s.Sigma * math.Sqrt((1-r)*(1+r)),
	}
}

// Leave is Move with eta = 0, but that it leaves a point, where s_t = 0 (a bridge at hi), without
// noise: x_s = a_s x0hat + b_s x1, the ODE of Schroedinger bridges that tell speech from noise
// (Jukic et al. 2024, arXiv:2407.16074). All paths out of one x1 are then one: it gives an estimate
// of x0 and not its law, whose variance Move draws in that first step.
func Leave(t, s Coef) Step {
	m := Move(t, s, 0)
	if t.Sigma == 0 {
		m.Noise = 0
	}
	return m
}

// ForwardVariance returns the variance of the forward chain's q(x_t | x_s), from the law s to the
// later law t:
//
//	s_t^2 - (a_t/a_s)^2 s_s^2
//
// For neighbouring indices of a DDPM that is beta_t. The difference is exact to about 2^-50 s_t^2,
// so that a beta below that may come out as 0, but never below.
func ForwardVariance(t, s Coef) float64 {
	k := t.Alpha / s.Alpha * s.Sigma
	return max(0, (t.Sigma-k)*(t.Sigma+k))
}
