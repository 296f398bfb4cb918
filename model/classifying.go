package model

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/dustin/go-humanize/english"
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
	paths := classifiers(o)
	if len(paths) == 0 {
		return kind.Kind{}, errNoClasses
	}
	c, err := m.Classifier(paths[0])
	if err != nil {
		return kind.Kind{}, err
	}
	return c.Kind, nil
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
	if err := hasStep(path); err != nil {
		return nil, err
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
	}
	if err := own.Interchangeable(c.Kind); err != nil {
		return fmt.Errorf("it is of other samples: %w", err)
	}
	if err := sameNoise(m.Spec, c.Spec); err != nil {
		return err
	}
	return m.standard("the shift of x0hat by sigma^2/alpha grad log p(y|x) is stated", "guide by --class of a model that has learned classes")
}

// guidingClassifier is the classifier at a path, under process p and told the numbers of labels,
// over a walk's space.
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
	if reflect.DeepEqual(c.Process, p) {
		return g, nil
	}
	within, err := reverie.Within(p, c.Process)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Found.Model, err)
	}
	return knownLevels(space, within, guide.TransferClassifier(space, c.Process, p, g)), nil
}

// knownLevels is a classifier at the times of a part of a process, and says nothing at others.
func knownLevels(space reverie.Space[*tensors.Tensor], within reverie.Process, g guide.Classifier[*tensors.Tensor]) guide.Classifier[*tensors.Tensor] {
	lo, hi := within.Span()
	return guide.ClassifierFunc[*tensors.Tensor](func(ctx context.Context, x *tensors.Tensor, t float64, class []int) (*tensors.Tensor, error) {
		if t < lo || t > hi {
			return space.Sum([]float64{0}, x), nil
		}
		return g.Gradient(ctx, x, t, class)
	})
}

// Guiding says of each classifier by which the options guide what it is and where it does. Under
// another process than its own it guides at the noise levels that it knows, and nowhere else.
func (m *Model) Guiding(o Options) (all []string, err error) {
	for _, path := range classifiers(o) {
		c, err := m.Classifier(path)
		if err != nil {
			return nil, err
		}
		lo, hi := c.Process.Span()
		least, most := reverie.At(c.Process, lo), reverie.At(c.Process, hi)
		all = append(all, fmt.Sprintf("%s: classifier of %s, guides at noise levels sigma/alpha from %.3g to %.3g",
			c.Found.Model, english.Plural(len(c.Kind.Classes), "class", "classes"), least.Sigma/least.Alpha, most.Sigma/most.Alpha))
	}
	return all, nil
}

// numbersOf are the numbers that another kind's classes have by their names, for each of k's, and
// -1 for one that it lacks.
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
