package reverie

import (
	"context"
	"fmt"
	"math"
)

// An Unpaired is a bridge between two data sets of which no sample is given its partner: its
// Denoiser knows E[x0 | x_t] and, by WantFar, E[x1 | x_t], and of these two follow the drifts of
// the process in both directions, the score and the probability flow. It is the Schroedinger
// bridge where the pairs of ends are those of the entropic plan (Leonard 2014, arXiv:1308.0215),
// else the Markov process with the laws that those pairs and the pinned reference between them
// have (Peluchetti 2021; Shi et al. 2023, arXiv:2303.16852, prop. 2).
type Unpaired[X any] struct {
	Space    Space[X]
	Process  Process // a Pinned or a Bridge
	Denoiser Denoiser[X]
}

// Ends returns E[x0 | x_t = x] and E[x1 | x_t = x], t from 0 to 1.
func (u Unpaired[X]) Ends(ctx context.Context, x X, t float64) (x0, x1 X, err error) {
	e, err := u.Denoiser.Denoise(ctx, Query[X]{X: x, T: t, Want: WantFar})
	return e.X0, e.X1, err
}

// Forward returns the drift b of the process from 0 to 1, dX = b dt + g dw: Coef.Drift with the
// expected far end in the place of x1. It is singular at 1.
func (u Unpaired[X]) Forward(ctx context.Context, x X, t float64) (X, error) {
	return u.sum(ctx, x, t, func(p Pinned) (cx, c0, c1 float64) {
		cx, c1 = p.At(t).Drift()
		return cx, 0, c1
	})
}

// Backward returns the drift of the same process from 1 to 0, in the time 1-t: Pinned.Backward with
// the expected data in the place of x0. It is singular at 0. Forward and Backward add up to g^2
// times Score.
func (u Unpaired[X]) Backward(ctx context.Context, x X, t float64) (X, error) {
	return u.sum(ctx, x, t, func(p Pinned) (cx, c0, c1 float64) {
		cx, c0 = p.Backward(t)
		return cx, c0, 0
	})
}

// Score returns grad log p_t = (a E[x0 | x_t] + b E[x1 | x_t] - x)/s^2. It is singular at 0 and 1.
func (u Unpaired[X]) Score(ctx context.Context, x X, t float64) (X, error) {
	return u.sum(ctx, x, t, func(p Pinned) (cx, c0, c1 float64) { return p.At(t).Score() })
}

// Velocity returns that of the probability flow, whose solutions have the laws of the process, a'
// E[x0 | x_t] + b' E[x1 | x_t] + s' E[eps | x_t], which is half of Forward less Backward. It is
// singular at 0 and 1.
func (u Unpaired[X]) Velocity(ctx context.Context, x X, t float64) (X, error) {
	return u.sum(ctx, x, t, func(p Pinned) (cx, c0, c1 float64) { return p.At(t).Velocity() })
}

// sum returns the combination of x and the expected ends by the coefficients of c.
func (u Unpaired[X]) sum(ctx context.Context, x X, t float64, c func(Pinned) (cx, c0, c1 float64)) (y X, err error) {
	p, err := PinnedOf(u.Process)
	if err != nil {
		return y, err
	}
	x0, x1, err := u.Ends(ctx, x, t)
	if err != nil {
		return y, err
	}
	cx, c0, c1 := c(p)
	if !finite(cx, c0, c1) {
		return y, fmt.Errorf("reverie: the bridge's drift, score or flow is singular at t = %v: keep away from its ends", t)
	}
	return u.Space.Sum([]float64{cx, c0, c1}, x, x0, x1), nil
}

// A Head says what one half of the output of a network of two heads is: the end that it predicts is
// Skip x + Out F(in x).
type Head struct{ Skip, Out float64 }

// Ends returns what a network of two heads is given and what its halves are, so that in training
// inputs and targets have the variance 1, of independent ends of variance 1: EDMParam with the
// other end for a noise,
//
//	D^2 = a^2 + b^2 + s^2,   in = 1/D
//	x0hat = a/D^2 x + sqrt(b^2+s^2)/D F_0(in x),   x1hat = b/D^2 x + sqrt(a^2+s^2)/D F_1(in x)
//
// At its own end a head says x itself.
func (c Coef) Ends() (x0, x1 Head, in float64) {
	in = 1 / math.Hypot(math.Hypot(c.Alpha, c.Beta), c.Sigma)
	x0 = Head{c.Alpha * in * in, math.Hypot(c.Beta, c.Sigma) * in}
	x1 = Head{c.Beta * in * in, math.Hypot(c.Alpha, c.Sigma) * in}
	return x0, x1, in
}

