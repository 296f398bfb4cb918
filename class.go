package reverie

import (
	"context"
	"errors"
	"fmt"
)

// NullClass is the class of a sample of which no class is known: its x0hat is the unconditional
// one.
const NullClass = -1

// Classes returns the class of each of the n samples of the query's X, in 0..k-1 or NullClass, for
// a Denoiser that knows k classes; nil where all are null. It fails where Class is not one number a
// sample, has one that is no class, or is set without WantClass.
func (q Query[X]) Classes(n, k int) ([]int, error) {
	if q.Class == nil {
		return nil, nil
	}
	if !q.Want.Has(WantClass) {
		return nil, errors.New("reverie: the query has classes and does not want them: set WantClass, as OfClass does")
	}
	if len(q.Class) != n {
		return nil, fmt.Errorf("reverie: %d classes for %d samples: give one for each", len(q.Class), n)
	}
	for i, c := range q.Class {
		if c != NullClass && (c < 0 || c >= k) {
			return nil, fmt.Errorf("reverie: class %d of sample %d: expected one from 0 to %d, or %d for none", c, i, k-1, NullClass)
		}
	}
	return q.Class, nil
}

// OfClass returns the Denoiser of the given classes, one for each sample of the batch: it asks d
// for E[x0 | x_t = x, class]. It goes around all that is to see the class, such as a guide, and is
// itself asked for no class.
func OfClass[X any](d Denoiser[X], class []int) Denoiser[X] { return ofClass[X]{d, class} }

type ofClass[X any] struct {
	inner Denoiser[X]
	class []int
}

// Knows returns what the inner Denoiser does for a class; it refuses a second one.
func (o ofClass[X]) Knows(w Want) error {
	if err := w.Beyond(^WantClass, "a denoiser of given classes"); err != nil {
		return err
	}
	return o.inner.Knows(w | WantClass)
}

// Denoise asks for the class.
func (o ofClass[X]) Denoise(ctx context.Context, q Query[X]) (e Estimate[X], err error) {
	if err := o.Knows(q.Want); err != nil {
		return e, err
	}
	q.Want, q.Class = q.Want|WantClass, o.class
	return o.inner.Denoise(ctx, q)
}
