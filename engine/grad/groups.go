package grad

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// swapGroups lays a grouped kernel out for the convolution with its channel axes swapped. The
// output channels consist of groups, one block of the input channels each; the groups move from
// there to the input channels:
//
//	[..., C/G, ..., G K/G] -> [..., G C/G, ..., K/G]
//
// With one group it is w itself.
func swapGroups(w *graph.Node, a graph.ConvolveAxesConfig, groups int) *graph.Node {
	if groups == 1 {
		return w
	}
	return moveGroups(w, a.KernelOutputChannels, a.KernelInputChannels, groups)
}

// moveGroups splits axis from into groups and what is left, and merges the groups, outermost, into
// axis to.
func moveGroups(x *graph.Node, from, to, groups int) *graph.Node {
	d := x.Shape().Dimensions
	split := slices.Insert(slices.Clone(d), from, groups) // from: groups, from+1: the rest
	split[from+1] /= groups
	var order []int
	for i := range d {
		if i == to {
			order = append(order, from)
		}
		if i >= from {
			order = append(order, i+1)
		} else {
			order = append(order, i)
		}
	}
	merged := slices.Clone(d)
	merged[from] /= groups
	merged[to] *= groups
	return graph.Reshape(graph.TransposeAllAxes(graph.Reshape(x, split...), order...), merged...)
}

// batchGroupRule reduces a convolution with batch groups, which the kernel gradient of channel
// groups is, to one with channel groups: the batch's groups become the input channels'.
func (c conv) batchGroupRule(x, w, v *graph.Node) []*graph.Node {
	a, groups := c.axes, c.batchGroups
	c.groups, c.batchGroups = groups, 1
	x = moveGroups(x, a.InputBatch, a.InputChannels, groups)
	dx := c.inputGrad(v, w, dims(x, a.InputSpatial))
	dw := c.kernelGrad(x, v, dims(w, a.KernelSpatial))
	return []*graph.Node{moveGroups(dx, a.InputChannels, a.InputBatch, groups), dw}
}
