package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
)

// label is the Labeller of a comparison: that of the options, else one that learned all classes of
// the run's data, of which the run may have learnt a few.
func (c *Comparison) label(ctx context.Context, m Images) ([]string, error) {
	if c.Labeller != nil {
		return c.Labeller(ctx, m)
	}
	if c.learned == nil {
		var err error
		if c.learned, err = c.learnLabels(ctx); err != nil {
			return nil, err
		}
	}
	return c.learned(ctx, m)
}

// learnLabels learns the classes of the training data: of pictures by the Classifier, else by
// Neighbours.
func (c *Comparison) learnLabels(ctx context.Context) (Labeller, error) {
	if c.References.Of().Pictorial() {
		k, err := c.Classifier(ctx)
		if err != nil {
			return nil, err
		}
		return k.Label, nil
	}
	set, err := c.allClasses(ctx)
	if err != nil {
		return nil, err
	}
	known, err := Read(ctx, set.Train())
	if err != nil {
		return nil, err
	}
	c.note(fmt.Sprintf("classes are found by the %d nearest of %s %s", neighbours, humanize.Comma(int64(known.N)), known.Noun(known.N)))
	return Neighbours(known)
}

// teach is the Teacher of a comparison.
func (c *Comparison) teach(ctx context.Context, m Images) (Labeller, error) {
	if !m.Pictorial() {
		return Neighbours(m)
	}
	const what = "training a classifier on samples"
	k, err := TrainClassifier(ctx, c.engine, m, Images{Kind: m.Kind}, Learning{Progress: func(done, total int) { c.progress(what, done, total) }})
	if err != nil {
		return nil, err
	}
	c.taught = append(c.taught, k)
	return k.Label, nil
}

// checkClassed is nil if the metric can judge what there is by its classes.
func (c *Comparison) checkClassed(m Metric) error {
	if !m.About().Classed {
		return nil
	}
	return c.classed()
}

// classed is nil if the samples come with their classes.
func (c *Comparison) classed() error {
	switch {
	case c.model == nil && c.samples.Class == nil:
		return fmt.Errorf("judges samples by their classes, and %s has none: save their numbers as %s, int64 [N]", c.Name, labelsName)
	case c.model == nil:
		return nil
	}
	labels, err := c.model.Labels(c.Sampling)
	switch {
	case err != nil && !c.model.Conditional():
		return fmt.Errorf("judges samples by their classes, and %s was trained without: train with --class-cond, or guide it to the classes of a classifier by --classifier", c.Name)
	case err != nil:
		return fmt.Errorf("judges samples by their classes: %w", err)
	case c.model.Conditional():
		return nil
	}
	for _, class := range labels.Classes {
		if _, err := c.References.Of().ClassNumber(class.Name); err != nil {
			return fmt.Errorf("judges samples by their classes, and those of the classifier that guides %s are not all among the data's: %w", c.Name, err)
		}
	}
	return nil
}

// nameClasses gives the classes of a file of samples the numbers of the data's, by their names
// where the file has them, and else takes their numbers for those.
// They may be of other data's classes: then they are left out, unless what judges by them is asked
// for.
func (c *Comparison) nameClasses() error {
	if c.samples.Class == nil {
		return nil
	}
	judged := c.PerClass || slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.About().Classed })
	wrong := c.foreignClass()
	switch {
	case !judged:
		c.samples.Class, c.samples.Classes = nil, nil
		c.note(labelsName + ", the classes of the samples, is left out: nothing that is asked for judges by classes")
	case wrong == nil && c.samples.Classes != nil:
		numbers := make([]int, c.samples.N)
		for i, k := range c.samples.Class {
			numbers[i] = c.numberOf(k)
		}
		c.samples.Class, c.samples.Classes = numbers, c.References.Of().Classes
	case wrong == nil:
		c.samples.Classes = c.References.Of().Classes
		c.note(fmt.Sprintf("%s numbers classes as the data that are compared with do, sorted by name: %s", labelsName, firstNames(c.samples)))
	case c.PerClass || !c.Fitting:
		return wrong
	default:
		c.samples.Class, c.samples.Classes = nil, nil
		c.note(fmt.Sprintf("%v; what judges by classes is left out", wrong))
	}
	return nil
}

// foreignClass is an error if the samples of a file have a class that the data do not.
func (c *Comparison) foreignClass() error {
	n := len(c.References.Of().Classes)
	for i, k := range c.samples.Class {
		switch {
		case k < 0:
		case c.samples.Classes != nil:
			if _, err := c.References.Of().ClassNumber(c.samples.className(k)); err != nil {
				return fmt.Errorf("%s: %s[%d], of the data that are compared with: %w; name the data of these classes, or choose them by --data-class", c.Name, labelsName, i, err)
			}
		case k >= n:
			return fmt.Errorf("%s: %s[%d] is %d, and the data that are compared with have %d classes; name the data of these classes, or choose them by --data-class", c.Name, labelsName, i, k, n)
		}
	}
	return nil
}

// numberOf is the number that the data have for a class of the samples; -1 of none.
func (c *Comparison) numberOf(k int) int {
	if k < 0 {
		return k
	}
	number, _ := c.References.Of().ClassNumber(c.samples.className(k))
	return number
}

// firstNames are the first classes with their numbers.
func firstNames(m Images) (text string) {
	const shown = 12
	for k, class := range m.Classes {
		if k == shown {
			return text + ", .."
		}
		if k > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", k, class.Name)
	}
	return text
}
