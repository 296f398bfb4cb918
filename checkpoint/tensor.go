package checkpoint

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Names of the element types, as safetensors spells them.
const (
	F64  = "F64"
	F32  = "F32"
	F16  = "F16"
	BF16 = "BF16"
	I64  = "I64"
	I32  = "I32"
	I16  = "I16"
	I8   = "I8"
	U64  = "U64"
	U32  = "U32"
	U16  = "U16"
	U8   = "U8"
	Bool = "BOOL"
)

// A Tensor is an array as it lies in a file: elements in row-major order, little endian.
//
// A Tensor with nil Data and a non-empty shape stands for one whose data are elsewhere: see
// [Checkpoint.Fill] and [Only].
type Tensor struct {
	DType string // one of the constants above
	Shape []int  // nil or empty for a scalar
	Data  []byte
}

// SizeOf gives the bytes of one element of the type, 0 for an unknown type.
func SizeOf(dtype string) int {
	switch dtype {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// byteSize gives the bytes of a tensor, with every product checked.
func byteSize(dtype string, shape []int) (int64, error) {
	n := int64(SizeOf(dtype))
	if n == 0 {
		return 0, fmt.Errorf("dtype %q is not known (F64, F32, F16, BF16, I8 to I64, U8 to U64 and BOOL are)", dtype)
	}
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative size", shape)
		}
		if d > 0 && n > math.MaxInt64/int64(d) {
			return 0, fmt.Errorf("shape %v of %s has more bytes than 2^63", shape, dtype)
		}
		n *= int64(d)
	}
	return n, nil
}

// Len gives the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Bytes gives the number of bytes that the type and the shape ask for.
func (t Tensor) Bytes() int64 {
	n, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return 0
	}
	return n
}

// Check reports whether the data are as long as type and shape ask.
func (t Tensor) Check() error {
	n, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return err
	}
	if int64(len(t.Data)) != n {
		return fmt.Errorf("%s %v takes %d bytes, found %d", t.DType, t.Shape, n, len(t.Data))
	}
	return nil
}

func fromSlice[T any](dtype string, size int, shape []int, v []T, put func(b []byte, v T)) Tensor {
	t := Tensor{DType: dtype, Shape: slices.Clone(shape), Data: make([]byte, size*len(v))}
	if shape == nil {
		t.Shape = []int{len(v)}
	}
	if err := t.Check(); err != nil {
		panic("checkpoint: " + err.Error())
	}
	for i, x := range v {
		put(t.Data[i*size:], x)
	}
	return t
}

// FromF32s makes a tensor of type F32; a nil shape means [len(v)]. It panics if the shape does not
// hold len(v) elements.
func FromF32s(v []float32, shape ...int) Tensor {
	return fromSlice(F32, 4, shape, v, func(b []byte, x float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(x)) })
}

// FromF64s makes a tensor of type F64, as FromF32s does.
func FromF64s(v []float64, shape ...int) Tensor {
	return fromSlice(F64, 8, shape, v, func(b []byte, x float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(x)) })
}

// FromI64s makes a tensor of type I64, as FromF32s does.
func FromI64s(v []int64, shape ...int) Tensor {
	return fromSlice(I64, 8, shape, v, func(b []byte, x int64) { binary.LittleEndian.PutUint64(b, uint64(x)) })
}

// FromU8s makes a tensor of type U8, as FromF32s does.
func FromU8s(v []uint8, shape ...int) Tensor {
	return fromSlice(U8, 1, shape, v, func(b []byte, x uint8) { b[0] = x })
}

// ScalarI64 makes a tensor of type I64 without axes, as PyTorch keeps num_batches_tracked.
func ScalarI64(v int64) Tensor {
	return fromSlice(I64, 8, []int{}, []int64{v}, func(b []byte, x int64) { binary.LittleEndian.PutUint64(b, uint64(x)) })
}

// errKind says that a tensor's elements are not of the kind asked for.
func (t Tensor) errKind(want string) error {
	return fmt.Errorf("dtype is %s, expected %s", t.DType, want)
}

// F32s gives the elements of a tensor of type F32, F64, F16 or BF16, rounded to the nearest float32
// where the type is wider.
func (t Tensor) F32s() ([]float32, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	at, err := t.float()
	if err != nil {
		return nil, err
	}
	v := make([]float32, t.Len())
	for i := range v {
		v[i] = float32(at(i))
	}
	return v, nil
}

