package model

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
)

// Labels is the kind whose classes Options.Class counts: the model's own, or, of a model without
// classes, that of the classifier that guides it. A model without either has no classes.
func (m *Model) Labels(o Options) (kind.Kind, error) {
	if m.Conditional() {
		return m.Kind, m.takesNumbers()
	}
	for _, path := range classifiers(o) {
		c, err := m.Classifier(path)
		if err != nil {
			return kind.Kind{}, err
		}
		return c.Kind, nil
	}
	return kind.Kind{}, errNoClasses
}

// errNoClasses says that there is nothing that a class could be told.
var errNoClasses = errors.New("the model was trained without classes, and no classifier guides it")

// classifiers are the paths of those by which the options guide.
func classifiers(o Options) (paths []string) {
	for _, g := range o.Guides {
		if c, ok := g.(*guide.ClassifierGuide[*tensors.Tensor]); ok && c.Classifier != "" {
			paths = append(paths, c.Classifier)
		}
	}
	return paths
}

// Classifier is the one at a path, which may be RUN@STEP, to guide samples of m: loaded once, and
// closed with m. One that cannot guide them is refused.
func (m *Model) Classifier(path string) (*Classifier, error) {
	if c, ok := m.classifiers[path]; ok {
		return c, nil
	}
	c, err := LoadClassifier(m.Engine, AtStep(path), false)
	if err != nil {
		return nil, err
	}
	if err := m.guidedBy(c); err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", c.Found.Model, err)
	}
	if m.classifiers == nil {
		m.classifiers = map[string]*Classifier{}
	}
	m.classifiers[path] = c
	return c, nil
}

// guidedBy says whether a classifier knows the samples that m is of, noised.
func (m *Model) guidedBy(c *Classifier) error {
	own := m.Kind
	if own.Pictorial() && c.Kind.Pictorial() && own.H == 0 {
		own = own.Sized(c.Kind.H, c.Kind.W) // a model from elsewhere says no size
	}
	switch {
	case c.Process == nil:
		return ErrClean
	case m.VAE != nil:
		return fmt.Errorf("it knows %v, and the model walks through latents, of which it says nothing", c.Kind)
	case own.Comparable(c.Kind) != nil:
		return fmt.Errorf("it is of other samples: %w", own.Comparable(c.Kind))
	case own.Ranged != c.Kind.Ranged:
		return fmt.Errorf("the range of its %s is another", c.Kind.Noun(2))
	case !reflect.DeepEqual(own.Units, c.Kind.Units):
		return fmt.Errorf("its %s are in other units", c.Kind.Noun(2))
	}
	return nil
}

// guidingClassifier is the classifier at a path, under process p and told the numbers of labels, over a walk's
// space.
func (m *Model) guidingClassifier(path string, labels kind.Kind, space *engine.Recycler, p reverie.Process) (guide.Classifier[*tensors.Tensor], error) {
	c, err := m.Classifier(path)
	if err != nil {
		return nil, err
	}
	numbers := numbersOf(labels, c.Kind)
	var g guide.Classifier[*tensors.Tensor] = guide.ClassifierFunc[*tensors.Tensor](func(ctx context.Context, x *tensors.Tensor, t float64, class []int) (*tensors.Tensor, error) {
		own := make([]int, len(class))
		for i, k := range class {
			own[i] = numbers[k]
		}
		y, err := c.Gradient(ctx, x, t, own)
		if err != nil {
			return nil, err
		}
		return space.Own(y), nil
	})
	if !reflect.DeepEqual(c.Process, p) {
		if within, err := reverie.Within(p, c.Process); err != nil || !reflect.DeepEqual(within, p) {
			return nil, fmt.Errorf("%s: %w", c.Found.Model, notCovered(p, c.Process, err))
		}
		g = guide.TransferClassifier(space, c.Process, p, g)
	}
	return g, nil
}

// notCovered says that the classifier of process known does not know all noise levels of p; err is
// what else there is against it.
func notCovered(p, known reverie.Process, err error) error {
	if err != nil {
		return err
	}
	level := func(p reverie.Process) string {
		lo, hi := p.Span()
		least, most := reverie.At(p, lo), reverie.At(p, hi)
		return fmt.Sprintf("%.4g to %.4g", least.Sigma/least.Alpha, most.Sigma/most.Alpha)
	}
	return fmt.Errorf("it knows the noise levels sigma/alpha from %s, and the walk goes through those from %s: train one with the model's --process, or sample under a --process within", level(known), level(p))
}

// numbersOf are the numbers that another kind's classes have by their names, for each of k's, and -1
// for one that it lacks.
func numbersOf(k, other kind.Kind) []int {
	numbers := make([]int, len(k.Classes))
	for i, c := range k.Classes {
		numbers[i] = slices.Index(other.ClassNames(), c.Name)
	}
	return numbers
}

// knowClasses refuses options that ask for a class of labels which a classifier that guides lacks.
func (m *Model) knowClasses(o Options, labels kind.Kind) error {
	asked := o.Class
	for k := range labels.Classes {
		if o.Class == nil { // any may be drawn
			asked = append(asked, k)
		}
	}
	for _, path := range classifiers(o) {
		c, err := m.Classifier(path)
		if err != nil {
			return err
		}
		numbers := numbersOf(labels, c.Kind)
		for _, k := range asked {
			if k != reverie.NullClass && numbers[k] < 0 {
				_, err := c.Kind.ClassNumber(labels.Classes[k].Name)
				return fmt.Errorf("classifier %s: %w; ask for one that it knows by --class", c.Found.Model, err)
			}
		}
	}
	return nil
}
