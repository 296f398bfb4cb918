package mixture

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie"
)

// A Denoiser is the exact denoiser of a mixture under a process: what a network without fault would have learned.
type Denoiser struct {
	m   *Mixture
	p   reverie.Process
	far reverie.Batch[float64]
}

var _ reverie.Differentiable[reverie.Batch[float64]] = (*Denoiser)(nil)

// Denoiser returns the exact denoiser of m under p. far are the far ends x1, one for each sample, for a process that has one.
func (m *Mixture) Denoiser(p reverie.Process, far ...reverie.Batch[float64]) *Denoiser {
	d := &Denoiser{m: m, p: p}
	if len(far) == 1 {
		d.far = far[0]
	}
	return d
}

// Denoise returns E[x0 | x_t = x] for each sample.
func (d *Denoiser) Denoise(ctx context.Context, x reverie.Batch[float64], t float64) (reverie.Batch[float64], error) {
	c, err := d.check(ctx, x, t)
	if err != nil {
		return nil, err
	}
	x0 := make(reverie.Batch[float64], len(x))
	d.each(c, x, func(n int, law *Mixture) { x0[n] = d.m.posterior(c, law, x[n]).mean() })
	return x0, nil
}

// VJP returns E[x0 | x_t = x] and u' d x0hat/dx for each sample.
func (d *Denoiser) VJP(ctx context.Context, x reverie.Batch[float64], t float64, u reverie.Batch[float64]) (x0, vjp reverie.Batch[float64], err error) {
	c, err := d.check(ctx, x, t)
	if err != nil {
		return nil, nil, err
	}
	x0, vjp = make(reverie.Batch[float64], len(x)), make(reverie.Batch[float64], len(x))
	d.each(c, x, func(n int, law *Mixture) { x0[n], vjp[n] = d.m.vjp(c, law, x[n], u[n]) })
	return x0, vjp, nil
}

// each calls f with the law of each sample, which is one for all unless there are far ends.
func (d *Denoiser) each(c reverie.Coef, x reverie.Batch[float64], f func(n int, law *Mixture)) {
	if c.Beta != 0 {
		for n := range x {
			f(n, d.m.At(c, d.far[n]))
		}
		return
	}
	law := d.m.At(c)
	for n := range x {
		f(n, law)
	}
}

// check returns the law at t, if it is one that x can be denoised under.
func (d *Denoiser) check(ctx context.Context, x reverie.Batch[float64], t float64) (reverie.Coef, error) {
	c := reverie.At(d.p, t)
	if err := ctx.Err(); err != nil {
		return c, err
	}
	if c.Beta != 0 && len(d.far) != len(x) {
		return c, fmt.Errorf("mixture: %d samples and %d far ends at t = %v: give Denoiser as many", len(x), len(d.far), t)
	}
	for n := range x {
		if len(x[n]) != d.m.Dim() {
			return c, fmt.Errorf("mixture: sample %d has %d numbers: the mixture has %d dimensions", n, len(x[n]), d.m.Dim())
		}
	}
	return c, nil
}
