package score

import (
	"errors"
	"fmt"
	"slices"
)

// FalsePositiveThreshold returns the lowest threshold that marks at most a share of the numbers of
// maps: of the maps of normal images that are kept for this, it is the threshold of a
// false-positive rate of pixels; of one list of their scores, of images. It is one of the numbers;
// with share 0 it is the largest. The share is in [0, 1).
func FalsePositiveThreshold(share float64, maps ...[]float32) (float64, error) {
	n, err := checkMaps(maps)
	switch {
	case err != nil:
		return 0, fmt.Errorf("score: threshold of a false-positive rate: %w", err)
	case !(share >= 0 && share < 1):
		return 0, fmt.Errorf("score: threshold of a false-positive rate: share %v: expected at least 0 and below 1", share)
	}
	return float64(nthLargest(int(share*float64(n)), maps)), nil
}

// checkMaps returns how many numbers the maps have, at least one and all finite.
func checkMaps(maps [][]float32) (n int, err error) {
	for i, m := range maps {
		if err := checkFinite(m); err != nil {
			return 0, fmt.Errorf("map %d: %w", i, err)
		}
		n += len(m)
	}
	if n == 0 {
		return 0, errors.New("the maps have no numbers")
	}
	return n, nil
}

// Otsu returns the threshold that parts the numbers of maps into two classes whose means are
// furthest apart, in that
//
//	n0 n1 (mean1 - mean0)^2
//
// is largest, n0 and n1 being the sizes of the classes (Otsu 1979, "A threshold selection method
// from gray-level histograms"). All thresholds are tried, not those of a histogram's bins. The
// threshold is the largest number of the lower class, of several the lowest. It needs no masks, and
// marks something in every map: of normal ones, what is normal. Maps of one number over and over
// have no such threshold.
func Otsu(maps ...[]float32) (float64, error) {
	n, err := checkMaps(maps)
	if err != nil {
		return 0, fmt.Errorf("score: Otsu's threshold: %w", err)
	}
	sorted := slices.Concat(maps...)
	slices.Sort(sorted)
	mean := 0.0
	for _, v := range sorted {
		mean += float64(v) / float64(n)
	}
	best, at, sum := 0.0, -1, 0.0 // sum of the lower class, of numbers less their mean
	for i, v := range sorted[:n-1] {
		sum += float64(v) - mean
		if v == sorted[i+1] {
			continue
		}
		// n0 n1 (m1 - m0)^2 = (n sum0)^2/(n0 n1), since sum1 = -sum0.
		if between := sum * sum / (float64(i+1) * float64(n-i-1)); between > best {
			best, at = between, i
		}
	}
	if at < 0 {
		return 0, fmt.Errorf("score: Otsu's threshold: %w: all %d numbers are %v", ErrUndefined, n, sorted[0])
	}
	return float64(sorted[at]), nil
}
