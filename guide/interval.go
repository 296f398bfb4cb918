package guide

import (
	"context"

	"github.com/reverie-go/reverie"
)

// Interval returns the Denoiser that is guided at the noise levels lo < sigma/alpha <= hi of
// process p, and plain at all others, where the guide is not asked (Kynkäänniemi et al. 2024,
// arXiv:2404.07724). It knows what both know.
func Interval[X any](sp reverie.Space[X], p reverie.Process, plain, guided reverie.Denoiser[X], lo, hi float64) reverie.Denoiser[X] {
	return interval[X]{sp, p, plain, guided, lo, hi}
}

type interval[X any] struct {
	space         reverie.Space[X]
	process       reverie.Process
	plain, guided reverie.Denoiser[X]
	lo, hi        float64
}

// ofGuides is what guides alone give.
const ofGuides = reverie.WantRenoise | reverie.WantShift

// Knows returns what both do.
func (i interval[X]) Knows(w reverie.Want) error {
	if err := i.guided.Knows(w); err != nil {
		return err
	}
	return i.plain.Knows(w &^ ofGuides)
}

// Denoise asks one of the two. Of the plain one a step is as if nothing were heeded.
func (i interval[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := i.Knows(q.Want); err != nil {
		return e, err
	}
	c := reverie.At(i.process, q.T)
	if level := c.Sigma / c.Alpha; i.lo < level && level <= i.hi {
		return i.guided.Denoise(ctx, q)
	}
	heeded := q.Want & ofGuides
	q.Want &^= ofGuides
	if e, err = i.plain.Denoise(ctx, q); err != nil {
		return e, err
	}
	if heeded.Has(reverie.WantRenoise) {
		e.Renoise = e.X0
	}
	if heeded.Has(reverie.WantShift) {
		e.Shift = i.space.Sum([]float64{0}, q.X)
	}
	return e, nil
}
