// Package score holds the losses of score matching as functions on graphs: each takes a score
// function s, which should become the gradient of a log density, and points of that density, and
// gives the loss of each point.
//
//	Fisher         |s - s_true|^2/2                   the explicit Fisher divergence, where the density is known
//	Exact          |s|^2/2 + tr(ds/dx)                Hyvarinen 2005, JMLR 6, eq. 4
//	Sliced         v'(ds/dx)v + (v's)^2/2             Song et al. 2019, arXiv:1905.07088, eq. 8
//	SlicedReduced  v'(ds/dx)v + |s|^2/2               the same, eq. 9: less variance
//	Denoising      |eps + sigma s|^2/2                Vincent 2011; at many levels NCSN, Song & Ermon 2019, arXiv:1907.05600
//
// In expectation all of them are the Fisher divergence plus a number that s does not change
// (Denoising: sigma^2 times it, of the noised density), so that they have one minimiser, the score.
// Losses are sums over a point's elements, not means; a weight lambda(t) of each point multiplies
// them.
//
// The derivatives with respect to x are nodes of the graph like any other: a loss can be
// differentiated again in the parameters, and s may itself be a gradient (an energy network).
//
// As all building of graphs, these functions panic with an error; engine.Func returns it.
package score

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// A Func is a score function on a graph: from points x [N,...] of any rank to their scores, of x's
// shape. It treats every point by itself (no normalisation over the batch), on which the
// derivatives of this package rest.
type Func func(x *graph.Node) *graph.Node

// MaxExact is the largest number of elements of a point for which Exact and Trace are built.
const MaxExact = 64

// CheckExact reports that points of d elements are too large for Exact, with the cost and what to
// use instead.
func CheckExact(d int) error {
	if d <= MaxExact {
		return nil
	}
	return fmt.Errorf("score: exact score matching of points with %d elements takes %d backward passes for each loss, at most %d are built: "+
		"use the sliced loss, which takes one, or the denoising loss, which takes none", d, d, MaxExact)
}

// Fisher returns |s(x) - truth|^2/2, [N]: the explicit Fisher divergence of each point, where truth
// is the density's score at x.
func Fisher(s Func, x, truth *graph.Node) *graph.Node {
	return half(square(graph.Sub(of(s, x), truth)))
}

// Exact returns |s|^2/2 + tr(ds/dx), [N]. It costs a backward pass for each element of a point, at
// most MaxExact.
func Exact(s Func, x *graph.Node) *graph.Node {
	y := of(s, x)
	return graph.Add(half(square(y)), trace(y, x))
}

// Sliced returns v'(ds/dx)v + (v's)^2/2, [N], meaned over the directions v, each of x's shape and
// drawn with E[v v'] = I (normal, or Rademacher). Each direction costs a backward pass.
func Sliced(s Func, x *graph.Node, v ...*graph.Node) *graph.Node {
	y := of(s, x)
	return meanOver(v, func(v *graph.Node) *graph.Node {
		along := dot(v, y)
		return graph.Add(quadratic(y, x, v), half(graph.Square(along)))
	})
}

// SlicedReduced is Sliced with the expectation of (v's)^2 in its place: v'(ds/dx)v + |s|^2/2, [N].
func SlicedReduced(s Func, x *graph.Node, v ...*graph.Node) *graph.Node {
	y := of(s, x)
	slope := meanOver(v, func(v *graph.Node) *graph.Node { return quadratic(y, x, v) })
	return graph.Add(slope, half(square(y)))
}

// Denoising returns |eps + sigma s(x)|^2/2, [N], of noised points x = a x0 + sigma eps, with the
// noise eps that went into them and the deviation sigma [N] of each.
//
//	sigma^2 times the Fisher divergence from the noised density's score, plus a number that s does not change
//
// One sigma for all points is Vincent's loss; sigma drawn among levels (see Levels) is NCSN's with
// its weight lambda = sigma^2. Other weights multiply the result.
func Denoising(s Func, x, eps, sigma *graph.Node) *graph.Node {
	return half(square(graph.Add(eps, scale(sigma, of(s, x)))))
}

// Trace returns tr(ds/dx), [N]: the divergence of the field, at the cost of Exact.
func Trace(s Func, x *graph.Node) *graph.Node { return trace(of(s, x), x) }

// Rademacher turns normal noise into directions of independent signs, +1 or -1: among directions
// with E[v v'] = I those with which v'(ds/dx)v varies least.
func Rademacher(noise *graph.Node) *graph.Node {
	one := graph.OnesLike(noise)
	return graph.Where(graph.GreaterOrEqual(noise, graph.ZerosLike(noise)), one, graph.Neg(one))
}

// of returns s(x), whose shape it checks.
func of(s Func, x *graph.Node) *graph.Node {
	y := s(x)
	if !y.Shape().Equal(x.Shape()) {
		panic(fmt.Errorf("score: points %s have scores %s: expected the same shape", x.Shape(), y.Shape()))
	}
	return y
}

// trace returns the sum over elements j of dy_j/dx_j, [N].
func trace(y, x *graph.Node) *graph.Node {
	n := x.Shape().Dim(0)
	d := x.Shape().Size() / n
	if err := CheckExact(d); err != nil {
		panic(err)
	}
	flat := graph.Reshape(y, n, d)
	sum := graph.Zeros(x.Graph(), graph.Reshape(x, n, d).Shape())
	unit := make([]float64, d)
	for j := range d {
		unit[j] = 1
		e := graph.Reshape(graph.ConstAsDType(x.Graph(), x.DType(), unit), 1, d)
		row := graph.Gradient(graph.ReduceAllSum(graph.Mul(flat, e)), x)[0] // dy_j/dx of each point: points do not meet
		sum = graph.Add(sum, graph.Mul(graph.Reshape(row, n, d), e))
		unit[j] = 0
	}
	return graph.ReduceSum(sum, 1)
}

// quadratic returns v'(dy/dx)v, [N].
func quadratic(y, x, v *graph.Node) *graph.Node {
	grad := graph.Gradient(graph.ReduceAllSum(graph.Mul(v, y)), x)[0]
	return dot(grad, v)
}

// meanOver returns the mean of f over the directions.
func meanOver(v []*graph.Node, f func(v *graph.Node) *graph.Node) *graph.Node {
	if len(v) == 0 {
		panic(fmt.Errorf("score: a sliced loss without directions: give it one or more"))
	}
	sum := f(v[0])
	for _, v := range v[1:] {
		sum = graph.Add(sum, f(v))
	}
	return graph.DivScalar(sum, len(v))
}

// dot returns each point's inner product of a and b, [N].
func dot(a, b *graph.Node) *graph.Node {
	p := graph.Mul(a, b)
	return graph.ReduceSum(graph.Reshape(p, p.Shape().Dim(0), -1), 1)
}

func square(a *graph.Node) *graph.Node { return dot(a, a) }

func half(a *graph.Node) *graph.Node { return graph.MulScalar(a, 0.5) }

// scale multiplies each point of x by its number of c [N].
func scale(c, x *graph.Node) *graph.Node {
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = x.Shape().Dim(0)
	return graph.Mul(graph.Reshape(c, dims...), x)
}
