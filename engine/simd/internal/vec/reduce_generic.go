package vec

import "math"

// sumBlock is the length up to which a sum is taken straight; above, the two halves are added (error growth log n).
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

// ProductOf returns the product of x from left to right; 1 for none.
func ProductOf[T Number](x []T) T {
	p := T(1)
	for _, v := range x {
		p *= v
	}
	return p
}

// SumSqOf returns the sum of the squares of x, in a fixed pairwise order.
func SumSqOf[T Number](x []T) T { return DotOf(x, x) }

// DotOf returns the sum of a[i] * b[i], in a fixed pairwise order.
func DotOf[T Number](a, b []T) T {
	same2(len(a), len(b))
	if n := len(a); n > sumBlock {
		return DotOf(a[:n/2], b[:n/2]) + DotOf(a[n/2:], b[n/2:])
	}
	var s T
	for i := range a {
		s += a[i] * b[i]
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

func sumAbsGeneric(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += math.Abs(float64(v))
	}
	return s
}

func sumAbsDiffGeneric(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += math.Abs(float64(a[i] - b[i]))
	}
	return s
}

func sumSqDiffGeneric(a, b []float32) float64 {
	var s float64
	for i := range a {
		d := float64(a[i] - b[i])
		s += d * d
	}
	return s
}

func dotGeneric(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += float64(a[i]) * float64(b[i])
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
