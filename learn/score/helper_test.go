package score_test

import (
	"math"
	"os"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
	"github.com/reverie-go/reverie/random"
)

var eng *engine.Engine

func TestMain(m *testing.M) {
	e, err := engine.Open("simd")
	if err != nil {
		panic(err)
	}
	eng = e
	os.Exit(m.Run())
}

// eval builds f on the batches, each a tensor [N,D] of float64, and returns its output.
func eval(t *testing.T, f func(in []*graph.Node) *graph.Node, in ...[][]float64) []float64 {
	t.Helper()
	return evalTensors(t, f, batches(in)...)
}

func evalTensors(t *testing.T, f func(in []*graph.Node) *graph.Node, in ...*tensors.Tensor) []float64 {
	t.Helper()
	out, err := eng.Func("test", func(_ *graph.Graph, in []*graph.Node) []*graph.Node { return []*graph.Node{f(in)} }).Call1(in...)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](out)
}

func batches(in [][][]float64) []*tensors.Tensor {
	out := make([]*tensors.Tensor, len(in))
	for i, b := range in {
		var flat []float64
		for _, row := range b {
			flat = append(flat, row...)
		}
		out[i] = engine.New(eng, flat, len(b), len(b[0]))
	}
	return out
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// near fails unless got is want to within tol, absolute and relative.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s = %v, want %v (within %g)", what, got, want, tol)
	}
}

// normals returns n points of d standard normal numbers.
func normals(seed uint64, n, d int) [][]float64 {
	b := reverie.NewBatch[float64](n, d)
	for i := range b {
		random.Stream{Seed: seed, Domain: 200, Sample: uint64(i)}.Normal(b[i])
	}
	return b
}

// A mlp is a smooth network of two hidden layers, with its numbers on the host: s(x) = C tanh(B
// tanh(A x)).
type mlp struct{ a, b, c [][]float64 }

func newMLP(seed uint64, d, width int) mlp {
	return mlp{normals(seed, width, d), normals(seed+1, width, width), normals(seed+2, d, width)}
}

// graph returns the network with its weights as constants.
func (m mlp) graph(g *graph.Graph) score.Func {
	return mlpFunc(graph.Const(g, m.a), graph.Const(g, m.b), graph.Const(g, m.c))
}

func mlpFunc(a, b, c *graph.Node) score.Func {
	times := func(x, w *graph.Node) *graph.Node { return graph.DotGeneral(x, []int{1}, nil, w, []int{1}, nil) }
	return func(x *graph.Node) *graph.Node {
		return times(graph.Tanh(times(graph.Tanh(times(x, a)), b)), c)
	}
}

// host computes the network in plain Go.
func (m mlp) host(x []float64) []float64 {
	times := func(w [][]float64, x []float64, f func(float64) float64) []float64 {
		y := make([]float64, len(w))
		for i := range w {
			for j := range x {
				y[i] += w[i][j] * x[j]
			}
			y[i] = f(y[i])
		}
		return y
	}
	return times(m.c, times(m.b, times(m.a, x, math.Tanh), math.Tanh), func(v float64) float64 { return v })
}

// divergence is tr(ds/dx) at x by central differences of host.
func (m mlp) divergence(x []float64) float64 {
	const h = 1e-4
	at := func(j int, by float64) float64 {
		y := append([]float64(nil), x...)
		y[j] += by
		return m.host(y)[j]
	}
	sum := 0.0
	for j := range x { // fourth order
		sum += (8*(at(j, h)-at(j, -h)) - (at(j, 2*h) - at(j, -2*h))) / (12 * h)
	}
	return sum
}
