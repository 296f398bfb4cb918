package mixture

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// A Potential is a mixture of Gaussians of mean r_k and covariance V_k as what draws Brownian
// motion of variance v towards its far end (LightSB: Korotin et al. 2024, arXiv:2310.01174),
// whatever its start: the process with the drift v grad log h,
//
//	h(t, x) = E[phi(X_1) | X_t = x],   phi(y) = sum_k w_k N(y; r_k, V_k) e^(|y|^2/(2v))
//
// of which all is in closed form, in any dimension: it is the Schroedinger bridge from whatever law
// it starts with to the law that it then ends with.
type Potential struct {
	v float64
	m *Mixture
}

// NewPotential returns that of the mixture over Brownian motion of the given variance, above 0.
func NewPotential(variance float64, m *Mixture) (*Potential, error) {
	if !(variance > 0) || math.IsInf(variance, 1) {
		return nil, fmt.Errorf("mixture: a reference of variance %v: expected a number above 0", variance)
	}
	return &Potential{variance, m}, nil
}

// Given returns the law of x1 given x_t = x, t from 0 to 1: of t = 0 the plan
//
//	w_k e^((x'V_k x/v + 2 r_k'x)/(2v)) N(x1; r_k + V_k x/v, V_k)
func (p *Potential) Given(t float64, x []float64) *Mixture {
	n := &Mixture{logw: p.logs(t, x), parts: make([]gaussian, len(p.m.parts))}
	whole := logSum(n.logw)
	e := (1 - t) * p.v // the variance to come
	for k := range p.m.parts {
		g := &p.m.parts[k]
		to := gaussian{basis: g.basis, values: make([]float64, len(x))}
		to.mean = g.out(p.toward(t, g, x, func(v, x, r float64) float64 { return v*x + e*r }))
		for i, v := range g.values {
			to.values[i] = v * e / (e + t*v)
		}
		n.parts[k] = to
		n.logw[k] -= whole
	}
	return n
}

// Drift returns v grad log h = (E[x1 | x_t = x] - x)/(1-t), in a form that holds at 1 too.
func (p *Potential) Drift(t float64, x []float64) []float64 {
	logs := p.logs(t, x)
	whole := logSum(logs)
	u := make([]float64, len(x))
	for k := range p.m.parts {
		g := &p.m.parts[k]
		add(u, math.Exp(logs[k]-whole), g.out(p.toward(t, g, x, func(v, x, r float64) float64 { return (v-p.v)*x + p.v*r })))
	}
	return u
}

// Log returns log h(t, x).
func (p *Potential) Log(t float64, x []float64) float64 { return logSum(p.logs(t, x)) }

// toward returns f of each of g's eigenvalues and of x and the mean along its axis, over (1-t) v +
// t times the eigenvalue.
func (p *Potential) toward(t float64, g *gaussian, x []float64, f func(v, x, r float64) float64) []float64 {
	y, r := g.into(x), g.into(g.mean)
	for i, v := range g.values {
		y[i] = f(v, y[i], r[i]) / ((1-t)*p.v + t*v)
	}
	return y
}

// logs returns the logarithm of each Gaussian's share of h(t, x).
func (p *Potential) logs(t float64, x []float64) []float64 {
	logs := make([]float64, len(p.m.parts))
	for k := range logs {
		g := &p.m.parts[k]
		logs[k] = p.m.logw[k]
		for _, s := range p.toward(t, g, x, func(v, x, r float64) float64 { return 2*x*r - t*r*r - x*x*(1-v/p.v) }) {
			logs[k] += s / 2
		}
		for _, v := range g.values {
			logs[k] -= math.Log(2*math.Pi*((1-t)*p.v+t*v)) / 2
		}
	}
	return logs
}

// Light is the Schroedinger bridge over Brownian motion of variance v between the two mixtures of
// Gaussians that a potential at either end makes,
//
//	log density of the ends = log near(x0) + x0'x1/v + log far(x1) + const
//
// so that plan, laws, both drifts and the score of x_t are exact, in any dimension: what networks
// that learn unpaired bridges are measured against.
type Light struct {
	near, far *Potential
	from, to  *Mixture
}

