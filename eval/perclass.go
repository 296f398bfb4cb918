package eval

import (
	"context"
	"fmt"
)

// mostPerClass bounds the classes that are judged each by itself.
const mostPerClass = 100

// ofClass returns the part of a set of the class of that name, the same one each time; of "" the
// set.
func (s *Set) ofClass(name string) *Set {
	if s == nil || name == "" {
		return s
	}
	part, ok := s.parts[name]
	if !ok {
		at := s.placesOf(name)
		part = NewSet(fmt.Sprintf("%s (%s)", s.Name, name), s.Take(at), "")
		part.whole, part.at = s, at
		s.parts[name] = part
	}
	return part
}

// classes are the names by which a draw is measured: "" for all of it, and with PerClass those of
// its classes.
func (e *Evaluation) classes(samples *Set) ([]string, error) {
	names := []string{""}
	if !e.PerClass {
		return names, nil
	}
	if n := len(samples.Classes); n > mostPerClass {
		return nil, refused("per-class", "there are %d classes, more than the limit of %d; leave it out", n, mostPerClass)
	}
	return append(names, samples.Kind.ClassNames()...), nil
}

// measureClass is measure of one class, "" for all: there the values bear its name.
func (e *Evaluation) measureClass(ctx context.Context, t *tally, m Metric, c column, class string, seed uint64) error {
	if class != "" && m.About().Whole {
		return nil
	}
	c.samples, c.reference, c.class = c.samples.ofClass(class), c.reference.ofClass(class), class
	if n := min(c.samples.N, c.reference.N); n == 0 {
		e.note("%s of %s against %s is left out: there are %d and %d", m.Row().Name, c.samples.Name, c.reference.Name, c.samples.N, c.reference.N)
		return nil
	}
	return e.measure(ctx, t, m, c, seed)
}
