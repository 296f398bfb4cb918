package engine

import (
	"fmt"
	"reflect"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
)

// Element is a Go type that a tensor made here can hold. GoMLX's int is left out: its size depends
// on the machine.
type Element interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | bool
}

// New returns a tensor of the given dimensions that holds data, in row-major order, copied once.
// With no dimensions it is a scalar. It panics where data and dimensions disagree.
//
// To read a tensor without a copy use GoMLX's tensors.ConstFlatData, for a copy
// tensors.CopyFlatData, for a scalar tensors.ToScalar.
func New[T Element](e *Engine, data []T, dims ...int) *tensors.Tensor {
	return Fill(e, func(flat []T) {
		if len(flat) != len(data) {
			panic(fmt.Sprintf("engine: %d values for a tensor of dimensions %v", len(data), dims))
		}
		copy(flat, data)
	}, dims...)
}

// Scalar returns a tensor that holds v alone.
func Scalar[T Element](e *Engine, v T) *tensors.Tensor {
	return New(e, []T{v})
}

// Vector returns a tensor of float32 that holds v.
func Vector(e *Engine, v []float64) *tensors.Tensor {
	return Fill(e, func(flat []float32) {
		for i, x := range v {
			flat[i] = float32(x)
		}
	}, len(v))
}

// Zeros returns a tensor of zeros.
func Zeros(e *Engine, s shapes.Shape) *tensors.Tensor {
	return fill(e, s, func(any) {})
}

// Fill returns a tensor of the given dimensions whose values write sets, in row-major order; they
// begin as zeros. Where the backend's memory is the host's, as with simd, write sets them in place:
// nothing is copied.
func Fill[T Element](e *Engine, write func(flat []T), dims ...int) *tensors.Tensor {
	s := shapes.Make(dtypes.FromGenericsType[T](), dims...)
	return fill(e, s, func(flat any) { write(flat.([]T)) })
}

func fill(e *Engine, s shapes.Shape, write func(flat any)) *tensors.Tensor {
	if !e.backend.HasSharedBuffers() || s.Size() == 0 {
		t := tensors.FromShape(s)
		t.MustMutableFlatData(write)
		return t
	}
	buffer, flat, err := e.backend.NewSharedBuffer(0, s)
	if err != nil {
		panic(fmt.Errorf("engine: allocate a tensor %s: %w", s, err))
	}
	reflect.ValueOf(flat).Clear() // the backend may hand out memory used before
	write(flat)
	t, err := tensors.FromBuffer(e.backend, buffer)
	if err != nil {
		panic(fmt.Errorf("engine: wrap a buffer %s: %w", s, err))
	}
	return t
}

// Take moves a tensor to the backend's memory: of one that is left in the host's a first call would
// make a second.
func (e *Engine) Take(t *tensors.Tensor) error {
	const device = 0
	if err := t.MaterializeOnDevice(e.backend, true, device); err != nil {
		return err
	}
	t.FinalizeLocal()
	return nil
}

// Free finalizes tensors now instead of leaving their memory to the garbage collector; nil and
// finalized ones are passed over. No call may be using them.
func Free(ts ...*tensors.Tensor) {
	for _, t := range ts {
		if t != nil {
			_ = t.FinalizeAll() // what is left after a failure is the garbage collector's
		}
	}
}
