package simd

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// kern computes n elements of dst from up to three operands, all contiguous; dst may be an operand.
type kern func(n int, dst, a, b, c unsafe.Pointer)

// kernKey names a kernel: the operation, the element type of its first operand and of its result.
type kernKey struct {
	op      backends.OpType
	in, out dtypes.DType
}

var kerns = map[kernKey]kern{}

// lookup returns the kernel of an operation, or nil. For Where the first operand is the condition.
func lookup(op backends.OpType, in, out dtypes.DType) kern { return kerns[kernKey{op, in, out}] }

func unaryKern[T, U element](f func(d []U, a []T)) kern {
	return func(n int, dst, a, _, _ unsafe.Pointer) { f(view[U](dst, n), view[T](a, n)) }
}

func binaryKern[T, U element](f func(d []U, a, b []T)) kern {
	return func(n int, dst, a, b, _ unsafe.Pointer) { f(view[U](dst, n), view[T](a, n), view[T](b, n)) }
}

// each1 and each2 lift a function of elements to slices.
func each1[T, U element](f func(T) U) kern {
	return unaryKern(func(d []U, a []T) {
		for i, x := range a {
			d[i] = f(x)
		}
	})
}

func each2[T, U element](f func(a, b T) U) kern {
	return binaryKern(func(d []U, a, b []T) {
		b = b[:len(a)]
		for i, x := range a {
			d[i] = f(x, b[i])
		}
	})
}

func init() {
	numberKerns[float32](dtypes.Float32)
	numberKerns[float64](dtypes.Float64)
	floatKerns[float32](dtypes.Float32)
	floatKerns[float64](dtypes.Float64)
	totalOrderKerns(dtypes.Float32, func(x float32) int64 { return order32(math.Float32bits(x)) })
	totalOrderKerns(dtypes.Float64, func(x float64) int64 { return order64(math.Float64bits(x)) })
	signedKerns[int8, uint8](dtypes.Int8)
	signedKerns[int16, uint16](dtypes.Int16)
	signedKerns[int32, uint32](dtypes.Int32)
	signedKerns[int64, uint64](dtypes.Int64)
	unsignedKerns[uint8](dtypes.Uint8)
	unsignedKerns[uint16](dtypes.Uint16)
	unsignedKerns[uint32](dtypes.Uint32)
	unsignedKerns[uint64](dtypes.Uint64)
	boolKerns()
	convertFrom[float32](dtypes.Float32)
	convertFrom[float64](dtypes.Float64)
	convertFrom[int8](dtypes.Int8)
	convertFrom[int16](dtypes.Int16)
	convertFrom[int32](dtypes.Int32)
	convertFrom[int64](dtypes.Int64)
	convertFrom[uint8](dtypes.Uint8)
	convertFrom[uint16](dtypes.Uint16)
	convertFrom[uint32](dtypes.Uint32)
	convertFrom[uint64](dtypes.Uint64)
}

func set(op backends.OpType, in, out dtypes.DType, k kern) { kerns[kernKey{op, in, out}] = k }

// movable registers what every element type has.
func movable[T element](dt dtypes.DType) {
	set(backends.OpTypeIdentity, dt, dt, unaryKern(func(d, a []T) { copy(d, a) }))
	set(backends.OpTypeWhere, dtypes.Bool, dt, func(n int, dst, a, b, c unsafe.Pointer) {
		d, m, x, y := view[T](dst, n), view[bool](a, n), view[T](b, n), view[T](c, n)
		for i, yes := range m {
			if yes {
				d[i] = x[i]
			} else {
				d[i] = y[i]
			}
		}
	})
}

func numberKerns[T number](dt dtypes.DType) {
	movable[T](dt)
	set(backends.OpTypeAdd, dt, dt, binaryKern(func(d, a, b []T) {
		for i := range d {
			d[i] = a[i] + b[i]
		}
	}))
	set(backends.OpTypeSub, dt, dt, binaryKern(func(d, a, b []T) {
		for i := range d {
			d[i] = a[i] - b[i]
		}
	}))
	set(backends.OpTypeMul, dt, dt, binaryKern(func(d, a, b []T) {
		for i := range d {
			d[i] = a[i] * b[i]
		}
	}))
	set(backends.OpTypeMax, dt, dt, each2(func(a, b T) T { return max(a, b) }))
	set(backends.OpTypeMin, dt, dt, each2(func(a, b T) T { return min(a, b) }))
	set(backends.OpTypeEqual, dt, dtypes.Bool, each2(func(a, b T) bool { return a == b }))
	set(backends.OpTypeNotEqual, dt, dtypes.Bool, each2(func(a, b T) bool { return a != b }))
	set(backends.OpTypeLessThan, dt, dtypes.Bool, each2(func(a, b T) bool { return a < b }))
	set(backends.OpTypeLessOrEqual, dt, dtypes.Bool, each2(func(a, b T) bool { return a <= b }))
	set(backends.OpTypeGreaterThan, dt, dtypes.Bool, each2(func(a, b T) bool { return a > b }))
	set(backends.OpTypeGreaterOrEqual, dt, dtypes.Bool, each2(func(a, b T) bool { return a >= b }))
	set(backends.OpTypeIsNaN, dt, dtypes.Bool, each1(func(a T) bool { return a != a }))
}

