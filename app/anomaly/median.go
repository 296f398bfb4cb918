package anomaly

import (
	"slices"

	"github.com/reverie-go/reverie/edit"
)

// medians has of each number of a sample the median of those of its channel in a square around it,
// whose side is odd. Beyond its edges the sample is mirrored, the pixels at the edge not repeated.
func medians(row []float64, s edit.Shape, side int) []float64 {
	m, square := make([]float64, len(row)), make([]float64, side*side)
	for i := range m {
		y, x, c := i/(s.W*s.C), i/s.C%s.W, i%s.C
		for k := range square {
			v, u := mirrored(y+k/side-side/2, s.H), mirrored(x+k%side-side/2, s.W)
			square[k] = row[(v*s.W+u)*s.C+c]
		}
		slices.Sort(square)
		m[i] = square[len(square)/2]
	}
	return m
}

// mirrored is the pixel of a side of n that lies at i, beyond the ends mirrored at the last ones.
func mirrored(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
