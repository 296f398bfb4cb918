package vec

import "math"

// Add sets
//
//	dst[i] = a[i] + b[i]
func Add(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	add(dst, a, b)
}

// Sub sets
//
//	dst[i] = a[i] - b[i]
func Sub(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	sub(dst, a, b)
}

// Mul sets
//
//	dst[i] = a[i] * b[i]
func Mul(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	mul(dst, a, b)
}

// Div sets
//
//	dst[i] = a[i] / b[i]
func Div(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	div(dst, a, b)
}

// Max sets
//
//	dst[i] = max(a[i], b[i])
//
// NaN if either operand is.
func Max(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	maximum(dst, a, b)
}

// Min sets
//
//	dst[i] = min(a[i], b[i])
//
// NaN if either operand is.
func Min(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	minimum(dst, a, b)
}

// Pow sets
//
//	dst[i] = a[i] ** b[i]
//
// with the special values of math.Pow. It is fast where a[i] is positive and finite and b[i]
// finite.
func Pow(dst, a, b []float32) {
	same3(len(dst), len(a), len(b))
	if isPositive(a) && !beyond(b, math.MaxFloat32) {
		powPositive(dst, a, b)
		return
	}
	powBeyond(dst, a, b)
}

// Rem sets dst[i] to the remainder of a[i] / b[i], with the sign of a[i] (math.Mod). It is portable
// Go at every level.
func Rem(dst, a, b []float32) {
	RemOf(dst, a, b)
}

// AddScalar sets
//
//	dst[i] = a[i] + s
func AddScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	addScalar(dst, a, s)
}

// SubScalar sets
//
//	dst[i] = a[i] - s
func SubScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	addScalar(dst, a, -s)
}

// ScalarSub sets
//
//	dst[i] = s - b[i]
func ScalarSub(dst []float32, s float32, b []float32) {
	same2(len(dst), len(b))
	scalarSub(dst, b, s)
}

// MulScalar sets
//
//	dst[i] = a[i] * s
func MulScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	mulScalar(dst, a, s)
}

// DivScalar sets
//
//	dst[i] = a[i] / s
//
// The quotient is correctly rounded; s is not inverted.
func DivScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	divScalar(dst, a, s)
}

// ScalarDiv sets
//
//	dst[i] = s / b[i]
func ScalarDiv(dst []float32, s float32, b []float32) {
	same2(len(dst), len(b))
	scalarDiv(dst, b, s)
}

// MaxScalar sets
//
//	dst[i] = max(a[i], s)
//
// NaN if either operand is.
func MaxScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	if s != s {
		fill(dst, s)
		return
	}
	maxScalar(dst, a, s)
}

// MinScalar sets
//
//	dst[i] = min(a[i], s)
//
// NaN if either operand is.
func MinScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	if s != s {
		fill(dst, s)
		return
	}
	minScalar(dst, a, s)
}

// PowScalar sets
//
//	dst[i] = a[i] ** s
//
// The powers 1, 2 and -1 are computed as such.
func PowScalar(dst, a []float32, s float32) {
	same2(len(dst), len(a))
	switch {
	case s == 1:
		copy(dst, a)
	case s == 2:
		mul(dst, a, a)
	case s == -1:
		scalarDiv(dst, a, 1)
	case s-s != 0: // Inf or NaN
		PowScalarOf(dst, a, s)
	case isPositive(a):
		powScalarPositive(dst, a, s)
	default:
		powScalarBeyond(dst, a, s)
	}
}

// ScalarPow sets
//
//	dst[i] = s ** b[i]
func ScalarPow(dst []float32, s float32, b []float32) {
	same2(len(dst), len(b))
	switch {
	case !(s > 0 && s <= math.MaxFloat32):
		ScalarPowOf(dst, s, b)
	case beyond(b, math.MaxFloat32):
		scalarPowBeyond(dst, s, b)
	default:
		scalarPowPositive(dst, b, s)
	}
}

// RemScalar sets dst[i] to the remainder of a[i] / s. It is portable Go at every level.
func RemScalar(dst, a []float32, s float32) {
	RemScalarOf(dst, a, s)
}

// ScalarRem sets dst[i] to the remainder of s / b[i]. It is portable Go at every level.
func ScalarRem(dst []float32, s float32, b []float32) {
	ScalarRemOf(dst, s, b)
}
