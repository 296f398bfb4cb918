package mixture

import (
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// A Fit says how a Potential is fitted.
type Fit struct {
	Gaussians int     // 0: 10
	Steps     int     // of Adam, on all samples; 0: 500
	Rate      float64 // at the first step, from which it falls along half a cosine; 0: 0.05
	Seed      uint64  // of the samples at which the Gaussians begin
}

// Potential returns the Potential of Gaussians along the axes whose process over Brownian motion of
// a variance, started at the samples x0, ends with the law of the samples x1 as nearly as its form
// lets it: an unpaired Schroedinger bridge whose drift is in closed form, learned in a minute
// without a network (LightSB: Korotin et al. 2024, arXiv:2310.01174, eq. 9). It minimises the
// divergence of the bridge from the process, which is up to a constant
//
//	mean over x0 of log h(0, x0) - mean over x1 of log sum_k w_k N(x1; r_k, V_k)
//
// in the logarithms of the weights and variances and in the means; loss is what it came to. It
// fails for no samples, for those of different dimensions and for a variance that is not above 0.
func (f Fit) Potential(variance float64, x0, x1 reverie.Batch[float64]) (p *Potential, loss float64, err error) {
	if len(x0) == 0 || len(x1) == 0 || len(x0[0]) != len(x1[0]) || len(x0[0]) == 0 {
		return nil, 0, errors.New("mixture: a potential is fitted to samples of both ends, of the same dimension")
	}
	if !(variance > 0) || math.IsInf(variance, 1) {
		return nil, 0, fmt.Errorf("mixture: a reference of variance %v: expected a number above 0", variance)
	}
	l := newLightFit(variance, x0, x1, f)
	steps, rate := f.Steps, f.Rate
	if steps == 0 {
		steps = 500
	}
	if rate == 0 {
		rate = 0.05
	}
	for t := range steps {
		l.slope()
		l.adam(t+1, rate*(1+math.Cos(math.Pi*float64(t)/float64(steps)))/2)
	}
	loss = l.slope()
	m, err := l.mixture()
	if err != nil {
		return nil, loss, err
	}
	p, err = NewPotential(variance, m)
	return p, loss, err
}

// lightFit is a fit under way: for each Gaussian its logit, then its means, then the logarithms of
// its variances, in one row of theta.
type lightFit struct {
	v           float64
	x0, x1      reverie.Batch[float64]
	k, d        int
	theta, grad []float64
	m1, m2      []float64 // Adam's
	logs        []float64
}

func newLightFit(v float64, x0, x1 reverie.Batch[float64], f Fit) *lightFit {
	l := &lightFit{v: v, x0: x0, x1: x1, k: f.Gaussians, d: len(x0[0])}
	if l.k == 0 {
		l.k = 10
	}
	n := l.k * (1 + 2*l.d)
	l.theta, l.grad, l.m1, l.m2, l.logs = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, l.k)
	mean, square := make([]float64, l.d), make([]float64, l.d)
	for _, x := range x1 {
		for i, v := range x {
			mean[i] += v / float64(len(x1))
			square[i] += v * v / float64(len(x1))
		}
	}
	draw := random.Stream{Seed: f.Seed, Domain: random.Evaluation}
	for k := range l.k {
		_, r, logS := l.part(l.theta, k)
		x := x1[int(draw.Plus(k).Uniform()*float64(len(x1)))]
		for i := range l.d {
			spread := max(1e-6, square[i]-mean[i]*mean[i])
			s := spread * v / (spread + v) // at most what the plan can have
			logS[i] = math.Log(s)
			r[i] = x[i] * s / spread
		}
	}
	return l
}

// part are the logit, the means and the log variances of Gaussian k in a row like theta.
func (l *lightFit) part(row []float64, k int) (logit, r, logS []float64) {
	row = row[k*(1+2*l.d) : (k+1)*(1+2*l.d)]
	return row[:1], row[1 : 1+l.d], row[1+l.d:]
}

// slope fills grad with the derivatives of the loss, which it returns.
func (l *lightFit) slope() (loss float64) {
	clear(l.grad)
	for _, x := range l.x0 {
		loss += l.add(1/float64(len(l.x0)), func(k int) float64 {
			_, r, logS := l.part(l.theta, k)
			sum := 0.0
			for i, v := range x {
				sum += v*r[i]/l.v - v*v/(2*l.v) + v*v*math.Exp(logS[i])/(2*l.v*l.v)
			}
			return sum
		}, func(i int, r, s float64) (dr, ds float64) {
			return x[i] / l.v, s * x[i] * x[i] / (2 * l.v * l.v)
		})
	}
	for _, y := range l.x1 {
		loss += l.add(-1/float64(len(l.x1)), func(k int) float64 {
			_, r, logS := l.part(l.theta, k)
			sum := 0.0
			for i, v := range y {
				sum -= (v-r[i])*(v-r[i])*math.Exp(-logS[i])/2 + logS[i]/2 + math.Log(2*math.Pi)/2
			}
			return sum
		}, func(i int, r, s float64) (dr, ds float64) {
			d := (y[i] - r) / s
			return d, (d*d*s - 1) / 2
		})
	}
	return loss
}

// add adds share times log sum_k w_k e^f(k) to the loss, which it returns, and its derivatives to
// grad: by each mean and log variance what each returns, by the Gaussian's part of the sum.
func (l *lightFit) add(share float64, f func(k int) float64, each func(i int, r, s float64) (dr, ds float64)) float64 {
	logits := make([]float64, l.k)
	for k := range l.k {
		logit, _, _ := l.part(l.theta, k)
		logits[k] = logit[0]
		l.logs[k] = logit[0] + f(k)
	}
	whole, norm := logSum(l.logs), logSum(logits)
	for k := range l.k {
		part := math.Exp(l.logs[k] - whole)
		_, r, logS := l.part(l.theta, k)
		glogit, gr, gs := l.part(l.grad, k)
		glogit[0] += share * (part - math.Exp(logits[k]-norm))
		for i := range l.d {
			dr, ds := each(i, r[i], math.Exp(logS[i]))
			gr[i] += share * part * dr
			gs[i] += share * part * ds
		}
	}
	return share * (whole - norm)
}

// adam takes step t, from 1 on (Kingma & Ba 2015, arXiv:1412.6980).
func (l *lightFit) adam(t int, rate float64) {
	const b1, b2 = 0.9, 0.99
	c1, c2 := 1-math.Pow(b1, float64(t)), 1-math.Pow(b2, float64(t))
	for i, g := range l.grad {
		l.m1[i] += (1 - b1) * (g - l.m1[i])
		l.m2[i] += (1 - b2) * (g*g - l.m2[i])
		l.theta[i] -= rate * l.m1[i] / c1 / (math.Sqrt(l.m2[i]/c2) + 1e-12)
	}
}

// mixture is that of the potential.
func (l *lightFit) mixture() (*Mixture, error) {
	weights, means, covs := make([]float64, l.k), make([][]float64, l.k), make([]Cov, l.k)
	logits := make([]float64, l.k)
	for k := range l.k {
		logit, _, _ := l.part(l.theta, k)
		logits[k] = logit[0]
	}
	norm := logSum(logits)
	for k := range l.k {
		_, r, logS := l.part(l.theta, k)
		weights[k], means[k] = math.Exp(logits[k]-norm), append([]float64(nil), r...)
		full := make([][]float64, l.d)
		for i := range full {
			full[i] = make([]float64, l.d)
			full[i][i] = math.Exp(logS[i])
		}
		covs[k] = Cov{Full: full}
	}
	return New(weights, means, covs)
}
