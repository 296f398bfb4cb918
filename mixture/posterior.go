package mixture

import "github.com/reverie-go/reverie"

// Denoise returns E[x0 | x_t = x] under the law c, at the given far end of a bridge:
//
//	x0hat = sum_k r_k m_k,   m_k = mu_k + a Sigma_k (a^2 Sigma_k + s^2 I)^-1 (x - a mu_k - b x1)
func (m *Mixture) Denoise(c reverie.Coef, x []float64, far ...[]float64) []float64 {
	return m.posterior(c, m.At(c, far...), x).mean()
}

// Posterior returns the mean and the covariance of x0 given x_t = x. For s > 0 the covariance is
// s^2/a times the Jacobian of Denoise.
func (m *Mixture) Posterior(c reverie.Coef, x []float64, far ...[]float64) (mean []float64, cov [][]float64) {
	p := m.posterior(c, m.At(c, far...), x)
	mean, cov = p.mean(), square(len(x))
	for k := range m.parts {
		d := sub(p.x0[k], mean)
		for i, row := range m.parts[k].matrix(m.parts[k].left(c)) {
			add(cov[i], p.r[k], row)
			add(cov[i], p.r[k]*d[i], d)
		}
	}
	return mean, cov
}

// Jacobian returns d x0hat/dx, [D][D], symmetric: row i is the gradient of x0hat_i.
func (m *Mixture) Jacobian(c reverie.Coef, x []float64, far ...[]float64) [][]float64 {
	law := m.At(c, far...)
	jac := square(len(x))
	for i := range jac {
		u := make([]float64, len(x))
		u[i] = 1
		_, jac[i] = m.vjp(c, law, x, u)
	}
	return jac
}

// Velocity returns the probability flow's dx/dt = a' E[x0 | x] + b' x1 + s' E[eps | x], which is
// also drift - g^2 score/2. Unlike Coef.Velocity it does not cancel where s is small.
func (m *Mixture) Velocity(c reverie.Coef, x []float64, far ...[]float64) []float64 {
	law := m.At(c, far...)
	v := make([]float64, len(x))
	add(v, c.DAlpha, m.posterior(c, law, x).mean())
	add(v, -c.DSigma*c.Sigma, law.Score(x))
	if c.DBeta != 0 {
		add(v, c.DBeta, far[0])
	}
	return v
}

// posterior is what x_t = x says of x0: that it comes from Gaussian k with probability r[k], and
// then has mean x0[k].
type posterior struct {
	r  []float64
	x0 [][]float64
	y  [][]float64 // x in each Gaussian's basis
}

// posterior computes it from the law of x_t.
func (m *Mixture) posterior(c reverie.Coef, law *Mixture, x []float64) posterior {
	p := posterior{y: law.local(x), x0: make([][]float64, len(m.parts))}
	p.r, _ = law.share(p.y)
	for k := range m.parts {
		g := &m.parts[k]
		z := g.gain(c)
		for i := range z {
			z[i] *= p.y[k][i]
		}
		p.x0[k] = g.out(z)
		add(p.x0[k], 1, g.mean)
	}
	return p
}

func (p posterior) mean() []float64 {
	mean := make([]float64, len(p.x0[0]))
	for k, r := range p.r {
		add(mean, r, p.x0[k])
	}
	return mean
}

// gain returns a v/(a^2 v + s^2) for each eigenvalue v: what x0hat takes of x.
func (g *gaussian) gain(c reverie.Coef) []float64 {
	z := make([]float64, len(g.values))
	for i, v := range g.values {
		if v > 0 {
			z[i] = c.Alpha * v / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)
		}
	}
	return z
}

// left returns v s^2/(a^2 v + s^2) for each eigenvalue v: what x leaves unknown of x0.
func (g *gaussian) left(c reverie.Coef) []float64 {
	z := make([]float64, len(g.values))
	for i, v := range g.values {
		if v > 0 {
			z[i] = v * c.Sigma * c.Sigma / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)
		}
	}
	return z
}

// vjp returns x0hat and u' d x0hat/dx:
//
//	sum_k r_k (G_k u + (u'm_k) (score_k - score)),   G_k = a Sigma_k (a^2 Sigma_k + s^2 I)^-1
//
// since grad r_k = r_k (score_k - score).
func (m *Mixture) vjp(c reverie.Coef, law *Mixture, x, u []float64) (x0, vjp []float64) {
	p := m.posterior(c, law, x)
	x0, vjp = p.mean(), make([]float64, len(x))
	mean := dot(u, x0) // taken off u'm_k, so that the common score drops out
	for k := range m.parts {
		add(vjp, p.r[k], m.parts[k].apply(m.parts[k].gain(c), u))
		add(vjp, p.r[k]*(dot(u, p.x0[k])-mean), law.parts[k].score(p.y[k]))
	}
	return x0, vjp
}
