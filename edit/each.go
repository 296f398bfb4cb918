package edit

import "github.com/reverie-go/reverie"

// repeat returns n times v.
func repeat(v float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// scaled returns c x.
func scaled(c float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = c * v
	}
	return y
}

// choose returns a batch whose sample n is a's where take[n] is 1, and b's where it is 0.
func choose[X any](sp reverie.Space[X], take []float64, a, b X) X {
	rest := make([]float64, len(take))
	for n, v := range take {
		rest[n] = 1 - v
	}
	return sp.SumEach([][]float64{take, rest}, a, b)
}
