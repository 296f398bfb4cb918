package onnx

import (
	"regexp"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// products are sums of products.
var products = []operator{
	{name: "MatMul", types: floats, build: one(matMul)},
	{name: "Gemm", types: floats, build: one(gemm)},
	{name: "Einsum", since: 12, types: floats, build: one(einsum)},
}

// matMul is NumPy's: the last two axes are matrices, the others are brought to one size; a vector
// is a row on the left and a column on the right, whose axis goes.
func matMul(c *call) *graph.Node {
	c.sameType(0, 1)
	a, b := c.x(0), c.x(1)
	if a.Rank() == 0 || b.Rank() == 0 {
		refuse("it has a scalar for a matrix")
	}
	row, column := a.Rank() == 1, b.Rank() == 1
	if row {
		a = graph.ExpandAxes(a, 0)
	}
	if column {
		b = graph.ExpandAxes(b, 1)
	}
	y := matrices(a, b)
	if row {
		y = graph.Squeeze(y, -2)
	}
	if column {
		y = graph.Squeeze(y, -1)
	}
	return y
}

func matrices(a, b *graph.Node) *graph.Node {
	da, db := a.Shape().Dimensions, b.Shape().Dimensions
	if da[len(da)-1] != db[len(db)-2] {
		refuse("matrices of %v and %v do not fit", da, db)
	}
	if len(db) == 2 {
		return graph.DotGeneral(a, []int{-1}, nil, b, []int{0}, nil)
	}
	outer := joined(da[:len(da)-2], db[:len(db)-2])
	a = expand(a, append(append([]int{}, outer...), da[len(da)-2:]...))
	b = expand(b, append(append([]int{}, outer...), db[len(db)-2:]...))
	batch := firstAxes(len(outer))
	return graph.DotGeneral(a, []int{-1}, batch, b, []int{-2}, batch)
}

// gemm is alpha A B + beta C, A and B transposed if so said.
func gemm(c *call) *graph.Node {
	c.sameType(0, 1)
	a, b := c.x(0), c.x(1)
	if a.Rank() != 2 || b.Rank() != 2 {
		refuse("its inputs have sizes %v and %v, expected matrices", a.Shape().Dimensions, b.Shape().Dimensions)
	}
	inner := func(transposed bool, plain int) int {
		if transposed {
			return 1 - plain
		}
		return plain
	}
	ia, ib := inner(c.flag("transA", false), 1), inner(c.flag("transB", false), 0)
	if a.Shape().Dimensions[ia] != b.Shape().Dimensions[ib] {
		refuse("matrices of %v and %v do not fit", a.Shape().Dimensions, b.Shape().Dimensions)
	}
	y := graph.DotGeneral(a, []int{ia}, nil, b, []int{ib}, nil)
	if alpha := c.float("alpha", 1); alpha != 1 {
		y = graph.MulScalar(y, alpha)
	}
	beta := c.float("beta", 1)
	if !c.has(2) {
		return y
	}
	bias := c.unidirectional(c.x(2), y.Shape().Dimensions)
	if beta != 1 {
		bias = graph.MulScalar(bias, beta)
	}
	return graph.Add(y, bias)
}

// einsum of two values whose axes are all named, each once in a value, and said in the result.
func einsum(c *call) *graph.Node {
	equation := strings.ReplaceAll(c.string("equation", ""), " ", "")
	if !plainEquation.MatchString(equation) {
		refuse("its equation %.80q is not of the form ab,bc->ac, which is read", equation)
	}
	for _, axes := range strings.FieldsFunc(equation, func(r rune) bool { return strings.ContainsRune(",->", r) }) {
		for i, r := range axes {
			if strings.ContainsRune(axes[:i], r) {
				refuse("its equation %.80q has an axis twice in a value, which is not read", equation)
			}
		}
	}
	c.sameType(0, 1)
	return graph.Einsum(equation, c.x(0), c.x(1))
}

var plainEquation = regexp.MustCompile(`^[a-zA-Z]+,[a-zA-Z]+->[a-zA-Z]*$`)
