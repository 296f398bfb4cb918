package vec

// Neg sets
//
//	dst[i] = -a[i]
func Neg(dst, a []float32) {
	same2(len(dst), len(a))
	neg(dst, a)
}

// Abs sets
//
//	dst[i] = |a[i]|
func Abs(dst, a []float32) {
	same2(len(dst), len(a))
	abs(dst, a)
}

// Sqrt sets
//
//	dst[i] = sqrt(a[i])
//
// correctly rounded.
func Sqrt(dst, a []float32) {
	same2(len(dst), len(a))
	sqrt(dst, a)
}

// Rsqrt sets
//
//	dst[i] = 1 / sqrt(a[i])
//
// within 0.51 units in the last place (1.5 below 2**-100); no estimate is used.
func Rsqrt(dst, a []float32) {
	same2(len(dst), len(a))
	rsqrt(dst, a)
}

// Exp sets
//
//	dst[i] = exp(a[i])
func Exp(dst, a []float32) {
	same2(len(dst), len(a))
	exp(dst, a)
}

// Expm1 sets
//
//	dst[i] = exp(a[i]) - 1
//
// accurate near 0.
func Expm1(dst, a []float32) {
	same2(len(dst), len(a))
	expm1(dst, a)
}

// Log sets
//
//	dst[i] = ln(a[i])
func Log(dst, a []float32) {
	same2(len(dst), len(a))
	log(dst, a)
}

// Log1p sets
//
//	dst[i] = ln(1 + a[i])
//
// accurate near 0.
func Log1p(dst, a []float32) {
	same2(len(dst), len(a))
	log1p(dst, a)
}

// Tanh sets
//
//	dst[i] = tanh(a[i])
func Tanh(dst, a []float32) {
	same2(len(dst), len(a))
	tanh(dst, a)
}

// Logistic sets
//
//	dst[i] = 1 / (1 + exp(-a[i]))
//
// with relative accuracy down to the denormal numbers.
func Logistic(dst, a []float32) {
	same2(len(dst), len(a))
	logistic(dst, a)
}

// Erf sets
//
//	dst[i] = erf(a[i])
func Erf(dst, a []float32) {
	same2(len(dst), len(a))
	erf(dst, a)
}

// Sin sets
//
//	dst[i] = sin(a[i])
//
// Where |a[i]| is above 2**17 it is computed in float64 Go.
func Sin(dst, a []float32) {
	same2(len(dst), len(a))
	if beyond(a, sinCosLimit) {
		sinBeyond(dst, a)
		return
	}
	sin(dst, a)
}

// Cos sets
//
//	dst[i] = cos(a[i])
//
// Where |a[i]| is above 2**17 it is computed in float64 Go.
func Cos(dst, a []float32) {
	same2(len(dst), len(a))
	if beyond(a, sinCosLimit) {
		cosBeyond(dst, a)
		return
	}
	cos(dst, a)
}

// Floor sets dst[i] to the greatest integer not above a[i].
func Floor(dst, a []float32) {
	same2(len(dst), len(a))
	floor(dst, a)
}

// Ceil sets dst[i] to the least integer not below a[i].
func Ceil(dst, a []float32) {
	same2(len(dst), len(a))
	ceil(dst, a)
}

// Round sets dst[i] to the integer nearest to a[i], ties to the even one.
func Round(dst, a []float32) {
	same2(len(dst), len(a))
	round(dst, a)
}

// Sign sets dst[i] to -1, 0 or 1; zeros and NaN are copied.
func Sign(dst, a []float32) {
	same2(len(dst), len(a))
	sign(dst, a)
}
