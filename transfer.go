package reverie

import (
	"context"
	"errors"
	"fmt"
)

// Transfer makes a Denoiser of process from into one of process to: at equal alpha/sigma the two
// laws differ by a factor, so
//
//	x0hat(x, t) = d(x a_from(u)/a_to(t), u),   u = TimeAt(from, log(a_to(t)/s_to(t)))
//
// (Karras et al. 2022, arXiv:2206.00364, sec. 2, where it is x/s(t).) Thus the network sees the
// number (Cond) that it was trained with at that ratio; for a Discrete process a real number
// between the indices. Denoise fails at a time whose ratio from does not have: give the sampler
// Within(to, from). The result knows what d knows, but for a learned variance: that is of the steps
// of the chain it was learned on, and no other process has them, so it is refused, as the
// expected far end of a bridge is.
func Transfer[X any](sp Space[X], from, to Process, d Denoiser[X]) Denoiser[X] {
	return transfer[X]{sp, from, to, d}
}

type transfer[X any] struct {
	space    Space[X]
	from, to Process
	denoiser Denoiser[X]
}

// Knows refuses a learned variance, and the far end that no other process than a bridge has.
func (d transfer[X]) Knows(w Want) error {
	if err := w.Beyond(^WantFar, "a network in use under another process than its own"); err != nil {
		return err
	}
	if w.Has(WantVariance) {
		return errors.New("a network in use under another process than its own gives no learned variance: that is of the steps of the chain it was learned on")
	}
	return d.denoiser.Knows(w)
}

// Denoise returns E[x0 | x_t = x] of process to, and u' d x0hat/dx.
func (d transfer[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	scale, at, err := EqualRatio(d.from, d.to, q.T)
	if err != nil {
		return e, err
	}
	q.X, q.T = d.space.Sum([]float64{scale}, q.X), at
	if e, err = d.denoiser.Denoise(ctx, q); err != nil {
		return e, err
	}
	if q.Want.Has(WantVJP) {
		e.VJP = d.space.Sum([]float64{scale}, e.VJP)
	}
	if q.Want.Has(WantShift) {
		e.Shift = d.space.Sum([]float64{scale}, e.Shift)
	}
	return e, nil
}

// slack is by how much a ratio's logarithm may lie outside of what a process covers, for the
// roundings of TimeAt and At.
const slack = 1e-6

// EqualRatio returns the time of process from at which a/s is what it is in process to at t, and
// what x of to is multiplied by to be one of from, as Transfer does. It fails where from has no
// such ratio.
func EqualRatio(from, to Process, t float64) (scale, at float64, err error) {
	if err := transferable(from, to); err != nil {
		return 0, 0, err
	}
	c := to.At(t)
	lambda := c.Lambda()
	clean, noisy := covers(from)
	if !(lambda <= clean+slack && lambda >= noisy-slack) {
		lo, hi := from.Span()
		return 0, 0, fmt.Errorf("reverie: alpha/sigma is %.4g at t = %v, but the network was trained for %.4g to %.4g: keep to the times of Within",
			c.Alpha/c.Sigma, t, ratio(from, lo), ratio(from, hi))
	}
	at = TimeAt(from, lambda)
	f := from.At(at)
	if c.Alpha == 0 { // pure noise in both
		return f.Sigma / c.Sigma, at, nil
	}
	return f.Alpha / c.Alpha, at, nil
}

// transferable reports two processes between which nothing can be transferred.
func transferable(from, to Process) error {
	for _, p := range []Process{from, to} {
		if HasFar(p) {
			return fmt.Errorf("reverie: %T has a given far end: what was trained with one is not to be had from another process", p)
		}
	}
	err := HasScore(from)
	if err == nil {
		err = HasScore(to)
	} else if HasScore(to) != nil {
		return nil // two flows between data sets
	}
	if err != nil {
		return fmt.Errorf("reverie: a network does not move between %T and %T: %w", from, to, err)
	}
	return nil
}

// covers returns the largest and the smallest log(a/s) of p.
func covers(p Process) (clean, noisy float64) {
	lo, hi := p.Span()
	return p.At(lo).Lambda(), p.At(hi).Lambda()
}

// ratio returns a/s of p at t.
func ratio(p Process, t float64) float64 {
	c := p.At(t)
	return c.Alpha / c.Sigma
}

// Within returns the process to on that part of its span whose ratios alpha/sigma process from
// covers: where a network trained under from can be used (Transfer). It is to itself where that is
// all of it. A part of a Discrete process is not Discrete: its times are real numbers. Where the
// part ends before to does, its prior is N(0, Sigma^2 I) at the new hi: what is left of the signal
// there (a x0) is not in it. It fails where the two have no ratio in common, or one has a far end
// or no score.
func Within(to, from Process) (Process, error) {
	if err := transferable(from, to); err != nil {
		return nil, err
	}
	clean, noisy := covers(from)
	own, ownNoisy := covers(to)
	lo, hi := to.Span()
	if own <= noisy || ownNoisy >= clean {
		flo, fhi := from.Span()
		return nil, fmt.Errorf("reverie: alpha/sigma runs from %.4g to %.4g in %T, and the network was trained from %.4g to %.4g: "+
			"no ratio in common; choose other noise levels",
			ratio(to, lo), ratio(to, hi), to, ratio(from, flo), ratio(from, fhi))
	}
	part := Part{Process: to, Lo: lo, Hi: hi}
	if own > clean+slack {
		part.Lo = TimeAt(to, clean)
	}
	if ownNoisy < noisy-slack {
		part.Hi = TimeAt(to, noisy)
	}
	if part.Lo == lo && part.Hi == hi {
		return to, nil
	}
	return part, nil
}

// A Part is a process on the times from Lo to Hi of its span only.
type Part struct {
	Process
	Lo, Hi float64
}

// Span returns Lo and Hi.
func (p Part) Span() (lo, hi float64) { return p.Lo, p.Hi }

// G2 returns the whole process's.
func (p Part) G2(t float64) float64 { return G2(p.Process, t) }

// TimeAt returns the whole process's.
func (p Part) TimeAt(lambda float64) float64 { return TimeAt(p.Process, lambda) }

// HasScore returns the whole process's.
func (p Part) HasScore() error { return HasScore(p.Process) }

// PriorSigma returns the deviation at Hi; the whole process's where it ends at Hi.
func (p Part) PriorSigma() float64 {
	if _, hi := p.Process.Span(); hi == p.Hi {
		return PriorSigma(p.Process)
	}
	return p.At(p.Hi).Sigma
}
