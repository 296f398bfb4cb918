package onnx

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// pointwise are functions of one value without settings.
var pointwise = []operator{
	unary("Abs", numbers, graph.Abs),
	unary("Ceil", floats, graph.Ceil),
	unary("Cos", floats, graph.Cos),
	since(9, unary("Erf", floats, graph.Erf)),
	unary("Exp", floats, graph.Exp),
	unary("Floor", floats, graph.Floor),
	unary("Log", floats, graph.Log),
	unary("Neg", numbers, graph.Neg),
	unary("Not", bools, graph.LogicalNot),
	unary("Reciprocal", floats, graph.Reciprocal),
	since(11, unary("Round", floats, graph.Round)),
	since(9, unary("Sign", numbers, graph.Sign)),
	unary("Sin", floats, graph.Sin),
	unary("Sqrt", floats, graph.Sqrt),
	unary("Tanh", floats, graph.Tanh),
	since(9, unary("IsNaN", floats, graph.IsNaN)),
	unary("Identity", anything, graph.Identity),
	{name: "Cast", types: anything, each: true, build: one(cast)},
	{name: "CastLike", since: 15, types: anything, each: true, build: one(castLike)},
	{name: "Dropout", types: floats, each: true, build: dropout},
}

func unary(name string, types kinds, f func(*graph.Node) *graph.Node) operator {
	return operator{name: name, types: types, each: true, build: one(func(c *call) *graph.Node { return f(c.x(0)) })}
}

// dropout is nothing where a network is only used; its mask is all true, and was of the input's
// type before operator set 10.
func dropout(c *call) []*graph.Node {
	c.idle("ratio", "seed")
	if c.has(1) {
		c.value(1)
	}
	if c.has(2) {
		training := c.known(2)
		if training.Value() != false {
			refuse("it is in training mode; export the network after eval()")
		}
	}
	x := c.x(0)
	mask := graph.OnesLike(x)
	if c.opset >= 10 {
		mask = graph.ConvertDType(mask, dtypes.Bool)
	}
	return []*graph.Node{graph.Identity(x), mask}
}

func cast(c *call) *graph.Node {
	to := elem(c.int("to", 0))
	c.only("saturate", 1) // of types that are not read
	if mode := c.string("round_mode", "up"); mode != "up" {
		refuse("its attribute \"round_mode\" is %.40q; only \"up\" is read", mode)
	}
	return c.castTo(to)
}

func castLike(c *call) *graph.Node {
	c.only("saturate", 1)
	if mode := c.string("round_mode", "up"); mode != "up" {
		refuse("its attribute \"round_mode\" is %.40q; only \"up\" is read", mode)
	}
	return c.castTo(c.value(1).elem)
}

// castTo gives the first input another type. Fractions are cut off on the way to whole numbers, and
// what is not zero is true.
func (c *call) castTo(to elem) *graph.Node {
	if to.storage() == dtypes.InvalidDType {
		refuse("it makes %s, which is not read: %v are", to, anything)
	}
	from := c.value(0).elem
	c.elem = to
	x := c.x(0)
	switch {
	case to == from:
		return graph.Identity(x)
	case to == boolElem:
		return graph.NotEqual(x, graph.ZerosLike(x))
	case to == float16Elem:
		return rounded(graph.ConvertDType(x, dtypes.Float32), 13, 1.0/(1<<14), 65504)
	case to == bfloat16Elem:
		return rounded(graph.ConvertDType(x, dtypes.Float32), 16, 0, math.Inf(1))
	}
	return graph.ConvertDType(x, to.storage())
}

// rounded brings float32 to a type of fewer bits, to the nearest and even: drop bits of the
// mantissa go, below least the steps are even, and beyond most is infinity.
func rounded(x *graph.Node, drop int, least, most float64) *graph.Node {
	bits := graph.Bitcast(x, dtypes.Uint32)
	odd := graph.BitwiseAnd(graph.BitwiseShiftRightLogicalScalar(bits, drop), graph.Scalar(x.Graph(), dtypes.Uint32, uint32(1)))
	bits = graph.Add(bits, graph.AddScalar(odd, uint32(1)<<(drop-1)-1))
	bits = graph.BitwiseShiftLeftScalar(graph.BitwiseShiftRightLogicalScalar(bits, drop), drop)
	y := graph.Bitcast(bits, dtypes.Float32)
	size := graph.Abs(x)
	if least > 0 {
		step := least / float64(uint64(1)<<(23-drop))
		y = graph.Where(graph.LessThan(size, graph.ConstAs(x, least)), graph.MulScalar(graph.Round(graph.DivScalar(x, step)), step), y)
	}
	if !math.IsInf(most, 1) {
		y = graph.Where(graph.GreaterThan(graph.Abs(y), graph.ConstAs(x, most)), graph.Mul(graph.Sign(x), graph.ConstAs(x, math.Inf(1))), y)
	}
	return graph.Where(graph.IsNaN(x), x, y)
}
