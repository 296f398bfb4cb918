package likelihood

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// BoundOptions say how Bound and Continuous estimate. The zero value bounds the density of real
// numbers and visits every step once.
type BoundOptions struct {
	// Levels is how many values a number can have: 256 of 8 bits, x = k/127.5 - 1, whose
	// probability is bounded; 0: real numbers, whose density is.
	Levels   int
	Variance reverie.Variance // of a chain's reverse steps
	Draws    int              // of the noise, for each sample; 0: 1
	// Times are the random times at which the steps' sum is estimated, two in each of Times/2
	// stretches, shared by the samples of a batch and new for each batch and draw; 0: all steps of
	// a chain, 128 of a continuous bound. Of an odd number one is left out.
	Times int
	// Apart draws the noise of each step of a chain anew, as training does. Else all steps share
	// one forward chain, whose noise nearly cancels in the sum of the joint log ratios.
	Apart bool
	// Stream draws the times, in the domain random.BoundTimes whatever its own, in which samples
	// may draw their noise: its Sample is the number of the batch's first sample, so that batches
	// differ.
	Stream random.Stream
}

// timesOf is the stream of the times of a draw.
func (o BoundOptions) timesOf(draw int) random.Stream {
	s := o.Stream
	s.Domain = random.BoundTimes
	s.Step += uint32(draw)
	return s
}

// draws returns Draws with its default.
func (o BoundOptions) draws() int { return max(1, o.Draws) }

// check reports settings out of range.
func (o BoundOptions) check() error {
	const most = 1 << 20
	switch {
	case o.Draws < 0 || o.Draws > most:
		return fmt.Errorf("likelihood: draws = %d: expected 1 to %d", o.Draws, most)
	case o.Times < 0 || o.Times == 1 || o.Times > most:
		return fmt.Errorf("likelihood: times = %d: expected 2 to %d, or 0 for the default", o.Times, most)
	}
	return knownLevels(o.Levels)
}

// Bounds are the evidence lower bound of a DDPM in both derivations (Luo 2022, arXiv:2208.11970,
// sect. 3.2), from the same noise and the same calls of the network.
type Bounds struct {
	// Matching has the denoising matching terms KL(q(x_{t-1}|x_t,x0) || p(x_{t-1}|x_t)) and the
	// prior term KL(q(x_{T-1}|x0) || p).
	Matching Evidence
	// Consistency has the joint log ratios E[log q(x_{t-1}|x_{t-2}) - log p(x_{t-1}|x_t)], x_{t-2},
	// x_{t-1} and x_t drawn together, and the prior term E KL(q(x_{T-1}|x_{T-2}) || p). In
	// expectation its Total is Matching's; the terms are not.
	Consistency Evidence
	// Printed has E KL(q(x_{t-1}|x_{t-2}) || p(x_{t-1}|x_t)) in their place, as the literature
	// prints the consistency terms. That forgets that x_{t-1} and x_t belong together: its Total is
	// no estimate of the bound, and larger by about a nat for each step and dimension.
	Printed Evidence
}

// Merge adds the samples of o.
func (b *Bounds) Merge(o *Bounds) error {
	return errors.Join(b.Matching.Merge(&o.Matching), b.Consistency.Merge(&o.Consistency), b.Printed.Merge(&o.Printed))
}

// Named is a bound with its name, for a table or a picture.
type Named struct {
	Name  string
	Bound *Evidence
}

// Named are the three forms under their names.
func (b *Bounds) Named() []Named {
	return []Named{{"matching", &b.Matching}, {"consistency", &b.Consistency}, {"as printed", &b.Printed}}
}

