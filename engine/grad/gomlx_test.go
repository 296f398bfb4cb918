package grad_test

import (
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// TestRulesOfGoMLX checks the rules that are GoMLX's own, and that networks here stand on, in the
// same way as ours: a version that breaks one shows here.
func TestRulesOfGoMLX(t *testing.T) {
	square := []int{3, 4}
	positive := func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Square(x), 0.5) }
	cases := map[string]struct {
		build
		sizes [][]int
	}{
		"add, broadcast": {func(in []*graph.Node) *graph.Node { return graph.Add(in[0], in[1]) }, [][]int{square, {1, 4}}},
		"sub, scalar":    {func(in []*graph.Node) *graph.Node { return graph.Sub(in[1], in[0]) }, [][]int{square, {}}},
		"mul, broadcast": {func(in []*graph.Node) *graph.Node { return graph.Mul(in[0], in[1]) }, [][]int{square, {3, 1}}},
		"div, broadcast": {func(in []*graph.Node) *graph.Node { return graph.Div(in[0], positive(in[1])) }, [][]int{square, {1, 4}}},
		"pow":            {func(in []*graph.Node) *graph.Node { return graph.Pow(positive(in[0]), in[1]) }, [][]int{square, square}},
		"sqrt":           {func(in []*graph.Node) *graph.Node { return graph.Sqrt(positive(in[0])) }, [][]int{square}},
		"log":            {func(in []*graph.Node) *graph.Node { return graph.Log(positive(in[0])) }, [][]int{square}},
		"log1p":          {func(in []*graph.Node) *graph.Node { return graph.Log1P(positive(in[0])) }, [][]int{square}},
		"exp":            {func(in []*graph.Node) *graph.Node { return graph.Exp(in[0]) }, [][]int{square}},
		"sin, cos":       {func(in []*graph.Node) *graph.Node { return graph.Sin(graph.Cos(in[0])) }, [][]int{square}},
		"tanh":           {func(in []*graph.Node) *graph.Node { return graph.Tanh(in[0]) }, [][]int{square}},
		"erf":            {func(in []*graph.Node) *graph.Node { return graph.Erf(in[0]) }, [][]int{square}},
		"sigmoid":        {func(in []*graph.Node) *graph.Node { return graph.Mul(in[0], graph.Sigmoid(in[0])) }, [][]int{square}},
		"softmax":        {func(in []*graph.Node) *graph.Node { return graph.Softmax(in[0], -1) }, [][]int{square}},
		"min":            {func(in []*graph.Node) *graph.Node { return graph.Min(graph.Square(in[0]), graph.OnePlus(in[1])) }, [][]int{square, square}},
		"relu":           {func(in []*graph.Node) *graph.Node { return graph.MaxScalar(graph.Sin(in[0]), 0) }, [][]int{{7}}},
		"where": {func(in []*graph.Node) *graph.Node {
			return graph.Where(graph.GreaterThan(in[0], in[1]), in[0], graph.Square(in[1]))
		}, [][]int{square, square}},
		"reduce mean": {func(in []*graph.Node) *graph.Node {
			return graph.Mul(graph.ReduceAndKeep(in[0], graph.ReduceMean, 0), in[0])
		}, [][]int{square}},
		"reduce max":  {func(in []*graph.Node) *graph.Node { return graph.ReduceMax(in[0], 1) }, [][]int{square}},
		"transpose":   {func(in []*graph.Node) *graph.Node { return graph.TransposeAllAxes(in[0], 2, 0, 1) }, [][]int{{2, 3, 2}}},
		"reshape":     {func(in []*graph.Node) *graph.Node { return graph.Reshape(in[0], 6, 2) }, [][]int{square}},
		"concatenate": {func(in []*graph.Node) *graph.Node { return graph.Concatenate([]*graph.Node{in[0], in[1], in[0]}, 1) }, [][]int{square, {3, 1}}},
		"slice, stride": {func(in []*graph.Node) *graph.Node {
			return graph.Slice(in[0], graph.AxisRange(1, 7).Stride(3), graph.AxisRange(1, 2))
		}, [][]int{{8, 3}}},
		"gather": {func(in []*graph.Node) *graph.Node {
			return graph.Gather(in[0], graph.Const(in[0].Graph(), [][]int32{{2}, {0}, {2}}))
		}, [][]int{square}},
		"mean pool": {func(in []*graph.Node) *graph.Node { return graph.MeanPool(in[0]).Window(2).Strides(2).Done() }, [][]int{{1, 4, 4, 2}}},
		"broadcast": {func(in []*graph.Node) *graph.Node {
			return graph.BroadcastToDims(graph.Reshape(in[0], 3, 1, 2), 3, 4, 2)
		}, [][]int{{3, 2}}},
	}
	e := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checkGradients(t, e, c.build, 1e-5, 1e-8, c.sizes...)
		})
	}
}
