package score

import (
	"fmt"
	"math"
)

// Elsewhere returns by how much the probabilities of each sample changed otherwise than from its
// source class to the target: the total variation between both laws, of which those two count as
// one class,
//
//	1/2 (|q - q'| + sum_y |p(y) - p'(y)|),   q = p(source) + p(target), y the other classes
//
// in [0,1]: 0 where what the one class lost the other has, 1 where all went to classes that nobody
// asked for. A source of -1 is a class that the classifier does not know.
func Elsewhere(before, after [][]float64, source, target []int) ([]float64, error) {
	known := make([]int, len(source))
	for n, k := range source {
		known[n] = max(k, 0)
	}
	for _, rows := range [][][]float64{before, after} {
		if err := checkProbabilities(rows, len(target), known, target); err != nil {
			return nil, fmt.Errorf("score: elsewhere: %w", err)
		}
	}
	if len(before[0]) != len(after[0]) {
		return nil, fmt.Errorf("score: elsewhere: %d classes before and %d after: expected as many", len(before[0]), len(after[0]))
	}
	all := make([]float64, len(before))
	for n, p := range before {
		merged := 0.
		for y := range p {
			switch d := after[n][y] - p[y]; {
			case y == target[n] || y == source[n]:
				merged += d
			default:
				all[n] += math.Abs(d) / 2
			}
		}
		all[n] += math.Abs(merged) / 2
	}
	return all, nil
}