// Bound estimates the negative evidence lower bound of the batch x0 under the reverse chain of p
// and d, in both derivations.
// Indices are the code's, 0..T-1; index 0 is the reconstruction term, the law of x0 given x_0 of
// mean x0hat and variance beta_0 (or the learned one): of 8-bit levels the discretised Gaussian.
// The network is called once at each step visited, on points in float64 if x0 is.
//
// It returns an error where x0 holds no levels and o says that it does, the Space is no Rower, the
// options are out of range, Variance is LearnedVariance and d does not know it, the network fails,
// or a term is no finite number.
func Bound[X any](ctx context.Context, sp reverie.Space[X], p *reverie.DDPM, d reverie.Denoiser[X], x0 X, o BoundOptions) (*Bounds, error) {
	c, err := newChain(sp, p, d, x0, o)
	if err != nil {
		return nil, err
	}
	for r := range o.draws() {
		c.draw = r
		if err := c.pass(ctx); err != nil {
			return nil, err
		}
		c.sp.recycle(x0)
	}
	b := &Bounds{c.matching, c.consistency, c.printed}
	for _, e := range []*Evidence{&b.Matching, &b.Consistency, &b.Printed} {
		e.sum()
	}
	return b, nil
}

// chain is an estimate of Bounds under way.
type chain[X any] struct {
	sp   space[X]
	p    *reverie.DDPM
	d    reverie.Denoiser[X]
	o    BoundOptions
	x0   X
	data [][]float64 // x0
	draw int

	matching, consistency, printed Evidence
}

func newChain[X any](sp reverie.Space[X], p *reverie.DDPM, d reverie.Denoiser[X], x0 X, o BoundOptions) (*chain[X], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s, err := spaceOf(sp)
	if err != nil {
		return nil, err
	}
	data, dim, err := s.read(x0, o.Levels)
	if err != nil {
		return nil, err
	}
	if o.Variance == reverie.LearnedVariance {
		if err := d.Knows(reverie.WantVariance); err != nil {
			return nil, fmt.Errorf("likelihood: variance learned: %w: choose posterior or beta", err)
		}
	}
	c := &chain[X]{sp: s, p: p, d: d, o: o, x0: x0, data: data}
	for _, e := range c.all() {
		*e = newEvidence(dim, o.draws(), len(data))
		e.terms = make([]stepTerm, max(0, p.Steps()-1))
		for i := range e.terms {
			t := float64(i + 1)
			e.terms[i].t, e.terms[i].lambda = t, p.At(t).Lambda()
		}
	}
	return c, nil
}

// pass estimates all terms once for each sample.
func (c *chain[X]) pass(ctx context.Context) error {
	if c.o.Apart || c.o.Times != 0 && c.o.Times < c.p.Steps()-1 {
		return c.jump(ctx)
	}
	return c.walk(ctx)
}

// reconstruct sets the reconstruction terms from a draw of x_0.
func (c *chain[X]) reconstruct(ctx context.Context, x X) error {
	x, v, err := c.denoise(ctx, x, 0)
	if err != nil {
		return err
	}
	x0hat, err := c.sp.rowsLike(x, c.data)
	if err != nil {
		return err
	}
	first, term := math.Log(c.p.Beta(0)), c.p.ReverseTerm(0)
	values := decode(c.o.Levels, c.data, x0hat, func(i, j int) float64 {
		if v != nil {
			return term.LogVariance(v[i][j])
		}
		return first
	})
	for _, e := range c.all() {
		copy(e.reconstruction.values[c.draw], values)
	}
	return finiteTerms("reconstruction", values)
}

// far sets the prior terms from a draw of x_{T-2} and, on a whole chain, the x_{T-1} after it: then
// consistency's is the log ratio at x_{T-1}, of the same expectation as KL(q(x_{T-1}|x_{T-2}) ||
// p), whose noise cancels against that of the steps.
func (c *chain[X]) far(x X, after ...X) error {
	before, err := c.sp.rowsLike(x, c.data)
	if err != nil {
		return err
	}
	last := c.p.Steps() - 1
	beta := c.p.Beta(last)
	step := reverie.Coef{Alpha: math.Sqrt(1 - beta), Sigma: math.Sqrt(beta)}
	prior := reverie.PriorSigma(c.p)
	values := priorTerm(before, step, prior)
	copy(c.printed.prior.values[c.draw], values)
	copy(c.matching.prior.values[c.draw], priorTerm(c.data, c.p.At(float64(last)), prior))
	if len(after) == 1 {
		end, err := c.sp.rowsLike(after[0], c.data)
		if err != nil {
			return err
		}
		values = priorRatio(before, end, step, prior)
	}
	copy(c.consistency.prior.values[c.draw], values)
	return nil
}

// all are the three forms.
func (c *chain[X]) all() [3]*Evidence {
	return [3]*Evidence{&c.matching, &c.consistency, &c.printed}
}