// NewLight returns the bridge of the two potentials. It fails where they have no law: where of a
// covariance of the one and one of the other the product has an eigenvalue from v^2 on.
func NewLight(variance float64, near, far *Mixture) (*Light, error) {
	if near.Dim() != far.Dim() {
		return nil, fmt.Errorf("mixture: potentials of %d and %d dimensions: expected as many", near.Dim(), far.Dim())
	}
	l := new(Light)
	var err error
	if l.near, err = NewPotential(variance, near); err != nil {
		return nil, err
	}
	if l.far, err = NewPotential(variance, far); err != nil {
		return nil, err
	}
	if l.from, err = tilted(near, far, variance); err != nil {
		return nil, err
	}
	l.to, err = tilted(far, near, variance)
	return l, err
}

// tilted returns the law m(x) integral of e^(x'y/v) n(y) over y: for each Gaussian of both one, of
// precision Q = Sigma^-1 - V/v^2 and mean Q^-1 (Sigma^-1 mu + r/v).
func tilted(m, n *Mixture, v float64) (*Mixture, error) {
	var logs []float64
	var means [][]float64
	var covs []Cov
	for j := range m.parts {
		g := &m.parts[j]
		inv := make([]float64, len(g.values))
		half := m.logw[j]
		for i, s := range g.values {
			if !(s > 0) {
				return nil, fmt.Errorf("mixture: Gaussian %d of a potential has no density: give variances above 0", j)
			}
			inv[i] = 1 / s
			half -= math.Log(s) / 2
		}
		for k := range n.parts {
			o := &n.parts[k]
			q := symmetric(combine(len(inv), term{1, g.matrix(inv)}, term{-1 / (v * v), o.matrix(o.values)}))
			values, _ := eigen(q)
			for _, e := range values {
				if !(e > 0) {
					return nil, fmt.Errorf("mixture: Gaussians %d and %d of the potentials have no law: their variances' product must be below the reference's squared, %v", j, k, v*v)
				}
			}
			lin := g.apply(inv, g.mean)
			half := half + n.logw[k] - dot(lin, g.mean)/2
			add(lin, 1/v, o.mean)
			cov := inverse(q)
			mean := apply(cov, lin)
			logs = append(logs, half-logDet(q)/2+dot(lin, mean)/2)
			means, covs = append(means, mean), append(covs, Cov{Full: symmetric(cov)})
		}
	}
	law, err := New(nil, means, covs)
	if err != nil {
		return nil, err
	}
	whole := logSum(logs)
	for i, l := range logs {
		law.logw[i] = l - whole
	}
	return law, nil
}

// From returns the law of x0.
func (l *Light) From() *Mixture { return l.from }

// To returns the law of x1.
func (l *Light) To() *Mixture { return l.to }

// Forward returns the drift from 0 to 1.
func (l *Light) Forward(t float64, x []float64) []float64 { return l.far.Drift(t, x) }

// Backward returns the drift from 1 to 0, in the time 1-t.
func (l *Light) Backward(t float64, x []float64) []float64 { return l.near.Drift(1-t, x) }

// Score returns grad log p_t, the sum of both drifts over v.
func (l *Light) Score(t float64, x []float64) []float64 {
	return affine(1/l.far.v, l.Forward(t, x), 1/l.far.v, l.Backward(t, x))
}

// Given returns the expected ends, E[x0 | x_t = x] and E[x1 | x_t = x].
func (l *Light) Given(t float64, x []float64) (x0, x1 []float64) {
	return affine(1, x, t, l.Backward(t, x)), affine(1, x, 1-t, l.Forward(t, x))
}

// Sample draws n pairs of ends, pair i from the stream s.Plus(i) alone.
func (l *Light) Sample(s random.Stream, n int) (x0, x1 reverie.Batch[float64]) {
	x0, x1 = l.from.Sample(s, n), make(reverie.Batch[float64], n)
	s.Step += 2
	for i := range x1 {
		x1[i] = l.far.Given(0, x0[i]).Sample(s.Plus(i), 1)[0]
	}
	return x0, x1
}
