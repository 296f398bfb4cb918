package onnx

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// norms bring values to a mean and a deviation.
var norms = []operator{
	{name: "BatchNormalization", types: floats, build: one(batchNormalization)},
	{name: "InstanceNormalization", types: floats, build: one(instanceNormalization)},
	{name: "GroupNormalization", since: 18, types: floats, build: one(groupNormalization)},
	{name: "LayerNormalization", since: 17, types: floats, build: layerNormalization},
	{name: "RMSNormalization", since: 23, types: floats, build: one(rmsNormalization)},
	{name: "LpNormalization", types: floats, build: one(lpNormalization)},
	{name: "MeanVarianceNormalization", since: 9, types: floats, build: one(meanVariance)},
	{name: "LRN", types: floats, build: one(localResponse)},
}

// perChannel is an input of one number a channel, repeated to the sizes of x.
func (c *call) perChannel(i int, x *graph.Node, channels int) *graph.Node {
	dims := x.Shape().Dimensions
	if len(dims) < 2 || len(c.dims(i)) != 1 || c.dims(i)[0] != dims[channels] {
		refuse("its input %d has sizes %v for an input of %v, expected one number a channel", i, c.dims(i), c.dims(0))
	}
	return expand(graph.Reshape(c.x(i), onAxis(len(dims), channels, dims[channels])...), dims)
}

// onAxis are sizes of one but on an axis.
func onAxis(rank, axis, n int) []int {
	out := make([]int, rank)
	for i := range out {
		out[i] = 1
	}
	out[axis] = n
	return out
}

func batchNormalization(c *call) *graph.Node {
	c.idle("momentum")
	if c.opset < 9 {
		c.only("spatial", 1)
	}
	if c.opset >= 14 {
		c.only("training_mode", 0)
	} else if len(c.node.outputs) > 1 {
		refuse("its %d outputs are those of training; export the network after eval()", len(c.node.outputs))
	}
	x, channels := c.pixels()
	variance := c.perChannel(4, x, channels)
	scale := graph.Mul(graph.ConvertDType(c.perChannel(1, x, channels), variance.DType()), graph.Rsqrt(graph.AddScalar(variance, c.float("epsilon", 1e-5))))
	y := graph.Mul(graph.Sub(graph.ConvertDType(x, variance.DType()), c.perChannel(3, x, channels)), scale)
	return graph.ConvertDType(graph.Add(y, graph.ConvertDType(c.perChannel(2, x, channels), variance.DType())), x.DType())
}

// normal brings x to mean zero and deviation one over axes, and returns the mean and the inverse
// deviation as well.
func normal(x *graph.Node, epsilon float64, axes ...int) (y, mean, inverse *graph.Node) {
	dims := x.Shape().Dimensions
	mean = graph.Reshape(graph.ReduceMean(x, axes...), kept(dims, axes)...)
	x = graph.Sub(x, expand(mean, dims))
	y, inverse = root(x, epsilon, axes...)
	return y, mean, inverse
}

// root divides x by the root of its mean square.
func root(x *graph.Node, epsilon float64, axes ...int) (y, inverse *graph.Node) {
	dims := x.Shape().Dimensions
	square := graph.Reshape(graph.ReduceMean(graph.Mul(x, x), axes...), kept(dims, axes)...)
	inverse = graph.Rsqrt(graph.AddScalar(square, epsilon))
	return graph.Mul(x, expand(inverse, dims)), inverse
}

func instanceNormalization(c *call) *graph.Node {
	x := c.x(0)
	scale, bias := c.perChannel(1, x, 1), c.perChannel(2, x, 1)
	if x.Rank() < 3 {
		refuse("its input has sizes %v, expected [N,C,...]", x.Shape().Dimensions)
	}
	y, _, _ := normal(x, c.float("epsilon", 1e-5), firstAxes(x.Rank())[2:]...)
	return graph.Add(graph.Mul(y, scale), bias)
}

