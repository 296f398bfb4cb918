package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Scores are the metrics that Score takes: those that need no network.
var Scores = []string{"swd", "mmd", "w2"}

// Score is the one number, lower being better, by which a metric ranks samples
// against a reference: of swd the mean over the levels.
func Score(ctx context.Context, metric string, samples, reference Images, seed uint64) (float64, error) {
	list, err := Choose(Metrics(), []string{metric}, samples.Kind)
	if err != nil {
		return 0, err
	}
	if !slices.Contains(Scores, metric) {
		return 0, fmt.Errorf("metric %q ranks no samples; choose of %s", metric, strings.Join(Scores, ", "))
	}
	if err := sameSize(samples, reference); err != nil {
		return 0, err
	}
	c := &Case{Samples: NewSet("samples", samples, ""), Reference: NewSet("reference", reference, ""), Seed: seed, evaluation: new(Evaluation)}
	values, err := list[0].Measure(ctx, c)
	if err != nil {
		return 0, err
	}
	return values[len(values)-1].X, nil // the mean comes after the levels
}
