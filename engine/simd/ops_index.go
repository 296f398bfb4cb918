package simd

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/shapeinference"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// Gather collects slices of x at indices.
func (b *Builder) Gather(x, indices backends.Op, indexVectorAxis int, offsetOutputAxes, collapsedSliceAxes, startIndexMap, sliceSizes []int,
	indicesAreSorted bool) (backends.Op, error) {
	op := backends.OpTypeGather
	n, err := b.nodesOf(op, x, indices)
	if err != nil {
		return nil, err
	}
	if !n[1].shape.DType.IsInt() {
		return nil, fmt.Errorf("simd: %s: the indices are %s, want integers", op, n[1].shape)
	}
	// An index vector axis beyond the last one is an axis of size 1.
	index := n[1]
	if indexVectorAxis == index.shape.Rank() {
		index = b.reshape(index, append(slices.Clone(index.shape.Dimensions), 1)...)
	}
	shape, err := shapeinference.Gather(n[0].shape, index.shape, indexVectorAxis, offsetOutputAxes, collapsedSliceAxes, startIndexMap, sliceSizes, indicesAreSorted)
	if err != nil {
		return nil, err
	}
	g := gather{
		vector: indexVectorAxis, offsets: slices.Clone(offsetOutputAxes), collapsed: slices.Clone(collapsedSliceAxes),
		axes: slices.Clone(startIndexMap), sizes: slices.Clone(sliceSizes),
	}
	return b.add(op, shape, g, n[0], index), nil
}

// ScatterSum adds updates to x at indices.
func (b *Builder) ScatterSum(x, indices, updates backends.Op, indexVectorAxis int, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes []int,
	indicesAreSorted, uniqueIndices bool) (backends.Op, error) {
	return b.scatter(backends.OpTypeScatterSum, backends.OpTypeReduceSum, x, indices, updates, indexVectorAxis, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes)
}

// ScatterMax keeps the greater of x and updates at indices.
func (b *Builder) ScatterMax(x, indices, updates backends.Op, indexVectorAxis int, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes []int,
	indicesAreSorted, uniqueIndices bool) (backends.Op, error) {
	return b.scatter(backends.OpTypeScatterMax, backends.OpTypeReduceMax, x, indices, updates, indexVectorAxis, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes)
}

// ScatterMin keeps the lesser of x and updates at indices.
func (b *Builder) ScatterMin(x, indices, updates backends.Op, indexVectorAxis int, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes []int,
	indicesAreSorted, uniqueIndices bool) (backends.Op, error) {
	return b.scatter(backends.OpTypeScatterMin, backends.OpTypeReduceMin, x, indices, updates, indexVectorAxis, updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes)
}

func (b *Builder) scatter(op, combine backends.OpType, x, indices, updates backends.Op, vector int, windowAxes, inserted, axes []int) (backends.Op, error) {
	n, err := b.nodesOf(op, x, indices, updates)
	if err != nil {
		return nil, err
	}
	dt := n[0].shape.DType
	if lookupReducer(combine, dt) == nil || dt == dtypes.Bool {
		return nil, fmt.Errorf("simd: %s of %s: %w", op, dt, b.ErrFn(op))
	}
	shape, err := shapeinference.ScatterOp(n[0].shape, n[1].shape, n[2].shape, vector, windowAxes, inserted, axes)
	if err != nil {
		return nil, err
	}
	index := n[1]
	if vector == index.shape.Rank() {
		index = b.reshape(index, append(slices.Clone(index.shape.Dimensions), 1)...)
	}
	s := scatter{combine: combine, vector: vector, window: slices.Clone(windowAxes), inserted: slices.Clone(inserted), axes: slices.Clone(axes)}
	return b.add(op, shape.Clone(), s, n[0], index, n[2]), nil
}
