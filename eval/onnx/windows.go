package onnx

import (
	"math"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// windows are functions of the pixels around each.
var windows = []operator{
	{name: "Conv", types: floats, build: one(conv)},
	{name: "MaxPool", types: floats, build: one(maxPool)},
	{name: "AveragePool", types: floats, build: one(averagePool)},
	{name: "LpPool", types: floats, build: one(lpPool)},
	{name: "ConvTranspose", types: floats, build: one(convTranspose)},
}

// A window lies at every stride-th place of an axis, which is padded before and after.
type window struct{ size, stride, dilation, before, after int }

// places is how many there are on an axis of n. A window that would begin in the padding after is
// not one.
func (w window) places(n int, ceil bool) int {
	reach := (w.size-1)*w.dilation + 1
	room := n + w.before + w.after - reach
	if room < 0 {
		refuse("its window of %d does not fit into %d pixels", reach, n+w.before+w.after)
	}
	if !ceil {
		return room/w.stride + 1
	}
	count := (room+w.stride-1)/w.stride + 1
	if (count-1)*w.stride >= n+w.before {
		count--
	}
	return count
}

// windowsOf reads the attributes that convolutions and pools share, for windows of some sizes.
func (c *call) windowsOf(size []int) []window {
	dims := c.dims(0)[2:]
	strides, dilations, pads := c.perAxis("strides", 1, len(dims)), c.perAxis("dilations", 1, len(dims)), c.ints("pads")
	mode := c.string("auto_pad", "NOTSET")
	if pads != nil && (len(pads) != 2*len(dims) || mode != "NOTSET" && mode != "") {
		refuse("its attribute \"pads\" is %v beside \"auto_pad\" %.40q, for %d axes", pads, mode, len(dims))
	}
	if len(size) != len(dims) {
		refuse("its window has sizes %v for %d axes", size, len(dims))
	}
	out := make([]window, len(dims))
	for i, n := range dims {
		w := window{size: size[i], stride: strides[i], dilation: dilations[i]}
		if pads != nil {
			w.before, w.after = pads[i], pads[len(dims)+i]
		}
		w.automatic(mode, n)
		if min(w.size, w.stride, w.dilation) < 1 || min(w.before, w.after) < 0 || max(w.size, w.stride, w.dilation, w.before, w.after) > 1<<14 {
			refuse("it has a window of %d, stride %d, dilation %d and padding %d and %d", w.size, w.stride, w.dilation, w.before, w.after)
		}
		out[i] = w
	}
	return out
}

// perAxis is an attribute of a number for each axis.
func (c *call) perAxis(name string, otherwise, n int) []int {
	list := c.ints(name)
	if list == nil {
		for range n {
			list = append(list, otherwise)
		}
	}
	if len(list) != n {
		refuse("its attribute %q is %v for %d axes", name, list, n)
	}
	return list
}

// automatic sets the padding by a rule: as much as gives n/stride places, half of it on each side,
// and what is left over after (upper) or before (lower).
func (w *window) automatic(mode string, n int) {
	switch mode {
	case "NOTSET", "", "VALID":
		return
	case "SAME_UPPER", "SAME_LOWER":
	default:
		refuse("its attribute \"auto_pad\" is %.40q", mode)
	}
	if w.stride < 1 {
		return
	}
	total := max(0, ((n+w.stride-1)/w.stride-1)*w.stride+(w.size-1)*w.dilation+1-n)
	w.before, w.after = total/2, total-total/2
	if mode == "SAME_LOWER" {
		w.before, w.after = w.after, w.before
	}
}

func conv(c *call) *graph.Node {
	c.sameType(0, 1)
	d, k := c.dims(0), c.dims(1)
	groups := c.int("group", 1)
	if len(d) < 3 || len(k) != len(d) || groups < 1 || k[1]*groups != d[1] || k[0]%groups != 0 {
		refuse("a kernel of sizes %v in %d groups does not fit an input of %v", k, groups, d)
	}
	if said := c.ints("kernel_shape"); said != nil {
		c.agree(said, k[2:])
	}
	var strides, dilations []int
	var pads [][2]int
	for i, w := range c.windowsOf(k[2:]) {
		w.places(d[2+i], false)
		strides, dilations, pads = append(strides, w.stride), append(dilations, w.dilation), append(pads, [2]int{w.before, w.after})
	}
	x, channels := c.pixels()
	y := graph.ConvGeneral(x, c.x(1), convAxes(len(d), channels), strides, pads, nil, dilations, groups, 1)
	if !c.has(2) {
		return y
	}
	if b := c.dims(2); len(b) != 1 || b[0] != k[0] {
		refuse("its bias has sizes %v, expected [%d]", b, k[0])
	}
	return graph.Add(y, expand(graph.Reshape(c.x(2), onAxis(len(d), channels, k[0])...), y.Shape().Dimensions))
}

// pixels is the first input with its axis of channels: the last one of images.
func (c *call) pixels() (x *graph.Node, channels int) {
	if len(c.dims(0)) == 4 {
		return c.last(0), 3
	}
	return c.x(0), 1
}

// spatial is the first axis of pixels.
func spatial(channels int) int {
	if channels == 1 {
		return 2
	}
	return 1
}

// convAxes are the axes of a convolution whose channels are on one: 1, or the last.
func convAxes(rank, channels int) backends.ConvolveAxesConfig {
	kernel := firstAxes(rank)[2:]
	pixels := firstAxes(rank)[spatial(channels):][:rank-2]
	return backends.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: channels, InputSpatial: pixels,
		KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: kernel,
		OutputBatch: 0, OutputChannels: channels, OutputSpatial: pixels,
	}
}

