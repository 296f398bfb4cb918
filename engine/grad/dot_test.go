package grad_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/engine/grad"
)

// A dotCase is a DotGeneral of x and y.
type dotCase struct {
	x, y         []int
	xSum, xBatch []int
	ySum, yBatch []int
}

func (c dotCase) build(in []*graph.Node) *graph.Node {
	return graph.DotGeneral(in[0], c.xSum, c.xBatch, in[1], c.ySum, c.yBatch)
}

var dotCases = map[string]dotCase{
	"matrices":                    {x: []int{2, 3}, y: []int{3, 4}, xSum: []int{1}, ySum: []int{0}},
	"matrices, rows by rows":      {x: []int{2, 3}, y: []int{4, 3}, xSum: []int{1}, ySum: []int{1}},
	"matrices, columns":           {x: []int{3, 2}, y: []int{3, 4}, xSum: []int{0}, ySum: []int{0}},
	"negative axes":               {x: []int{3, 2}, y: []int{4, 3}, xSum: []int{-2}, ySum: []int{-1}},
	"linear layer":                {x: []int{2, 3, 4}, y: []int{5, 4}, xSum: []int{2}, ySum: []int{1}},
	"vectors":                     {x: []int{5}, y: []int{5}, xSum: []int{0}, ySum: []int{0}},
	"vectors, outer product":      {x: []int{3}, y: []int{4}},
	"vectors, element by element": {x: []int{4}, y: []int{4}, xBatch: []int{0}, yBatch: []int{0}},
	"matrix, vector":              {x: []int{3, 4}, y: []int{3}, xSum: []int{0}, ySum: []int{0}},
	"vector, matrix":              {x: []int{3}, y: []int{3, 4}, xSum: []int{0}, ySum: []int{0}},
	"scalar, matrix":              {x: []int{}, y: []int{3, 4}},
	"scalars":                     {x: []int{}, y: []int{}},
	"all summed, crosswise":       {x: []int{2, 3}, y: []int{3, 2}, xSum: []int{0, 1}, ySum: []int{1, 0}},
	"sum in the middle":           {x: []int{2, 3, 4}, y: []int{2, 3, 5}, xSum: []int{1}, ySum: []int{1}},
	"three sums, three orders":    {x: []int{2, 3, 2, 4}, y: []int{4, 3, 2, 2}, xSum: []int{1, 3, 0}, ySum: []int{1, 0, 2}},
	"batch":                       {x: []int{2, 3, 4}, y: []int{2, 4, 3}, xSum: []int{2}, xBatch: []int{0}, ySum: []int{1}, yBatch: []int{0}},
	"batch last":                  {x: []int{3, 4, 2}, y: []int{4, 3, 2}, xSum: []int{1}, xBatch: []int{2}, ySum: []int{0}, yBatch: []int{2}},
	"batch only, crosswise":       {x: []int{2, 3}, y: []int{3, 2}, xBatch: []int{1, 0}, yBatch: []int{0, 1}},
	"batch, nothing summed":       {x: []int{3, 2}, y: []int{4, 3}, xBatch: []int{0}, yBatch: []int{1}},
	"batch, vector":               {x: []int{2, 3}, y: []int{3, 2, 4}, xSum: []int{1}, xBatch: []int{0}, ySum: []int{0}, yBatch: []int{1}},
	"scores of attention":         {x: []int{2, 3, 2, 4}, y: []int{2, 2, 2, 4}, xSum: []int{3}, xBatch: []int{0, 2}, ySum: []int{3}, yBatch: []int{0, 2}},
	"values of attention":         {x: []int{2, 2, 3, 4}, y: []int{2, 4, 2, 3}, xSum: []int{3}, xBatch: []int{0, 1}, ySum: []int{1}, yBatch: []int{0, 2}},
	"two of each, mixed": {
		x: []int{2, 3, 1, 2, 3, 2}, y: []int{2, 2, 2, 3, 3},
		xSum: []int{4, 0}, xBatch: []int{5, 1}, ySum: []int{3, 1}, yBatch: []int{2, 4},
	},
}

func TestDotGradients(t *testing.T) {
	e := open(t)
	for name, c := range dotCases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, c.build, step, tolerance, c.x, c.y)
			checkReplaced(t, e, c)
		})
	}
}

