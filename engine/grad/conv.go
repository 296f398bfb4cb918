package grad

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// A conv is the settings of a ConvGeneral, per spatial axis:
//
//	y[o] = sum_i w[i] x'[o stride + i dilation - pad[0]]    x'[j spread] = x[j], 0 between and beyond
type conv struct {
	axes        graph.ConvolveAxesConfig
	stride      []int
	pad         [][2]int // may be negative: that cuts
	spread      []int    // input dilation
	dilation    []int    // kernel dilation
	groups      int      // of channels
	batchGroups int
}

// convOf reads the settings of a ConvGeneral; absent lists become ones, absent paddings zeros.
func convOf(node *graph.Node) conv {
	s, n := settings(node), node.Rank()-2
	c := conv{
		axes:        axesOf(s.field("axes")),
		stride:      orOnes(s.ints("strides"), n),
		pad:         make([][2]int, n),
		spread:      orOnes(s.ints("inputDilations"), n),
		dilation:    orOnes(s.ints("kernelDilations"), n),
		groups:      s.int("channelGroupCount"),
		batchGroups: s.int("batchGroupCount"),
	}
	for i := range s.field("paddings").len() {
		p := s.field("paddings").at(i)
		c.pad[i] = [2]int{p.at(0).value(), p.at(1).value()}
	}
	return c
}

func axesOf(a fields) graph.ConvolveAxesConfig {
	return graph.ConvolveAxesConfig{
		InputBatch: a.int("InputBatch"), InputChannels: a.int("InputChannels"), InputSpatial: a.ints("InputSpatial"),
		KernelInputChannels: a.int("KernelInputChannels"), KernelOutputChannels: a.int("KernelOutputChannels"),
		KernelSpatial: a.ints("KernelSpatial"),
		OutputBatch:   a.int("OutputBatch"), OutputChannels: a.int("OutputChannels"), OutputSpatial: a.ints("OutputSpatial"),
	}
}

func orOnes(list []int, n int) []int {
	if len(list) == 0 {
		return slices.Repeat([]int{1}, n)
	}
	return list
}

// apply is the convolution of x with the kernel w. It uses ConvGeneral because GoMLX's builder
// refuses a stride together with a dilation, which kernel gradients have.
func (c conv) apply(x, w *graph.Node) *graph.Node {
	return graph.ConvGeneral(x, w, c.axes, c.stride, c.pad, c.spread, c.dilation, c.groups, c.batchGroups)
}

// extent is the length that n elements span when step apart.
func extent(n, step int) int { return (n-1)*step + 1 }

// dims returns the sizes of n along the axes.
func dims(n *graph.Node, axes []int) []int {
	out := make([]int, len(axes))
	for i, a := range axes {
		out[i] = n.Shape().Dimensions[a]
	}
	return out
}

// convRule is the gradient of a convolution with respect to its input and its kernel.
func convRule(node, v *graph.Node) []*graph.Node {
	x, w, c := node.Inputs()[0], node.Inputs()[1], convOf(node)
	if c.batchGroups > 1 {
		return c.batchGroupRule(x, w, v)
	}
	return []*graph.Node{
		c.inputGrad(v, w, dims(x, c.axes.InputSpatial)),
		c.kernelGrad(x, v, dims(w, c.axes.KernelSpatial)),
	}
}

