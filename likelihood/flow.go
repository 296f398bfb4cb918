package likelihood

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// FlowOptions say how Flow integrates. The zero value takes the density of real numbers by one
// Rademacher probe a sample.
type FlowOptions struct {
	Levels int // as of BoundOptions
	// Exact takes the whole trace of the Jacobian, by a vector-Jacobian product for each of at most
	// MaxExact dimensions. Else Probes random vectors estimate it (Hutchinson 1989); each is kept
	// for the whole integral.
	Exact  bool
	Probes int  // of each sample; 0: 1
	Normal bool // probes ~ N(0, I), in place of signs

	RTol, ATol float64 // of sample.Adaptive; 0: 1e-5 each
	MaxCalls   int     // of the velocity; 0: 10,000
	// Check is how many of the samples, from the first on, are integrated again at a tenth of the
	// tolerances, for Numerical; 0: none.
	Check int
	// Prior is the log density at hi; nil: that of N(0, PriorSigma^2 I), from which samplers start.
	Prior func(x []float64) float64
	// Stream draws the probes and what makes levels continuous: its Sample is the number of the
	// batch's first sample.
	Stream random.Stream
}

// MaxExact is the most dimensions whose divergence Flow takes exactly.
const MaxExact = 64

// MostProbes bounds the probes of a sample.
const MostProbes = 1 << 12

// Densities are the log-likelihoods of samples.
type Densities struct {
	Dim    int           // numbers in a sample
	Levels int           // that a number can have; 0: real numbers
	Probes int           // of each sample; 0: the divergence is exact
	Report sample.Report // what the integrals took, summed over batches

	logp series // of each probe

	changes   []float64 // of log p at a tenth of the tolerances, of each sample that was checked
	unchecked error     // why there are none
}

// Samples is the number of samples.
func (l *Densities) Samples() int { return l.logp.samples() }

// PerSample returns log p(x) of each sample in nats, the mean of its probes: for levels the density
// at x, before it is made that of levels.
func (l *Densities) PerSample() []float64 {
	out := make([]float64, l.Samples())
	for _, row := range l.logp.values {
		for i, v := range row {
			out[i] += v / float64(len(l.logp.values))
		}
	}
	return out
}

// Negative returns the mean negative log-likelihood in nats a sample. For levels it is theirs,
//
//	-log p(x) + D log 127.5,   x = (x8 + u)/127.5 - 1, u uniform in +-1/2
//
// which in expectation over u is never below -log of their probability (Theis et al. 2016,
// arXiv:1511.01844).
func (l *Densities) Negative() Estimate {
	e := l.logp.estimate()
	e.Value = -e.Value
	if l.Levels > 0 {
		e.Value += float64(l.Dim) * math.Log(perLevel)
	}
	return e
}

// Numerical returns the root mean square in nats a sample of what a tenth of the tolerances changes
// in log p, on the samples that were checked: an estimate of the numerical error of Negative, which
// its SE does not hold. NaN where none was; the error says why a check failed.
func (l *Densities) Numerical() (float64, error) {
	sum := 0.0
	for _, d := range l.changes {
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(l.changes))), l.unchecked
}

// Bits returns Negative in bits a dimension: for Pixels -log2 p(x)/D + log2 127.5.
func (l *Densities) Bits() Estimate { return l.Negative().Bits(l.Dim) }

// Encoded makes likelihoods of latents bounds on those of the samples that they encode, as that of
// Evidence.
func (l *Densities) Encoded(dim int, nats []float64) {
	l.Dim = dim
	for _, row := range l.logp.values {
		for i := range row {
			row[i] -= nats[i]
		}
	}
}

// Merge adds the samples of o, of as many levels and number of probes.
func (l *Densities) Merge(o *Densities) error {
	if l.Samples() == 0 {
		l.Dim, l.Levels, l.Probes = o.Dim, o.Levels, o.Probes
	} else if l.Dim != o.Dim || l.Levels != o.Levels || l.Probes != o.Probes {
		return fmt.Errorf("likelihood: likelihoods of %d numbers by %d probes and of %d numbers by %d probes cannot be joined", l.Dim, l.Probes, o.Dim, o.Probes)
	}
	l.logp.merge(o.logp)
	l.changes, l.unchecked = append(l.changes, o.changes...), errors.Join(l.unchecked, o.unchecked)
	l.Report.Calls += o.Report.Calls
	l.Report.Steps += o.Report.Steps
	l.Report.Rejected += o.Report.Rejected
	return nil
}

