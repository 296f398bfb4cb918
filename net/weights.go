package net

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/dtypes/bfloat16"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/x448/float16"
)

// Export turns tensors in the engine's layout, in the order of params, into PyTorch's state dict.
// What the tensors are does not matter, only their shapes: an optimiser's moments pass through too.
func Export(params []*Param, values []*tensors.Tensor) (map[string]checkpoint.Tensor, error) {
	if len(params) != len(values) {
		return nil, fmt.Errorf("net: %d parameters, %d tensors", len(params), len(values))
	}
	out := make(map[string]checkpoint.Tensor, len(params))
	for i, p := range params {
		a, err := p.export(values[i])
		if err != nil {
			return nil, err
		}
		out[p.Name] = a
	}
	return out, nil
}

func (p *Param) export(t *tensors.Tensor) (checkpoint.Tensor, error) {
	if err := t.Shape().CheckDims(p.EngineShape()...); err != nil {
		return checkpoint.Tensor{}, fmt.Errorf("net: parameter %q: %w", p.Name, err)
	}
	a := checkpoint.Tensor{Shape: slices.Clone(p.Shape), Data: make([]byte, p.Size()*t.DType().Size())}
	err := t.ConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float32:
			a.DType = "F32"
			p.scatter(func(from, to int) {
				binary.LittleEndian.PutUint32(a.Data[4*to:], math.Float32bits(flat[from]))
			})
		case []float64:
			a.DType = "F64"
			p.scatter(func(from, to int) {
				binary.LittleEndian.PutUint64(a.Data[8*to:], math.Float64bits(flat[from]))
			})
		case []int64:
			a.DType = "I64"
			p.scatter(func(from, to int) {
				binary.LittleEndian.PutUint64(a.Data[8*to:], uint64(flat[from]))
			})
		}
	})
	if err == nil && a.DType == "" {
		err = fmt.Errorf("type %s cannot be exported", t.DType())
	}
	if err != nil {
		return checkpoint.Tensor{}, fmt.Errorf("net: parameter %q: %w", p.Name, err)
	}
	return a, nil
}

// Import turns a PyTorch state dict into tensors in the engine's layout, in the order of params, in
// the float type given. Floats may be of any width; an integer buffer must be an integer. The error
// of a dictionary that does not fit names the first missing tensor, the first extra and the first
// of another shape or type.
func Import(params []*Param, arrays map[string]checkpoint.Tensor, float dtypes.DType) ([]*tensors.Tensor, error) {
	if err := CheckArrays(params, arrays); err != nil {
		return nil, err
	}
	out := make([]*tensors.Tensor, len(params))
	for i, p := range params {
		a := arrays[p.Name]
		read, size := reader(a.DType)
		out[i] = p.build(float, func(i int) float64 { return read(a.Data[i*size:]) })
	}
	return out, nil
}

// CheckArrays says whether a dictionary has exactly the tensors of params.
func CheckArrays(params []*Param, arrays map[string]checkpoint.Tensor) error {
	known := make(map[string]bool, len(params))
	var missing, extra, wrong []string
	for _, p := range params {
		known[p.Name] = true
		if a, ok := arrays[p.Name]; !ok {
			missing = append(missing, fmt.Sprintf("%q %v", p.Name, p.Shape))
		} else if fault := p.fault(a); fault != "" {
			wrong = append(wrong, fmt.Sprintf("%q has %s", p.Name, fault))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		if !known[name] {
			extra = append(extra, fmt.Sprintf("%q %v", name, arrays[name].Shape))
		}
	}
	var faults []string
	add := func(what string, list []string) {
		if n := len(list); n == 1 {
			faults = append(faults, what+list[0])
		} else if n > 1 {
			faults = append(faults, fmt.Sprintf("%s%s (and %d more)", what, list[0], n-1))
		}
	}
	add("missing ", missing)
	add("extra ", extra)
	add("", wrong)
	if faults == nil {
		return nil
	}
	return fmt.Errorf("weights do not fit the network: %s", strings.Join(faults, "; "))
}

// fault says what about a does not fit the parameter, "" if nothing.
func (p *Param) fault(a checkpoint.Tensor) string {
	read, size := reader(a.DType)
	switch {
	case !slices.Equal(a.Shape, p.Shape):
		return fmt.Sprintf("shape %v, expected %v", a.Shape, p.Shape)
	case read == nil, p.DType == dtypes.Int64 != (a.DType == "I64"):
		return fmt.Sprintf("type %s, expected %s", a.DType, p.expected())
	case len(a.Data) != p.Size()*size:
		return fmt.Sprintf("%d bytes, expected %d", len(a.Data), p.Size()*size)
	}
	return ""
}

func (p *Param) expected() string {
	if p.DType == dtypes.Int64 {
		return "I64"
	}
	return "F32, F64, F16 or BF16"
}

// reader gives the function that reads one number of the named type from the front of little-endian
// bytes, and the type's size; nil for other types. An int64 passes exactly up to 2^53, more batches
// than anyone trains on.
func reader(dtype string) (read func([]byte) float64, size int) {
	le := binary.LittleEndian
	switch dtype {
	case "F32":
		return func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }, 4
	case "F64":
		return func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }, 8
	case "F16":
		return func(b []byte) float64 { return float64(float16.Frombits(le.Uint16(b)).Float32()) }, 2
	case "BF16":
		return func(b []byte) float64 { return float64(bfloat16.FromBits(le.Uint16(b)).Float32()) }, 2
	case "I64":
		return func(b []byte) float64 { return float64(int64(le.Uint64(b))) }, 8
	}
	return nil, 0
}
