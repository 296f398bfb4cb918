package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// This file has data with everything in closed form, and the exact law of a solver's result on
// Gaussian data.

// A mix is a mixture of Gaussians with diagonal covariance, each rotated by the same reflection: x
// = H y, H = I - 2 u u'/|u|^2, so that its covariance is full.
type mix struct {
	weight   []float64
	mean, sd [][]float64 // of y
	u        []float64   // nil: no reflection
}

// turn returns H x.
func (m mix) turn(x []float64) []float64 {
	y := append([]float64(nil), x...)
	if m.u == nil {
		return y
	}
	dot, norm := 0.0, 0.0
	for j, v := range m.u {
		dot, norm = dot+v*x[j], norm+v*v
	}
	for j, v := range m.u {
		y[j] -= 2 * dot / norm * v
	}
	return y
}

// denoiser returns E[x0 | a x0 + s eps = x] under p: each component's posterior mean (the product
// of two Gaussians), weighted by how likely it made x.
func (m mix) denoiser(p reverie.Process) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		c := p.At(t)
		variance, size := make(batch, len(m.weight)), make([]float64, len(m.weight)) // of each component at t
		for k := range m.weight {
			size[k] = math.Log(m.weight[k])
			variance[k] = make([]float64, len(m.sd[k]))
			for j, sd := range m.sd[k] {
				variance[k][j] = c.Alpha*c.Alpha*sd*sd + c.Sigma*c.Sigma
				size[k] -= math.Log(variance[k][j]) / 2
			}
		}
		y := make(batch, len(x))
		for n := range x {
			y[n] = m.turn(m.posterior(m.turn(x[n]), c, variance, size))
		}
		return y, nil
	})
}

func (m mix) posterior(y []float64, c reverie.Coef, variance batch, size []float64) []float64 {
	log, top := make([]float64, len(m.weight)), math.Inf(-1)
	for k := range m.weight {
		log[k] = size[k]
		for j, v := range y {
			d := v - c.Alpha*m.mean[k][j]
			log[k] -= d * d / (2 * variance[k][j])
		}
		top = max(top, log[k])
	}
	out, sum := make([]float64, len(y)), 0.0
	for k := range log {
		p := math.Exp(log[k] - top)
		sum += p
		for j, v := range y {
			d := m.sd[k][j] * m.sd[k][j]
			out[j] += p * (m.mean[k][j]*c.Sigma*c.Sigma + c.Alpha*d*v) / variance[k][j]
		}
	}
	for j := range out {
		out[j] /= sum
	}
	return out
}

// moments returns mean and covariance.
func (m mix) moments() (mean []float64, cov [][]float64) {
	d := len(m.mean[0])
	mean, cov = make([]float64, d), [][]float64(reverie.NewBatch[float64](d, d))
	for k, w := range m.weight {
		for j := range d {
			mean[j] += w * m.mean[k][j]
		}
	}
	for k, w := range m.weight {
		for i := range d {
			cov[i][i] += w * m.sd[k][i] * m.sd[k][i]
			for j := range d {
				cov[i][j] += w * (m.mean[k][i] - mean[i]) * (m.mean[k][j] - mean[j])
			}
		}
	}
	for range 2 { // H C H, as rows and as columns
		for i := range cov {
			cov[i] = m.turn(cov[i])
		}
		for i := range d {
			for j := range i {
				cov[i][j], cov[j][i] = cov[j][i], cov[i][j]
			}
		}
	}
	return m.turn(mean), cov
}

// noised returns n samples of the law at t.
func (m mix) noised(sp *reverie.Host[float64], p reverie.Process, t float64, n int) batch {
	c, d := reverie.At(p, t), len(m.mean[0])
	z, e := sp.Noise(reverie.NewBatch[float64](n, d)), sp.Noise(reverie.NewBatch[float64](n, d))
	for i := range z {
		u := (random.Stream{Seed: 99, Sample: uint64(i), Step: sp.Stream.Step}).Uniform()
		k := 0
		for ; k < len(m.weight)-1 && u >= m.weight[k]; k++ {
			u -= m.weight[k]
		}
		for j := range z[i] {
			z[i][j] = m.mean[k][j] + m.sd[k][j]*z[i][j]
		}
		z[i] = m.turn(z[i])
		for j := range z[i] {
			z[i][j] = c.Alpha*z[i][j] + c.Sigma*e[i][j]
		}
	}
	return z
}

// gaussian is the data of gaussian_test.go: one dimension.
var gaussian = mix{weight: []float64{1}, mean: [][]float64{{mean}}, sd: [][]float64{{sd}}}

// impulses is a Host whose k-th call of Noise is 1 in sample k+2 and 0 in the others.
type impulses struct {
	reverie.Host[float64]
	calls int
}

func (s *impulses) Noise(like batch) batch {
	z := reverie.NewBatch[float64](len(like), 1)
	if s.calls+2 < len(z) {
		z[s.calls+2][0] = 1
	}
	s.calls++
	return z
}

// law is lawUnder on one-dimensional Gaussian data.
func law(t *testing.T, p reverie.Process, solver Solver[batch], grid []float64, m, v float64, draws int) (mean, variance float64) {
	t.Helper()
	return lawUnder(t, p, gaussian.denoiser(p), solver, grid, m, v, draws)
}

// lawUnder returns the exact mean and variance of what the solver makes of x ~ N(m, v) in one
// dimension under an affine denoiser, where its steps are affine: the result is B + A x + sum_k C_k
// z_k, of which one walk of a batch gives all coefficients: from x = 0, from x = 1, and from x = 0
// with one noise 1.
func lawUnder(t *testing.T, p reverie.Process, d reverie.Denoiser[batch], solver Solver[batch], grid []float64, m, v float64, draws int) (mean, variance float64) {
	t.Helper()
	sp := &impulses{}
	run := &Run[batch]{Space: sp, Process: p, Denoiser: d}
	x := reverie.NewBatch[float64](2+draws, 1)
	x[1][0] = 1
	x, err := Sample(context.Background(), run, solver, x, grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sp.calls > draws {
		t.Fatalf("%T drew noise %d times, of %d expected", solver, sp.calls, draws)
	}
	B := x[0][0]
	A := x[1][0] - B
	variance = A * A * v
	for _, c := range x[2:] {
		variance += (c[0] - B) * (c[0] - B)
	}
	return B + A*m, variance
}

// marginal returns mean and variance of the data's law at t.
func marginal(p reverie.Process, t float64) (m, v float64) {
	c := reverie.At(p, t)
	return c.Alpha * mean, c.Alpha*c.Alpha*sd*sd + c.Sigma*c.Sigma
}

// slope fits y = a + slope x.
func slope(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// even returns n+1 times from a to b.
func even(a, b float64, n int) []float64 {
	g := make([]float64, n+1)
	for i := range g {
		g[i] = lerp(a, b, i, n)
	}
	return g
}
