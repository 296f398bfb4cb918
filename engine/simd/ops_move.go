package simd

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/shapeinference"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// Reshape returns a view of x, or of a copy where x is a view that cannot be reshaped.
func (b *Builder) Reshape(x backends.Op, dims ...int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeReshape, x)
	if err != nil {
		return nil, err
	}
	if _, err := shapeinference.ReshapeOp(n[0].shape, dims); err != nil {
		return nil, err
	}
	return b.reshape(n[0], dims...), nil
}

// Transpose returns a view of x with its axes permuted.
func (b *Builder) Transpose(x backends.Op, perm ...int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeTranspose, x)
	if err != nil {
		return nil, err
	}
	if _, err := shapeinference.TransposeOp(n[0].shape, perm); err != nil {
		return nil, err
	}
	return b.transpose(n[0], perm...), nil
}

// BroadcastInDim returns a view of x repeated along new or unit axes.
func (b *Builder) BroadcastInDim(x backends.Op, shape shapes.Shape, axes []int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeBroadcastInDim, x)
	if err != nil {
		return nil, err
	}
	if err := shapeinference.BroadcastInDimOp(n[0].shape, shape, axes); err != nil {
		return nil, err
	}
	return b.broadcast(n[0], shape.Dimensions, axes), nil
}

// Slice returns a view of a part of x.
func (b *Builder) Slice(x backends.Op, starts, limits, strides []int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeSlice, x)
	if err != nil {
		return nil, err
	}
	if strides == nil {
		strides = slices.Repeat([]int{1}, len(starts))
	}
	if _, err := shapeinference.SliceOp(n[0].shape, starts, limits, strides); err != nil {
		return nil, err
	}
	base, lay := n[0].resolve()
	return b.viewOf(base, lay.slice(starts, limits, strides)), nil
}

// Reverse returns a view of x that runs backwards along axes.
func (b *Builder) Reverse(x backends.Op, axes ...int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeReverse, x)
	if err != nil {
		return nil, err
	}
	for _, a := range axes {
		if a < 0 || a >= n[0].shape.Rank() {
			return nil, fmt.Errorf("simd: Reverse: axis %d of shape %s", a, n[0].shape)
		}
	}
	return b.reverse(n[0], axes...), nil
}

// Concatenate joins operands along an axis.
func (b *Builder) Concatenate(axis int, operands ...backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeConcatenate, operands...)
	if err != nil {
		return nil, err
	}
	in := make([]shapes.Shape, len(n))
	for i := range n {
		in[i] = n[i].shape
	}
	shape, err := shapeinference.ConcatenateOp(in, axis)
	if err != nil {
		return nil, err
	}
	if len(n) == 1 {
		return n[0], nil
	}
	return b.add(backends.OpTypeConcatenate, shape, concatenate{axis}, n...), nil
}

// Pad writes x into a larger array of the fill value; a negative padding cuts.
func (b *Builder) Pad(x, fill backends.Op, config ...backends.PadAxis) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypePad, x, fill)
	if err != nil {
		return nil, err
	}
	shape, p, err := padding(n[0].shape, n[1].shape, config)
	if err != nil {
		return nil, err
	}
	return b.add(backends.OpTypePad, shape, p, n...), nil
}

// padding checks the arguments of Pad and returns the shape of the result.
func padding(x, fill shapes.Shape, config []backends.PadAxis) (shapes.Shape, pad, error) {
	bad := shapes.Invalid()
	if fill.Rank() != 0 || fill.DType != x.DType {
		return bad, pad{}, fmt.Errorf("simd: Pad: the fill value is %s, want a scalar %s", fill, x.DType)
	}
	if len(config) > x.Rank() {
		return bad, pad{}, fmt.Errorf("simd: Pad: %d axes of padding for shape %s", len(config), x)
	}
	shape := x.Clone()
	p := pad{lo: make([]int, x.Rank()), step: slices.Repeat([]int{1}, x.Rank())}
	for i, c := range config {
		if c.Interior < 0 {
			return bad, pad{}, fmt.Errorf("simd: Pad: axis %d has negative interior padding %d", i, c.Interior)
		}
		p.lo[i], p.step[i] = c.Start, c.Interior+1
		d := x.Dimensions[i]
		shape.Dimensions[i] = c.Start + c.End + max((d-1)*(c.Interior+1)+1, 0)
		if shape.Dimensions[i] < 0 {
			return bad, pad{}, fmt.Errorf("simd: Pad: axis %d of shape %s with padding %+v has negative size", i, x, c)
		}
	}
	return shape, p, nil
}

