package mixture

import (
	"fmt"
	"math"
	"slices"
)

// WithClasses returns the mixture with Gaussian k of class class[k], so that
//
//	p(y) = sum_{k of y} w_k,   p(x | y) = sum_{k of y} w_k/p(y) N(x; mu_k, Sigma_k)
//
// The classes are the numbers from 0 on, each of at least one Gaussian.
func (m *Mixture) WithClasses(class []int) (*Mixture, error) {
	if len(class) != len(m.parts) {
		return nil, fmt.Errorf("mixture: %d classes for %d Gaussians: expected as many", len(class), len(m.parts))
	}
	for k, y := range class {
		if y < 0 || y >= len(class) {
			return nil, fmt.Errorf("mixture: class %d of Gaussian %d: expected one from 0 to %d", y, k, len(class)-1)
		}
	}
	for y := range slices.Max(class) {
		if !slices.Contains(class, y) {
			return nil, fmt.Errorf("mixture: no Gaussian is of class %d: expected one of each from 0 to %d", y, slices.Max(class))
		}
	}
	n := *m
	n.class = slices.Clone(class)
	return &n, nil
}

// Classes returns the number of classes, 0 where there are none.
func (m *Mixture) Classes() int {
	if m.class == nil {
		return 0
	}
	return slices.Max(m.class) + 1
}

// Class returns p(x | y), the law of class y alone, which has no classes. It panics where y is
// none.
func (m *Mixture) Class(y int) *Mixture {
	n := new(Mixture)
	for k, of := range m.class {
		if of == y {
			n.logw, n.parts = append(n.logw, m.logw[k]), append(n.parts, m.parts[k])
		}
	}
	if n.parts == nil {
		panic(fmt.Sprintf("mixture: class %d of %d", y, m.Classes()))
	}
	whole := logSum(n.logw)
	for k := range n.logw {
		n.logw[k] -= whole
	}
	return n
}

// ClassPosterior returns log p(y | x) for every class y: what a classifier without fault says. Of
// the law of x_t (At) it is log p(y | x_t).
func (m *Mixture) ClassPosterior(x []float64) []float64 {
	joint := m.logJoint(m.local(x))
	logs := make([]float64, m.Classes())
	for y := range logs {
		logs[y] = logSum(m.ofClass(y, joint)) - logSum(joint)
	}
	return logs
}

// ClassScore returns grad_x log p(y | x), by which a classifier guides:
//
//	sum_k (r_k [k of y]/p(y | x) - r_k) Sigma_k^-1 (mu_k - x),   r the Responsibilities
func (m *Mixture) ClassScore(y int, x []float64) []float64 {
	local := m.local(x)
	joint := m.logJoint(local)
	all, own := logSum(joint), logSum(m.ofClass(y, joint))
	score := make([]float64, len(x))
	for k := range m.parts {
		c := -math.Exp(joint[k] - all)
		if m.class[k] == y {
			c += math.Exp(joint[k] - own)
		}
		add(score, c, m.parts[k].score(local[k]))
	}
	return score
}

// ofClass returns the numbers of the Gaussians of class y.
func (m *Mixture) ofClass(y int, v []float64) (own []float64) {
	for k, of := range m.class {
		if of == y {
			own = append(own, v[k])
		}
	}
	return own
}

// logSum returns log sum_k exp(v_k).
func logSum(v []float64) float64 {
	top, sum := slices.Max(v), 0.0
	for _, v := range v {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}
