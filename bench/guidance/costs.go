package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/model"
)

// costs are what a sample costs with each guide.
type costs struct {
	rounds, n        int
	classifier, weak string
}

// A way is how samples are drawn.
type way struct {
	name   string
	guides []model.Guide
	spent  []float64 // seconds a sample
}

// ways are the guides whose models are there, first none.
func (c costs) ways() []*way {
	const gamma = 2
	free := func(s guide.Strength) []model.Guide {
		s.Guidance = gamma
		return []model.Guide{&guide.ClassifierFreeGuide[*tensors.Tensor]{Strength: s}}
	}
	all := []*way{
		{name: "none"},
		{name: "classifier-free", guides: free(guide.Strength{})},
		{name: "interval 0.3:5", guides: free(guide.Strength{Interval: guide.Levels{Lo: 0.3, Hi: 5}})},
		{name: "apg", guides: free(guide.Strength{APG: true})},
	}
	if c.weak != "" {
		all = append(all, &way{name: "autoguidance", guides: []model.Guide{&guide.AutoGuide[*tensors.Tensor]{Weak: c.weak, Strength: guide.Strength{Guidance: gamma}}}})
	}
	if c.classifier != "" {
		all = append(all, &way{name: "classifier", guides: []model.Guide{&guide.ClassifierGuide[*tensors.Tensor]{Classifier: c.classifier, Scale: gamma - 1}}})
	}
	return all
}

// print measures all in turn in each round, and prints seconds a sample and the ratio to none.
func (c costs) print(ctx context.Context, m *model.Loaded) error {
	all := c.ways()
	for round := -1; round < c.rounds; round++ { // the one before the first also compiles
		for _, w := range all {
			began := time.Now()
			if _, err := m.Sample(ctx, model.Options{N: c.n, Batch: c.n, Seed: uint64(round + 1), Guides: w.guides}); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if round >= 0 {
				w.spent = append(w.spent, time.Since(began).Seconds()/float64(c.n))
			}
		}
	}
	o := m.Filled(model.Options{})
	fmt.Println(report.Machine())
	fmt.Printf("%s, %d steps, one batch of %d, %d rounds in turn\n\n", o.Sampler(), o.Steps, c.n, c.rounds)
	fmt.Print("| guide | min s a sample | median s a sample | median over that of none |\n|---|---|---|---|\n")
	for _, w := range all {
		fmt.Printf("| %s | %.4f | %.4f | %.2f |\n", w.name, slices.Min(w.spent), median(w.spent), median(w.spent)/median(all[0].spent))
	}
	return nil
}

// median is that of v, of two in the middle the upper one.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
