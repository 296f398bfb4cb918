package vec

// EqualOf sets dst[i] = a[i] == b[i].
func EqualOf[T comparable](dst []bool, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] == b[i]
	}
}

// NotEqualOf sets dst[i] = a[i] != b[i]; it is true where either is NaN.
func NotEqualOf[T comparable](dst []bool, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] != b[i]
	}
}

// LessOf sets dst[i] = a[i] < b[i].
func LessOf[T Number](dst []bool, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] < b[i]
	}
}

// LessEqualOf sets dst[i] = a[i] <= b[i].
func LessEqualOf[T Number](dst []bool, a, b []T) {
	same3(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] <= b[i]
	}
}

// EqualScalarOf sets dst[i] = a[i] == s.
func EqualScalarOf[T comparable](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] == s
	}
}

// NotEqualScalarOf sets dst[i] = a[i] != s.
func NotEqualScalarOf[T comparable](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] != s
	}
}

// LessScalarOf sets dst[i] = a[i] < s.
func LessScalarOf[T Number](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] < s
	}
}

// LessEqualScalarOf sets dst[i] = a[i] <= s.
func LessEqualScalarOf[T Number](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] <= s
	}
}

// GreaterScalarOf sets dst[i] = a[i] > s.
func GreaterScalarOf[T Number](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] > s
	}
}

// GreaterEqualScalarOf sets dst[i] = a[i] >= s.
func GreaterEqualScalarOf[T Number](dst []bool, a []T, s T) {
	same2(len(dst), len(a))
	for i := range dst {
		dst[i] = a[i] >= s
	}
}

// SelectOf sets dst[i] = a[i] where mask[i], else b[i].
func SelectOf[T any](dst []T, mask []bool, a, b []T) {
	same4(len(dst), len(mask), len(a), len(b))
	for i, m := range mask {
		if m {
			dst[i] = a[i]
		} else {
			dst[i] = b[i]
		}
	}
}

// SelectScalarOf sets dst[i] = a[i] where mask[i], else s.
func SelectScalarOf[T any](dst []T, mask []bool, a []T, s T) {
	same3(len(dst), len(mask), len(a))
	for i, m := range mask {
		if m {
			dst[i] = a[i]
		} else {
			dst[i] = s
		}
	}
}

// ScalarSelectOf sets dst[i] = s where mask[i], else b[i].
func ScalarSelectOf[T any](dst []T, mask []bool, s T, b []T) {
	same3(len(dst), len(mask), len(b))
	for i, m := range mask {
		if m {
			dst[i] = s
		} else {
			dst[i] = b[i]
		}
	}
}
