package reverie

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/random"
)

// TimeSampler is how the times of a batch are drawn.
type TimeSampler int

const (
	// UniformTimes are uniform in the Span, or over the indices of a Discrete process (Ho et al. 2020, arXiv:2006.11239, algorithm 1).
	UniformTimes TimeSampler = iota
	// StratifiedTimes are as uniform, one by one, but spread evenly over the Span within a batch of n: (u + i/n) mod 1 with one u for all, which
	// makes the batch's loss less noisy (Kingma et al. 2021, arXiv:2107.00630, the low-discrepancy sampler).
	StratifiedTimes
	// LogNormalTimes have log(s/a) ~ N(LogMean, LogSD^2), cut to the Span; an index of a Discrete process is the nearest one. By default N(-1.2,
	// 1.2^2) (Karras et al. 2022, arXiv:2206.00364, table 1) and, for Flow, where it is the logit of t, N(0, 1) (Esser et al. 2024,
	// arXiv:2403.03206, sec. 3.1). The density takes the place of the uniform one in the loss: no factor undoes it.
	LogNormalTimes
	// ImportanceTimes are drawn in proportion to the root mean square of the last losses at a time, and a factor makes up for it: see Importance.
	ImportanceTimes
)

var timeSamplers = []string{"uniform", "stratified", "log-normal", "importance"}

// TimeSamplerNames returns the names that ParseTimeSampler knows.
func TimeSamplerNames() []string { return append([]string(nil), timeSamplers...) }

// String returns the name under which ParseTimeSampler knows s.
func (s TimeSampler) String() string { return nameOf(timeSamplers, int(s)) }

// ParseTimeSampler returns the sampler named uniform, stratified, log-normal or importance.
func ParseTimeSampler(name string) (TimeSampler, error) {
	i, err := parse("sampler of times", timeSamplers, name)
	return TimeSampler(i), err
}

// Times draws the times of a batch of n by o's Sampler: sample i's from the first number of the stream s.Plus(i), but for StratifiedTimes,
// which takes that of s for all. A trainer gives random.Stream{Seed, random.Times, first
// sample, training step}, and its Space the same with the domain random.Training, so that a step's times and noise depend on nothing but the seed, the step and the Importance's state.
func (o Objective) Times(s random.Stream, n int) []float64 {
	t := make([]float64, n)
	var chances []float64
	if o.weighed() {
		chances = o.Importance.chances()
	}
	for i := range t {
		switch u := s.Plus(i).Uniform(); {
		case o.Sampler == StratifiedTimes:
			_, u = math.Modf(s.Uniform() + float64(i)/float64(n))
			t[i] = o.at(u)
		case o.Sampler == LogNormalTimes:
			t[i] = o.logNormal(u)
		case chances != nil:
			t[i] = o.at(pick(chances, u))
		default:
			t[i] = o.at(u)
		}
	}
	return t
}

// at returns the time at the share u in [0, 1) of the Span, or of the indices.
func (o Objective) at(u float64) float64 {
	if d, ok := o.Process.(Discrete); ok {
		return float64(int(u * float64(d.Steps())))
	}
	lo, hi := o.Process.Span()
	return lo + u*(hi-lo)
}

// share returns the share in [0, 1] of the Span, or of the indices, at whose beginning t is: the inverse of at.
func (o Objective) share(t float64) float64 {
	if d, ok := o.Process.(Discrete); ok {
		return (t + 0.5) / float64(d.Steps()) // the middle: whichever way a bin's edge is rounded
	}
	lo, hi := o.Process.Span()
	return (t - lo) / (hi - lo)
}

// logNormal returns the time at the quantile u of LogNormalTimes.
func (o Objective) logNormal(u float64) float64 {
	mean, sd := o.logNormalLaw()
	a, b := o.logNormalCut()
	sign := 1.0
	if a+b > 0 { // in the lower tail, where numbers near 0 tell quantiles apart
		sign, a, b, u = -1, -b, -a, 1-u
	}
	p, q := phi(a), phi(b)
	z := sign * min(b, max(a, -math.Sqrt2*math.Erfcinv(2*(p+u*(q-p)))))
	t := TimeAt(o.Process, -(mean + sd*z))
	if _, ok := o.Process.(Discrete); ok {
		return math.Round(t)
	}
	return t
}

// logNormalLaw returns the mean and the deviation of log(s/a).
func (o Objective) logNormalLaw() (mean, sd float64) {
	if o.LogSD != 0 {
		return o.LogMean, o.LogSD
	}
	if _, ok := o.Process.(Flow); ok {
		return 0, 1
	}
	return -1.2, 1.2
}

// logNormalCut returns the ends of the Span in standard deviations from the mean.
func (o Objective) logNormalCut() (a, b float64) {
	mean, sd := o.logNormalLaw()
	clean, noisy := covers(o.Process)
	return (-clean - mean) / sd, (-noisy - mean) / sd
}

// phi returns the standard normal distribution function.
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// validateTimes reports a Sampler that is unknown or cannot draw.
func (o Objective) validateTimes() error {
	switch {
	case o.Sampler < 0 || int(o.Sampler) >= len(timeSamplers):
		return fmt.Errorf("objective: sampler of times %d: unknown", o.Sampler)
	case o.LogSD < 0 || !finite(o.LogSD, o.LogMean):
		return fmt.Errorf("objective: log(sigma/alpha) ~ N(%v, %v^2): expected finite numbers and a positive deviation, or 0, 0 for the default", o.LogMean, o.LogSD)
	case o.LogMean != 0 && o.LogSD == 0:
		return fmt.Errorf("objective: log(sigma/alpha) has mean %v and no deviation: give both", o.LogMean)
	case o.Sampler == ImportanceTimes && o.Importance == nil:
		return fmt.Errorf("objective: sampler of times importance without the losses it goes by: give NewImportance's")
	}
	if o.weighed() {
		if want := bins(o.Process); len(o.Importance.Losses) != want {
			return fmt.Errorf("objective: losses of %d parts of the time, expected %d: they are of another process", len(o.Importance.Losses), want)
		}
		return o.Importance.Validate()
	}
	if o.Sampler == LogNormalTimes {
		mean, sd := o.logNormalLaw()
		a, b := o.logNormalCut()
		if !(phi(b)-phi(a) > 1e-6) && !(phi(-a)-phi(-b) > 1e-6) {
			return fmt.Errorf("objective: hardly any log(sigma/alpha) ~ N(%v, %v^2) is in the process's span, %.4g to %.4g: choose another mean",
				mean, sd, mean+sd*a, mean+sd*b)
		}
	}
	return nil
}
