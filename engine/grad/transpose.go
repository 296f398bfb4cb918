package grad

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Transposed is the settings of [ConvTranspose], the same along every spatial axis. They mean what
// they mean in PyTorch's ConvTranspose2d; the zero value is its default.
type Transposed struct {
	Stride    int // at least 1; 0 means 1
	Pad       int // taken off both ends
	OutputPad int // put onto the high end
	Dilation  int // of the kernel; 0 means 1
	Groups    int // of channels; 0 means 1
}

// ConvTranspose is the transposed convolution of x [N, spatial..., C] with w [kernel..., K/Groups,
// C], which gives [N, spatial'..., K]:
//
//	spatial' = (spatial-1) Stride - 2 Pad + Dilation (kernel-1) + OutputPad + 1
//
// It is the adjoint of the convolution from K to C channels with the kernel w (height, width, in,
// out), so that the weight of PyTorch's ConvTranspose2d [C, K/Groups, kh, kw] becomes w by the same
// permutation (2, 3, 1, 0) as that of a Conv2d. In the graph it is an input gradient (package doc),
// which a backend runs as one convolution per phase of the stride, and its own gradients are a
// plain strided convolution and a plain kernel gradient.
func ConvTranspose(x, w *graph.Node, t Transposed) *graph.Node {
	n := x.Rank() - 2
	if n < 1 || w.Rank() != n+2 {
		panic(fmt.Sprintf("grad: ConvTranspose of x %s with w %s: want [N, spatial..., C] and [kernel..., K/Groups, C]",
			x.Shape(), w.Shape()))
	}
	if t.Stride < 0 || t.Pad < 0 || t.OutputPad < 0 || t.Dilation < 0 || t.Groups < 0 {
		panic(fmt.Sprintf("grad: ConvTranspose: a setting is negative: %+v", t))
	}
	c := channelsLast(n)
	c.groups = max(1, t.Groups)
	size := make([]int, n)
	for i := range size {
		c.stride[i], c.dilation[i], c.pad[i] = max(1, t.Stride), max(1, t.Dilation), [2]int{t.Pad, t.Pad}
		k := extent(w.Shape().Dimensions[i], c.dilation[i])
		size[i] = extent(x.Shape().Dimensions[i+1], c.stride[i]) - 2*t.Pad + k - 1 + t.OutputPad
		if size[i] < 1 {
			panic(fmt.Sprintf("grad: ConvTranspose of x %s with w %s, %+v: size %d along spatial axis %d",
				x.Shape(), w.Shape(), t, size[i], i))
		}
	}
	return c.inputGrad(x, w, size)
}

// channelsLast is the plain convolution of n spatial axes: input and output [N, spatial..., C],
// kernel [spatial..., in, out].
func channelsLast(n int) conv {
	ones := func() []int { return orOnes(nil, n) }
	c := conv{stride: ones(), spread: ones(), dilation: ones(), pad: make([][2]int, n), groups: 1, batchGroups: 1}
	c.axes.InputChannels, c.axes.OutputChannels = n+1, n+1
	c.axes.KernelInputChannels, c.axes.KernelOutputChannels = n, n+1
	for i := range n {
		c.axes.InputSpatial = append(c.axes.InputSpatial, i+1)
		c.axes.KernelSpatial = append(c.axes.KernelSpatial, i)
		c.axes.OutputSpatial = append(c.axes.OutputSpatial, i+1)
	}
	return c
}
