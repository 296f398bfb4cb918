package reverie

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/random"
)

// A TimeLaw is how the times of a batch of n samples are drawn in p's Span, or among the indices of
// a Discrete process: sample i's from s.Plus(i) alone, or what all share from s. A trainer gives
// Stream{Seed, Times, first sample, training step}, and its Space the same with the domain
// Training, so that a step's times and noise depend on nothing but the seed, the step and a
// TimeMemory's state.
//
// A TimeLaw that does not go with every process, or has parameters that may be out of range, has a
// method Validate(Process) error beside. One that goes by past losses is a TimeMemory.
type TimeLaw interface {
	Times(p Process, s random.Stream, n int) []float64
}

// A TimeMemory is a TimeLaw that goes by the losses that it is told, and makes up for how often a
// time is drawn. It is data that JSON holds, which goes with a checkpoint.
type TimeMemory interface {
	TimeLaw
	// Factors are by what the losses at the times t are multiplied to make up for how often they
	// are drawn.
	Factors(p Process, t []float64) []float64
	// Observe notes each sample's loss at its time, weighted with the factors of before this call,
	// for the draws of the next step. What is not finite is left out.
	Observe(p Process, t, loss []float64)
}

// UniformTimes are uniform in the Span, or over the indices of a Discrete process (Ho et al. 2020,
// arXiv:2006.11239, algorithm 1).
type UniformTimes struct{}

// Times implements TimeLaw.
func (UniformTimes) Times(p Process, s random.Stream, n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = TimeAtShare(p, s.Plus(i).Uniform())
	}
	return t
}

// StratifiedTimes are as uniform, one by one, but spread evenly over the Span within a batch of n:
// (u + i/n) mod 1 with one u for all, which makes the batch's loss less noisy (Kingma et al. 2021,
// arXiv:2107.00630, the low-discrepancy sampler).
type StratifiedTimes struct{}

// Times implements TimeLaw.
func (StratifiedTimes) Times(p Process, s random.Stream, n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		_, u := math.Modf(s.Uniform() + float64(i)/float64(n))
		t[i] = TimeAtShare(p, u)
	}
	return t
}

// LogNormalTimes have log(s/a) ~ N(Mean, SD^2), cut to the Span; an index of a Discrete process is
// the nearest one. Where both are 0 it is N(-1.2, 1.2^2) (Karras et al. 2022, arXiv:2206.00364,
// table 1) and, for Flow, where it is the logit of t, N(0, 1) (Esser et al. 2024, arXiv:2403.03206,
// sec. 3.1). The density takes the place of the uniform one in the loss: no factor undoes it.
type LogNormalTimes struct{ Mean, SD float64 }

// Times implements TimeLaw.
func (l LogNormalTimes) Times(p Process, s random.Stream, n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = l.at(p, s.Plus(i).Uniform())
	}
	return t
}

// TimeAtShare returns the time of p at the share u in [0, 1) of its Span, or of its indices.
func TimeAtShare(p Process, u float64) float64 {
	if d, ok := p.(Discrete); ok {
		return float64(int(u * float64(d.Steps())))
	}
	lo, hi := p.Span()
	return lo + u*(hi-lo)
}

// share returns the share in [0, 1] of p's Span, or of its indices, at whose beginning t is: the
// inverse of TimeAtShare.
func share(p Process, t float64) float64 {
	if d, ok := p.(Discrete); ok {
		return (t + 0.5) / float64(d.Steps()) // the middle: whichever way a bin's edge is rounded
	}
	lo, hi := p.Span()
	return (t - lo) / (hi - lo)
}

// at returns the time of p at the quantile u.
func (l LogNormalTimes) at(p Process, u float64) float64 {
	mean, sd := l.law(p)
	a, b := l.cut(p)
	sign := 1.0
	if a+b > 0 { // in the lower tail, where numbers near 0 tell quantiles apart
		sign, a, b, u = -1, -b, -a, 1-u
	}
	lower, upper := phi(a), phi(b)
	z := sign * min(b, max(a, -math.Sqrt2*math.Erfcinv(2*(lower+u*(upper-lower)))))
	t := TimeAt(p, -(mean + sd*z))
	if _, ok := p.(Discrete); ok {
		return math.Round(t)
	}
	return t
}

// law returns the mean and the deviation of log(s/a).
func (l LogNormalTimes) law(p Process) (mean, sd float64) {
	if l.SD != 0 {
		return l.Mean, l.SD
	}
	if _, ok := p.(Flow); ok {
		return 0, 1
	}
	return -1.2, 1.2
}

// cut returns the ends of the Span in standard deviations from the mean.
func (l LogNormalTimes) cut(p Process) (a, b float64) {
	mean, sd := l.law(p)
	clean, noisy := covers(p)
	return (-clean - mean) / sd, (-noisy - mean) / sd
}

// phi returns the standard normal distribution function.
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// Validate reports a law that is none, or hardly ever within p's Span.
func (l LogNormalTimes) Validate(p Process) error {
	switch {
	case l.SD < 0 || !finite(l.SD, l.Mean):
		return fmt.Errorf("log(sigma/alpha) ~ N(%v, %v^2): expected finite numbers and a positive deviation, or 0, 0 for the default", l.Mean, l.SD)
	case l.Mean != 0 && l.SD == 0:
		return fmt.Errorf("log(sigma/alpha) has mean %v and no deviation: give both", l.Mean)
	}
	mean, sd := l.law(p)
	a, b := l.cut(p)
	if !(phi(b)-phi(a) > 1e-6) && !(phi(-a)-phi(-b) > 1e-6) {
		return fmt.Errorf("hardly any log(sigma/alpha) ~ N(%v, %v^2) is in the process's span, %.4g to %.4g: choose another mean",
			mean, sd, mean+sd*a, mean+sd*b)
	}
	return nil
}
