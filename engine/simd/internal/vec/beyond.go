package vec

import "math"

// The assembly of some functions covers only the ordinary operands. The others are computed one by
// one in float64 after the assembly has gone over all of them, so that an element never depends on
// its neighbours. This goes by small pieces because dst may be an operand.

// piece is the number of operands that are kept on the stack.
const piece = 64

// sinCosLimit is the |x| up to which the three-part reduction of the assembly's sine and cosine is
// exact enough.
const sinCosLimit = 1 << 17

// beyond tells whether some |x[i]| exceeds limit or is NaN.
func beyond(x []float32, limit float32) bool { return !(maxAbs(x) <= limit) }

// isPositive tells whether all x are in (0, Inf).
func isPositive(x []float32) bool {
	return len(x) == 0 || ReduceMin(x) > 0 && ReduceMax(x) <= math.MaxFloat32
}

func isLarge(x float32) bool { return !(x >= -sinCosLimit && x <= sinCosLimit) }

func isFinite(x float32) bool { return x-x == 0 }

// isOrdinary tells whether the assembly's power covers x ** y.
func isOrdinary(x, y float32) bool { return x > 0 && isFinite(x) && isFinite(y) }

func sinBeyond(dst, a []float32) {
	var x [piece]float32
	for n := 0; len(a) > 0; a, dst = a[n:], dst[n:] {
		n = copy(x[:], a)
		sin(dst[:n], a[:n])
		for i, v := range x[:n] {
			if isLarge(v) {
				dst[i] = float32(math.Sin(float64(v)))
			}
		}
	}
}

func cosBeyond(dst, a []float32) {
	var x [piece]float32
	for n := 0; len(a) > 0; a, dst = a[n:], dst[n:] {
		n = copy(x[:], a)
		cos(dst[:n], a[:n])
		for i, v := range x[:n] {
			if isLarge(v) {
				dst[i] = float32(math.Cos(float64(v)))
			}
		}
	}
}

func powBeyond(dst, a, b []float32) {
	var x, y [piece]float32
	for n := 0; len(a) > 0; a, b, dst = a[n:], b[n:], dst[n:] {
		n = copy(x[:], a)
		copy(y[:n], b)
		powPositive(dst[:n], a[:n], b[:n])
		patchPow(dst, x[:n], y[:n])
	}
}

func powScalarBeyond(dst, a []float32, s float32) {
	var x, y [piece]float32
	fill(y[:], s)
	for n := 0; len(a) > 0; a, dst = a[n:], dst[n:] {
		n = copy(x[:], a)
		powScalarPositive(dst[:n], a[:n], s)
		patchPow(dst, x[:n], y[:n])
	}
}

func scalarPowBeyond(dst []float32, s float32, b []float32) {
	var x, y [piece]float32
	fill(x[:], s)
	for n := 0; len(b) > 0; b, dst = b[n:], dst[n:] {
		n = copy(y[:], b)
		scalarPowPositive(dst[:n], b[:n], s)
		patchPow(dst, x[:n], y[:n])
	}
}

// patchPow sets the powers that the assembly does not cover.
func patchPow(dst, x, y []float32) {
	for i, v := range x {
		if !isOrdinary(v, y[i]) {
			dst[i] = float32(math.Pow(float64(v), float64(y[i])))
		}
	}
}

// fill sets every element of dst to s.
func fill(dst []float32, s float32) {
	for i := range dst {
		dst[i] = s
	}
}
