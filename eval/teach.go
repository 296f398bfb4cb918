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

// nameClasses gives the classes of a file of samples, which are numbers, the names of the data's.
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
		c.samples.Class = nil
		c.note(labelsName + ", the classes of the samples, is left out: nothing that is asked for judges by classes")
	case wrong == nil:
		c.samples.Classes = c.References.Of().Classes
		c.note(fmt.Sprintf("%s numbers classes as the data that are compared with do, sorted by name: %s", labelsName, firstNames(c.samples)))
	case c.PerClass || !c.Fitting:
		return wrong
	default:
		c.samples.Class = nil
		c.note(fmt.Sprintf("%v; what judges by classes is left out", wrong))
	}
	return nil
}

// foreignClass is an error if the samples of a file have a class that the data do not.
func (c *Comparison) foreignClass() error {
	n := len(c.References.Of().Classes)
	for i, k := range c.samples.Class {
		if k >= n {
			return fmt.Errorf("%s: %s[%d] is %d, and the data that are compared with have %d classes; name the data of these classes, or choose them by --data-class", c.Name, labelsName, i, k, n)
		}
	}
	return nil
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
