package vec

// Equal sets
//
//	dst[i] = a[i] == b[i]
func Equal(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	equal(dst, a, b)
}

// NotEqual sets
//
//	dst[i] = a[i] != b[i]
//
// which holds where either is NaN.
func NotEqual(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	notEqual(dst, a, b)
}

// Less sets
//
//	dst[i] = a[i] < b[i]
func Less(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	less(dst, a, b)
}

// LessEqual sets
//
//	dst[i] = a[i] <= b[i]
func LessEqual(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	lessEqual(dst, a, b)
}

// Greater sets
//
//	dst[i] = a[i] > b[i]
func Greater(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	less(dst, b, a)
}

// GreaterEqual sets
//
//	dst[i] = a[i] >= b[i]
func GreaterEqual(dst []bool, a, b []float32) {
	same3(len(dst), len(a), len(b))
	lessEqual(dst, b, a)
}

// EqualScalar sets
//
//	dst[i] = a[i] == s
func EqualScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	equalScalar(dst, a, s)
}

// NotEqualScalar sets
//
//	dst[i] = a[i] != s
func NotEqualScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	notEqualScalar(dst, a, s)
}

// LessScalar sets
//
//	dst[i] = a[i] < s
func LessScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	lessScalar(dst, a, s)
}

// LessEqualScalar sets
//
//	dst[i] = a[i] <= s
func LessEqualScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	lessEqualScalar(dst, a, s)
}

// GreaterScalar sets
//
//	dst[i] = a[i] > s
func GreaterScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	greaterScalar(dst, a, s)
}

// GreaterEqualScalar sets
//
//	dst[i] = a[i] >= s
func GreaterEqualScalar(dst []bool, a []float32, s float32) {
	same2(len(dst), len(a))
	greaterEqualScalar(dst, a, s)
}

// Select sets
//
//	dst[i] = a[i] if mask[i] else b[i]
func Select(dst []float32, mask []bool, a, b []float32) {
	same4(len(dst), len(mask), len(a), len(b))
	selectVV(dst, mask, a, b)
}

// SelectScalar sets
//
//	dst[i] = a[i] if mask[i] else s
func SelectScalar(dst []float32, mask []bool, a []float32, s float32) {
	same3(len(dst), len(mask), len(a))
	selectVS(dst, mask, a, s)
}

// ScalarSelect sets
//
//	dst[i] = s if mask[i] else b[i]
func ScalarSelect(dst []float32, mask []bool, s float32, b []float32) {
	same3(len(dst), len(mask), len(b))
	selectSV(dst, mask, b, s)
}
