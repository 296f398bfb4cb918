package simd

import (
	"unsafe"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

type (
	signed   interface{ int8 | int16 | int32 | int64 }
	unsigned interface {
		uint8 | uint16 | uint32 | uint64
	}
	integer interface{ signed | unsigned }
	float   interface{ float32 | float64 }
	number  interface{ integer | float }
	element interface{ number | bool }
)

// supported lists the element types of the backend.
var supported = []dtypes.DType{
	dtypes.Float32, dtypes.Float64, dtypes.Bool,
	dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64,
	dtypes.Uint8, dtypes.Uint16, dtypes.Uint32, dtypes.Uint64,
}

// sizeOf returns the bytes of one element.
func sizeOf(dt dtypes.DType) int {
	if dt == dtypes.Bool {
		return 1
	}
	return dt.Size()
}

// view reinterprets n elements at p.
func view[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// flatOf returns memory as a slice of the Go type of dt.
func flatOf(dt dtypes.DType, mem []byte, n int) any {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	switch dt {
	case dtypes.Float32:
		return view[float32](p, n)
	case dtypes.Float64:
		return view[float64](p, n)
	case dtypes.Bool:
		return view[bool](p, n)
	case dtypes.Int8:
		return view[int8](p, n)
	case dtypes.Int16:
		return view[int16](p, n)
	case dtypes.Int32:
		return view[int32](p, n)
	case dtypes.Int64:
		return view[int64](p, n)
	case dtypes.Uint8:
		return view[uint8](p, n)
	case dtypes.Uint16:
		return view[uint16](p, n)
	case dtypes.Uint32:
		return view[uint32](p, n)
	case dtypes.Uint64:
		return view[uint64](p, n)
	}
	return nil
}

// bytesOf returns the memory of a slice of a supported type, its element type and its length.
func bytesOf(flat any) (mem []byte, dt dtypes.DType, n int) {
	switch s := flat.(type) {
	case []float32:
		return raw(s), dtypes.Float32, len(s)
	case []float64:
		return raw(s), dtypes.Float64, len(s)
	case []bool:
		return raw(s), dtypes.Bool, len(s)
	case []int8:
		return raw(s), dtypes.Int8, len(s)
	case []int16:
		return raw(s), dtypes.Int16, len(s)
	case []int32:
		return raw(s), dtypes.Int32, len(s)
	case []int64:
		return raw(s), dtypes.Int64, len(s)
	case []uint8:
		return raw(s), dtypes.Uint8, len(s)
	case []uint16:
		return raw(s), dtypes.Uint16, len(s)
	case []uint32:
		return raw(s), dtypes.Uint32, len(s)
	case []uint64:
		return raw(s), dtypes.Uint64, len(s)
	}
	return nil, dtypes.InvalidDType, 0
}

func raw[T element](s []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(t)))
}