// DynamicSlice cuts a part of x at positions known only when it runs.
func (b *Builder) DynamicSlice(x backends.Op, starts []backends.Op, sizes []int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeDynamicSlice, append([]backends.Op{x}, starts...)...)
	if err != nil {
		return nil, err
	}
	n = slices.Concat(n[:1], b.scalars(n[1:]))
	if err := checkStarts(n[0].shape, n[1:], sizes); err != nil {
		return nil, fmt.Errorf("simd: DynamicSlice: %w", err)
	}
	shape := shapes.Make(n[0].shape.DType, sizes...)
	return b.add(backends.OpTypeDynamicSlice, shape, dynamicSlice{}, n...), nil
}

// DynamicUpdateSlice overwrites a part of x at positions known only when it runs.
func (b *Builder) DynamicUpdateSlice(x, update backends.Op, starts []backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeDynamicUpdateSlice, append([]backends.Op{x, update}, starts...)...)
	if err != nil {
		return nil, err
	}
	n = slices.Concat(n[:2], b.scalars(n[2:]))
	if n[1].shape.DType != n[0].shape.DType {
		return nil, fmt.Errorf("simd: DynamicUpdateSlice: update is %s, operand is %s", n[1].shape, n[0].shape)
	}
	if err := checkStarts(n[0].shape, n[2:], n[1].shape.Dimensions); err != nil {
		return nil, fmt.Errorf("simd: DynamicUpdateSlice: %w", err)
	}
	return b.add(backends.OpTypeDynamicUpdateSlice, n[0].shape.Clone(), dynamicUpdate{}, n...), nil
}

// scalars splits a single vector of starts into its elements.
func (b *Builder) scalars(starts []*node) []*node {
	if len(starts) != 1 || starts[0].shape.Rank() != 1 {
		return starts
	}
	base, lay := starts[0].resolve()
	var s []*node
	for i := range lay.dims[0] {
		s = append(s, b.viewOf(base, layout{off: lay.off + i*lay.strides[0]}))
	}
	return s
}

func checkStarts(x shapes.Shape, starts []*node, sizes []int) error {
	if len(starts) != x.Rank() || len(sizes) != x.Rank() {
		return fmt.Errorf("%d starts and %d sizes for shape %s", len(starts), len(sizes), x)
	}
	for i, s := range starts {
		if s.shape.Rank() != 0 || !s.shape.DType.IsInt() {
			return fmt.Errorf("start %d is %s, want a scalar integer", i, s.shape)
		}
		if sizes[i] < 0 || sizes[i] > x.Dimensions[i] {
			return fmt.Errorf("size %d on axis %d of shape %s", sizes[i], i, x)
		}
	}
	return nil
}

// Bitcast reinterprets the bits of x.
func (b *Builder) Bitcast(x backends.Op, dt dtypes.DType) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeBitcast, x)
	if err != nil {
		return nil, err
	}
	if err := checkDType(dt); err != nil {
		return nil, fmt.Errorf("Bitcast: %w", err)
	}
	from, to := sizeOf(n[0].shape.DType), sizeOf(dt)
	dims := slices.Clone(n[0].shape.Dimensions)
	switch {
	case to < from:
		dims = append(dims, from/to)
	case to > from:
		if len(dims) == 0 || dims[len(dims)-1] != to/from {
			return nil, fmt.Errorf("simd: Bitcast of %s to %s: want a last axis of size %d", n[0].shape, dt, to/from)
		}
		dims = dims[:len(dims)-1]
	}
	return b.add(backends.OpTypeBitcast, shapes.Make(dt, dims...), bitcast{}, b.contiguous(n[0])), nil
}
