package points

import (
	"math"

	"github.com/reverie-go/reverie"
)

// An Affine maps points to others and back, number by number:
//
//	y = (x - Shift)/Scale,   x = Shift + Scale y
type Affine struct {
	Shift []float64 `json:"shift"`
	Scale []float64 `json:"scale"` // positive
}

// Standardise returns the map that gives each number of x mean 0 and variance 1. A number that is
// the same for all points has the scale 1e-9 of its size, or of 1, so that what a model draws of it
// keeps its value. For tables, whose columns have units of their own.
func Standardise(x reverie.Batch[float64]) Affine {
	a := Affine{Shift: make([]float64, len(x[0])), Scale: make([]float64, len(x[0]))}
	for j := range a.Shift {
		mean, variance := moments(x, j)
		a.Shift[j], a.Scale[j] = mean, root(variance)
		if variance == 0 {
			a.Scale[j] = 1e-9 * max(1, math.Abs(mean))
		}
	}
	return a
}

// Rescale returns the map that gives x mean 0 and a variance that is 1 on average over its numbers,
// by one factor for all, so that shapes stay as they are. For points of the plane.
func Rescale(x reverie.Batch[float64]) Affine {
	a, sum := Standardise(x), 0.0
	for j := range a.Shift {
		_, variance := moments(x, j)
		sum += variance
	}
	for j := range a.Scale {
		a.Scale[j] = root(sum / float64(len(a.Scale)))
	}
	return a
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

// Apply returns the images y of x.
func (a Affine) Apply(x reverie.Batch[float64]) reverie.Batch[float64] {
	return a.each(x, func(v, shift, scale float64) float64 { return (v - shift) / scale })
}

// Undo returns the points x whose images are y.
func (a Affine) Undo(y reverie.Batch[float64]) reverie.Batch[float64] {
	return a.each(y, func(v, shift, scale float64) float64 { return shift + scale*v })
}

func (a Affine) each(x reverie.Batch[float64], f func(v, shift, scale float64) float64) reverie.Batch[float64] {
	y := reverie.NewBatch[float64](len(x), len(a.Shift))
	for i := range x {
		for j, v := range x[i] {
			y[i][j] = f(v, a.Shift[j], a.Scale[j])
		}
	}
	return y
}