// groupNormalization has a scale and a bias a group before operator set 21, and a channel since.
func groupNormalization(c *call) *graph.Node {
	x := c.x(0)
	dims := x.Shape().Dimensions
	groups := c.int("num_groups", 0)
	if c.opset >= 21 {
		c.only("stash_type", 1)
	}
	if len(dims) < 3 || groups < 1 || dims[1]%groups != 0 {
		refuse("it has %d groups for sizes %v", groups, dims)
	}
	split := append([]int{dims[0], groups, dims[1] / groups}, dims[2:]...)
	y, _, _ := normal(graph.Reshape(x, split...), c.float("epsilon", 1e-5), firstAxes(len(split))[2:]...)
	if c.opset >= 21 {
		return graph.Add(graph.Mul(graph.Reshape(y, dims...), c.perChannel(1, x, 1)), c.perChannel(2, x, 1))
	}
	perGroup := func(i int) *graph.Node {
		if len(c.dims(i)) != 1 || c.dims(i)[0] != groups {
			refuse("its input %d has sizes %v, expected [%d]", i, c.dims(i), groups)
		}
		return expand(graph.Reshape(c.x(i), onAxis(len(split), 1, groups)...), split)
	}
	return graph.Reshape(graph.Add(graph.Mul(y, perGroup(1)), perGroup(2)), dims...)
}

// layerNormalization gives the mean and the inverse deviation as well.
func layerNormalization(c *call) []*graph.Node {
	c.only("stash_type", 1)
	x := c.x(0)
	dims := x.Shape().Dimensions
	axes := firstAxes(x.Rank())[c.axis(c.int("axis", -1), x.Rank()):]
	y, mean, inverse := normal(x, c.float("epsilon", 1e-5), axes...)
	y = graph.Mul(y, c.unidirectional(c.x(1), dims))
	if c.has(2) {
		y = graph.Add(y, c.unidirectional(c.x(2), dims))
	}
	return []*graph.Node{y, mean, inverse}
}

func rmsNormalization(c *call) *graph.Node {
	c.only("stash_type", 1)
	x := c.x(0)
	axes := firstAxes(x.Rank())[c.axis(c.int("axis", -1), x.Rank()):]
	y, _ := root(x, c.float("epsilon", 1e-5), axes...)
	return graph.Mul(y, c.unidirectional(c.x(1), x.Shape().Dimensions))
}

// localResponse divides by a power of the squares of size channels around.
func localResponse(c *call) *graph.Node {
	x := c.x(0)
	size := c.int("size", 0)
	if x.Rank() < 2 || size < 1 {
		refuse("it has the size %d for an input of %v", size, x.Shape().Dimensions)
	}
	c.spend(size * stepCost)
	w := window{size: size, stride: 1, dilation: 1, before: (size - 1) / 2, after: size / 2}
	sum := w.slide(graph.Mul(x, x), 1, graph.Add, 0)
	scale := graph.AddScalar(graph.MulScalar(sum, c.float("alpha", 1e-4)/float64(size)), c.float("bias", 1))
	return graph.Div(x, graph.Pow(scale, expand(graph.Scalar(c.graph, x.DType(), c.float("beta", 0.75)), x.Shape().Dimensions)))
}

// lpNormalization divides by the sum of absolute values of an axis, or by the root of their
// squares'; zeros stay.
func lpNormalization(c *call) *graph.Node {
	x := c.x(0)
	axis, p := c.axis(c.int("axis", -1), x.Rank()), c.int("p", 2)
	var norm *graph.Node
	switch p {
	case 1:
		norm = graph.ReduceSum(graph.Abs(x), axis)
	case 2:
		norm = graph.Sqrt(graph.ReduceSum(graph.Mul(x, x), axis))
	default:
		refuse("its attribute \"p\" is %d; 1 and 2 are read", p)
	}
	size := expand(graph.Reshape(norm, kept(x.Shape().Dimensions, []int{axis})...), x.Shape().Dimensions)
	zero := graph.ZerosLike(x)
	return graph.Where(graph.Equal(size, zero), zero, graph.Div(x, size))
}

// meanVariance adds its small number to the deviation, not to the variance.
func meanVariance(c *call) *graph.Node {
	x := c.x(0)
	axes := c.ints("axes")
	if axes == nil {
		axes = []int{0, 2, 3}
	}
	axes = c.axes(axes, x.Rank())
	dims := x.Shape().Dimensions
	centred := graph.Sub(x, expand(graph.Reshape(graph.ReduceMean(x, axes...), kept(dims, axes)...), dims))
	deviation := graph.Sqrt(graph.ReduceMean(graph.Mul(centred, centred), axes...))
	return graph.Div(centred, expand(graph.Reshape(graph.AddScalar(deviation, 1e-9), kept(dims, axes)...), dims))
}
