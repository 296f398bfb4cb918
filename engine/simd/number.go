package simd

import (
	"math"
	"unsafe"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// putNumber writes v at the start of data as an element of type dt.
func putNumber(dt dtypes.DType, data []byte, v float64) {
	p := unsafe.Pointer(unsafe.SliceData(data))
	switch dt {
	case dtypes.Float32:
		*(*float32)(p) = float32(v)
	case dtypes.Float64:
		*(*float64)(p) = v
	case dtypes.Bool:
		*(*bool)(p) = v != 0
	default:
		putInt(dt, p, int64(v))
	}
}

// putInt writes v at p as an integer of type dt.
func putInt(dt dtypes.DType, p unsafe.Pointer, v int64) {
	switch dt {
	case dtypes.Int8, dtypes.Uint8:
		*(*int8)(p) = int8(v)
	case dtypes.Int16, dtypes.Uint16:
		*(*int16)(p) = int16(v)
	case dtypes.Int32, dtypes.Uint32:
		*(*int32)(p) = int32(v)
	case dtypes.Int64, dtypes.Uint64:
		*(*int64)(p) = v
	}
}

// getInt reads an integer of type dt at p; an unsigned one beyond int64 becomes the largest int64.
func getInt(dt dtypes.DType, p unsafe.Pointer) int {
	switch dt {
	case dtypes.Int8:
		return int(*(*int8)(p))
	case dtypes.Int16:
		return int(*(*int16)(p))
	case dtypes.Int32:
		return int(*(*int32)(p))
	case dtypes.Int64:
		return int(*(*int64)(p))
	case dtypes.Uint8:
		return int(*(*uint8)(p))
	case dtypes.Uint16:
		return int(*(*uint16)(p))
	case dtypes.Uint32:
		return int(*(*uint32)(p))
	case dtypes.Uint64:
		return int(min(*(*uint64)(p), math.MaxInt64))
	}
	return 0
}
