package mixture

import (
	"context"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
)

// A Denoiser is the exact denoiser of a mixture under a process: what a network without fault would
// have learned. It knows the vector-Jacobian product. A process with a far end needs the query's,
// one for each sample.
type Denoiser struct {
	m *Mixture
	p reverie.Process
}

var _ reverie.Denoiser[reverie.Batch[float64]] = (*Denoiser)(nil)

// Denoiser returns the exact denoiser of m under p.
func (m *Mixture) Denoiser(p reverie.Process) *Denoiser { return &Denoiser{m, p} }

// Knows refuses a learned variance.
func (*Denoiser) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVJP, "the exact denoiser") }

// Denoise returns E[x0 | x_t = x] and u' d x0hat/dx for each sample.
func (d *Denoiser) Denoise(ctx context.Context, q reverie.Query[reverie.Batch[float64]]) (e reverie.Estimate[reverie.Batch[float64]], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	c, err := d.check(ctx, q)
	if err != nil {
		return e, err
	}
	e.X0 = make(reverie.Batch[float64], len(q.X))
	if !q.Want.Has(reverie.WantVJP) {
		d.each(c, q, func(n int, law *Mixture) { e.X0[n] = d.m.posterior(c, law, q.X[n]).mean() })
		return e, nil
	}
	e.VJP = make(reverie.Batch[float64], len(q.X))
	d.each(c, q, func(n int, law *Mixture) { e.X0[n], e.VJP[n] = d.m.vjp(c, law, q.X[n], q.U[n]) })
	return e, nil
}

// each calls f with the law of each sample, which is one for all unless there are far ends.
func (d *Denoiser) each(c reverie.Coef, q reverie.Query[reverie.Batch[float64]], f func(n int, law *Mixture)) {
	if c.Beta != 0 {
		for n := range q.X {
			f(n, d.m.At(c, q.Far[0][n]))
		}
		return
	}
	law := d.m.At(c)
	for n := range q.X {
		f(n, law)
	}
}

// check returns the law at the query's time, if it is one that its x can be denoised under.
func (d *Denoiser) check(ctx context.Context, q reverie.Query[reverie.Batch[float64]]) (reverie.Coef, error) {
	c := reverie.At(d.p, q.T)
	if err := ctx.Err(); err != nil {
		return c, err
	}
	if far := slices.Concat(q.Far...); c.Beta != 0 && (len(q.Far) != 1 || len(far) != len(q.X)) {
		return c, fmt.Errorf("mixture: %d samples and %d far ends at t = %v: give the query as many", len(q.X), len(far), q.T)
	}
	for n, x := range q.X {
		if len(x) != d.m.Dim() {
			return c, fmt.Errorf("mixture: sample %d has %d numbers: the mixture has %d dimensions", n, len(x), d.m.Dim())
		}
	}
	return c, nil
}
