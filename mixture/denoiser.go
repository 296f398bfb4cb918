package mixture

import (
	"context"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
)

// A Denoiser is the exact denoiser of a mixture under a process: what a network without fault would
// have learned. It knows the vector-Jacobian product, and the estimate of a class where the mixture
// has classes: the denoiser of that class's own law. A process with a far end needs the query's,
// one for each sample.
type Denoiser struct {
	m *Mixture
	p reverie.Process
}

var _ reverie.Denoiser[reverie.Batch[float64]] = (*Denoiser)(nil)

// Denoiser returns the exact denoiser of m under p.
func (m *Mixture) Denoiser(p reverie.Process) *Denoiser { return &Denoiser{m, p} }

// Knows refuses a learned variance, and a class where the mixture has none.
func (d *Denoiser) Knows(w reverie.Want) error {
	known := reverie.WantVJP
	if d.m.Classes() > 0 {
		known |= reverie.WantClass
	}
	return w.Beyond(known, "the exact denoiser")
}

// Denoise returns E[x0 | x_t = x, class] and u' d x0hat/dx for each sample.
func (d *Denoiser) Denoise(ctx context.Context, q reverie.Query[reverie.Batch[float64]]) (e reverie.Estimate[reverie.Batch[float64]], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	c, err := d.check(ctx, q)
	if err != nil {
		return e, err
	}
	class, err := q.Classes(len(q.X), d.m.Classes())
	if err != nil {
		return e, err
	}
	e.X0 = make(reverie.Batch[float64], len(q.X))
	if !q.Want.Has(reverie.WantVJP) {
		d.each(c, q, class, func(n int, m, law *Mixture) { e.X0[n] = m.posterior(c, law, q.X[n]).mean() })
		return e, nil
	}
	e.VJP = make(reverie.Batch[float64], len(q.X))
	d.each(c, q, class, func(n int, m, law *Mixture) { e.X0[n], e.VJP[n] = m.vjp(c, law, q.X[n], q.U[n]) })
	return e, nil
}

// each calls f with the law m of each sample's class, and with that of its x, which is one for all
// of a class unless there are far ends.
func (d *Denoiser) each(c reverie.Coef, q reverie.Query[reverie.Batch[float64]], class []int, f func(n int, m, law *Mixture)) {
	laws := map[int][2]*Mixture{}
	for n := range q.X {
		y := reverie.NullClass
		if class != nil {
			y = class[n]
		}
		of, ok := laws[y]
		if !ok {
			of[0] = d.m
			if y != reverie.NullClass {
				of[0] = d.m.Class(y)
			}
			if c.Beta == 0 {
				of[1] = of[0].At(c)
			}
			laws[y] = of
		}
		if c.Beta != 0 {
			of[1] = of[0].At(c, q.Far[0][n])
		}
		f(n, of[0], of[1])
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
