package eval

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/classifier"
)

// LoadClassifier loads the classifier of images that a run learned (`reverie train --arch
// classifier`), with its averaged weights where there are any. One of noised images is refused: it
// may have guided what it would judge.
func LoadClassifier(e *engine.Engine, path string) (*Classifier, error) {
	k, err := model.LoadClassifier(e, path, false)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	network, ok := k.Net.(*classifier.Model)
	switch {
	case !ok || !k.Kind.Pictorial():
		return nil, fmt.Errorf("%s is a classifier of %s: a judge is one of images", k.Found.Model, k.Kind.Noun(2))
	case k.Process != nil:
		return nil, fmt.Errorf("%s knows noised %s, to guide with: a judge is one that never guides, trained by --arch classifier without --noised", k.Found.Model, k.Kind.Noun(2))
	}
	c, err := newClassifier(e, network, k.Weights)
	if err != nil {
		return nil, err
	}
	k.Weights = nil // they are c's
	c.names, c.run = k.Kind.ClassNames(), k.Found.Model
	return c, nil
}

// judges is nil if a classifier that was loaded knows samples of a kind, and all their classes.
func (c *Classifier) judges(k kind.Kind) error {
	if err := c.Net.Kind().Interchangeable(k); err != nil {
		return fmt.Errorf("%s is of other images: %w", c.run, err)
	}
	for _, class := range k.ClassNames() {
		if !slices.Contains(c.names, class) {
			return fmt.Errorf("%s lacks the class %s: give one that learned the classes of the data", c.run, class)
		}
	}
	return nil
}
