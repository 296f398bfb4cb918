package net

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Linear is y = x W' + b on the last axis, torch.nn.Linear.
type Linear struct {
	Weight *Param // [out,in]
	Bias   *Param // [out]
}

// NewLinear adds a linear layer's weight and bias to s, drawn uniformly on +-1/sqrt(in).
func NewLinear(s Scope, in, out int) Linear {
	init := fanIn(in)
	return Linear{
		Weight: s.Add(Param{Name: "weight", Shape: []int{out, in}, Init: init}),
		Bias:   s.Add(Param{Name: "bias", Shape: []int{out}, Init: init}),
	}
}

// Zero makes the layer start as the zero map.
func (l Linear) Zero() Linear {
	l.Weight.Init, l.Bias.Init = Init{}, Init{}
	return l
}

// Forward maps x [...,in] to [...,out].
func (l Linear) Forward(v *Vars, x *graph.Node) *graph.Node {
	y := graph.DotGeneral(x, []int{x.Rank() - 1}, nil, v.Get(l.Weight), []int{1}, nil)
	return graph.Add(y, perChannel(v.Get(l.Bias), y.Rank()))
}

// fanIn is PyTorch's default law for weights and biases, uniform on +-1/sqrt(n) for n inputs to
// each output (kaiming_uniform with a = sqrt(5)).
func fanIn(n int) Init {
	bound := 1 / math.Sqrt(float64(n))
	return Init{Lo: -bound, Hi: bound}
}

// perChannel views a vector [C] as [1,...,1,C] of the given rank.
func perChannel(x *graph.Node, rank int) *graph.Node {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[rank-1] = x.Shape().Dim(-1)
	return graph.Reshape(x, dims...)
}

// OverImage views a number per image, [N], as [N,1,1,1], to be added to images or to multiply them.
func OverImage(x *graph.Node) *graph.Node {
	return graph.Reshape(x, x.Shape().Dim(0), 1, 1, 1)
}

// OverPixels views a vector per image, [N,C], as [N,1,1,C], to be added to images or to multiply
// them.
func OverPixels(x *graph.Node) *graph.Node {
	return graph.Reshape(x, x.Shape().Dim(0), 1, 1, x.Shape().Dim(1))
}