// float64Op lifts a function of float64; in float32 its result is rounded once.
func float64Op[T float](f func(float64) float64) kern {
	return each1(func(x T) T { return T(f(float64(x))) })
}

func floatKerns[T float](dt dtypes.DType) {
	for op, f := range map[backends.OpType]func(float64) float64{
		backends.OpTypeExp: math.Exp, backends.OpTypeExpm1: math.Expm1,
		backends.OpTypeLog: math.Log, backends.OpTypeLog1p: math.Log1p,
		backends.OpTypeSqrt: math.Sqrt, backends.OpTypeTanh: math.Tanh,
		backends.OpTypeSin: math.Sin, backends.OpTypeCos: math.Cos, backends.OpTypeErf: math.Erf,
		backends.OpTypeFloor: math.Floor, backends.OpTypeCeil: math.Ceil,
		backends.OpTypeRound: math.RoundToEven, backends.OpTypeAbs: math.Abs,
		backends.OpTypeRsqrt:    func(x float64) float64 { return 1 / math.Sqrt(x) },
		backends.OpTypeLogistic: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	} {
		set(op, dt, dt, float64Op[T](f))
	}
	set(backends.OpTypeNeg, dt, dt, each1(func(x T) T { return -x }))
	set(backends.OpTypeSign, dt, dt, each1(func(x T) T {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // zeros keep their sign, NaN stays
	}))
	set(backends.OpTypeDiv, dt, dt, binaryKern(func(d, a, b []T) {
		for i := range d {
			d[i] = a[i] / b[i]
		}
	}))
	set(backends.OpTypePow, dt, dt, each2(func(a, b T) T { return T(math.Pow(float64(a), float64(b))) }))
	set(backends.OpTypeRem, dt, dt, each2(func(a, b T) T { return T(math.Mod(float64(a), float64(b))) }))
	set(backends.OpTypeIsFinite, dt, dtypes.Bool, each1(func(x T) bool { return x-x == 0 }))
}

// order32 maps the bits of a float to an integer in the order -NaN < -Inf < ... < -0 < +0 < ... <
// +NaN.
func order32(b uint32) int64 {
	x := int32(b)
	return int64(x ^ int32(uint32(x>>31)>>1))
}

func order64(b uint64) int64 {
	x := int64(b)
	return x ^ int64(uint64(x>>63)>>1)
}

func totalOrderKerns[T number](dt dtypes.DType, key func(T) int64) {
	set(backends.OpTypeEqualTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) == key(b) }))
	set(backends.OpTypeNotEqualTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) != key(b) }))
	set(backends.OpTypeLessThanTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) < key(b) }))
	set(backends.OpTypeLessOrEqualTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) <= key(b) }))
	set(backends.OpTypeGreaterThanTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) > key(b) }))
	set(backends.OpTypeGreaterOrEqualTotalOrder, dt, dtypes.Bool, each2(func(a, b T) bool { return key(a) >= key(b) }))
}

// integerKerns registers what all integers share; division by zero gives -1 (all bits) and the
// remainder by zero the dividend, as XLA defines them.
func integerKerns[T integer](dt dtypes.DType) {
	numberKerns[T](dt)
	// The order of integers is total already.
	for total, plain := range map[backends.OpType]backends.OpType{
		backends.OpTypeEqualTotalOrder:          backends.OpTypeEqual,
		backends.OpTypeNotEqualTotalOrder:       backends.OpTypeNotEqual,
		backends.OpTypeLessThanTotalOrder:       backends.OpTypeLessThan,
		backends.OpTypeLessOrEqualTotalOrder:    backends.OpTypeLessOrEqual,
		backends.OpTypeGreaterThanTotalOrder:    backends.OpTypeGreaterThan,
		backends.OpTypeGreaterOrEqualTotalOrder: backends.OpTypeGreaterOrEqual,
	} {
		set(total, dt, dtypes.Bool, lookup(plain, dt, dtypes.Bool))
	}
	set(backends.OpTypeDiv, dt, dt, each2(func(a, b T) T {
		if b == 0 {
			return ^T(0)
		}
		return a / b
	}))
	set(backends.OpTypeRem, dt, dt, each2(func(a, b T) T {
		if b == 0 {
			return a
		}
		return a % b
	}))
	set(backends.OpTypeBitwiseAnd, dt, dt, each2(func(a, b T) T { return a & b }))
	set(backends.OpTypeBitwiseOr, dt, dt, each2(func(a, b T) T { return a | b }))
	set(backends.OpTypeBitwiseXor, dt, dt, each2(func(a, b T) T { return a ^ b }))
	set(backends.OpTypeBitwiseNot, dt, dt, each1(func(a T) T { return ^a }))
	width := T(8 * unsafe.Sizeof(T(0)))
	set(backends.OpTypeShiftLeft, dt, dt, each2(func(a, b T) T {
		if b < 0 || b >= width {
			return 0
		}
		return a << b
	}))
}

