package vec

import "math"

// AddOf sets dst[i] = a[i] + b[i].
func AddOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// SubOf sets dst[i] = a[i] - b[i].
func SubOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

// MulOf sets dst[i] = a[i] * b[i].
func MulOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// DivOf sets dst[i] = a[i] / b[i]. An integer division by zero gives all ones (-1), as in XLA.
func DivOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	if isFloat[T]() {
		for i := range dst {
			dst[i] = a[i] / b[i]
		}
		return
	}
	for i := range dst {
		dst[i] = divInt(a[i], b[i])
	}
}

func divInt[T Number](a, b T) T {
	if b == 0 {
		var zero T
		return zero - 1
	}
	return a / b
}

// MaxOf sets dst[i] = max(a[i], b[i]), NaN if either is.
func MaxOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

// MinOf sets dst[i] = min(a[i], b[i]), NaN if either is.
func MinOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

// PowOf sets dst[i] = a[i] ** b[i]. Integers wrap around; a negative exponent gives 0 except for
// the bases 1 and -1 (and 0, whose inverse does not exist: 0).
func PowOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	if isFloat[T]() {
		for i := range dst {
			dst[i] = T(math.Pow(float64(a[i]), float64(b[i])))
		}
		return
	}
	for i := range dst {
		dst[i] = powInt(a[i], b[i])
	}
}

func powInt[T Number](a, b T) T {
	if b < 0 {
		return powNegative(a, b)
	}
	p := T(1)
	for n := uint64(b); n != 0; n >>= 1 {
		if n&1 != 0 {
			p *= a
		}
		a *= a
	}
	return p
}

// powNegative is a ** b for an integer b < 0: only the units have an inverse.
func powNegative[T Number](a, b T) T {
	var zero T
	switch {
	case a == 1:
		return 1
	case a == zero-1 && uint64(b)&1 != 0:
		return a
	case a == zero-1:
		return 1
	}
	return 0
}

// RemOf sets dst[i] to the remainder of a[i] / b[i] with the sign of a[i]. The remainder of an
// integer by zero is a[i], as in XLA.
func RemOf[T Number](dst, a, b []T) {
	same3(len(dst), len(a), len(b))
	if isFloat[T]() {
		for i := range dst {
			dst[i] = T(math.Mod(float64(a[i]), float64(b[i])))
		}
		return
	}
	for i := range dst {
		dst[i] = remInt(a[i], b[i])
	}
}

func remInt[T Number](a, b T) T {
	if b == 0 {
		return a
	}
	return a - a/b*b
}

// AddScalarOf sets dst[i] = a[i] + s.
func AddScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] + s
	}
}

// ScalarSubOf sets dst[i] = s - b[i].
func ScalarSubOf[T Number](dst []T, s T, b []T) {
	same2(len(dst), len(b))
	for i := range dst {
		dst[i] = s - b[i]
	}
}

// MulScalarOf sets dst[i] = a[i] * s.
func MulScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] * s
	}
}

// DivScalarOf sets dst[i] = a[i] / s, with the rule of DivOf.
func DivScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	if isFloat[T]() {
		for i := range dst {
			dst[i] = a[i] / s
		}
		return
	}
	for i := range dst {
		dst[i] = divInt(a[i], s)
	}
}

// ScalarDivOf sets dst[i] = s / b[i], with the rule of DivOf.
func ScalarDivOf[T Number](dst []T, s T, b []T) {
	same2(len(dst), len(b))
	if isFloat[T]() {
		for i := range dst {
			dst[i] = s / b[i]
		}
		return
	}
	for i := range dst {
		dst[i] = divInt(s, b[i])
	}
}

// MaxScalarOf sets dst[i] = max(a[i], s), NaN if either is.
func MaxScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = max(a[i], s)
	}
}

// MinScalarOf sets dst[i] = min(a[i], s), NaN if either is.
func MinScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = min(a[i], s)
	}
}

// PowScalarOf sets dst[i] = a[i] ** s, with the rules of PowOf.
func PowScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = pow(a[i], s)
	}
}

// ScalarPowOf sets dst[i] = s ** b[i], with the rules of PowOf.
func ScalarPowOf[T Number](dst []T, s T, b []T) {
	same2(len(dst), len(b))
	for i := range dst {
		dst[i] = pow(s, b[i])
	}
}

func pow[T Number](a, b T) T {
	if isFloat[T]() {
		return T(math.Pow(float64(a), float64(b)))
	}
	return powInt(a, b)
}

// RemScalarOf sets dst[i] to the remainder of a[i] / s, with the rules of RemOf.
func RemScalarOf[T Number](dst, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = rem(a[i], s)
	}
}

// ScalarRemOf sets dst[i] to the remainder of s / b[i], with the rules of RemOf.
func ScalarRemOf[T Number](dst []T, s T, b []T) {
	same2(len(dst), len(b))
	for i := range dst {
		dst[i] = rem(s, b[i])
	}
}

func rem[T Number](a, b T) T {
	if isFloat[T]() {
		return T(math.Mod(float64(a), float64(b)))
	}
	return remInt(a, b)
}
