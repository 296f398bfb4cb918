package points

import (
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/kind"
)

// Standardise returns the units in which each number of x has mean 0 and variance 1. A number that
// is the same for all points has the scale 1e-9 of its size, or of 1, so that what a model draws of
// it keeps its value. For tables, whose columns have units of their own.
func Standardise(x reverie.Batch[float64]) kind.Units {
	u := kind.Units{Shift: make([]float64, len(x[0])), Scale: make([]float64, len(x[0]))}
	for j := range u.Shift {
		mean, variance := moments(x, j)
		u.Shift[j], u.Scale[j] = mean, root(variance)
		if variance == 0 {
			u.Scale[j] = 1e-9 * max(1, math.Abs(mean))
		}
	}
	return u
}

// Rescale returns the units in which x has mean 0 and a variance that is 1 on average over its
// numbers, by one factor for all, so that shapes stay as they are. For points of the plane.
func Rescale(x reverie.Batch[float64]) kind.Units {
	u, sum := Standardise(x), 0.0
	for j := range u.Shift {
		_, variance := moments(x, j)
		sum += variance
	}
	for j := range u.Scale {
		u.Scale[j] = root(sum / float64(len(u.Scale)))
	}
	return u
}

// root returns the deviation of a variance, or 1 if there is none.
func root(variance float64) float64 {
	if sd := math.Sqrt(variance); sd > 0 {
		return sd
	}
	return 1
}

// moments returns mean and variance of number j of the points.
func moments(x reverie.Batch[float64], j int) (mean, variance float64) {
	same := true
	for _, p := range x {
		mean += p[j] / float64(len(x))
		same = same && p[j] == x[0][j]
	}
	if same { // a constant's mean may be a rounding away from it
		return x[0][j], 0
	}
	for _, p := range x {
		variance += (p[j] - mean) * (p[j] - mean) / float64(len(x))
	}
	return mean, variance
}