// ipow raises to a power that is not negative, modulo the width of T.
func ipow[T integer](a, b T) T {
	p := T(1)
	for ; b != 0; b >>= 1 {
		if b&1 != 0 {
			p *= a
		}
		a *= a
	}
	return p
}

func signedKerns[T signed, U unsigned](dt dtypes.DType) {
	integerKerns[T](dt)
	width := T(8 * unsafe.Sizeof(T(0)))
	set(backends.OpTypeNeg, dt, dt, each1(func(a T) T { return -a }))
	set(backends.OpTypeAbs, dt, dt, each1(func(a T) T { return max(a, -a) }))
	set(backends.OpTypeSign, dt, dt, each1(func(a T) T { return T(b2i(a > 0) - b2i(a < 0)) }))
	set(backends.OpTypePow, dt, dt, each2(func(a, b T) T {
		if b < 0 { // 1/a^|b|: a fraction unless a is 1 or -1
			switch {
			case a == 1 || a == -1 && b&1 == 0:
				return 1
			case a == -1:
				return -1
			}
			return 0
		}
		return ipow(a, b)
	}))
	set(backends.OpTypeBitCount, dt, dt, each1(func(a T) T { return T(bits.OnesCount64(uint64(U(a)))) }))
	set(backends.OpTypeClz, dt, dt, each1(func(a T) T { return T(bits.LeadingZeros64(uint64(U(a)))) - (64 - width) }))
	set(backends.OpTypeShiftRightArithmetic, dt, dt, each2(func(a, b T) T {
		if b < 0 || b >= width {
			b = width - 1
		}
		return a >> b
	}))
	set(backends.OpTypeShiftRightLogical, dt, dt, each2(func(a, b T) T {
		if b < 0 || b >= width {
			return 0
		}
		return T(U(a) >> b)
	}))
}

func unsignedKerns[T unsigned](dt dtypes.DType) {
	integerKerns[T](dt)
	width := T(8 * unsafe.Sizeof(T(0)))
	set(backends.OpTypeAbs, dt, dt, each1(func(a T) T { return a }))
	set(backends.OpTypeSign, dt, dt, each1(func(a T) T { return T(b2i(a > 0)) }))
	set(backends.OpTypePow, dt, dt, each2(ipow[T]))
	set(backends.OpTypeBitCount, dt, dt, each1(func(a T) T { return T(bits.OnesCount64(uint64(a))) }))
	set(backends.OpTypeClz, dt, dt, each1(func(a T) T { return T(bits.LeadingZeros64(uint64(a))) - (64 - width) }))
	logical := each2(func(a, b T) T {
		if b >= width {
			return 0
		}
		return a >> b
	})
	set(backends.OpTypeShiftRightLogical, dt, dt, logical)
	// The arithmetic shift treats the topmost bit as a sign, whatever the type.
	set(backends.OpTypeShiftRightArithmetic, dt, dt, each2(func(a, b T) T {
		b = min(b, width-1)
		r := a >> b
		if a>>(width-1) != 0 {
			r |= ^(^T(0) >> b)
		}
		return r
	}))
}

func boolKerns() {
	dt := dtypes.Bool
	movable[bool](dt)
	set(backends.OpTypeLogicalNot, dt, dt, each1(func(a bool) bool { return !a }))
	set(backends.OpTypeLogicalAnd, dt, dt, each2(func(a, b bool) bool { return a && b }))
	set(backends.OpTypeLogicalOr, dt, dt, each2(func(a, b bool) bool { return a || b }))
	set(backends.OpTypeLogicalXor, dt, dt, each2(func(a, b bool) bool { return a != b }))
	set(backends.OpTypeEqual, dt, dt, each2(func(a, b bool) bool { return a == b }))
	set(backends.OpTypeNotEqual, dt, dt, each2(func(a, b bool) bool { return a != b }))
	set(backends.OpTypeMax, dt, dt, each2(func(a, b bool) bool { return a || b }))
	set(backends.OpTypeMin, dt, dt, each2(func(a, b bool) bool { return a && b }))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func convertFrom[T number](in dtypes.DType) {
	convert[T, float32](in, dtypes.Float32)
	convert[T, float64](in, dtypes.Float64)
	convert[T, int8](in, dtypes.Int8)
	convert[T, int16](in, dtypes.Int16)
	convert[T, int32](in, dtypes.Int32)
	convert[T, int64](in, dtypes.Int64)
	convert[T, uint8](in, dtypes.Uint8)
	convert[T, uint16](in, dtypes.Uint16)
	convert[T, uint32](in, dtypes.Uint32)
	convert[T, uint64](in, dtypes.Uint64)
	set(backends.OpTypeConvertDType, in, dtypes.Bool, each1(func(x T) bool { return x != 0 }))
	set(backends.OpTypeConvertDType, dtypes.Bool, in, each1(func(x bool) T { return T(b2i(x)) }))
}

func convert[T, U number](in, out dtypes.DType) {
	set(backends.OpTypeConvertDType, in, out, each1(func(x T) U { return U(x) }))
}
