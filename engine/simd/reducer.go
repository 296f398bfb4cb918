package simd

import (
	"math"
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/engine/simd/internal/vec"
)

// reducer combines the elements of one type by an associative operation.
type reducer struct {
	size    int
	init    func(dst unsafe.Pointer, n int)                   // n neutral elements
	combine kern                                              // dst = a op b
	row     func(dst unsafe.Pointer, x unsafe.Pointer, n int) // *dst = *dst op x[0] op ... op x[n-1]
}

type reducerKey struct {
	op backends.OpType
	dt dtypes.DType
}

var reducers = map[reducerKey]*reducer{}

// lookupReducer returns the reducer of a reduction, or nil.
func lookupReducer(op backends.OpType, dt dtypes.DType) *reducer { return reducers[reducerKey{op, dt}] }

func addReducer[T element](op, by backends.OpType, dt dtypes.DType, neutral T, f func(a, b T) T) {
	var t T
	reducers[reducerKey{op, dt}] = &reducer{
		size:    int(unsafe.Sizeof(t)),
		init:    func(dst unsafe.Pointer, n int) { fill(view[T](dst, n), neutral) },
		combine: lookup(by, dt, dt),
		row: func(dst, x unsafe.Pointer, n int) {
			acc := *(*T)(dst)
			for _, v := range view[T](x, n) {
				acc = f(acc, v)
			}
			*(*T)(dst) = acc
		},
	}
}

func numberReducers[T number](dt dtypes.DType, lowest, highest T) {
	addReducer(backends.OpTypeReduceProduct, backends.OpTypeMul, dt, 1, func(a, b T) T { return a * b })
	addReducer(backends.OpTypeReduceMax, backends.OpTypeMax, dt, lowest, func(a, b T) T { return max(a, b) })
	addReducer(backends.OpTypeReduceMin, backends.OpTypeMin, dt, highest, func(a, b T) T { return min(a, b) })
	addReducer(backends.OpTypeReduceSum, backends.OpTypeAdd, dt, 0, func(a, b T) T { return a + b })
	reducers[reducerKey{backends.OpTypeReduceSum, dt}].row = func(dst, x unsafe.Pointer, n int) {
		*(*T)(dst) += sum(view[T](x, n))
	}
}

// sum adds in eight independent accumulators.
func sum[T number](x []T) T {
	var s [8]T
	for len(x) >= 8 {
		for i, v := range x[:8] {
			s[i] += v
		}
		x = x[8:]
	}
	for i, v := range x {
		s[i] += v
	}
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}

func integerReducers[T integer](dt dtypes.DType, lowest, highest T) {
	numberReducers(dt, lowest, highest)
	addReducer(backends.OpTypeReduceBitwiseAnd, backends.OpTypeBitwiseAnd, dt, ^T(0), func(a, b T) T { return a & b })
	addReducer(backends.OpTypeReduceBitwiseOr, backends.OpTypeBitwiseOr, dt, 0, func(a, b T) T { return a | b })
	addReducer(backends.OpTypeReduceBitwiseXor, backends.OpTypeBitwiseXor, dt, 0, func(a, b T) T { return a ^ b })
}

func init() {
	numberReducers[float32](dtypes.Float32, float32(math.Inf(-1)), float32(math.Inf(1)))
	reducers[reducerKey{backends.OpTypeReduceSum, dtypes.Float32}].row = func(dst, x unsafe.Pointer, n int) {
		*(*float32)(dst) += float32(vec.Sum(view[float32](x, n)))
	}
	reducers[reducerKey{backends.OpTypeReduceMax, dtypes.Float32}].row = func(dst, x unsafe.Pointer, n int) {
		*(*float32)(dst) = max(*(*float32)(dst), vec.ReduceMax(view[float32](x, n)))
	}
	reducers[reducerKey{backends.OpTypeReduceMin, dtypes.Float32}].row = func(dst, x unsafe.Pointer, n int) {
		*(*float32)(dst) = min(*(*float32)(dst), vec.ReduceMin(view[float32](x, n)))
	}
	numberReducers[float64](dtypes.Float64, math.Inf(-1), math.Inf(1))
	integerReducers[int8](dtypes.Int8, math.MinInt8, math.MaxInt8)
	integerReducers[int16](dtypes.Int16, math.MinInt16, math.MaxInt16)
	integerReducers[int32](dtypes.Int32, math.MinInt32, math.MaxInt32)
	integerReducers[int64](dtypes.Int64, math.MinInt64, math.MaxInt64)
	integerReducers[uint8](dtypes.Uint8, 0, math.MaxUint8)
	integerReducers[uint16](dtypes.Uint16, 0, math.MaxUint16)
	integerReducers[uint32](dtypes.Uint32, 0, math.MaxUint32)
	integerReducers[uint64](dtypes.Uint64, 0, math.MaxUint64)
	dt := dtypes.Bool
	addReducer(backends.OpTypeReduceLogicalAnd, backends.OpTypeLogicalAnd, dt, true, func(a, b bool) bool { return a && b })
	addReducer(backends.OpTypeReduceLogicalOr, backends.OpTypeLogicalOr, dt, false, func(a, b bool) bool { return a || b })
	addReducer(backends.OpTypeReduceLogicalXor, backends.OpTypeLogicalXor, dt, false, func(a, b bool) bool { return a != b })
	addReducer(backends.OpTypeReduceMax, backends.OpTypeLogicalOr, dt, false, func(a, b bool) bool { return a || b })
	addReducer(backends.OpTypeReduceMin, backends.OpTypeLogicalAnd, dt, true, func(a, b bool) bool { return a && b })
}
