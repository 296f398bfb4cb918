// Package score says how good enhanced speech is beside the clean one: SI-SDR and ESTOI, and means
// of many recordings with their intervals.
//
//	dB, err := score.SISDR(clean, enhanced)
//	share, err := score.ESTOI(clean, enhanced, rate)
//	mean, err := score.Mean(values, score.Bootstrap{Seed: 1})
package score

import (
	"errors"
	"fmt"
	"math"
)

// ErrUndefined is what errors of numbers that recordings do not have wrap: a silent one, one that
// is too short.
var ErrUndefined = errors.New("is not defined")

// check reports recordings that cannot be compared.
func check(name string, clean, other []float64) error {
	if len(clean) != len(other) {
		return fmt.Errorf("score: %s of recordings of %d and of %d samples: expected as many", name, len(clean), len(other))
	}
	for k, x := range [][]float64{clean, other} {
		for i, v := range x {
			if !(math.Abs(v) <= maxValue) {
				return fmt.Errorf("score: %s: sample %d of the %s recording is %v: expected a finite number of at most %v", name, i, []string{"clean", "other"}[k], v, float64(maxValue))
			}
		}
	}
	return nil
}

// maxValue is what a sample may be at most: the sum of its squares is finite.
const maxValue = 1e30