// FromHeads makes a network of two heads, which was trained on bridge p, a Denoiser that knows both
// ends. f is asked as FromPrediction asks, and answers with F_0 in x0hat's place and, where WantFar
// has it, F_1 in x1hat's; see Coef.Ends.
func FromHeads[X any](sp Space[X], p Process, f Denoiser[X]) Denoiser[X] { return headed[X]{sp, p, f} }

type headed[X any] struct {
	space   Space[X]
	process Process
	f       Denoiser[X]
}

// Knows returns what f does, but for what guides alone give.
func (d headed[X]) Knows(w Want) error {
	if err := w.Beyond(^(WantRenoise | WantShift), "a network's prediction"); err != nil {
		return err
	}
	return d.f.Knows(w)
}

// Denoise returns the ends and, of the first, u' d x0hat/dx = skip u + out in u' dF/dx.
func (d headed[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	x0, x1, in := d.process.At(q.T).Ends()
	asked := q
	asked.X, asked.T = d.space.Sum([]float64{in}, q.X), d.process.Cond(q.T)
	if e, err = d.f.Denoise(ctx, asked); err != nil {
		return e, err
	}
	e.X0 = d.space.Sum([]float64{x0.Skip, x0.Out}, q.X, e.X0)
	if q.Want.Has(WantFar) {
		e.X1 = d.space.Sum([]float64{x1.Skip, x1.Out}, q.X, e.X1)
	}
	if q.Want.Has(WantVJP) {
		e.VJP = d.space.Sum([]float64{x0.Skip, x0.Out * in}, q.U, e.VJP)
	}
	return e, nil
}

// PinnedOf returns p as the pinned reference that it is. It fails for every other process.
func PinnedOf(p Process) (Pinned, error) {
	switch p := p.(type) {
	case Pinned:
		return p, nil
	case Bridge:
		return p.Pinned(), nil
	case Reversed:
		return Pinned{}, fmt.Errorf("reverie: the reference of %T runs from its far end: give the one that it reverses", p)
	}
	return Pinned{}, fmt.Errorf("reverie: %T is no reference that is pinned at both ends: an unpaired bridge takes a Pinned or a Bridge", p)
}

// Reversed is a bridge seen from its far end: its time is 1-t, its data are the far end and its far
// end the data. What goes from hi to its data, as samplers do, goes along the bridge from x0 to x1.
type Reversed struct{ Bridge Pinned }

// At returns the law of the bridge at 1-t, the ends exchanged.
func (r Reversed) At(t float64) Coef {
	c := r.Bridge.At(1 - t)
	return Coef{Alpha: c.Beta, Beta: c.Alpha, Sigma: c.Sigma, DAlpha: -c.DBeta, DBeta: -c.DAlpha, DSigma: -c.DSigma}
}

// Span returns the bridge's.
func (r Reversed) Span() (lo, hi float64) { return r.Bridge.Span() }

// Cond returns the number of the bridge at 1-t.
func (r Reversed) Cond(t float64) float64 { return r.Bridge.Cond(1 - t) }

// G2 returns the reference's g^2 at 1-t.
func (r Reversed) G2(t float64) float64 { return r.Bridge.G2(1 - t) }

// Turn returns a denoiser that knows both ends of a bridge as one of the bridge Reversed: at the
// time t it is asked what d says at 1-t, and the two ends change places. It knows no more than the
// ends, and d's classes.
func Turn[X any](d Denoiser[X]) Denoiser[X] { return turned[X]{d} }

type turned[X any] struct{ inner Denoiser[X] }

// Knows returns what d does, but for what is said of x0hat alone.
func (d turned[X]) Knows(w Want) error {
	if err := w.Beyond(WantFar|WantCondition, "a bridge seen from its far end"); err != nil {
		return err
	}
	return d.inner.Knows(w | WantFar)
}

// Denoise returns E[x1 | x] in x0hat's place, and the other way round.
func (d turned[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	q.T, q.Want = 1-q.T, q.Want|WantFar
	if e, err = d.inner.Denoise(ctx, q); err != nil {
		return e, err
	}
	return Estimate[X]{X0: e.X1, X1: e.X0}, nil
}
