package grad

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// reverseRule: reversing is its own adjoint.
func reverseRule(node, v *graph.Node) []*graph.Node {
	return []*graph.Node{flip(v, reverseAxes(node))}
}

// flip reverses x along the axes; of a node that is itself such a Reverse it returns the input, so
// that the kernel of a gradient of a gradient is the plain kernel again.
func flip(x *graph.Node, axes []int) *graph.Node {
	if x.Type() == graph.NodeTypeReverse && sameSet(reverseAxes(x), axes) {
		return x.Inputs()[0]
	}
	return graph.Reverse(x, axes...)
}

// reverseAxes reads the axes of a Reverse.
func reverseAxes(node *graph.Node) []int {
	return settings(node).ints("axes")
}

func sameSet(a, b []int) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// padRule: what was copied from x gets its part of v back, an element that a negative padding cut
// off gets 0, and the fill value gets the sum over the places that it filled.
func padRule(node, v *graph.Node) []*graph.Node {
	x, fill := node.Inputs()[0], node.Inputs()[1]
	axes := padAxes(node)
	out := []*graph.Node{unpad(v, x, axes), nil}
	if fill.Type() != graph.NodeTypeConstant {
		one, zeros := graph.ScalarOne(v.Graph(), v.DType()), graph.ZerosLike(x)
		filled := graph.Pad(zeros, one, axes...) // 1 where the fill value went
		out[1] = graph.ReduceAllSum(graph.Mul(v, filled))
	}
	return out
}

// unpad takes from v, shaped as x after padding, what belongs to the elements of x.
func unpad(v, x *graph.Node, axes []graph.PadAxis) *graph.Node {
	back := make([]graph.PadAxis, len(axes)) // undoes the cuts of negative paddings
	cuts := make([]graph.SliceAxisSpec, len(axes))
	for i, a := range axes {
		back[i] = graph.PadAxis{Start: max(0, -a.Start), End: max(0, -a.End)}
		first, step := max(0, a.Start), a.Interior+1
		cuts[i] = graph.AxisRange(first, first+(x.Shape().Dimensions[i]-1)*step+1).Stride(step)
	}
	if slices.ContainsFunc(back, func(a graph.PadAxis) bool { return a != graph.PadAxis{} }) {
		v = graph.Pad(v, graph.ScalarZero(v.Graph(), v.DType()), back...)
	}
	return graph.Slice(v, cuts...)
}

// padAxes reads the settings of a Pad.
func padAxes(node *graph.Node) []graph.PadAxis {
	list := settings(node).field("axesConfig")
	axes := make([]graph.PadAxis, list.len())
	for i := range axes {
		a := list.at(i)
		axes[i] = graph.PadAxis{Start: a.int("Start"), End: a.int("End"), Interior: a.int("Interior")}
	}
	return axes
}