// priorTerm returns KL(N(a x, s^2) || N(0, prior^2)) of each sample.
func priorTerm(x [][]float64, c reverie.Coef, prior float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		for _, x := range x[i] {
			out[i] += reverie.KL(c.Alpha*x, c.Sigma*c.Sigma, 0, prior*prior)
		}
	}
	return out
}

// priorRatio returns log N(y; a x, s^2) - log N(y; 0, prior^2) of each sample.
func priorRatio(x, y [][]float64, c reverie.Coef, prior float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		for j, y := range y[i] {
			out[i] += logNormal(y, c.Alpha*x[i][j], c.Sigma*c.Sigma) - logNormal(y, 0, prior*prior)
		}
	}
	return out
}

// jumpTo draws from q(x_t|x0); x_{-1} is x0.
func (c *chain[X]) jumpTo(t int) X {
	if t < 0 {
		return c.x0
	}
	at := c.p.At(float64(t))
	return c.sp.Sum([]float64{at.Alpha, at.Sigma}, c.x0, c.sp.Noise(c.x0))
}

// next draws from q(x_t|x_{t-1}).
func (c *chain[X]) next(x X, t int) X {
	beta := c.p.Beta(t)
	return c.sp.Sum([]float64{math.Sqrt(1 - beta), math.Sqrt(beta)}, x, c.sp.Noise(x))
}

// walk draws the forward chain once and estimates every term on it.
func (c *chain[X]) walk(ctx context.Context) error {
	before, x := c.x0, c.next(c.x0, 0)
	if err := c.reconstruct(ctx, x); err != nil {
		return err
	}
	for _, v := range everyIndex(c.p.Steps()) {
		after := c.next(x, int(v.t))
		if _, err := c.step(ctx, v, before, x, after); err != nil {
			return err
		}
		before, x = x, after
		c.sp.recycle(c.x0, before, x)
	}
	return c.far(before, x)
}

// jump estimates each term, or some, on a piece of chain of its own.
func (c *chain[X]) jump(ctx context.Context) error {
	if err := c.reconstruct(ctx, c.jumpTo(0)); err != nil {
		return err
	}
	if err := c.far(c.jumpTo(c.p.Steps() - 2)); err != nil {
		return err
	}
	visits := someIndices(c.o.timesOf(c.draw), c.p, cmp.Or(c.o.Times, c.p.Steps()))
	means := make([][3]float64, len(visits))
	for k, v := range visits {
		t := int(v.t)
		before := c.jumpTo(t - 2)
		x := c.next(before, t-1)
		var err error
		if means[k], err = c.step(ctx, v, before, x, c.next(x, t)); err != nil {
			return err
		}
		c.sp.recycle(c.x0)
	}
	for i, e := range c.all() {
		each := make([]float64, len(means))
		for k := range means {
			each[k] = means[k][i]
		}
		draws := float64(c.o.draws())
		e.steps.shared += sharedVariance(visits, each) / (draws * draws)
	}
	return nil
}

// step estimates the term of the reverse step from t to t-1, for neighbours x_{t-2}, x_{t-1} and
// x_t of a chain, in the three forms, and returns their means over the samples.
func (c *chain[X]) step(ctx context.Context, v visit, before, x, after X) (means [3]float64, err error) {
	r, err := c.reverse(ctx, int(v.t), after)
	if err != nil {
		return means, err
	}
	if r.before, err = c.sp.rowsLike(before, c.data); err != nil {
		return means, err
	}
	if r.x, err = c.sp.rowsLike(x, c.data); err != nil {
		return means, err
	}
	for i, e := range c.all() {
		values := r.terms(i)
		if err := finiteTerms(fmt.Sprintf("step at t = %v", v.t), values); err != nil {
			return means, err
		}
		for n, u := range values {
			e.steps.values[c.draw][n] += v.weight * u
			e.terms[v.term].add(u)
		}
		means[i] = meanOf(values)
	}
	return means, nil
}

// finiteTerms reports a term that is no finite number.
func finiteTerms(what string, values []float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("likelihood: the bound's term of the %s is %v for sample %d of the batch: the network diverges there", what, v, i)
		}
	}
	return nil
}
