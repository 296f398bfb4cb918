package vec

import "math"

// sumBlock is the length up to which a sum is taken straight; above, the two halves are added
// (error growth log n).
const sumBlock = 256

// SumOf returns the sum of x, in a fixed pairwise order; 0 for none.
func SumOf[T Number](x []T) T {
	if n := len(x); n > sumBlock {
		return SumOf(x[:n/2]) + SumOf(x[n/2:])
	}
	var s T
	for _, v := range x {
		s += v
	}
	return s
}

// ReduceMaxOf returns the greatest element of x, NaN if there is one. It panics if x is empty.
func ReduceMaxOf[T Number](x []T) T {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

// ReduceMinOf returns the least element of x, NaN if there is one. It panics if x is empty.
func ReduceMinOf[T Number](x []T) T {
	m := x[0]
	for _, v := range x[1:] {
		m = min(m, v)
	}
	return m
}

// The float32 reductions of the portable level accumulate in float64.

func sumGeneric(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func maxAbsGeneric(x []float32) float32 {
	var m float32
	for _, v := range x {
		m = max(m, float32(math.Abs(float64(v))))
	}
	return m
}
