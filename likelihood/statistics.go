package likelihood

import (
	"fmt"
	"math"
)

// An Estimate is a mean over samples.
type Estimate struct {
	Value float64
	// SE is the standard error as an estimate for the data that the samples are drawn from: what
	// differs between samples, draws and random times. NaN with one sample.
	SE float64
	// Noise is the part of it that is the estimator's own, for these very samples: draws and random
	// times. NaN with one draw.
	Noise float64
}

// Bits returns an estimate in nats a sample as bits a dimension, of which a sample has dim.
func (e Estimate) Bits(dim int) Estimate {
	c := 1 / (float64(dim) * math.Ln2)
	return Estimate{c * e.Value, c * e.SE, c * e.Noise}
}

// A series holds an estimator's values for each sample, [draw][sample], and the variance of their
// mean that random times, which the samples of a batch share, add to what the values show.
type series struct {
	values [][]float64
	shared float64
}

// newSeries returns draws rows of n zeros.
func newSeries(draws, n int) series {
	s := series{values: make([][]float64, draws)}
	for r := range s.values {
		s.values[r] = make([]float64, n)
	}
	return s
}

// samples is the number of samples.
func (s *series) samples() int {
	if len(s.values) == 0 {
		return 0
	}
	return len(s.values[0])
}

// merge adds the samples of o, of as many draws.
func (s *series) merge(o series) {
	n, m := float64(s.samples()), float64(o.samples())
	if n == 0 {
		s.values = make([][]float64, len(o.values))
	}
	s.shared = (n*n*s.shared + m*m*o.shared) / ((n + m) * (n + m))
	for r := range s.values {
		s.values[r] = append(s.values[r], o.values[r]...)
	}
}

// estimate returns the mean and its errors.
func (s *series) estimate() Estimate {
	var samples, noise moments
	for i := range s.samples() {
		var draws moments
		for r := range s.values {
			draws.add(s.values[r][i])
		}
		samples.add(draws.mean())
		noise.add(draws.variance() / draws.n)
	}
	return Estimate{
		Value: samples.mean(),
		SE:    math.Sqrt(samples.variance()/samples.n + s.shared),
		Noise: math.Sqrt(noise.mean()/samples.n + s.shared),
	}
}

// moments are a number of values, their mean and the sum of their squared deviations from it
// (Welford's).
type moments struct{ n, m, squares float64 }

func (m *moments) add(v float64) {
	m.n++
	d := v - m.m
	m.m += d / m.n
	m.squares += d * (v - m.m)
}

// merge adds the values of o.
func (m *moments) merge(o moments) {
	if o.n == 0 {
		return
	}
	n, d := m.n+o.n, o.m-m.m
	m.squares += o.squares + d*d*m.n*o.n/n
	m.m += d * o.n / n
	m.n = n
}

func (m *moments) mean() float64 { return m.m }

// variance is that of one value; NaN below two.
func (m *moments) variance() float64 {
	if m.n < 2 {
		return math.NaN()
	}
	return m.squares / (m.n - 1)
}

// A Term is one step of a bound: of a chain the reverse step p(x_{t-1}|x_t) of index T, of a
// continuous bound a stretch of times around T.
type Term struct {
	T      float64
	Lambda float64 // log(a/s) at T
	Value  float64 // nats a sample: the term's share of Steps
	SE     float64 // over samples and draws, as if draws were samples
}

// An Evidence is one form of the negative evidence lower bound, in nats a sample, joined over
// batches of samples:
//
//	-log p(x) <= Total = Reconstruction + Prior + Steps
type Evidence struct {
	Dim int // numbers in a sample

	reconstruction, prior, steps, total series

	terms []stepTerm
}

// stepTerm gathers the values of one step.
type stepTerm struct {
	t, lambda float64
	moments
}

// newEvidence returns room for draws values of n samples.
func newEvidence(dim, draws, n int) Evidence {
	return Evidence{Dim: dim, reconstruction: newSeries(draws, n), prior: newSeries(draws, n),
		steps: newSeries(draws, n), total: newSeries(draws, n)}
}

// Samples is the number of samples.
func (e *Evidence) Samples() int { return e.total.samples() }

// Reconstruction is the term of the last step, to the data itself.
func (e *Evidence) Reconstruction() Estimate { return e.reconstruction.estimate() }

// Prior is the term of the far end, which no network changes.
func (e *Evidence) Prior() Estimate { return e.prior.estimate() }

// Steps is the sum of the terms between.
func (e *Evidence) Steps() Estimate { return e.steps.estimate() }

// Total is the bound.
func (e *Evidence) Total() Estimate { return e.total.estimate() }

// PerSample returns each sample's total, the mean of its draws.
func (e *Evidence) PerSample() []float64 {
	out := make([]float64, e.Samples())
	for _, row := range e.total.values {
		for i, v := range row {
			out[i] += v / float64(len(e.total.values))
		}
	}
	return out
}

// Terms returns the steps that were visited, from the data on.
func (e *Evidence) Terms() []Term {
	var out []Term
	for _, s := range e.terms {
		if s.n > 0 {
			out = append(out, Term{s.t, s.lambda, s.mean(), math.Sqrt(s.variance() / s.n)})
		}
	}
	return out
}

// Merge adds the samples of o, an estimate of the same bound with as many draws.
func (e *Evidence) Merge(o *Evidence) error {
	if e.Samples() == 0 {
		e.Dim, e.terms = o.Dim, make([]stepTerm, len(o.terms))
		for i, s := range o.terms {
			e.terms[i].t, e.terms[i].lambda = s.t, s.lambda
		}
	} else if e.Dim != o.Dim || len(e.total.values) != len(o.total.values) || len(e.terms) != len(o.terms) {
		return fmt.Errorf("likelihood: bounds of %d draws of %d numbers in %d steps and of %d draws of %d numbers in %d steps cannot be joined",
			len(e.total.values), e.Dim, len(e.terms), len(o.total.values), o.Dim, len(o.terms))
	}
	e.reconstruction.merge(o.reconstruction)
	e.prior.merge(o.prior)
	e.steps.merge(o.steps)
	e.total.merge(o.total)
	for i := range e.terms {
		e.terms[i].merge(o.terms[i].moments)
	}
	return nil
}

// sum sets the totals from the parts.
func (e *Evidence) sum() {
	e.total.shared = e.steps.shared
	for r, row := range e.total.values {
		for i := range row {
			row[i] = e.reconstruction.values[r][i] + e.prior.values[r][i] + e.steps.values[r][i]
		}
	}
}

// Encoded makes a bound of latents z one of the samples that they encode, of dim numbers each: nats
// is what each sample's costs beside its latent's, -log p(x|z) + log q(z|x), whatever the draw.
func (e *Evidence) Encoded(dim int, nats []float64) {
	e.Dim = dim
	for _, row := range e.reconstruction.values {
		for i := range row {
			row[i] += nats[i]
		}
	}
	e.sum()
}