// Flow returns the log-likelihoods of the batch x under the probability flow of p and d (Song et
// al. 2021, arXiv:2011.13456, eq. 39):
//
//	log p_lo(x) = log p_hi(x_hi) + integral from lo to hi of div v(x_t, t) dt,   dx/dt = v
//
// x is taken to be data at lo, of the law there, as the paper does; levels are first made
// continuous. Where the process has an end without signal the integral runs in its own time, else
// in log(a/s), in which a chain too is smooth. Points are computed in float64 if x and d are.
//
// It refuses a process without a score, an exact divergence above MaxExact dimensions, and a
// denoiser that cannot be differentiated; a flow that is not finite or too stiff is an error that
// names the time.
func Flow[X any](ctx context.Context, sp reverie.Space[X], p reverie.Process, d reverie.Denoiser[X], x X, o FlowOptions) (*Densities, error) {
	if err := d.Knows(reverie.WantVJP); err != nil {
		return nil, fmt.Errorf("likelihood: %w, of which the divergence is made", err)
	}
	s, err := spaceOf(sp)
	if err != nil {
		return nil, err
	}
	rows, dim, err := s.read(x, o.Levels)
	if err := errors.Join(err, noFarEnd(p)); err != nil {
		return nil, err
	}
	if err := o.check(dim); err != nil {
		return nil, err
	}
	if o.Levels > 0 {
		rows = dequantise(rows, o.Stream)
		x = s.FromRows(x, rows)
	}
	l := &Densities{Dim: dim, Levels: o.Levels}
	if !o.Exact {
		l.Probes = max(1, o.Probes)
	}
	if l.logp, l.Report, err = logDensity(ctx, s, p, d, x, len(rows), dim, o); err != nil {
		return nil, err
	}
	if k := min(o.Check, len(rows)); k > 0 {
		o.RTol, o.ATol = cmp.Or(o.RTol, defaultTolerance)/10, cmp.Or(o.ATol, defaultTolerance)/10
		again, _, err := logDensity(ctx, s, p, d, s.FromRows(x, rows[:k]), k, dim, o)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.changes, l.unchecked = changes(again, l.logp), err
	}
	return l, nil
}

// defaultTolerance is sample.Adaptive's.
const defaultTolerance = 1e-5

// logDensity integrates the flow from n samples of dim numbers and returns log p of each by each
// probe.
func logDensity[X any](ctx context.Context, sp space[X], p reverie.Process, d reverie.Denoiser[X], x X, n, dim int, o FlowOptions) (series, sample.Report, error) {
	end, report, err := newFlow(sp, p, d, newTrace(sp, x, n, dim, o)).integrate(ctx, x, o)
	if err != nil {
		return series{}, report, fmt.Errorf("likelihood: %w", err)
	}
	logp, err := densities(sp.Rows(end.x), end.l, p, o)
	return logp, report, err
}

// changes returns by how much the values of a, the mean of its draws, are above those of b, for the
// samples of a.
func changes(a, b series) []float64 {
	out := make([]float64, a.samples())
	for r := range a.values {
		for i, v := range a.values[r] {
			out[i] += (v - b.values[r][i]) / float64(len(a.values))
		}
	}
	return out
}

// check reports settings out of range for samples of dim numbers.
func (o FlowOptions) check(dim int) error {
	switch {
	case o.Exact && dim > MaxExact:
		return fmt.Errorf("likelihood: the exact divergence in %d dimensions takes %d vector-Jacobian products of the network at each of some hundred evaluations of the flow: it is for at most %d; use random probes", dim, dim, MaxExact)
	case o.Exact && o.Probes > 0:
		return fmt.Errorf("likelihood: probes = %d, and the divergence is exact: choose one", o.Probes)
	case o.Probes < 0 || o.Probes > MostProbes:
		return fmt.Errorf("likelihood: probes = %d: expected 1 to %d", o.Probes, MostProbes)
	}
	return knownLevels(o.Levels)
}

// densities adds the prior's log density at the far end to the integrals.
func densities(rows [][]float64, integrals [][]float64, p reverie.Process, o FlowOptions) (logp series, err error) {
	logp = newSeries(len(integrals), len(rows))
	prior := o.Prior
	if prior == nil {
		s := reverie.PriorSigma(p)
		prior = func(x []float64) (sum float64) {
			for _, x := range x {
				sum += logNormal(x, 0, s*s)
			}
			return sum
		}
	}
	for i := range rows {
		end := prior(rows[i])
		for r := range integrals {
			logp.values[r][i] = end + integrals[r][i]
			if v := logp.values[r][i]; math.IsNaN(v) || math.IsInf(v, 0) {
				return logp, fmt.Errorf("likelihood: log-likelihood of sample %d of the batch is %v: the flow ended where the prior has no finite density", i, v)
			}
		}
	}
	return logp, nil
}

// dequantise returns x + u/127.5, u uniform in +-1/2 from the sample's own stream.
func dequantise(x [][]float64, s random.Stream) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(x[i]))
		s.Plus(i).Uniforms(out[i])
		for j, u := range out[i] {
			out[i][j] = x[i][j] + (u-0.5)/perLevel
		}
	}
	return out
}
