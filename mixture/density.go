package mixture

import (
	"math"
	"slices"
)

// LogDensity returns log p(x) in nats. It is NaN or infinite for a law that has no density, see
// New.
func (m *Mixture) LogDensity(x []float64) float64 {
	_, logp := m.share(m.local(x))
	return logp
}

// Score returns grad log p(x) = sum_k r_k Sigma_k^-1 (mu_k - x), r the Responsibilities.
func (m *Mixture) Score(x []float64) []float64 {
	y := m.local(x)
	r, _ := m.share(y)
	score := make([]float64, len(x))
	for k := range m.parts {
		add(score, r[k], m.parts[k].score(y[k]))
	}
	return score
}

// Responsibilities returns each Gaussian's share of the density at x, r_k = w_k N(x; mu_k,
// Sigma_k)/p(x); they sum to 1. They are found from the logarithms, so that they hold however far x
// lies from all of them.
func (m *Mixture) Responsibilities(x []float64) []float64 {
	r, _ := m.share(m.local(x))
	return r
}

// local returns x - mu_k in each Gaussian's own basis.
func (m *Mixture) local(x []float64) [][]float64 {
	if len(x) != m.Dim() {
		panic("mixture: a point of another dimension")
	}
	y := make([][]float64, len(m.parts))
	for k := range m.parts {
		y[k] = m.parts[k].into(sub(x, m.parts[k].mean))
	}
	return y
}

// share returns the responsibilities and log p(x), by log-sum-exp.
func (m *Mixture) share(y [][]float64) (r []float64, logp float64) {
	r = m.logJoint(y)
	top := slices.Max(r)
	sum := 0.0
	for k := range r {
		r[k] = math.Exp(r[k] - top)
		sum += r[k]
	}
	for k := range r {
		r[k] /= sum
	}
	return r, top + math.Log(sum)
}

// logJoint returns log w_k N(x; mu_k, Sigma_k) of every Gaussian.
func (m *Mixture) logJoint(y [][]float64) []float64 {
	joint := make([]float64, len(m.parts))
	for k := range joint {
		joint[k] = m.logw[k] + m.parts[k].logDensity(y[k])
	}
	return joint
}

// score returns the Gaussian's own score, given y = B (x - mean).
func (g *gaussian) score(y []float64) []float64 {
	z := make([]float64, len(y))
	for i, v := range g.values {
		z[i] = -y[i] / v
	}
	return g.out(z)
}
