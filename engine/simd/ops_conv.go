package simd

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/shapeinference"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// ConvGeneral records a convolution with any order of axes, strides, paddings (negative ones cut),
// dilations of input and kernel, and groups of channels or of the batch.
func (b *Builder) ConvGeneral(input, kernel backends.Op, axes backends.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroups, batchGroups int) (backends.Op, error) {
	op := backends.OpTypeConvGeneral
	n, err := b.nodesOf(op, input, kernel)
	if err != nil {
		return nil, err
	}
	x, w := n[0], n[1]
	dt := x.shape.DType
	if w.shape.DType != dt || dt == dtypes.Bool {
		return nil, fmt.Errorf("simd: %s of %s and %s: want one element type, a number", op, x.shape, w.shape)
	}
	spatial := x.shape.Rank() - 2
	c := convolution{
		strides: orOnes(strides, spatial), inDil: orOnes(inputDilations, spatial), kerDil: orOnes(kernelDilations, spatial),
		groups: max(channelGroups, 1), batchGroups: max(batchGroups, 1),
	}
	if len(paddings) == 0 {
		paddings = make([][2]int, max(spatial, 0))
	}
	shape, err := shapeinference.ConvGeneralOp(x.shape, w.shape, axes, c.strides, paddings, c.inDil, c.kerDil, c.groups, c.batchGroups)
	if err != nil {
		return nil, err
	}
	// Bring everything to [N, spatial..., C], [spatial..., I, O] and [N, spatial..., O]: views,
	// nothing moves.
	x = b.transpose(x, slices.Concat([]int{axes.InputBatch}, axes.InputSpatial, []int{axes.InputChannels})...)
	w = b.transpose(w, slices.Concat(axes.KernelSpatial, []int{axes.KernelInputChannels, axes.KernelOutputChannels})...)
	order := slices.Concat([]int{axes.OutputBatch}, axes.OutputSpatial, []int{axes.OutputChannels})
	out := shape.Clone()
	for i, a := range order {
		out.Dimensions[i] = shape.Dimensions[a]
	}
	for _, p := range paddings {
		c.padLo = append(c.padLo, p[0])
	}
	y := b.convolve(c, out, x, w)
	back := make([]int, len(order))
	for i, a := range order {
		back[a] = i
	}
	return b.transpose(y, back...), nil
}

func orOnes(s []int, n int) []int {
	if len(s) == 0 {
		return slices.Repeat([]int{1}, max(n, 0))
	}
	return slices.Clone(s)
}
