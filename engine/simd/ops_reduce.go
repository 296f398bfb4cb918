package simd

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/shapeinference"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// reduction is the attribute of a reduction: the sorted axes that go away.
type reduction struct{ axes []int }

// output returns the layout of the result over the axes of the operand: stride 0 on what goes away.
func (a reduction) output(dims []int) layout {
	l := layout{dims: slices.Clone(dims), strides: make([]int, len(dims))}
	s := 1
	for i := len(dims) - 1; i >= 0; i-- {
		if !slices.Contains(a.axes, i) {
			l.strides[i] = s
			s *= dims[i]
		}
	}
	return l
}

func (b *Builder) reduce(op backends.OpType, x backends.Op, axes []int) (backends.Op, error) {
	n, err := b.nodesOf(op, x)
	if err != nil {
		return nil, err
	}
	operand := n[0].shape
	if len(axes) == 0 {
		for i := range operand.Rank() {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return n[0], nil
	}
	axes = slices.Clone(axes)
	slices.Sort(axes)
	if len(slices.Compact(slices.Clone(axes))) != len(axes) || axes[0] < 0 || axes[len(axes)-1] >= operand.Rank() {
		return nil, fmt.Errorf("simd: %s: axes %v of shape %s: want different axes in range", op, axes, operand)
	}
	shape, err := shapeinference.ReduceOp(operand, axes)
	if err != nil {
		return nil, err
	}
	if lookupReducer(op, operand.DType) == nil {
		return nil, fmt.Errorf("simd: operation %s on %s: %w", op, operand.DType, b.ErrFn(op))
	}
	return b.add(op, shape, reduction{axes}, n[0]), nil
}

// ArgMinMax returns the index of the least or greatest element along an axis, of several the first.
func (b *Builder) ArgMinMax(x backends.Op, axis int, dt dtypes.DType, isMin bool) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeArgMinMax, x)
	if err != nil {
		return nil, err
	}
	operand := n[0].shape.Clone()
	if operand.DType == dtypes.Bool { // false before true, as bytes
		operand.DType = dtypes.Uint8
	}
	shape, err := shapeinference.ArgMinMaxOp(operand, axis, dt)
	if err != nil {
		return nil, err
	}
	if err := checkDType(dt); err != nil {
		return nil, fmt.Errorf("ArgMinMax: %w", err)
	}
	if operand.Dimensions[axis] == 0 && shape.Size() > 0 {
		return nil, fmt.Errorf("simd: %s along axis %d of shape %s: there is no element to point at", backends.OpTypeArgMinMax, axis, operand)
	}
	return b.add(backends.OpTypeArgMinMax, shape, argMinMax{axis, isMin}, n[0]), nil
}

// ReduceWindow reduces windows of x.
func (b *Builder) ReduceWindow(x backends.Op, reduction backends.ReduceOpType,
	window, strides, baseDilations, windowDilations []int, paddings [][2]int) (backends.Op, error) {
	op := backends.OpTypeReduceWindow
	n, err := b.nodesOf(op, x)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.ReduceWindowOp(n[0].shape, window, strides, baseDilations, windowDilations, paddings)
	if err != nil {
		return nil, err
	}
	combine := map[backends.ReduceOpType]backends.OpType{
		backends.ReduceOpSum: backends.OpTypeReduceSum, backends.ReduceOpProduct: backends.OpTypeReduceProduct,
		backends.ReduceOpMax: backends.OpTypeReduceMax, backends.ReduceOpMin: backends.OpTypeReduceMin,
	}[reduction]
	if lookupReducer(combine, n[0].shape.DType) == nil {
		return nil, fmt.Errorf("simd: %s of %s by %s: %w", op, n[0].shape.DType, reduction, b.ErrFn(op))
	}
	w := newWindows(n[0].shape.Rank(), window, strides, baseDilations, windowDilations, paddings)
	return b.add(op, shape, reduceWindow{w, combine}, n[0]), nil
}

// SelectAndScatterMax adds source to where the greatest element of each window of x is.
func (b *Builder) SelectAndScatterMax(x, source backends.Op, window, strides []int, paddings [][2]int) (backends.Op, error) {
	return b.selectAndScatter(backends.OpTypeSelectAndScatterMax, x, source, window, strides, paddings)
}

// SelectAndScatterMin adds source to where the least element of each window of x is.
func (b *Builder) SelectAndScatterMin(x, source backends.Op, window, strides []int, paddings [][2]int) (backends.Op, error) {
	return b.selectAndScatter(backends.OpTypeSelectAndScatterMin, x, source, window, strides, paddings)
}

func (b *Builder) selectAndScatter(op backends.OpType, x, source backends.Op, window, strides []int, paddings [][2]int) (backends.Op, error) {
	n, err := b.nodesOf(op, x, source)
	if err != nil {
		return nil, err
	}
	want, err := shapeinference.ReduceWindowOp(n[0].shape, window, strides, nil, nil, paddings)
	if err != nil {
		return nil, err
	}
	dt := n[0].shape.DType
	if !want.Equal(n[1].shape) || lookupReducer(backends.OpTypeReduceMax, dt) == nil || dt == dtypes.Bool {
		return nil, fmt.Errorf("simd: %s: source is %s for windows of shape %s", op, n[1].shape, want)
	}
	w := newWindows(n[0].shape.Rank(), window, strides, nil, nil, paddings)
	return b.add(op, n[0].shape.Clone(), selectAndScatter{w, op == backends.OpTypeSelectAndScatterMin}, n...), nil
}

// RNGBitGenerator fills an array with the random bits of Philox 4x32-10, keyed by state[0] and
// counting from state[1], and returns the state with the counter moved on.
func (b *Builder) RNGBitGenerator(state backends.Op, shape shapes.Shape) (newState, values backends.Op, err error) {
	op := backends.OpTypeRNGBitGenerator
	n, err := b.nodesOf(op, state)
	if err != nil {
		return nil, nil, err
	}
	if !n[0].shape.Equal(backends.RNGStateShape) {
		return nil, nil, fmt.Errorf("simd: %s: the state is %s, want %s", op, n[0].shape, backends.RNGStateShape)
	}
	if err := checkDType(shape.DType); err != nil || shape.DType == dtypes.Bool {
		return nil, nil, fmt.Errorf("simd: %s of %s: %w", op, shape.DType, b.ErrFn(op))
	}
	bytes := shape.Size() * sizeOf(shape.DType)
	values = b.add(op, shape.Clone(), philoxBits{}, n[0])
	newState = b.add(op, n[0].shape.Clone(), philoxState{bytes}, n[0])
	return newState, values, nil
}
