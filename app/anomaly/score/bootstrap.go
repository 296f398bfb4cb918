package score

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/random"
)

// A Bootstrap says how intervals are found: by drawing as many images as there are, with
// replacement and whole, over and over. So pixels of an image may depend on each other; images must
// not, as slices of one patient would. Thresholds stay as they are: that they were estimated is not
// in an interval.
type Bootstrap struct {
	Replicates int    // how often; 0: 1000
	Seed       uint64 // of the draws: replicate i takes its own stream of random numbers
}

// An Interval is a number with its 95% interval: the range between the 2.5% and the 97.5% quantile
// of the replicates (the percentile method).
type Interval struct {
	Value     float64 `json:"value"` // of the images themselves
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Undefined int     `json:"undefined"` // replicates for which it is not defined, such as those without a lesion; they are left out
}

// Interval measures a metric of the set with its interval. The set needs at least two images, and
// half of the replicates must have the number.
func (s *Set) Interval(ctx context.Context, m Metric, b Bootstrap) (Interval, error) {
	v, err := s.Measure(m)
	if err != nil {
		return Interval{}, err
	}
	f, err := s.prepare(m)
	if err != nil {
		return Interval{}, err
	}
	return b.interval(ctx, m.Name, v, len(s.images), f)
}

// Difference measures a metric of one method minus that of another, both of the same images: each
// replicate takes the same images for both. The metrics may differ, as in their thresholds, which
// belong to a method's maps.
func Difference(ctx context.Context, a *Set, ofA Metric, b *Set, ofB Metric, bs Bootstrap) (Interval, error) {
	if err := sameImages(a, b); err != nil {
		return Interval{}, err
	}
	va, errA := a.Measure(ofA)
	vb, errB := b.Measure(ofB)
	if err := errors.Join(errA, errB); err != nil {
		return Interval{}, err
	}
	f, errA := a.prepare(ofA)
	g, errB := b.prepare(ofB)
	if err := errors.Join(errA, errB); err != nil {
		return Interval{}, err
	}
	return bs.interval(ctx, "difference of "+ofA.Name, va-vb, len(a.images), func(r resamples) lane {
		v, w := f(r), g(r)
		for k := range v {
			v[k] -= w[k]
		}
		return v
	})
}

// sameImages is nil if two sets are of images of the same sizes, with the same lesions.
func sameImages(a, b *Set) error {
	if len(a.images) != len(b.images) {
		return fmt.Errorf("score: difference of %d and of %d images: both methods need maps of the same images", len(a.images), len(b.images))
	}
	for i := range a.images {
		m, n := a.images[i], b.images[i]
		if m.H != n.H || m.W != n.W {
			return fmt.Errorf("score: difference: image %d is of %d x %d pixels and of %d x %d: both methods need maps of the same images", i, m.H, m.W, n.H, n.W)
		}
		same := func(l, k lesion) bool { return slices.Equal(l.pixels, k.pixels) }
		if !slices.EqualFunc(a.lesions[a.first[i]:a.first[i+1]], b.lesions[b.first[i]:b.first[i+1]], same) {
			return fmt.Errorf("score: difference: image %d has two masks: both methods need maps of the same images, in one order", i)
		}
	}
	if !slices.Equal(a.keep, b.keep) {
		return fmt.Errorf("score: difference of lesions of %s and of %s pixels: both methods need the same lesions", a.Size(), b.Size())
	}
	return nil
}

// interval measures f of the replicates.
func (b Bootstrap) interval(ctx context.Context, name string, v float64, images int, f func(r resamples) lane) (Interval, error) {
	n := b.Replicates
	if n == 0 {
		n = 1000
	}
	switch {
	case images < 2:
		return Interval{}, fmt.Errorf("score: interval of %s: of %d image: at least 2 are needed", name, images)
	case n < 0:
		return Interval{}, fmt.Errorf("score: interval of %s: %d replicates: expected at least 1, or 0 for 1000", name, n)
	}
	all := make([]float64, n)
	parallel.Until(ctx, (n+lanes-1)/lanes, func(i int) {
		measured := f(b.draw(i*lanes, images))
		copy(all[i*lanes:], measured[:])
	})
	if err := ctx.Err(); err != nil {
		return Interval{}, err
	}
	all = slices.DeleteFunc(all, math.IsNaN)
	if 2*len(all) < n {
		return Interval{}, fmt.Errorf("score: interval of %s: %w for %d of %d replicates: too few images have what it needs", name, ErrUndefined, n-len(all), n)
	}
	slices.Sort(all)
	return Interval{v, quantile(all, 0.025), quantile(all, 0.975), n - len(all)}, nil
}

// draw returns the resamples from number first on.
func (b Bootstrap) draw(first, images int) resamples {
	r, u := make(resamples, images), make([]float64, images)
	for k := range lanes {
		random.Stream{Seed: b.Seed, Domain: random.Evaluation, Sample: uint64(first + k)}.Uniforms(u)
		for _, u := range u {
			r[int(u*float64(images))].add(k, 1)
		}
	}
	return r
}

// quantile returns a quantile of ascending numbers, straight between two of them.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	if i < 0 {
		return sorted[0]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
