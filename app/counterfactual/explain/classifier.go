package explain

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
)

// X are the batches that are explained.
type X = *tensors.Tensor

// A Classifier says of which class clean images are: an onnx.Classifier, or [Trained].
type Classifier interface {
	counterfactual.Classifier[X]
	Classes() []kind.Class // by their numbers
	Name() string
	Close()
}

// ErrNoised says that a classifier is of noised images.
var ErrNoised = errors.New("it knows noised images, to guide with: what is explained, or judges, is a classifier of clean ones, trained by --arch classifier without --noised")

// Trained is the Classifier that a run learned, which it takes over. One of noised images is
// refused, and one of no images.
func Trained(c *model.Classifier) (Classifier, error) {
	switch {
	case !c.Kind.Pictorial():
		return nil, fmt.Errorf("it is a classifier of %s: expected one of images", c.Kind.Noun(2))
	case c.Process != nil:
		return nil, ErrNoised
	}
	return trained{c}, nil
}

type trained struct{ *model.Classifier }

// Classes are those of the run.
func (c trained) Classes() []kind.Class { return c.Kind.Classes }

// Name is where it lies.
func (c trained) Name() string { return c.Found.Model }

// knows says whether it is a classifier of images of a kind.
func (c trained) knows(k kind.Kind) error { return k.Interchangeable(c.Kind) }

// LogProbabilities implements Classifier.
func (c trained) LogProbabilities(ctx context.Context, x X) (all [][]float64, err error) {
	y, err := c.Classifier.LogProbabilities(ctx, x, reverie.Clean)
	if err != nil {
		return nil, err
	}
	defer engine.Free(y)
	n := x.Shape().Dim(0)
	flat, err := tensors.CopyFlatData[float32](y)
	if err != nil {
		return nil, err
	}
	for i := range n {
		row := make([]float64, len(flat)/n)
		for k := range row {
			row[k] = float64(flat[i*len(row)+k])
		}
		all = append(all, row)
	}
	return all, nil
}

// Gradient implements Classifier.
func (c trained) Gradient(ctx context.Context, x X, class []int) (X, error) {
	return c.Classifier.Gradient(ctx, x, reverie.Clean, class)
}

// owned is a Classifier whose gradients are a space's, which gives them back.
type owned struct {
	Classifier
	space *engine.Recycler
}

// Gradient implements Classifier.
func (c owned) Gradient(ctx context.Context, x X, class []int) (X, error) {
	g, err := c.Classifier.Gradient(ctx, x, class)
	if err != nil {
		return nil, err
	}
	return c.space.Own(g), nil
}

// labels is the kind that has the classes of a classifier.
func labels(c Classifier) kind.Kind { return kind.Kind{}.Labelled(c.Classes()) }

// fits says whether a classifier knows images of a kind.
func fits(c Classifier, k kind.Kind) error {
	if by, ok := c.(interface{ knows(kind.Kind) error }); ok {
		if err := by.knows(k); err != nil {
			return fmt.Errorf("%s is of other images than the model: %w", c.Name(), err)
		}
	}
	return nil
}
