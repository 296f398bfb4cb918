package simd

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/shapeinference"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// elementwise records an operation on operands that broadcast to shape.
func (b *Builder) elementwise(op backends.OpType, shape shapes.Shape, in ...*node) (backends.Op, error) {
	if lookup(op, in[0].shape.DType, shape.DType) == nil {
		return nil, fmt.Errorf("simd: operation %s on %s: %w", op, in[0].shape.DType, b.ErrFn(op))
	}
	if c := b.fold(op, shape, in); c != nil {
		return c, nil
	}
	ins := make([]*node, len(in))
	for i, x := range in {
		ins[i] = b.broadcastTo(x, shape.Dimensions)
	}
	if len(in) == 2 && isNeutral(op, in[1]) {
		return ins[0], nil
	}
	return b.add(op, shape.Clone(), nil, ins...), nil
}

func (b *Builder) unary(op backends.OpType, x backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(op, x)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.UnaryOp(op, n[0].shape)
	if err != nil {
		return nil, err
	}
	return b.elementwise(op, shape, n[0])
}

func (b *Builder) binary(op backends.OpType, x, y backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(op, x, y)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.BinaryOp(op, n[0].shape, n[1].shape)
	if err != nil {
		return nil, err
	}
	return b.elementwise(op, shape, n...)
}

func (b *Builder) compare(op backends.OpType, x, y backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(op, x, y)
	if err != nil {
		return nil, err
	}
	infer := op
	if op == backends.OpTypeNotEqualTotalOrder { // shapeinference does not list it
		infer = backends.OpTypeEqualTotalOrder
	}
	shape, err := shapeinference.ComparisonOp(infer, n[0].shape, n[1].shape)
	if err != nil {
		return nil, err
	}
	return b.elementwise(op, shape, n...)
}

// predicate records a test of x.
func (b *Builder) predicate(op backends.OpType, x backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(op, x)
	if err != nil {
		return nil, err
	}
	shape := n[0].shape.Clone()
	shape.DType = dtypes.Bool
	return b.elementwise(op, shape, n[0])
}

// Identity returns x.
func (b *Builder) Identity(x backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeIdentity, x)
	if err != nil {
		return nil, err
	}
	return n[0], nil
}

// ConvertDType converts the elements of x.
func (b *Builder) ConvertDType(x backends.Op, dt dtypes.DType) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeConvertDType, x)
	if err != nil {
		return nil, err
	}
	if err := checkDType(dt); err != nil {
		return nil, fmt.Errorf("ConvertDType: %w", err)
	}
	if n[0].shape.DType == dt {
		return n[0], nil
	}
	shape := n[0].shape.Clone()
	shape.DType = dt
	return b.elementwise(backends.OpTypeConvertDType, shape, n[0])
}

// Where selects elements by a condition.
func (b *Builder) Where(condition, onTrue, onFalse backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeWhere, condition, onTrue, onFalse)
	if err != nil {
		return nil, err
	}
	if n[1].shape.DType != n[2].shape.DType {
		return nil, fmt.Errorf("simd: Where: onTrue is %s and onFalse is %s: want one element type", n[1].shape, n[2].shape)
	}
	shape, err := shapeinference.WhereOp(n[0].shape, n[1].shape, n[2].shape)
	if err != nil {
		return nil, err
	}
	return b.elementwise(backends.OpTypeWhere, shape, n...)
}

// Clamp returns min(max(x, lo), hi).
func (b *Builder) Clamp(lo, x, hi backends.Op) (backends.Op, error) {
	y, err := b.Max(lo, x)
	if err != nil {
		return nil, err
	}
	return b.Min(y, hi)
}

// Iota counts along one axis.
func (b *Builder) Iota(shape shapes.Shape, axis int) (backends.Op, error) {
	if err := checkDType(shape.DType); err != nil {
		return nil, fmt.Errorf("Iota: %w", err)
	}
	if axis < 0 || axis >= shape.Rank() {
		return nil, fmt.Errorf("simd: Iota: axis %d of shape %s", axis, shape)
	}
	if shape.DType == dtypes.Bool {
		return nil, fmt.Errorf("simd: Iota of %s: %w", shape.DType, b.ErrFn(backends.OpTypeIota))
	}
	return b.add(backends.OpTypeIota, shape.Clone(), axis), nil
}

// shift infers as BitwiseAnd does: shapeinference does not list shifts.
func (b *Builder) shift(op backends.OpType, x, y backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(op, x, y)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.BinaryOp(backends.OpTypeBitwiseAnd, n[0].shape, n[1].shape)
	if err != nil {
		return nil, fmt.Errorf("simd: %s takes what BitwiseAnd takes: %w", op, err)
	}
	return b.elementwise(op, shape, n...)
}
