package score

import (
	"fmt"
	"math"
)

// A Rate is a share of a number of cases, with its 95% interval by Wilson's score (Wilson 1927):
// the probabilities p for which
//
//	|Hits/Of - p| <= z sqrt(p (1-p)/Of),   z = 1.96
//
// It stays within [0,1], and has a width at 0 and at 1 too.
type Rate struct {
	Hits  int     `json:"hits"`
	Of    int     `json:"of"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// z is the 97.5% quantile of the standard normal law.
var z = math.Sqrt2 * math.Erfinv(0.95)

// NewRate returns the rate of hits among a number of cases, at least one.
func NewRate(hits, of int) (Rate, error) {
	if of < 1 || hits < 0 || hits > of {
		return Rate{}, fmt.Errorf("score: rate of %d of %d: expected at least one case, and at most as many hits", hits, of)
	}
	n, p := float64(of), float64(hits)/float64(of)
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	r := Rate{hits, of, p, max(0, mid-half), min(1, mid+half)}
	if hits == 0 { // what rounding leaves
		r.Low = 0
	}
	if hits == of {
		r.High = 1
	}
	return r, nil
}

// FlipRate returns how many samples a classifier takes for the classes asked for: of whose
// probabilities, a row for each sample, the target's is larger than that of every other class.
func FlipRate(probabilities [][]float64, target []int) (Rate, error) {
	if err := checkProbabilities(probabilities, len(target), target); err != nil {
		return Rate{}, fmt.Errorf("score: flip rate: %w", err)
	}
	flipped := 0
	for n, row := range probabilities {
		if flips(row, target[n]) {
			flipped++
		}
	}
	return NewRate(flipped, len(target))
}

// flips says whether a class is more probable than every other.
func flips(row []float64, class int) bool {
	for y, p := range row {
		if y != class && p >= row[class] {
			return false
		}
	}
	return true
}

// checkProbabilities is nil if there are probabilities of n samples, at least one, of as many
// classes each, and the classes named are among them.
func checkProbabilities(rows [][]float64, n int, classes ...[]int) error {
	if len(rows) != n || n == 0 {
		return fmt.Errorf("probabilities of %d samples: expected those of %d, and at least one", len(rows), n)
	}
	for i, row := range rows {
		if len(row) != len(rows[0]) || len(row) < 2 {
			return fmt.Errorf("probabilities of sample %d: of %d classes, those of sample 0 of %d: expected as many, at least 2", i, len(row), len(rows[0]))
		}
		for y, p := range row {
			if !(p >= 0 && p <= 1+1e-5) { // what float32 rounds
				return fmt.Errorf("probability of class %d of sample %d is %v: expected one from 0 to 1 (not its logarithm)", y, i, p)
			}
		}
		for _, c := range classes {
			if c[i] < 0 || c[i] >= len(row) {
				return fmt.Errorf("sample %d: class %d: the classifier knows 0 to %d", i, c[i], len(row)-1)
			}
		}
	}
	return nil
}
