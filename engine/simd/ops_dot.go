package simd

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// Dot multiplies vectors and matrices; the last axis of x meets the first of y.
func (b *Builder) Dot(x, y backends.Op) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeDot, x, y)
	if err != nil {
		return nil, err
	}
	rx, ry := n[0].shape.Rank(), n[1].shape.Rank()
	if rx < 1 || rx > 2 || ry < 1 || ry > 2 {
		return nil, fmt.Errorf("simd: Dot of %s and %s: want vectors or matrices", n[0].shape, n[1].shape)
	}
	return b.DotGeneral(x, []int{rx - 1}, nil, y, []int{0}, nil)
}

// DotGeneral contracts axes of x with axes of y, in step over batch axes. The result has the batch
// axes, what is left of x, and what is left of y.
func (b *Builder) DotGeneral(x backends.Op, xContract, xBatch []int, y backends.Op, yContract, yBatch []int) (backends.Op, error) {
	op := backends.OpTypeDotGeneral
	n, err := b.nodesOf(op, x, y)
	if err != nil {
		return nil, err
	}
	dt := n[0].shape.DType
	if n[1].shape.DType != dt || dt == dtypes.Bool {
		return nil, fmt.Errorf("simd: %s of %s and %s: want one element type, a number", op, n[0].shape, n[1].shape)
	}
	if len(xContract) != len(yContract) || len(xBatch) != len(yBatch) {
		return nil, fmt.Errorf("simd: %s: contracting axes %v and %v, batch axes %v and %v do not pair", op, xContract, yContract, xBatch, yBatch)
	}
	l, err := dotSide(n[0].shape, xBatch, xContract)
	if err != nil {
		return nil, fmt.Errorf("simd: %s: left operand: %w", op, err)
	}
	r, err := dotSide(n[1].shape, yBatch, yContract)
	if err != nil {
		return nil, fmt.Errorf("simd: %s: right operand: %w", op, err)
	}
	if !slices.Equal(l.batch, r.batch) || !slices.Equal(l.contract, r.contract) {
		return nil, fmt.Errorf("simd: %s of %s and %s: sizes of contracted axes %v and %v or of batch axes %v and %v differ",
			op, n[0].shape, n[1].shape, xContract, yContract, xBatch, yBatch)
	}
	B, M, K, N := product(l.batch), product(l.free), product(l.contract), product(r.free)
	lhs := b.reshape(b.transpose(n[0], slices.Concat(xBatch, l.rest, xContract)...), B, M, K)
	rhs := b.reshape(b.transpose(n[1], slices.Concat(yBatch, yContract, r.rest)...), B, K, N)
	out := b.add(op, shapes.Make(dt, B, M, N), matmul{B: B, M: M, N: N}, b.forward(lhs), b.forward(rhs))
	return b.reshape(out, slices.Concat(l.batch, l.free, r.free)...), nil
}

// forward returns n, copied if it runs backwards along an axis or is empty.
func (b *Builder) forward(n *node) *node {
	_, lay := n.resolve()
	for _, s := range lay.strides {
		if s < 0 {
			return b.contiguous(n)
		}
	}
	return n
}

// dotAxes are the sizes of an operand's axes by their role, and the axes that are left.
type dotAxes struct{ batch, contract, free, rest []int }

func dotSide(s shapes.Shape, batch, contract []int) (dotAxes, error) {
	var d dotAxes
	role := make([]bool, s.Rank())
	for _, a := range slices.Concat(batch, contract) {
		if a < 0 || a >= s.Rank() || role[a] {
			return d, fmt.Errorf("batch axes %v and contracting axes %v of shape %s: want different axes in range", batch, contract, s)
		}
		role[a] = true
	}
	for _, a := range batch {
		d.batch = append(d.batch, s.Dimensions[a])
	}
	for _, a := range contract {
		d.contract = append(d.contract, s.Dimensions[a])
	}
	for a, size := range s.Dimensions {
		if !role[a] {
			d.rest = append(d.rest, a)
			d.free = append(d.free, size)
		}
	}
	return d, nil
}
