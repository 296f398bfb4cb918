package reverie

import (
	"context"
	"errors"
	"fmt"
)

// Map returns the Denoiser whose x0hat is f of d's. It knows what d knows: of a learned variance
// and of an expected far end the same, and of the vector-Jacobian product the chain rule's, for
// which vjp is f's own, u' df/dx0 at d's x0hat; where that is nil it is refused. The product costs
// d a second call, since f's needs x0hat first.
func Map[X any](d Denoiser[X], f func(x0 X) X, vjp func(x0, u X) X) Denoiser[X] {
	return mapped[X]{d, f, vjp}
}

type mapped[X any] struct {
	inner Denoiser[X]
	f     func(x0 X) X
	vjp   func(x0, u X) X
}

// Knows returns what the inner Denoiser does, unless f cannot be differentiated.
func (m mapped[X]) Knows(w Want) error {
	if w.Has(WantVJP) && m.vjp == nil {
		return errors.New("a mapped x0hat gives no vector-Jacobian product: the map was given without its own")
	}
	return m.inner.Knows(w)
}

// Denoise returns f of the inner x0hat.
func (m mapped[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := m.Knows(q.Want); err != nil {
		return e, err
	}
	if q.Want.Has(WantVJP) {
		first := q
		first.Want &= WantCondition
		if e, err = m.inner.Denoise(ctx, first); err != nil {
			return e, err
		}
		q.U = m.vjp(e.X0, q.U)
	}
	if e, err = m.inner.Denoise(ctx, q); err != nil {
		return e, err
	}
	e.X0 = m.f(e.X0)
	return e, nil
}

// Clamp returns a Denoiser whose x0hat is d's clamped to [lo, hi], the data's range. What a solver
// derives from it (epshat, the score) follows the clamped x0hat. The Space must be a Clamper.
func Clamp[X any](sp Space[X], d Denoiser[X], lo, hi float64) (Denoiser[X], error) {
	c, ok := sp.(Clamper[X])
	if !ok {
		return nil, fmt.Errorf("reverie: %T cannot clamp: it lacks Clamp(x, lo, hi) and ClampVJP(x, u, lo, hi)", sp)
	}
	return Map(d,
		func(x0 X) X { return c.Clamp(x0, lo, hi) },
		func(x0, u X) X { return c.ClampVJP(x0, u, lo, hi) }), nil
}