// F64s gives the elements of a tensor of any type: exactly, but for integers past 2^53, which are
// rounded; true is 1.
func (t Tensor) F64s() ([]float64, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	at, err := t.number()
	if err != nil {
		return nil, err
	}
	v := make([]float64, t.Len())
	for i := range v {
		v[i] = at(i)
	}
	return v, nil
}

// I64s gives the elements of a tensor of integers, of which U64 may be too large, or of bool: true
// is 1.
func (t Tensor) I64s() ([]int64, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	at, err := t.integer()
	if err != nil {
		return nil, err
	}
	v := make([]int64, t.Len())
	for i := range v {
		if v[i] = at(i); t.DType == U64 && v[i] < 0 {
			return nil, fmt.Errorf("element %d is %d, expected less than 2^63", i, uint64(v[i]))
		}
	}
	return v, nil
}

// integer gives the reader of one element of a tensor of integers or bool; one of U64 keeps its
// bits.
func (t Tensor) integer() (func(i int) int64, error) {
	b := t.Data
	switch t.DType {
	case I64, U64:
		return func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[8*i:])) }, nil
	case I32:
		return func(i int) int64 { return int64(int32(binary.LittleEndian.Uint32(b[4*i:]))) }, nil
	case U32:
		return func(i int) int64 { return int64(binary.LittleEndian.Uint32(b[4*i:])) }, nil
	case I16:
		return func(i int) int64 { return int64(int16(binary.LittleEndian.Uint16(b[2*i:]))) }, nil
	case U16:
		return func(i int) int64 { return int64(binary.LittleEndian.Uint16(b[2*i:])) }, nil
	case I8:
		return func(i int) int64 { return int64(int8(b[i])) }, nil
	case U8:
		return func(i int) int64 { return int64(b[i]) }, nil
	case Bool:
		return func(i int) int64 { return int64(min(b[i], 1)) }, nil
	}
	return nil, t.errKind("an integer type or BOOL")
}

// number gives the reader of one element of any type.
func (t Tensor) number() (func(i int) float64, error) {
	if at, err := t.float(); err == nil {
		return at, nil
	}
	at, err := t.integer()
	if err != nil {
		return nil, err
	}
	if t.DType == U64 {
		return func(i int) float64 { return float64(uint64(at(i))) }, nil
	}
	return func(i int) float64 { return float64(at(i)) }, nil
}

// float gives the reader of one element of a floating-point tensor.
func (t Tensor) float() (func(i int) float64, error) {
	b := t.Data
	switch t.DType {
	case F64:
		return func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])) }, nil
	case F32:
		return func(i int) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))) }, nil
	case F16:
		return func(i int) float64 { return half(binary.LittleEndian.Uint16(b[2*i:])) }, nil
	case BF16:
		return func(i int) float64 {
			return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16))
		}, nil
	}
	return nil, t.errKind("F32, F64, F16 or BF16")
}

// half gives the value of an IEEE 754 binary16.
func half(h uint16) float64 {
	sign, exp, frac := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// Finite reports the first element that is NaN or infinite, as an error that wraps ErrNotFinite;
// tensors of integers are finite.
func (t Tensor) Finite() error {
	i := t.firstNotFinite()
	if i < 0 {
		return nil
	}
	at, err := t.float()
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: element %d of %v is %v", ErrNotFinite, i, t.Shape, at(i))
}

// firstNotFinite finds an element whose exponent bits are all ones, or -1.
func (t Tensor) firstNotFinite() int {
	switch t.DType {
	case F64:
		return firstOnes(t.Data, 8, 0x7ff<<52)
	case F32:
		return firstOnes(t.Data, 4, 0xff<<23)
	case F16:
		return firstOnes(t.Data, 2, 0x1f<<10)
	case BF16:
		return firstOnes(t.Data, 2, 0xff<<7)
	}
	return -1
}

func firstOnes(b []byte, size int, mask uint64) int {
	for i := 0; i+size <= len(b); i += size {
		var x uint64
		switch size {
		case 8:
			x = binary.LittleEndian.Uint64(b[i:])
		case 4:
			x = uint64(binary.LittleEndian.Uint32(b[i:]))
		default:
			x = uint64(binary.LittleEndian.Uint16(b[i:]))
		}
		if x&mask == mask {
			return i / size
		}
	}
	return -1
}

// CheckFinite checks a dictionary of tensors; the error names the first tensor in order of names
// and wraps ErrNotFinite.
func CheckFinite(tensors map[string]Tensor) error {
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if err := tensors[name].Finite(); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	return nil
}
