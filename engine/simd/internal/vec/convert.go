package vec

// ConvertOf sets dst[i] to a[i] as a D. A float becomes an integer by truncation; one outside D's
// range becomes the nearest integer of D, and NaN becomes 0, as in XLA. Integers wrap around.
func ConvertOf[D, S Number](dst []D, a []S) {
	same2(len(dst), len(a))
	if isFloat[S]() && !isFloat[D]() {
		lo, hi := limits[D]()
		for i, x := range a {
			dst[i] = saturate(float64(x), lo, hi)
		}
		return
	}
	for i, x := range a {
		dst[i] = D(x)
	}
}

// limits returns the least and the greatest integer of D.
func limits[D Number]() (lo, hi D) {
	var zero D
	if !isSigned[D]() {
		return 0, zero - 1
	}
	one := D(1)
	for v := one; v > 0; v = v + v { // v is a power of two until it wraps around to the least number
		hi = v - 1 + v
	}
	return -hi - 1, hi
}

// saturate is x, truncated, within lo..hi.
func saturate[D Number](x float64, lo, hi D) D {
	switch {
	case x != x:
		return 0
	case x <= float64(lo):
		return lo
	case x >= float64(hi): // the conversion may round hi up to the next power of two, which is right as well
		return hi
	}
	return D(x)
}

// FromBool sets dst[i] = 1 where a[i], else 0.
func FromBool[D Number](dst []D, a []bool) {
	same2(len(dst), len(a))
	for i, x := range a {
		if x {
			dst[i] = 1
		} else {
			dst[i] = 0
		}
	}
}

// FromInt32 sets dst[i] = float32(a[i]).
func FromInt32(dst []float32, a []int32) {
	same2(len(dst), len(a))
	fromInt32(dst, a)
}

// FromUint8 sets dst[i] = float32(a[i]).
func FromUint8(dst []float32, a []uint8) {
	same2(len(dst), len(a))
	fromUint8(dst, a)
}

// FromMask sets dst[i] = 1 where a[i], else 0: FromBool for float32.
func FromMask(dst []float32, a []bool) {
	same2(len(dst), len(a))
	fromMask(dst, a)
}