// agree refuses a kernel_shape that is not that of the kernel.
func (c *call) agree(said, is []int) {
	if len(said) != len(is) {
		refuse("its attribute \"kernel_shape\" is %v, and its kernel has %v", said, is)
	}
	for i := range said {
		if said[i] != is[i] {
			refuse("its attribute \"kernel_shape\" is %v, and its kernel has %v", said, is)
		}
	}
}

// slide joins the values of each window along an axis; fill is what the padding holds.
func (w window) slide(x *graph.Node, axis int, join func(a, b *graph.Node) *graph.Node, fill float64) *graph.Node {
	return w.at(x, axis, w.places(x.Shape().Dimensions[axis], false), join, fill)
}

// at does so for a number of places, for which the padding after grows or shrinks.
func (w window) at(x *graph.Node, axis, places int, join func(a, b *graph.Node) *graph.Node, fill float64) *graph.Node {
	n := x.Shape().Dimensions[axis]
	span := (places-1)*w.stride + 1
	end := span + (w.size-1)*w.dilation
	padded := max(end, w.before+n)
	if padded > n {
		pads := make([]backends.PadAxis, x.Rank())
		pads[axis] = backends.PadAxis{Start: w.before, End: padded - w.before - n}
		x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), fill), pads...)
	}
	var y *graph.Node
	for k := range w.size {
		part := graph.SliceAxis(x, axis, graph.AxisRange(k*w.dilation, k*w.dilation+span).Stride(w.stride))
		if y == nil {
			y = part
		} else {
			y = join(y, part)
		}
	}
	return y
}

// stepCost is what a value of a window takes of maxSpent: it is a node of the graph.
const stepCost = 1 << 10

// poolWindows reads the attributes of a pool, and counts its places.
func (c *call) poolWindows() (ws []window, places []int) {
	if len(c.dims(0)) < 3 {
		refuse("its input has sizes %v, expected [N,C,...]", c.dims(0))
	}
	ceil := c.opset >= 10 && c.flag("ceil_mode", false)
	ws = c.windowsOf(c.ints("kernel_shape"))
	if mode := c.string("auto_pad", "NOTSET"); mode != "NOTSET" && mode != "" {
		ceil = false // a rule for the padding is one for the places as well
	}
	for i, w := range ws {
		n := w.places(c.dims(0)[2+i], ceil)
		c.spend(w.size * stepCost)
		places = append(places, n)
	}
	return ws, places
}

func maxPool(c *call) *graph.Node {
	if c.opset >= 8 {
		c.idle("storage_order") // of the second output, which is not made
	}
	ws, places := c.poolWindows()
	x, channels := c.pixels()
	for i, w := range ws {
		x = w.at(x, spatial(channels)+i, places[i], graph.Max, math.Inf(-1))
	}
	return x
}

func averagePool(c *call) *graph.Node {
	whole := c.flag("count_include_pad", false)
	ws, places := c.poolWindows()
	x, channels := c.pixels()
	for i, w := range ws {
		axis := spatial(channels) + i
		n := x.Shape().Dimensions[axis]
		x = w.at(x, axis, places[i], graph.Add, 0)
		part := graph.ConvertDType(graph.Const(c.graph, w.shares(n, places[i], whole)), x.DType())
		x = graph.Mul(x, expand(graph.Reshape(part, onAxis(x.Rank(), axis, places[i])...), x.Shape().Dimensions))
	}
	return x
}

// shares are one over the pixels of each window, with or without the padding. What is beyond the
// padding never counts.
func (w window) shares(n, places int, whole bool) []float64 {
	from, to := 0, n
	if whole {
		from, to = -w.before, n+w.after
	}
	out := make([]float64, places)
	for p := range out {
		count := 0
		for k := range w.size {
			if at := p*w.stride - w.before + k*w.dilation; at >= from && at < to {
				count++
			}
		}
		out[p] = 1 / float64(max(count, 1))
	}
	return out
}

// lpPool is the norm of each window's values: the root of the sum of their powers.
func lpPool(c *call) *graph.Node {
	ws, places := c.poolWindows()
	x, channels := c.pixels()
	p := c.int("p", 2)
	if p < 1 || p > 100 {
		refuse("its attribute \"p\" is %d", p)
	}
	power := func(x *graph.Node, to float64) *graph.Node {
		return graph.Pow(x, expand(graph.Scalar(c.graph, x.DType(), to), x.Shape().Dimensions))
	}
	x = power(graph.Abs(x), float64(p))
	for i, w := range ws {
		x = w.at(x, spatial(channels)+i, places[i], graph.Add, 0)
	}
	return power(x, 1/float64(p))
}
