package net

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// ReLU is max(0, x). The zero comes first, so that the gradient at 0 is 0 as in PyTorch: GoMLX
// gives that of equal values to the first.
func ReLU(x *graph.Node) *graph.Node {
	return graph.Max(graph.ScalarZero(x.Graph(), x.DType()), x)
}

// SiLU is x / (1 + exp(-x)), also called swish.
func SiLU(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Logistic(x)) }

// Softplus is log(1 + exp(x)), without overflow.
func Softplus(x *graph.Node) *graph.Node {
	return graph.Add(graph.MaxScalar(x, 0), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(x)))))
}

// Sinusoid embeds a number per image, t [N], as [N,dim]: sines, then cosines, of t at dim/2
// frequencies (cosines first if cosFirst),
//
//	f_k = 10000^(-k/(dim/2 - shift)),  k = 0 .. dim/2-1.
//
// shift 1 ends exactly at 1/10000: Vaswani et al. 2017, arXiv:1706.03762, as in Ho et al. 2020. dim
// is even and dim/2 > shift.
func Sinusoid(t *graph.Node, dim int, shift float64, cosFirst bool) *graph.Node {
	half := dim / 2
	f := make([]float64, half)
	for k := range f {
		f[k] = math.Exp(-float64(k) * math.Log(1e4) / (float64(half) - shift))
	}
	freq := graph.ConstAsDType(t.Graph(), t.DType(), f)
	angle := graph.Mul(graph.Reshape(t, t.Shape().Dim(0), 1), graph.Reshape(freq, 1, half))
	first, second := graph.Sin(angle), graph.Cos(angle)
	if cosFirst {
		first, second = second, first
	}
	return graph.Concatenate([]*graph.Node{first, second}, 1)
}
