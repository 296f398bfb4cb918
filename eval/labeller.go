package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/kind"
)

// A Labeller returns the name of the class that each image is of: a [Classifier] that learned it,
// [Neighbours], or Bayes' rule of a law that is known.
type Labeller func(ctx context.Context, m Images) ([]string, error)

// A Teacher returns the Labeller that learns the classes of the images.
type Teacher func(ctx context.Context, m Images) (Labeller, error)

// neighbours is how many of them vote.
const neighbours = 15

// Neighbours is the Labeller of the most frequent class among the 15 nearest of the given samples
// that have one, the nearest counting where two are as frequent: by the distance of values, each
// divided by its deviation over the samples (Cover & Hart 1967, doi:10.1109/TIT.1967.1053964). It
// is what judges points, of which at least two classes must occur.
func Neighbours(m Images) (Labeller, error) {
	index := classIndex(m.Class)
	if len(index) < 2 {
		return nil, ErrNoClasses
	}
	known := m.Take(where(m, func(k int) bool { return k >= 0 }))
	rows, scale := known.Rows(), known.Rows().deviations()
	return func(ctx context.Context, x Images) ([]string, error) {
		if err := x.Comparable(m.Kind); err != nil {
			return nil, fmt.Errorf("eval: %w", err)
		}
		labels := make([]string, x.N)
		eachDistance(ctx, x.Rows().over(scale), rows.over(scale), func(i int, d []float64) {
			labels[i] = known.className(vote(d, known.Class))
		})
		return labels, ctx.Err()
	}, nil
}

// vote is the most frequent class of the nearest.
func vote(squared []float64, class []int) (winner int) {
	order := make([]int, 0, neighbours+1) // the nearest so far, in order
	for j, d := range squared {
		at := len(order)
		for at > 0 && d < squared[order[at-1]] {
			at--
		}
		if at == neighbours {
			continue
		}
		order = slices.Insert(order, at, j)
		order = order[:min(len(order), neighbours)]
	}
	votes := map[int]int{}
	for _, j := range order {
		votes[class[j]]++
	}
	winner = class[order[0]]
	for _, j := range order {
		if votes[class[j]] > votes[winner] {
			winner = class[j]
		}
	}
	return winner
}

// deviations are those of each column; 1 of one that does not vary.
func (r Rows) deviations() []float64 {
	out := make([]float64, r.D)
	centred := r.minus(r.means())
	for i := range r.N {
		for j, v := range centred.Row(i) {
			out[j] += v * v / float64(r.N)
		}
	}
	for j, v := range out {
		if out[j] = math.Sqrt(v); v == 0 {
			out[j] = 1
		}
	}
	return out
}

// over returns the rows with each column divided by its scale.
func (r Rows) over(scale []float64) Rows {
	out := NewRows(r.N, r.D)
	for i := range r.N {
		dst := out.Row(i)
		for j, v := range r.Row(i) {
			dst[j] = v / scale[j]
		}
	}
	return out
}

// where are the places of the images whose class is one that f holds for.
func where(m Images, f func(class int) bool) (at []int) {
	for i, k := range m.Class {
		if f(k) {
			at = append(at, i)
		}
	}
	return at
}

// className is the name of a class of the images by its number.
func (m Images) className(k int) string {
	if k < 0 || k >= len(m.Classes) {
		return ""
	}
	return m.Classes[k].Name
}

// placesOf are the places of the images of the class of that name.
func (m Images) placesOf(name string) []int {
	number := slices.IndexFunc(m.Classes, func(c kind.Class) bool { return c.Name == name })
	if number < 0 {
		return nil
	}
	return where(m, func(k int) bool { return k == number })
}

// errNoLabels says that none of the images have a class.
var errNoLabels = errors.New("none of them are of a class")

// Agreement returns the share of the images that have a class in which the Labeller finds it, with
// its standard error.
func (label Labeller) Agreement(ctx context.Context, m Images) (share, standardError float64, err error) {
	known := m.Take(where(m, func(k int) bool { return k >= 0 }))
	if known.N == 0 {
		return 0, 0, fmt.Errorf("%w: %w", ErrUnfit, errNoLabels)
	}
	found, err := label(ctx, known)
	if err != nil {
		return 0, 0, err
	}
	for i, name := range found {
		if name == known.className(known.Class[i]) {
			share++
		}
	}
	n := float64(known.N)
	share /= n
	return share, math.Sqrt(share * (1 - share) / n), nil
}
