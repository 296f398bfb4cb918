package onnx

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// activations are functions of one value with settings, and those that networks have between
// layers.
var activations = []operator{
	unary("Relu", numbers, func(x *graph.Node) *graph.Node { return graph.Max(x, graph.ZerosLike(x)) }),
	unary("Sigmoid", floats, graph.Logistic),
	unary("Softsign", floats, func(x *graph.Node) *graph.Node { return graph.Div(x, graph.OnePlus(graph.Abs(x))) }),
	unary("Softplus", floats, softplus),
	since(18, unary("Mish", floats, func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Tanh(softplus(x))) })),
	since(14, unary("HardSwish", floats, func(x *graph.Node) *graph.Node { return graph.Mul(x, hardSigmoid(x, 1.0/6, 0.5)) })),
	{name: "HardSigmoid", types: floats, each: true, build: one(func(c *call) *graph.Node {
		return hardSigmoid(c.x(0), c.float("alpha", 0.2), c.float("beta", 0.5))
	})},
	{name: "LeakyRelu", types: floats, each: true, build: one(func(c *call) *graph.Node {
		return sided(c.x(0), graph.MulScalar(c.x(0), c.float("alpha", 0.01)))
	})},
	{name: "Elu", types: floats, each: true, build: one(func(c *call) *graph.Node {
		return sided(c.x(0), graph.MulScalar(grown(c.x(0)), c.float("alpha", 1)))
	})},
	{name: "Selu", types: floats, each: true, build: one(func(c *call) *graph.Node {
		alpha, gamma := c.float("alpha", 1.67326319217681884765625), c.float("gamma", 1.05070102214813232421875)
		return graph.MulScalar(sided(c.x(0), graph.MulScalar(grown(c.x(0)), alpha)), gamma)
	})},
	{name: "Celu", since: 12, types: floats, each: true, build: one(func(c *call) *graph.Node {
		alpha := c.float("alpha", 1)
		return sided(c.x(0), graph.MulScalar(grown(graph.DivScalar(c.x(0), alpha)), alpha))
	})},
	{name: "Gelu", since: 20, types: floats, each: true, build: one(gelu)},
	{name: "Swish", since: 24, types: floats, each: true, build: one(func(c *call) *graph.Node {
		return graph.Mul(c.x(0), graph.Logistic(graph.MulScalar(c.x(0), c.float("alpha", 1))))
	})},
	{name: "PRelu", types: floats, each: true, build: one(func(c *call) *graph.Node {
		return sided(c.x(0), graph.Mul(c.x(0), c.unidirectional(c.x(1), c.dims(0))))
	})},
	{name: "ThresholdedRelu", since: 10, types: floats, each: true, build: one(func(c *call) *graph.Node {
		x := c.x(0)
		return graph.Where(graph.GreaterThan(x, graph.ConstAs(x, c.float("alpha", 1))), x, graph.ZerosLike(x))
	})},
	{name: "Shrink", since: 9, types: floats, each: true, build: one(shrink)},
	{name: "Clip", types: numbers, each: true, build: one(clip)},
}

func since(opset int, op operator) operator {
	op.since = opset
	return op
}

// sided is x where it is above zero, and below elsewhere.
func sided(x, below *graph.Node) *graph.Node {
	return graph.Where(graph.GreaterThan(x, graph.ZerosLike(x)), x, below)
}

// grown is exp(x)-1 for x below zero, and 0 elsewhere.
func grown(x *graph.Node) *graph.Node { return graph.Expm1(graph.Min(x, graph.ZerosLike(x))) }

// softplus is log(1+exp(x)), which does not overflow.
func softplus(x *graph.Node) *graph.Node {
	return graph.Add(graph.Max(x, graph.ZerosLike(x)), graph.Log1p(graph.Exp(graph.Neg(graph.Abs(x)))))
}

func hardSigmoid(x *graph.Node, alpha, beta float64) *graph.Node {
	return graph.ClipScalar(graph.AddScalar(graph.MulScalar(x, alpha), beta), 0, 1)
}

func gelu(c *call) *graph.Node {
	x := c.x(0)
	half := graph.MulScalar(x, 0.5)
	switch approximate := c.string("approximate", "none"); approximate {
	case "none":
		return graph.Mul(half, graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt(0.5)))))
	case "tanh":
		cubic := graph.Add(x, graph.MulScalar(graph.Mul(x, graph.Mul(x, x)), 0.044715))
		return graph.Mul(half, graph.OnePlus(graph.Tanh(graph.MulScalar(cubic, math.Sqrt(2/math.Pi)))))
	default:
		refuse("its attribute \"approximate\" is %.40q, expected none or tanh", approximate)
		return nil
	}
}

// shrink brings values nearer to zero by a bias, and those within lambd to it.
func shrink(c *call) *graph.Node {
	x := c.x(0)
	bias, lambda := c.float("bias", 0), c.float("lambd", 0.5)
	y := graph.Where(graph.GreaterThan(x, graph.ConstAs(x, lambda)), graph.AddScalar(x, -bias), graph.ZerosLike(x))
	return graph.Where(graph.LessThan(x, graph.ConstAs(x, -lambda)), graph.AddScalar(x, bias), y)
}

// clip bounds values: by attributes before operator set 11, by inputs since. Where the bounds
// cross, all is the upper.
func clip(c *call) *graph.Node {
	x := c.x(0)
	if c.opset < 12 && !x.DType().IsFloat() {
		refuse("it is of %s, which it is not before operator set 12", c.in[0].elem)
	}
	if c.opset < 11 {
		x = graph.Max(x, graph.ConstAs(x, c.float("min", -math.MaxFloat32)))
		return graph.Min(x, graph.ConstAs(x, c.float("max", math.MaxFloat32)))
	}
	if c.has(1) {
		x = graph.Max(x, c.scalar(1))
	}
	if c.has(2) {
		x = graph.Min(x, c.scalar(2))
	}
	return graph.Identity(x)
}

// scalar is an input of one element.
func (c *call) scalar(i int) *graph.Node {
	x := c.x(i)
	if x.Shape().Size() != 1 {
		refuse("its input %d has sizes %v, expected one number", i, x.Shape().Dimensions)
	}
	return graph.Reshape(x)
}
