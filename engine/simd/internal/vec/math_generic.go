package vec

import "math"

// NegOf sets dst[i] = -a[i].
func NegOf[T Number](dst, a []T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = -a[i]
	}
}

// AbsOf sets dst[i] = |a[i]|.
func AbsOf[T Number](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		if x < 0 {
			x = -x
		}
		if x == 0 {
			x = 0 // -0 becomes 0
		}
		dst[i] = x
	}
}

// SignOf sets dst[i] = -1, 0 or 1; zeros and NaN are copied.
func SignOf[T Number](dst, a []T) {
	same2(len(dst), len(a))
	var zero T
	for i, x := range a {
		switch {
		case x > 0:
			x = 1
		case x < 0:
			x = zero - 1
		}
		dst[i] = x
	}
}

// mapOf sets dst[i] = f(a[i]), computed in float64.
func mapOf[T Float](dst, a []T, f func(float64) float64) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(f(float64(x)))
	}
}

// SqrtOf sets dst[i] = sqrt(a[i]), correctly rounded (a float64 root of a float32, rounded again,
// is).
func SqrtOf[T Float](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(math.Sqrt(float64(x)))
	}
}

// RsqrtOf sets dst[i] = 1 / sqrt(a[i]).
func RsqrtOf[T Float](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(1 / math.Sqrt(float64(x)))
	}
}

// FloorOf sets dst[i] to the greatest integer not above a[i].
func FloorOf[T Float](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(math.Floor(float64(x)))
	}
}

// CeilOf sets dst[i] to the least integer not below a[i].
func CeilOf[T Float](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(math.Ceil(float64(x)))
	}
}

// RoundOf sets dst[i] to the nearest integer, ties to the even one.
func RoundOf[T Float](dst, a []T) {
	same2(len(dst), len(a))
	for i, x := range a {
		dst[i] = T(math.RoundToEven(float64(x)))
	}
}

// ExpOf sets dst[i] = e ** a[i].
func ExpOf[T Float](dst, a []T) { mapOf(dst, a, math.Exp) }

// Expm1Of sets dst[i] = e ** a[i] - 1, accurate near 0.
func Expm1Of[T Float](dst, a []T) { mapOf(dst, a, math.Expm1) }

// LogOf sets dst[i] = ln a[i].
func LogOf[T Float](dst, a []T) { mapOf(dst, a, math.Log) }

// Log1pOf sets dst[i] = ln(1 + a[i]), accurate near 0.
func Log1pOf[T Float](dst, a []T) { mapOf(dst, a, math.Log1p) }

// TanhOf sets dst[i] = tanh a[i].
func TanhOf[T Float](dst, a []T) { mapOf(dst, a, math.Tanh) }

// LogisticOf sets dst[i] = 1 / (1 + e ** -a[i]).
func LogisticOf[T Float](dst, a []T) { mapOf(dst, a, logistic64) }

// ErfOf sets dst[i] = erf a[i].
func ErfOf[T Float](dst, a []T) { mapOf(dst, a, math.Erf) }

// SinOf sets dst[i] = sin a[i].
func SinOf[T Float](dst, a []T) { mapOf(dst, a, math.Sin) }

// CosOf sets dst[i] = cos a[i].
func CosOf[T Float](dst, a []T) { mapOf(dst, a, math.Cos) }

// logistic64 never overflows: the exponential's argument is never positive.
func logistic64(x float64) float64 {
	z := math.Exp(-math.Abs(x))
	if x < 0 {
		return z / (1 + z)
	}
	return 1 / (1 + z)
}
