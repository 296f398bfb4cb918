package reverie

import (
	"context"
	"fmt"
)

// A Network is a raw network function F(x, cond), of a whole batch at one time. cond is
// Process.Cond(t).
type Network[X any] func(ctx context.Context, x X, cond float64) (X, error)

// Wrap makes a network that was trained on process p to predict k into a Denoiser, which knows
// x0hat alone:
//
//	x0hat = skip x + far x1 + out F(in x, p.Cond(t))
//
// Denoise fails where k is singular at t (for instance Eps where Alpha = 0).
func Wrap[X any](sp Space[X], p Process, k Param, net Network[X]) Denoiser[X] {
	return FromPrediction(sp, p, k, DenoiserFunc[X](net))
}

// FromPrediction is Wrap for a network that knows more than F. It is asked as a Denoiser is, with
// in x in x's place and the number that it sees in the time's, and answers with F in x0hat's place:
// what it knows beside, the Denoiser of x0 knows, too, but for what guides alone give (WantRenoise,
// WantShift): they go around it.
func FromPrediction[X any](sp Space[X], p Process, k Param, f Denoiser[X]) Denoiser[X] {
	return predicted[X]{sp, p, k, f}
}

type predicted[X any] struct {
	space   Space[X]
	process Process
	param   Param
	f       Denoiser[X]
}

// Knows returns what f does, but for what guides alone give.
func (d predicted[X]) Knows(w Want) error {
	if err := w.Beyond(^(WantRenoise | WantShift), "a network's prediction"); err != nil {
		return err
	}
	return d.f.Knows(w)
}

// Denoise returns x0hat and u' d x0hat/dx = skip u + out in u' dF/dx.
func (d predicted[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := d.Knows(q.Want); err != nil {
		return e, err
	}
	skip, far, out, in := d.param(d.process.At(q.T))
	if !finite(skip, far, out, in) || out == 0 {
		return e, fmt.Errorf("reverie: the network's prediction does not determine x0 at t = %v: use another prediction or a smaller span", q.T)
	}
	asked := q
	asked.T = d.process.Cond(q.T)
	if in != 1 {
		asked.X = d.space.Sum([]float64{in}, q.X)
	}
	if e, err = d.f.Denoise(ctx, asked); err != nil {
		return e, err
	}
	c, terms := []float64{skip, out}, []X{q.X, e.X0}
	if far != 0 {
		if len(q.Far) != 1 {
			return e, fmt.Errorf("reverie: the process has a far end at t = %v: give the query its x1 (Query.Far, or Run.Far where sampling)", q.T)
		}
		c, terms = append(c, far), append(terms, q.Far[0])
	}
	e.X0 = d.space.Sum(c, terms...)
	if q.Want.Has(WantVJP) {
		e.VJP = d.space.Sum([]float64{skip, out * in}, q.U, e.VJP)
	}
	return e, nil
}
