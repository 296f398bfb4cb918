package counterfactual

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// A Search is how the scale of each sample is found: First, doubled until the classifier takes the
// sample for its target with a probability of at least Confidence, at most Doublings times; then
// the interval between that scale and the one before, 0 before First, is halved Halvings times. So
// the scale that is found is above the least one by at most 2^-Halvings of that interval, where a
// larger scale never undoes what a smaller one does.
type Search struct {
	First      float64 `flag:"first-scale" range:"(0,1e6]" help:"the scale that is tried first"`
	Doublings  int     `flag:"doublings" range:"[0,30]" help:"how often the scale is doubled, at most, until the class changes"`
	Halvings   int     `flag:"halvings" range:"[0,30]" help:"how often the interval is halved in which it did"`
	Confidence float64 `flag:"confidence" range:"[0,1)" help:"the probability of the target that is asked for" zero:"more than every other class has"`
}

// DefaultSearch tries scales up to 1024 until the classifier is sure.
var DefaultSearch = Search{First: 1, Doublings: 10, Halvings: 4, Confidence: 0.998}

// An Explanation is what must change in the data for the classifier to take them for their targets.
type Explanation[X any] struct {
	// X is, of each sample, the change at the least scale that was found to do; where none did, the
	// one that the classifier is surest of among those that it takes for the target, and where it
	// takes none the change at the largest scale that was tried.
	X    X
	Mask [][]bool // the pixels [H,W] of each outside of which X is the data, exactly
	// Scale is that of X. It is 0 of a sample that the classifier took for its target before, which
	// is left as it is.
	Scale []float64
	// Flipped says whether the classifier takes X for its target, and took the data for another
	// class. Where not, and Scale is not 0, the search failed.
	Flipped       []bool
	Before, After [][]float64 // p(y | x) of every class, of the data and of X
	Calls         []int       // of the model, in all trials of each sample
}

// Explain searches the counterfactuals of a problem's data by a method. Each sample has a scale of
// its own, and the same noise whatever the scale, so that what comes of it depends on no other
// sample of the batch: unless the solver's steps are those of all (see sample.Habits.Joint), or a
// walk fails, such as one that diverges, which ends the search of all.
func Explain[X any](ctx context.Context, m Method[X], p Problem[X], s Search) (e Explanation[X], err error) {
	if err := check(&s); err != nil {
		return e, fmt.Errorf("counterfactual: %w", err)
	}
	w := &walk[X]{Problem: p, scale: make([]float64, len(p.Target))}
	if err = w.open(); err == nil {
		err = w.fits()
	}
	if err != nil {
		return e, fmt.Errorf("counterfactual: %w", err)
	}
	if e.Before, err = p.probabilities(ctx, p.X, len(w.data)); err != nil {
		return e, err
	}
	seeks, err := p.seeks(w, e.Before, s)
	if err != nil {
		return e, err
	}
	for slices.ContainsFunc(seeks, func(k *seek) bool { return !k.done }) {
		if err := p.try(ctx, m, w, seeks); err != nil {
			return e, err
		}
	}
	return p.explained(w, seeks, e), nil
}

// try makes a trial of all samples, of which those whose search is over take no notice.
func (p Problem[X]) try(ctx context.Context, m Method[X], w *walk[X], seeks []*seek) error {
	scale := make([]float64, len(seeks))
	for n, k := range seeks {
		scale[n] = k.scale()
	}
	t, err := m.Try(ctx, p, scale)
	if err != nil {
		return err
	}
	after, err := p.probabilities(ctx, t.X, len(seeks))
	if err != nil {
		return err
	}
	for n, x := range w.space.Rows(t.X) {
		seeks[n].take(found{x, t.Mask[n], scale[n], after[n]}, t.Calls)
	}
	return nil
}

// explained gathers what was found.
func (p Problem[X]) explained(w *walk[X], seeks []*seek, e Explanation[X]) Explanation[X] {
	var rows [][]float64
	for _, k := range seeks {
		rows = append(rows, k.best.x)
		e.Mask, e.Scale, e.After = append(e.Mask, k.best.mask), append(e.Scale, k.best.scale), append(e.After, k.best.after)
		e.Flipped, e.Calls = append(e.Flipped, k.calls > 0 && takenFor(k.best.after, k.target)), append(e.Calls, k.calls)
	}
	e.X = w.rows(rows)
	return e
}

// probabilities are those of every class of n samples.
func (p Problem[X]) probabilities(ctx context.Context, x X, n int) ([][]float64, error) {
	logs, err := p.Classifier.LogProbabilities(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("counterfactual: the classifier: %w", err)
	}
	if len(logs) != n {
		return nil, fmt.Errorf("counterfactual: the classifier: probabilities of %d samples: expected those of %d", len(logs), n)
	}
	all := make([][]float64, n)
	for i, row := range logs {
		for k, l := range row {
			if math.IsNaN(l) {
				return nil, fmt.Errorf("counterfactual: the classifier: the probability of class %d of sample %d is no number", k, i)
			}
			all[i] = append(all[i], math.Exp(l))
		}
	}
	return all, nil
}

// seeks are the searches of all samples.
func (p Problem[X]) seeks(w *walk[X], before [][]float64, s Search) ([]*seek, error) {
	all := make([]*seek, len(before))
	for n, row := range before {
		y := p.Target[n]
		if y < 0 || y >= len(row) {
			return nil, fmt.Errorf("counterfactual: target %d of sample %d: the classifier knows 0 to %d", y, n, len(row)-1)
		}
		k := &seek{search: s, target: y, done: takenFor(row, y)}
		k.best = found{w.data[n], whole(p.Shape, 1)[0], 0, row}
		all[n] = k
	}
	return all, nil
}

// takenFor says whether no other class is as probable as y.
func takenFor(p []float64, y int) bool {
	for k, v := range p {
		if k != y && !(v < p[y]) {
			return false
		}
	}
	return true
}

// found is what a trial made of a sample.
type found struct {
	x     []float64
	mask  []bool
	scale float64
	after []float64
}

// A seek is the search of one sample.
type seek struct {
	search          Search
	target          int
	lo, hi          float64 // a scale that did not do, and one that did; 0: none yet
	doubled, halved int
	calls           int
	met, done       bool // a scale did; the search is over
	best            found
}

// scale is the one that is to be tried.
func (k *seek) scale() float64 {
	switch {
	case k.done:
		return k.best.scale
	case k.met:
		return k.lo + (k.hi-k.lo)/2
	}
	return math.Ldexp(k.search.First, k.doubled)
}

// take takes what a trial at that scale made.
func (k *seek) take(f found, calls int) {
	if k.done {
		return
	}
	k.calls += calls
	does := takenFor(f.after, k.target) && f.after[k.target] >= k.search.Confidence
	switch {
	case k.met:
		k.halved++
	case !does:
		k.doubled++
	}
	if does || !k.met && k.nearer(f) {
		k.best = f
	}
	if does {
		k.hi, k.met = f.scale, true
	} else {
		k.lo = f.scale
	}
	k.done = k.met && k.halved == k.search.Halvings || !k.met && k.doubled > k.search.Doublings
}

// nearer says whether what does not do, at a larger scale than the best so far, is to be preferred
// to that.
func (k *seek) nearer(f found) bool {
	return !takenFor(k.best.after, k.target) || takenFor(f.after, k.target) && f.after[k.target] > k.best.after[k.target]
}
