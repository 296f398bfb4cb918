package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// convTranspose is the gradient of a convolution by its input: a convolution by the kernel turned
// round, of the input with its pixels set apart.
func convTranspose(c *call) *graph.Node {
	c.sameType(0, 1)
	d, k := c.dims(0), c.dims(1)
	groups := c.int("group", 1)
	if len(d) < 3 || len(k) != len(d) || groups < 1 || k[0] != d[1] || k[0]%groups != 0 {
		refuse("a kernel of sizes %v in %d groups does not fit an input of %v", k, groups, d)
	}
	if said := c.ints("kernel_shape"); said != nil {
		c.agree(said, k[2:])
	}
	ws := c.windowsOf(k[2:])
	beyond := c.perAxis("output_padding", 0, len(ws))
	mode := c.string("auto_pad", "NOTSET")
	wanted := c.ints("output_shape")
	if wanted != nil && len(wanted) != len(ws) {
		refuse("its attribute \"output_shape\" is %v for %d axes", wanted, len(ws))
	}
	var apart, dilations []int
	var pads [][2]int
	for i, w := range ws {
		reach := (w.size - 1) * w.dilation
		size := d[2+i] * w.stride
		if wanted != nil {
			size = wanted[i]
		}
		if wanted != nil || mode == "SAME_UPPER" || mode == "SAME_LOWER" {
			w.reach(size, (d[2+i]-1)*w.stride+reach+1+beyond[i], mode == "SAME_UPPER")
		}
		if beyond[i] < 0 || beyond[i] >= max(w.stride, w.dilation) {
			refuse("its attribute \"output_padding\" is %v", beyond)
		}
		apart, dilations = append(apart, w.stride), append(dilations, w.dilation)
		pads = append(pads, [2]int{reach - w.before, reach - w.after + beyond[i]})
		if n := (d[2+i]-1)*w.stride + 1 + reach + beyond[i] - w.before - w.after; n < 1 || wanted != nil && n != size {
			refuse("it makes %d pixels where %d are asked for", n, size)
		}
	}
	x, channels := c.pixels()
	y := graph.ConvGeneral(x, turned(c.x(1), groups), convAxes(len(d), channels), nil, pads, apart, dilations, groups, 1)
	if !c.has(2) {
		return y
	}
	out := k[1] * groups
	if b := c.dims(2); len(b) != 1 || b[0] != out {
		refuse("its bias has sizes %v, expected [%d]", b, out)
	}
	return graph.Add(y, expand(graph.Reshape(c.x(2), onAxis(len(d), channels, out)...), y.Shape().Dimensions))
}

// reach sets the padding so that size pixels are left of all: half of it on each side, and what is
// left over after (upper) or before. What is missing comes after.
func (w *window) reach(size, all int, upper bool) {
	total := max(0, all-size)
	w.before, w.after = total-total/2, total/2
	if upper {
		w.before, w.after = w.after, w.before
	}
	w.after += min(0, all-size)
}

// turned makes a kernel [I,O,...] one of [O,I,...], in groups, turned round on each axis of pixels.
func turned(kernel *graph.Node, groups int) *graph.Node {
	d := kernel.Shape().Dimensions
	pixels := firstAxes(len(d))[2:]
	x := graph.Reshape(graph.Reverse(kernel, pixels...), slices.Concat([]int{groups, d[0] / groups, d[1]}, d[2:])...)
	order := append([]int{0, 2, 1}, firstAxes(len(d) + 1)[3:]...)
	return graph.Reshape(graph.TransposeAllAxes(x, order...), slices.Concat([]int{groups * d[1], d[0] / groups}, d[2:])...)
}
