package score

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Probabilities returns p(y | x) of every class y, a row for each sample of x, which it must
// neither change nor keep.
type Probabilities func(ctx context.Context, x [][]float64) ([][]float64, error)

// A Transition is how a classifier changes its mind while the pixels of a sample are swapped for
// those of its counterfactual.
type Transition struct {
	// Source and Target are the probabilities of the class that the sample had and of the one asked
	// for, from none of the pixels to all of them, at even steps.
	Source []float64 `json:"source"`
	Target []float64 `json:"target"`
}

// COUT is the area below the curve of the target class less that below the source's,
//
//	1/T sum_t (f(x_t) + f(x_t+1))/2   of f = p_target, less that of f = p_source
//
// in [-1,1] (counterfactual transition; Khorram and Fuxin 2022, arXiv:2203.15064): near 1 where the
// pixels that changed most are the ones by which the classifier decides, and the others would not
// have had to change.
func (t Transition) COUT() float64 { return area(t.Target) - area(t.Source) }

// area is the mean of a curve of straight lines between even steps.
func area(curve []float64) (sum float64) {
	for i, v := range curve[1:] {
		sum += (curve[i] + v) / 2
	}
	return sum / float64(len(curve)-1)
}

// MeanCOUT is the mean of transitions' COUT, of none 0.
func MeanCOUT(all []Transition) (mean float64) {
	for _, t := range all {
		mean += t.COUT() / float64(len(all))
	}
	return mean
}

// Swap says how [Transitions] go.
type Swap struct {
	Channels int // of a pixel
	Steps    int // 0: 50; at most one for each pixel
}

// Transitions swaps the pixels of samples x, of classes source, for those of the counterfactuals
// to, which were to be of classes target, and asks the classifier at each step. The pixels that
// changed most, by the sum of |x' - x| over their channels, go first; of equal ones those that come
// first. Step t of T has the first tP/T of P pixels swapped, rounded: the authors' code rounds P/T
// down, and counts a shorter last step as a whole one. The classifier is called T+1 times, each
// time with all samples.
func Transitions(ctx context.Context, classify Probabilities, x, to [][]float64, source, target []int, s Swap) ([]Transition, error) {
	all, err := s.transitions(ctx, classify, x, to, source, target)
	if err != nil {
		return nil, fmt.Errorf("score: transitions: %w", err)
	}
	return all, nil
}

func (s Swap) transitions(ctx context.Context, classify Probabilities, x, to [][]float64, source, target []int) ([]Transition, error) {
	if err := checkPairs(x, to, s.Channels); err != nil {
		return nil, err
	}
	switch {
	case len(source) != len(x) || len(target) != len(x):
		return nil, fmt.Errorf("%d samples, %d source and %d target classes: expected as many", len(x), len(source), len(target))
	case s.Steps < 0:
		return nil, fmt.Errorf("%d steps: expected at least 1, or 0 for 50", s.Steps)
	case classify == nil:
		return nil, errors.New("no classifier")
	}
	pixels := len(x[0]) / s.Channels
	steps := min(cmp.Or(s.Steps, 50), pixels)
	all, now, order := make([]Transition, len(x)), make([][]float64, len(x)), make([][]int, len(x))
	for n := range x {
		now[n], order[n] = slices.Clone(x[n]), s.order(x[n], to[n])
	}
	for t, swapped := 0, 0; t <= steps; t++ {
		until := int(math.Round(float64(t) * float64(pixels) / float64(steps)))
		for n := range now {
			s.swap(now[n], to[n], order[n][swapped:until])
		}
		swapped = until
		p, err := classify(ctx, now)
		if err == nil {
			err = checkProbabilities(p, len(x), source, target)
		}
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", t, err)
		}
		for n := range all {
			all[n].Source = append(all[n].Source, p[n][source[n]])
			all[n].Target = append(all[n].Target, p[n][target[n]])
		}
	}
	return all, nil
}

// order returns the pixels, those first that changed most.
func (s Swap) order(x, to []float64) []int {
	order, change := make([]int, len(x)/s.Channels), make([]float64, len(x)/s.Channels)
	for p := range order {
		order[p] = p
		for i := p * s.Channels; i < (p+1)*s.Channels; i++ {
			change[p] += math.Abs(to[i] - x[i])
		}
	}
	slices.SortStableFunc(order, func(p, q int) int { return cmp.Compare(change[q], change[p]) })
	return order
}

// swap gives x the pixels of to.
func (s Swap) swap(x, to []float64, pixels []int) {
	for _, p := range pixels {
		copy(x[p*s.Channels:(p+1)*s.Channels], to[p*s.Channels:])
	}
}