// inputGrad is the adjoint of the convolution in its input, whose spatial sizes are size:
//
//	dx[j] = sum_i flip(w)[i] v'[j spread + i dilation - (K-1-pad[0])]    v'[o stride] = v[o]
//
// with K the kernel's extent: the input gradient's dialect. The low padding K-1-pad[0] may be
// negative. The high one gives dx its size, also where the stride does not divide the input and
// some of it was never read.
func (c conv) inputGrad(v, w *graph.Node, size []int) *graph.Node {
	a := c.axes
	g := conv{
		axes: graph.ConvolveAxesConfig{
			InputBatch: a.OutputBatch, InputChannels: a.OutputChannels, InputSpatial: a.OutputSpatial,
			KernelInputChannels: a.KernelOutputChannels, KernelOutputChannels: a.KernelInputChannels,
			KernelSpatial: a.KernelSpatial,
			OutputBatch:   a.InputBatch, OutputChannels: a.InputChannels, OutputSpatial: a.InputSpatial,
		},
		stride: c.spread, spread: c.stride, dilation: c.dilation,
		pad: make([][2]int, len(size)), groups: c.groups, batchGroups: 1,
	}
	k, m := dims(w, a.KernelSpatial), dims(v, a.OutputSpatial)
	for i := range size {
		n := extent(size[i], c.spread[i])
		low := extent(k[i], c.dilation[i]) - 1 - c.pad[i][0]
		g.pad[i] = [2]int{low, n - extent(m[i], c.stride[i]) + c.pad[i][0]}
	}
	return g.apply(v, swapGroups(flip(w, a.KernelSpatial), a, c.groups))
}

// kernelGrad is the adjoint of the convolution in its kernel, whose spatial sizes are k: the kernel
// gradient's dialect. For an input dilated to undo a stride (a transposed convolution, or the
// gradient of an input gradient) x and v change roles, so that what is dilated enters as the
// kernel, and the result is reversed.
func (c conv) kernelGrad(x, v *graph.Node, k []int) *graph.Node {
	a := c.axes
	if slices.Max(c.spread) == 1 {
		return c.correlate(x, v, k, graph.ConvolveAxesConfig{
			InputBatch: a.InputChannels, InputChannels: a.InputBatch, InputSpatial: a.InputSpatial,
			KernelInputChannels: a.OutputBatch, KernelOutputChannels: a.OutputChannels, KernelSpatial: a.OutputSpatial,
			OutputBatch: a.KernelInputChannels, OutputChannels: a.KernelOutputChannels, OutputSpatial: a.KernelSpatial,
		})
	}
	t := c
	t.stride, t.spread, t.pad = c.spread, c.stride, make([][2]int, len(k))
	for i := range k {
		t.pad[i][0] = extent(k[i], c.dilation[i]) - 1 - c.pad[i][0]
	}
	dw := t.correlate(v, x, k, graph.ConvolveAxesConfig{
		InputBatch: a.OutputChannels, InputChannels: a.OutputBatch, InputSpatial: a.OutputSpatial,
		KernelInputChannels: a.InputBatch, KernelOutputChannels: a.InputChannels, KernelSpatial: a.InputSpatial,
		OutputBatch: a.KernelOutputChannels, OutputChannels: a.KernelInputChannels, OutputSpatial: a.KernelSpatial,
	})
	swapped := a
	swapped.KernelInputChannels, swapped.KernelOutputChannels = a.KernelOutputChannels, a.KernelInputChannels
	return flip(swapGroups(dw, swapped, c.groups), a.KernelSpatial)
}

// correlate computes
//
//	out[i] = sum_o v[o] x'[o stride + i dilation - pad[0]]    for i < k
//
// as a convolution of x with v: v's dilation is the stride, its stride the dilation. Channel groups
// become batch groups: the batch is x's channels.
func (c conv) correlate(x, v *graph.Node, k []int, axes graph.ConvolveAxesConfig) *graph.Node {
	g := conv{
		axes: axes, stride: c.dilation, dilation: c.stride, spread: c.spread,
		pad: make([][2]int, len(k)), groups: 1, batchGroups: c.groups,
	}
	n, m := dims(x, axes.InputSpatial), dims(v, axes.KernelSpatial)
	for i := range k {
		low := c.pad[i][0]
		high := extent(k[i], c.dilation[i]) - 1 + extent(m[i], c.stride[i]) - extent(n[i], c.spread[i]) - low
		g.pad[i] = [2]int{low, high}
	}
	return g.apply(x, v)
}
