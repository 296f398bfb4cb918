package grad_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
)

func open(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// values returns n numbers in (-1, 1), a multiple of 1/64 each, that look like no pattern of the
// operations; a different list for each salt. The PyTorch script has the same function.
func values(n, salt int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(((i+1)*(7919+2*salt)+salt*salt*31)%127-63) / 64
	}
	return out
}

// weighted returns the sum of y times fixed weights: a loss whose gradient differs from element to
// element.
func weighted(y *graph.Node, salt int) *graph.Node {
	s := y.Shape()
	c := graph.Const(y.Graph(), tensors.FromFlatDataAndDimensions(values(s.Size(), salt), s.Dimensions...))
	return graph.ReduceAllSum(graph.Mul(y, c))
}

type build = func(in []*graph.Node) *graph.Node

// checkGradients compares the gradient of a loss of f, and the gradient of a loss of that gradient,
// with central finite differences of step h. The loss is quadratic in f's output, so that the
// second gradient is not trivial; for an f that is linear in each input both losses are quadratic
// in each number, and central differences exact.
func checkGradients(t *testing.T, e *engine.Engine, f build, h, tol float64, sizes ...[]int) {
	t.Helper()
	loss := func(in []*graph.Node) *graph.Node {
		y := f(in)
		return graph.Add(weighted(y, 5), weighted(graph.Square(y), 6))
	}
	second := func(in []*graph.Node) *graph.Node {
		sum := graph.ScalarZero(in[0].Graph(), dtypes.Float64)
		for i, d := range graph.Gradient(loss(in), in...) {
			sum = graph.Add(sum, weighted(d, 7+i))
		}
		return sum
	}
	in := make([]*tensors.Tensor, len(sizes))
	for i, d := range sizes {
		in[i] = engine.New(e, values(shapes.Make(dtypes.Float64, d...).Size(), i), d...)
	}
	checkGradient(t, e, "gradient", loss, h, tol, in)
	checkGradient(t, e, "gradient of the gradient", second, h, tol, in)
}

func checkGradient(t *testing.T, e *engine.Engine, what string, loss build, h, tol float64, in []*tensors.Tensor) {
	t.Helper()
	value := e.Func("loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{loss(in)}
	})
	gradient := e.Func("gradient", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return graph.Gradient(loss(in), in...)
	})
	got, err := gradient.Call(in...)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for k := range in {
		want := differences(t, e, value, h, in, k)
		if d, scale := distance(flat(t, got[k]), want); !(d <= tol*scale) {
			t.Errorf("%s in input %d is off by %.3g of %.3g\n got %.6g\nwant %.6g", what, k, d, scale, flat(t, got[k]), want)
		}
	}
}

// differences is the gradient of value in input k by central differences.
func differences(t *testing.T, e *engine.Engine, value *engine.Func, h float64, in []*tensors.Tensor, k int) []float64 {
	t.Helper()
	x := flat(t, in[k])
	at := func(i int, v float64) float64 {
		moved := append([]*tensors.Tensor(nil), in...)
		moved[k] = engine.Fill(e, func(f []float64) { copy(f, x); f[i] = v }, in[k].Shape().Dimensions...)
		y, err := value.Call1(moved...)
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Free(moved[k], y)
		return tensors.ToScalar[float64](y)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = (at(i, v+h) - at(i, v-h)) / (2 * h)
	}
	return out
}

func flat(t *testing.T, x *tensors.Tensor) []float64 {
	t.Helper()
	v, err := tensors.CopyFlatData[float64](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// distance returns the largest difference of a and b and the scale that it is to be judged by, at
// least 1.
func distance(a, b []float64) (d, scale float64) {
	if len(a) != len(b) {
		panic(fmt.Sprintf("lengths %d and %d", len(a), len(b)))
	}
	scale = 1
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i])) // NaN stays NaN
		scale = max(scale, math.Abs(b[i]))
	}
	return d, scale
}
