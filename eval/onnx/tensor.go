package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/x448/float16"
)

// value makes a tensor of the file's numbers.
func (t *tensor) value(e *engine.Engine) (*tensors.Tensor, error) {
	if t.elem.storage() == dtypes.InvalidDType {
		return nil, fmt.Errorf("tensor %.80q is of %s, which is not read: %v are", t.name, t.elem, anything)
	}
	dims, n, err := t.sizes()
	if err != nil {
		return nil, err
	}
	if t.ints == nil && len(t.raw) != n*t.elem.bytes() || t.ints != nil && (len(t.ints) != n || t.raw != nil) {
		return nil, fmt.Errorf("tensor %.80q of sizes %v has %d bytes and %d whole numbers in the file, expected %d bytes", t.name, t.dims, len(t.raw), len(t.ints), n*t.elem.bytes())
	}
	switch t.elem {
	case float16Elem:
		return converted(e, t, dims, func(b uint16) float32 { return float16.Frombits(b).Float32() })
	case bfloat16Elem:
		return converted(e, t, dims, func(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) })
	case boolElem:
		return converted(e, t, dims, func(b uint8) bool { return b != 0 })
	case float32Elem:
		return plain[float32](e, t, dims)
	case float64Elem:
		return plain[float64](e, t, dims)
	case uint8Elem:
		return plain[uint8](e, t, dims)
	case int8Elem:
		return plain[int8](e, t, dims)
	case uint16Elem:
		return plain[uint16](e, t, dims)
	case int16Elem:
		return plain[int16](e, t, dims)
	case int32Elem:
		return plain[int32](e, t, dims)
	case uint32Elem:
		return plain[uint32](e, t, dims)
	case uint64Elem:
		return plain[uint64](e, t, dims)
	}
	return plain[int64](e, t, dims)
}

// sizes checks a tensor's sizes, and counts its elements.
func (t *tensor) sizes() (dims []int, n int, err error) {
	n = 1
	for _, d := range t.dims {
		if d < 0 || d > 0 && int64(n) > maxFile/d {
			return nil, 0, fmt.Errorf("tensor %.80q has sizes %v", t.name, t.dims)
		}
		n *= int(d)
		dims = append(dims, int(d))
	}
	return dims, n, nil
}

// number is what a file's whole numbers become.
type number interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// plain reads numbers that lie in the file as in memory.
func plain[T number](e *engine.Engine, t *tensor, dims []int) (out *tensors.Tensor, err error) {
	out = engine.Fill(e, func(flat []T) {
		if t.ints == nil {
			_, err = binary.Decode(t.raw, binary.LittleEndian, flat)
			return
		}
		for i, v := range t.ints {
			flat[i] = T(v)
		}
	}, dims...)
	return out, err
}

// converted reads numbers that memory holds otherwise.
func converted[F uint8 | uint16, T engine.Element](e *engine.Engine, t *tensor, dims []int, convert func(F) T) (*tensors.Tensor, error) {
	out := engine.Fill(e, func(flat []T) {
		for i := range flat {
			switch {
			case t.ints != nil:
				flat[i] = convert(F(t.ints[i]))
			case t.elem.bytes() == 1:
				flat[i] = convert(F(t.raw[i]))
			default:
				flat[i] = convert(F(binary.LittleEndian.Uint16(t.raw[2*i:])))
			}
		}
	}, dims...)
	return out, nil
}
