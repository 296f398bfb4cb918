package eval

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// A Judge is what ranks the checkpoints of a run, a row of [Judges].
type Judge struct {
	table.Info
	Metric Metric // of samples, the last of whose numbers ranks them, less being better; nil: the validation loss
	// Least is the least side of images that it can be measured on.
	Least int
}

// JudgeBy makes a Judge of a metric of samples that needs no features.
func JudgeBy(m Metric) Judge { return Judge{Info: m.Row(), Metric: m} }

// Judges are what a run's best checkpoint may be kept by.
var Judges = table.New[Judge]("best", "judges", " of the best checkpoint",
	Judge{Info: table.Info{Name: "val", Text: "the loss on the held-out data"}},
	Judge{Info: swd.Info, Metric: swd, Least: patchSize}, JudgeBy(mmd), JudgeBy(w2))

// Suits is nil if the judge can rank samples of a kind, else says why not.
func (j Judge) Suits(k kind.Kind) error {
	if j.Metric == nil {
		return nil
	}
	if err := j.Metric.About().Subject.Fits(k); err != nil {
		return fmt.Errorf("%s %w", j.Name, err)
	}
	if k.Pictorial() && min(k.H, k.W) < j.Least {
		return fmt.Errorf("%s takes %s of at least %dx%d, and these are of %s", j.Name, k.Noun(2), j.Least, j.Least, k.Dims())
	}
	return nil
}

// Rank is the number by which a judge with a metric ranks samples against a reference.
func (j Judge) Rank(ctx context.Context, samples, reference Images, seed uint64) (float64, error) {
	if err := sameSize(samples, reference); err != nil {
		return 0, err
	}
	c := &Case{Samples: NewSet("samples", samples, ""), Reference: NewSet("reference", reference, ""), Seed: seed, evaluation: new(Evaluation)}
	values, err := j.Metric.Measure(ctx, c)
	if err != nil {
		return 0, err
	}
	if len(values) == 0 {
		return 0, fmt.Errorf("%s: there is nothing to measure it on", j.Name)
	}
	return values[len(values)-1].X, nil // of swd the mean, which comes after the levels
}
