package score

import (
	"errors"
	"fmt"
	"math"
)

// A Metric is one number of a set. The functions of this package return them.
type Metric struct {
	Name string
	// needs is what a set must have for the metric to be defined.
	needs string
	// of prepares the metric of a set: what it returns gives the metric of resamples, NaN where it
	// is not defined, and may be called from several goroutines.
	of func(s *Set) func(r resamples) lane
	// err says what is wrong with the metric's settings.
	err error
}

// ErrUndefined says that a metric is not defined for a set, such as one of precision without
// lesions.
var ErrUndefined = errors.New("not defined")

// Measure returns a metric of the set. The error wraps [ErrUndefined] if the set lacks what the
// metric needs.
func (s *Set) Measure(m Metric) (float64, error) {
	f, err := s.prepare(m)
	if err != nil {
		return 0, err
	}
	v := f(original(len(s.images)))[0]
	if math.IsNaN(v) {
		return 0, fmt.Errorf("score: %s: %w: it needs %s; there are %s", m.Name, ErrUndefined, m.needs, s.describe())
	}
	return v, nil
}

// prepare returns the metric of resamples, or what is wrong with its settings.
func (s *Set) prepare(m Metric) (func(r resamples) lane, error) {
	if m.err != nil {
		return nil, fmt.Errorf("score: %s: %w", m.Name, m.err)
	}
	return m.of(s), nil
}

// describe says what the set has, for errors.
func (s *Set) describe() string {
	images, normal := s.Images()
	pixels := 0
	for _, n := range s.normal {
		pixels += n
	}
	size := ""
	if s.from > 0 || s.below < math.MaxInt {
		size = fmt.Sprintf(" of %s pixels", s.Size())
	}
	return fmt.Sprintf("%d images, of which %d are normal, %d lesions%s and %d normal pixels", images, normal, s.Lesions(), size, pixels)
}

// simple is a metric that has nothing to prepare.
func simple(name, needs string, of func(s *Set, r resamples) lane) Metric {
	return Metric{Name: name, needs: needs, of: func(s *Set) func(resamples) lane {
		return func(r resamples) lane { return of(s, r) }
	}}
}
