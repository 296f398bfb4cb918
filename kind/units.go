package kind

import (
	"math"
	"slices"
)

// Units are what the numbers of samples stand for: number y of channel k stands for
//
//	x = Shift[k] + Scale[k] y
//
// in the units of its source. The zero value: for itself.
type Units struct {
	Shift []float64 `json:"shift,omitempty"`
	Scale []float64 `json:"scale,omitempty"` // positive
}

// InUnits returns numbers y [N,H,W,C] in the units of their source.
func (u Units) InUnits(y []float32) []float64 {
	x := make([]float64, len(y))
	for i, v := range y {
		x[i] = float64(v)
		if n := len(u.Scale); n > 0 {
			x[i] = u.Shift[i%n] + u.Scale[i%n]*x[i]
		}
	}
	return x
}

// FromUnits returns the numbers of a sample [N,H,W,C] that stand for x in the units of its source,
// the inverse of InUnits.
func (u Units) FromUnits(x []float64) []float64 {
	y := slices.Clone(x)
	for i, v := range x {
		if n := len(u.Scale); n > 0 {
			y[i] = (v - u.Shift[i%n]) / u.Scale[i%n]
		}
	}
	return y
}

// LogVolume is the logarithm of the factor by which the units stretch volumes: with y in the
// numbers of a sample and x in the units of its source, log p(x) = log p(y) - LogVolume.
func (u Units) LogVolume() float64 {
	sum := 0.0
	for _, s := range u.Scale {
		sum += math.Log(s)
	}
	return sum
}
