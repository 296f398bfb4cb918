package model

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// ErrNoNull says that what is stated without a class is asked of a network that knows classes
// alone.
var ErrNoNull = errors.New("the model knows what is of a class alone: it learned no null class, for it was trained without dropping any")

// Conditional says whether the network is told a class.
func (m *Model) Conditional() bool {
	_, ok := net.ClassesOf(m.Net)
	return ok
}

// takesNumbers is nil of a network that is told classes by the numbers of Kind.Classes.
func (m *Model) takesNumbers() error {
	switch c, ok := net.ClassesOf(m.Net); {
	case !ok:
		return errors.New("the model was trained without classes")
	case c.Numbers == 0:
		return fmt.Errorf("the network takes %v, and not the numbers of a list of them", c)
	}
	return nil
}

// takeClasses takes what the files say of the classes. Of a network from elsewhere, whose files
// name none, they are called by their numbers, and none is known to be the null class.
func (m *Model) takeClasses(x *checkpoint.SchedulerExtra) error {
	c, ok := net.ClassesOf(m.Net)
	if !ok || c.Numbers == 0 {
		return nil
	}
	if m.Kind.Classes == nil {
		all := make([]kind.Class, c.Numbers)
		for i := range all {
			all[i].Name = strconv.Itoa(i)
		}
		m.Kind = m.Kind.Labelled(all)
		return nil
	}
	if n := len(m.Kind.Classes); c.Numbers != n+1 {
		return fmt.Errorf("scheduler: reverie.classes has %d classes, and the network takes %d numbers: expected one more than classes, for the null class", n, c.Numbers)
	}
	m.Null = x.Null
	return nil
}

// ClassOf is the class that image i of a sampling is of where the options ask for none: drawn by
// how often each of Labels was in the training data, the model's or the classifier's, all alike
// where that is not known.
func (m *Model) ClassOf(o Options, i int) int {
	labels, err := m.Labels(o)
	if err != nil {
		return reverie.NullClass
	}
	total := 0
	for _, c := range labels.Classes {
		total += c.Samples
	}
	u := random.Stream{Seed: o.Seed, Domain: random.ClassDraw, Sample: uint64(i)}.Uniform()
	if total == 0 {
		return int(u * float64(len(labels.Classes)))
	}
	left := int(u * float64(total))
	return slices.IndexFunc(labels.Classes, func(c kind.Class) bool {
		left -= c.Samples
		return left < 0
	})
}

// ClassName is the name of a class that options ask for, "null" of the null class.
func (m *Model) ClassName(o Options, class int) string {
	if class == reverie.NullClass {
		return NullName
	}
	labels, err := m.Labels(o)
	if err != nil || class < 0 || class >= len(labels.Classes) {
		return strconv.Itoa(class)
	}
	return labels.Classes[class].Name
}

// What a choice of classes may say beside the names of classes.
const (
	NullName = "null" // the null class
	AllName  = "all"  // every class, without the null class
)

// ClassNumbers are the numbers of classes by their names, [NullName], or [AllName] alone, as
// options with those guides count them, see Labels; a class that is called as one of these comes
// before it. The error of another name lists those that there are.
func (m *Model) ClassNumbers(o Options, names ...string) ([]int, error) {
	labels, err := m.Labels(o)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, name := range names {
		k, err := labels.ClassNumber(name)
		switch {
		case err == nil:
			numbers = append(numbers, k)
		case name == NullName:
			numbers = append(numbers, reverie.NullClass)
		case name == AllName && len(names) == 1:
			for k := range labels.Classes {
				numbers = append(numbers, k)
			}
		case name == AllName:
			return nil, fmt.Errorf("%s stands for every class, and other names are given beside it: give it alone", AllName)
		default:
			return nil, err
		}
	}
	return numbers, nil
}

// checkClass says whether the options' classes are ones that the model knows.
func (m *Model) checkClass(o Options) error {
	if err := m.classless(o); err != nil {
		return err
	}
	switch {
	case o.Class == nil && !m.Conditional() && len(classifiers(o)) == 0:
		return nil
	case len(o.Class) > 1 && len(o.Class) != o.N:
		return fmt.Errorf("model: %d classes for %d samples: give one for each, or one for all", len(o.Class), o.N)
	}
	labels, err := m.Labels(o)
	if err != nil {
		return err
	}
	for _, k := range o.Class {
		switch {
		case k == reverie.NullClass && m.Conditional() && !m.Null:
			return ErrNoNull
		case k != reverie.NullClass && (k < 0 || k >= len(labels.Classes)):
			return fmt.Errorf("model: class %d: expected 0 to %d, or %d for the null class", k, len(labels.Classes)-1, reverie.NullClass)
		}
	}
	if err := aimless(o); err != nil {
		return err
	}
	return m.knowClasses(o, labels)
}

// ErrAimless says that a guide to a class is asked for samples of no class, which it leaves as they
// are.
var ErrAimless = errors.New("guides to a class, and leaves samples of no class as they are, of which all are asked for: ask for a class by --class, or leave the guide out")

// classless finds a guide by the model's own classes where it has none.
func (m *Model) classless(o Options) error {
	for _, g := range o.Guides {
		if _, own := g.(*guide.ClassifierGuide[*tensors.Tensor]); guide.ToClass(g) && !own && !m.Conditional() {
			return fmt.Errorf("guide %s guides by the classes of the model, and the model was trained without classes: leave it out, or guide by a classifier (--classifier, with --class) or away from a weaker model (--guide RUN, with --guidance)", g.Row().Name)
		}
	}
	return nil
}

// aimless finds a guide to a class of samples of none.
func aimless(o Options) error {
	if o.Class == nil || slices.ContainsFunc(o.Class, func(k int) bool { return k != reverie.NullClass }) {
		return nil
	}
	if i := slices.IndexFunc(o.Guides, func(g Guide) bool { return guide.ToClass(g) }); i >= 0 {
		return fmt.Errorf("guide %s %w", o.Guides[i].Row().Name, ErrAimless)
	}
	return nil
}

// Classes are the classes of the n images from number first on, by their numbers among those of
// Labels; nil of a model without classes that no classifier guides. The options' are of the images
// from Options.First on.
func (m *Model) Classes(o Options, first, n int) []int {
	if _, err := m.Labels(o); o.Class == nil && err != nil {
		return nil
	}
	class := make([]int, n)
	for i := range class {
		switch len(o.Class) {
		case 0:
			class[i] = m.ClassOf(o, first+i)
		case 1:
			class[i] = o.Class[0]
		default:
			class[i] = o.Class[first-o.First+i]
		}
	}
	return class
}

// classes are the numbers that the network is told of a query's samples, nil of one that takes
// none.
func (n *network) classes(q reverie.Query[*tensors.Tensor], samples int) ([]float64, error) {
	if !n.m.Conditional() {
		_, err := q.Classes(samples, 0)
		return nil, err
	}
	class, err := q.Classes(samples, len(n.m.Kind.Classes))
	if err != nil {
		return nil, err
	}
	if !n.m.Null && (class == nil || slices.Contains(class, reverie.NullClass)) {
		return nil, ErrNoNull
	}
	told := make([]float64, samples)
	for i := range told {
		told[i] = float64(len(n.m.Kind.Classes)) // the null class
		if class != nil && class[i] != reverie.NullClass {
			told[i] = float64(class[i])
		}
	}
	return told, nil
}
