package eval

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/table"
)

var accuracy = Plain{Base{Info: table.Info{Name: "accuracy", Text: "share of samples whose class an independent classifier finds, beside that of held-out images"}, Classed: true, Reads: []string{"judge"}}, measureAccuracy}

// measureAccuracy tells the share once, for it is of no reference: in the first column that there
// is. In that of real data it is of the held-out ones, since the classifier learned the others.
func measureAccuracy(ctx context.Context, c *Case) ([]Value, error) {
	label := c.evaluation.Labeller
	if label == nil {
		return nil, fmt.Errorf("%w: nothing says of which class samples are; give Evaluation a Labeller", ErrUnfit)
	}
	judged := c.Samples
	switch {
	case c.Real:
		judged = c.Reference
	case c.Reference == c.Training && c.HeldOut != nil:
		return nil, nil
	}
	share, se, err := label.Agreement(ctx, judged.Images)
	return []Value{{Name: "accuracy", X: share, Error: se, Better: More}}, err
}
