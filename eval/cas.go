package eval

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/table"
)

var cas = Plain{Base{Info: table.Info{Name: "cas", Text: "accuracy on held-out data of a classifier that learned from the samples, beside one that learned from as many real ones"},
	Classed: true, Costly: true, Whole: true}, measureCAS}

// measureCAS is the classification accuracy score (Ravuri & Vinyals 2019, arXiv:1905.10887). The
// column of real data has what as many training images teach.
func measureCAS(ctx context.Context, c *Case) ([]Value, error) {
	teach := c.evaluation.Teacher
	switch {
	case teach == nil:
		return nil, fmt.Errorf("%w: nothing learns classes; give Evaluation a Teacher", ErrUnfit)
	case c.HeldOut == nil:
		return nil, fmt.Errorf("%w: there is nothing held out to test a classifier on", ErrUnfit)
	case c.Reference != c.HeldOut:
		return nil, nil
	}
	label, err := teach(ctx, c.Samples.Images)
	if err != nil {
		return nil, err
	}
	share, se, err := label.Agreement(ctx, c.Reference.Images)
	return []Value{{Name: "cas", X: share, Error: se, Better: More}}, err
}
