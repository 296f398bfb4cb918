package reverie

import (
	"context"
	"errors"
	"fmt"
)

// Beside returns what is given beside the query's X, and whether anything is. It fails where that
// is not one batch, or is set without WantGiven.
func (q Query[X]) Beside() (given X, ok bool, err error) {
	switch {
	case len(q.Given) == 0:
		return given, false, nil
	case !q.Want.Has(WantGiven):
		return given, false, errors.New("reverie: the query is given something beside x and does not want it: set WantGiven, as OfGiven does")
	case len(q.Given) > 1:
		return given, false, fmt.Errorf("reverie: %d batches given beside x: give one, which the samples share row by row", len(q.Given))
	}
	return q.Given[0], true, nil
}

// OfGiven returns the Denoiser of what lies beside x, sample by sample: it asks d for E[x0 | x_t =
// x, given], as of an image to be sharpened or of noisy speech. It goes around all that is to see
// it, such as a guide, and is itself given nothing.
func OfGiven[X any](d Denoiser[X], given X) Denoiser[X] { return ofGiven[X]{d, given} }

type ofGiven[X any] struct {
	inner Denoiser[X]
	given X
}

// Knows returns what the inner Denoiser does for what is given; it refuses a second one.
func (o ofGiven[X]) Knows(w Want) error {
	if err := w.Beyond(^WantGiven, "a denoiser of what is given"); err != nil {
		return err
	}
	return o.inner.Knows(w | WantGiven)
}

// Denoise asks for what is given.
func (o ofGiven[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := o.Knows(q.Want); err != nil {
		return e, err
	}
	q.Want, q.Given = q.Want|WantGiven, []X{o.given}
	return o.inner.Denoise(ctx, q)
}
