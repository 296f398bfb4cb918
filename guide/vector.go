package guide

import "math"

// dot returns x'y.
func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// add adds c x to y.
func add(y []float64, c float64, x []float64) {
	for i, v := range x {
		y[i] += c * v
	}
}

// scale multiplies x by c.
func scale(x []float64, c float64) {
	for i := range x {
		x[i] *= c
	}
}

// centred returns x less its mean.
func centred(x []float64) []float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v - mean
	}
	return y
}

// deviation returns the root of x's mean square about its mean.
func deviation(x []float64) float64 {
	c := centred(x)
	return math.Sqrt(dot(c, c) / float64(len(c)))
}
