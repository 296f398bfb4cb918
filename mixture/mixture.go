package mixture

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// MaxDim bounds the dimension of a mixture: a covariance of it has MaxDim^2 numbers.
const MaxDim = 1024

// A Cov is a covariance: Var times the identity, or, where Full is set, the symmetric positive
// semi-definite matrix of these rows.
type Cov struct {
	Var  float64
	Full [][]float64
}

// A Mixture is the law of K Gaussians in D dimensions,
//
//	p(x) = sum_k w_k N(x; mu_k, Sigma_k)
//
// New makes one. It does not change afterwards and may be used by several goroutines.
type Mixture struct {
	logw  []float64 // log w_k
	parts []gaussian
	class []int // of each Gaussian; nil: none have one
}

// New returns the mixture of the given means. Only the ratios of the weights count, and no weights
// are equal ones. There is one covariance for each mean, or one for all. A variance may be 0 in any
// direction: such a law has no density until it is noised.
//
// Errors name the first entry that cannot be used.
func New(weights []float64, means [][]float64, covs []Cov) (*Mixture, error) {
	if len(means) == 0 {
		return nil, fmt.Errorf("mixture: no means: expected at least 1")
	}
	logw, err := logWeights(weights, len(means))
	if err != nil {
		return nil, err
	}
	if len(covs) != 1 && len(covs) != len(means) {
		return nil, fmt.Errorf("mixture: %d covariances for %d means: expected 1 or as many as means", len(covs), len(means))
	}
	dim := len(means[0])
	if dim < 1 || dim > MaxDim {
		return nil, fmt.Errorf("mixture: means of %d numbers: expected 1 to %d", dim, MaxDim)
	}
	bases := make([]gaussian, len(covs))
	for k, c := range covs {
		if bases[k], err = decompose(c, dim); err != nil {
			return nil, fmt.Errorf("mixture: covariance %d: %w", k, err)
		}
	}
	m := &Mixture{logw: logw, parts: make([]gaussian, len(means))}
	for k, mean := range means {
		if len(mean) != dim || !finite(mean) {
			return nil, fmt.Errorf("mixture: mean %d: %v: expected %d finite numbers as in mean 0", k, mean, dim)
		}
		m.parts[k] = bases[min(k, len(covs)-1)]
		m.parts[k].mean = append([]float64(nil), mean...)
	}
	return m, nil
}

// logWeights returns the logarithms of the weights over their sum.
func logWeights(weights []float64, n int) ([]float64, error) {
	if weights == nil {
		weights = make([]float64, n)
		for k := range weights {
			weights[k] = 1
		}
	}
	if len(weights) != n {
		return nil, fmt.Errorf("mixture: %d weights for %d means: expected as many, or none for equal ones", len(weights), n)
	}
	sum := 0.0
	for k, w := range weights {
		if !(w > 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("mixture: weight %d is %v: expected a positive number", k, w)
		}
		sum += w
	}
	logw := make([]float64, n)
	for k, w := range weights {
		logw[k] = math.Log(w / sum)
	}
	return logw, nil
}

// must is New for laws that are known to be valid.
func must(weights []float64, means [][]float64, covs ...Cov) *Mixture {
	m, err := New(weights, means, covs)
	if err != nil {
		panic(err)
	}
	return m
}

// Dim returns the dimension D.
func (m *Mixture) Dim() int { return len(m.parts[0].mean) }

// Len returns the number K of Gaussians.
func (m *Mixture) Len() int { return len(m.parts) }

// Weight returns w_k; the weights sum to 1.
func (m *Mixture) Weight(k int) float64 { return math.Exp(m.logw[k]) }

// MeanOf returns mu_k.
func (m *Mixture) MeanOf(k int) []float64 { return append([]float64(nil), m.parts[k].mean...) }

// CovOf returns Sigma_k.
func (m *Mixture) CovOf(k int) [][]float64 {
	g := &m.parts[k]
	return g.matrix(g.values)
}

// Mean returns E[x].
func (m *Mixture) Mean() []float64 {
	mean := make([]float64, m.Dim())
	for k := range m.parts {
		add(mean, m.Weight(k), m.parts[k].mean)
	}
	return mean
}

// Cov returns the covariance of x, [D][D]: sum_k w_k (Sigma_k + mu_k mu_k') - mu mu'.
func (m *Mixture) Cov() [][]float64 {
	mean, cov := m.Mean(), square(m.Dim())
	for k := range m.parts {
		g := &m.parts[k]
		d := sub(g.mean, mean)
		for i, row := range g.matrix(g.values) {
			add(cov[i], m.Weight(k), row)
			add(cov[i], m.Weight(k)*d[i], d)
		}
	}
	return cov
}

// At returns the law of x_t = a x0 + b x1 + s eps with x0 from m, at the given far end x1; b is 0
// for all but a bridge, and then there is no far end to give. It panics if b is not 0 and there is
// none.
func (m *Mixture) At(c reverie.Coef, far ...[]float64) *Mixture {
	n := &Mixture{logw: m.logw, parts: make([]gaussian, len(m.parts)), class: m.class}
	shift := shift(c, far, m.Dim())
	for k := range m.parts {
		n.parts[k] = m.parts[k].noised(c, shift)
	}
	return n
}