// TestDotOfGraph: the ways in which networks write products other than DotGeneral end in the same
// rule.
func TestDotOfGraph(t *testing.T) {
	product := func(f func(x, y *graph.Node) *graph.Node) build {
		return func(in []*graph.Node) *graph.Node { return f(in[0], in[1]) }
	}
	einsum := func(equation string) build {
		return func(in []*graph.Node) *graph.Node { return graph.Einsum(equation, in[0], in[1]) }
	}
	cases := map[string]struct {
		build
		x, y []int
	}{
		"dot, matrices":       {product(graph.Dot), []int{3, 4}, []int{4, 2}},
		"dot, vectors":        {product(graph.Dot), []int{4}, []int{4}},
		"dot, matrix, vector": {product(graph.Dot), []int{3, 4}, []int{4}},
		"dot, vector, matrix": {product(graph.Dot), []int{4}, []int{4, 3}}, // which GoMLX's rule refuses
		"matmul, broadcast":   {product(graph.MatMul), []int{2, 1, 2, 3}, []int{2, 3, 2}},
		"einsum":              {einsum("ij,jk->ki"), []int{3, 4}, []int{4, 2}},
		"einsum, batched":     {einsum("bqhc,bkhc->bhqk"), []int{2, 3, 2, 2}, []int{2, 2, 2, 2}},
	}
	e := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, c.build, step, tolerance, c.x, c.y)
		})
	}
}

// TestDotInNetworks: products within other operations, which are no polynomials of second order.
func TestDotInNetworks(t *testing.T) {
	attention := func(in []*graph.Node) *graph.Node {
		p := graph.Softmax(graph.Einsum("bqhc,bkhc->bhqk", in[0], in[1]), -1)
		return graph.Einsum("bhqk,bkhc->bqhc", p, in[1])
	}
	cases := map[string]struct {
		build
		sizes [][]int
	}{
		"attention":         {attention, [][]int{{1, 2, 2, 3}, {1, 3, 2, 3}}},
		"both factors":      {func(in []*graph.Node) *graph.Node { return graph.Einsum("ij,kj->ik", in[0], in[0]) }, [][]int{{3, 2}}},
		"product of itself": {func(in []*graph.Node) *graph.Node { return graph.Dot(graph.Dot(in[0], in[0]), in[0]) }, [][]int{{3, 3}}},
	}
	e := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, c.build, 1e-5, 1e-8, c.sizes...)
		})
	}
}

// checkReplaced compares both gradients with those of GoMLX's own rule.
func checkReplaced(t *testing.T, e *engine.Engine, c dotCase) {
	t.Helper()
	f := e.Func("both", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		y := c.build(in)
		v := []*graph.Node{graph.Const(y.Graph(), tensors.FromFlatDataAndDimensions(values(y.Shape().Size(), 4), y.Shape().Dimensions...))}
		return slices.Concat(
			graph.VJPRegistration[y.Type()](y, v, y.Shape()),
			grad.Replaced[y.Type()](y, v, y.Shape()))
	})
	out, err := f.Call(engine.New(e, values(product(c.x), 0), c.x...), engine.New(e, values(product(c.y), 1), c.y...))
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	for i, size := range [][]int{c.x, c.y} {
		got, want := out[i], out[i+2]
		if !slices.Equal(got.Shape().Dimensions, size) {
			t.Errorf("%+v: gradient %d has shape %s", c, i, got.Shape())
		}
		if d, scale := distance(flat(t, got), flat(t, want)); !(d <= 1e-12*scale) {
			t.Errorf("%+v: gradient %d is off by %.3g of %.3g", c, i, d, scale)
		}
	}
}

// randomDot draws up to two axes of each role, 1 to 3 long, in any order.
func randomDot(r *rand.Rand) (c dotCase) {
	batch, sum := r.IntN(3), r.IntN(3)
	size := make([]int, batch+sum)
	for i := range size {
		size[i] = 1 + r.IntN(3)
	}
	side := func() (dims, batchAxes, sumAxes []int) {
		free := r.IntN(3)
		dims = make([]int, batch+sum+free)
		at := r.Perm(len(dims))
		for i, a := range at {
			dims[a] = 1 + r.IntN(3)
			if i < len(size) {
				dims[a] = size[i]
			}
		}
		return dims, at[:batch], at[batch : batch+sum]
	}
	c.x, c.xBatch, c.xSum = side()
	c.y, c.yBatch, c.ySum = side()
	return c
}

// TestDotReplaced compares with GoMLX's own rule for axes drawn at random.
func TestDotReplaced(t *testing.T) {
	e, r := open(t), rand.New(rand.NewPCG(3, 4))
	for i := range 150 {
		c := randomDot(r)
		t.Run(fmt.Sprint(i), func(t *testing.T) { checkReplaced(t, e, c) })
	}
}
