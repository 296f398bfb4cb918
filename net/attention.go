package net

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Attention lets every pixel of an image read from all others, and adds the result to the input:
//
//	x + O softmax(Q K' / sqrt(d)) V,  Q, K, V linear in GroupNorm(x),
//
// with several heads of d channels each. Named as diffusers' Attention, whose group_norm may be
// missing. Vaswani et al. 2017, arXiv:1706.03762.
type Attention struct {
	Norm         *GroupNorm // or nil
	Q, K, V, Out Linear
	Heads        int
}

// NewAttention adds attention over c channels in heads of headDim, which divides c, to s. groups 0:
// no normalisation.
func NewAttention(s Scope, c, headDim, groups int, eps float64) Attention {
	if headDim < 1 || c%headDim != 0 {
		panic(fmt.Sprintf("net: %d channels do not divide into heads of %d", c, headDim))
	}
	a := Attention{Heads: c / headDim}
	if groups > 0 {
		norm := NewGroupNorm(s.In("group_norm"), groups, c, eps)
		a.Norm = &norm
	}
	a.Q = NewLinear(s.In("to_q"), c, c)
	a.K = NewLinear(s.In("to_k"), c, c)
	a.V = NewLinear(s.In("to_v"), c, c)
	a.Out = NewLinear(s.In("to_out", 0), c, c)
	return a
}

// Forward maps x [N,H,W,C] to the same shape.
func (a Attention) Forward(v *Vars, x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	n, pixels, c := d[0], d[1]*d[2], d[3]
	y := x
	if a.Norm != nil {
		y = a.Norm.Forward(v, y)
	}
	y = graph.Reshape(y, n, pixels, c)
	heads := func(l Linear) *graph.Node {
		return graph.Reshape(l.Forward(v, y), n, pixels, a.Heads, c/a.Heads)
	}
	q, k, val := heads(a.Q), heads(a.K), heads(a.V)
	q = graph.MulScalar(q, 1/math.Sqrt(float64(c/a.Heads)))
	p := graph.DotGeneral(q, []int{3}, []int{0, 2}, k, []int{3}, []int{0, 2}) // [N,heads,pixels,pixels]
	p = graph.Softmax(p, -1)
	y = graph.DotGeneral(p, []int{3}, []int{0, 1}, val, []int{1}, []int{0, 2}) // [N,heads,pixels,d]
	y = graph.Reshape(graph.TransposeAllAxes(y, 0, 2, 1, 3), n, pixels, c)
	return graph.Add(x, graph.Reshape(a.Out.Forward(v, y), d...))
}
