package score

import (
	"errors"
	"fmt"
	"math"
)

// A Change is how far a sample went.
type Change struct {
	L1     float64 `json:"l1"`     // sum |x' - x| over its numbers
	L2     float64 `json:"l2"`     // sqrt(sum (x' - x)^2)
	Pixels float64 `json:"pixels"` // the share of its pixels of which a channel changed by more than the threshold
}

// Changes returns how far each of the samples x went to become those of to. A pixel has so many
// channels; threshold is in the numbers' unit, and at least 0.
func Changes(x, to [][]float64, channels int, threshold float64) ([]Change, error) {
	err := checkPairs(x, to, channels)
	if err == nil && !(threshold >= 0) {
		err = fmt.Errorf("threshold %v: expected at least 0", threshold)
	}
	if err != nil {
		return nil, fmt.Errorf("score: changes: %w", err)
	}
	all := make([]Change, len(x))
	for n := range x {
		all[n] = changeOf(x[n], to[n], channels, threshold)
	}
	return all, nil
}

func changeOf(x, to []float64, channels int, threshold float64) (c Change) {
	for p := 0; p < len(x); p += channels {
		most := 0.0
		for i := p; i < p+channels; i++ {
			d := math.Abs(to[i] - x[i])
			c.L1 += d
			c.L2 = math.Hypot(c.L2, d)
			most = max(most, d)
		}
		if most > threshold {
			c.Pixels += float64(channels) / float64(len(x))
		}
	}
	return c
}

// checkPairs is nil if x and to are finite samples of the same sizes, at least one.
func checkPairs(x, to [][]float64, channels int) error {
	if len(x) != len(to) || len(x) == 0 {
		return fmt.Errorf("%d samples and %d counterfactuals: expected as many, at least one", len(x), len(to))
	}
	for n := range x {
		if len(x[n]) != len(to[n]) || len(x[n]) != len(x[0]) || len(x[n]) == 0 || channels < 1 || len(x[n])%channels != 0 {
			return fmt.Errorf("sample %d: of %d numbers, its counterfactual of %d, sample 0 of %d: expected as many, pixels of %d channels", n, len(x[n]), len(to[n]), len(x[0]), channels)
		}
		if err := errors.Join(checkFinite(x[n]), checkFinite(to[n])); err != nil {
			return fmt.Errorf("sample %d: %w", n, err)
		}
	}
	return nil
}

func checkFinite(x []float64) error {
	for i, v := range x {
		if v-v != 0 {
			return fmt.Errorf("number %d is %v: expected a finite one", i, v)
		}
	}
	return nil
}

// Diversity returns the mean distance, sqrt(sum (x - y)^2), between each two of the counterfactuals
// of one sample by several seeds, at least 2. It is 0 where the seed changes nothing.
func Diversity(draws [][]float64) (float64, error) {
	err := checkPairs(draws, draws, 1)
	if err == nil && len(draws) < 2 {
		err = errors.New("one draw: expected at least 2")
	}
	if err != nil {
		return 0, fmt.Errorf("score: diversity: %w", err)
	}
	sum := 0.0
	for i := range draws {
		for j := range i {
			sum += changeOf(draws[i], draws[j], 1, 0).L2
		}
	}
	return sum / float64(len(draws)*(len(draws)-1)/2), nil
}
