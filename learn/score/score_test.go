package score_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
)

// sumSquares is |v|^2.
func sumSquares(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return sum
}

func TestLossesAgainstFiniteDifferences(t *testing.T) {
	const n, d = 7, 3
	m, x := newMLP(1, d, 6), normals(10, n, d)
	exact := eval(t, func(in []*graph.Node) *graph.Node { return score.Exact(m.graph(in[0].Graph()), in[0]) }, x)
	trace := eval(t, func(in []*graph.Node) *graph.Node { return score.Trace(m.graph(in[0].Graph()), in[0]) }, x)
	for i := range x {
		div := m.divergence(x[i])
		near(t, fmt.Sprintf("trace of point %d", i), trace[i], div, 1e-9)
		near(t, fmt.Sprintf("exact loss of point %d", i), exact[i], sumSquares(m.host(x[i]))/2+div, 1e-9)
	}
}

// With the unit vectors times sqrt(d) as directions, whose mean v v' is I, the sliced losses are
// the exact one.
func TestSlicedWithUnitVectorsIsExact(t *testing.T) {
	const n, d = 5, 4
	m, x := newMLP(2, d, 6), normals(11, n, d)
	in := [][][]float64{x}
	for j := range d {
		v := reverie.NewBatch[float64](n, d)
		for i := range v {
			v[i][j] = math.Sqrt(d)
		}
		in = append(in, v)
	}
	exact := eval(t, func(in []*graph.Node) *graph.Node { return score.Exact(m.graph(in[0].Graph()), in[0]) }, x)
	sliced := eval(t, func(in []*graph.Node) *graph.Node { return score.Sliced(m.graph(in[0].Graph()), in[0], in[1:]...) }, in...)
	reduced := eval(t, func(in []*graph.Node) *graph.Node {
		return score.SlicedReduced(m.graph(in[0].Graph()), in[0], in[1:]...)
	}, in...)
	for i := range x {
		near(t, fmt.Sprintf("sliced loss of point %d", i), sliced[i], exact[i], 1e-12)
		near(t, fmt.Sprintf("reduced loss of point %d", i), reduced[i], exact[i], 1e-12)
	}
}

// At one point, over many random directions, the sliced losses have the exact loss as their mean,
// and the reduced one varies less.
func TestSlicedIsUnbiased(t *testing.T) {
	const n, d = 20000, 4
	m, point := newMLP(3, d, 6), normals(12, 1, d)
	x := make([][]float64, n)
	for i := range x {
		x[i] = point[0]
	}
	want := sumSquares(m.host(point[0]))/2 + m.divergence(point[0])
	deviation := map[string]float64{}
	for _, c := range []struct {
		name string
		loss func(s score.Func, x *graph.Node, v ...*graph.Node) *graph.Node
		law  func(z *graph.Node) *graph.Node
	}{
		{"sliced", score.Sliced, graph.Identity},
		{"sliced by signs", score.Sliced, score.Rademacher},
		{"reduced", score.SlicedReduced, graph.Identity},
		{"reduced by signs", score.SlicedReduced, score.Rademacher},
	} {
		got := eval(t, func(in []*graph.Node) *graph.Node { return c.loss(m.graph(in[0].Graph()), in[0], c.law(in[1])) }, x, normals(13, n, d))
		sd := spread(got)
		if se := sd / math.Sqrt(n); !(math.Abs(mean(got)-want) < 4*se) {
			t.Errorf("%s: mean %v, want %v within 4 standard errors of %v", c.name, mean(got), want, se)
		}
		deviation[c.name] = sd
	}
	if !(deviation["reduced"] < deviation["sliced"] && deviation["reduced by signs"] < deviation["reduced"]) {
		t.Errorf("deviations %v: expected reduced below sliced, and signs below normal directions", deviation)
	}
}

// spread is the standard deviation of v.
func spread(v []float64) float64 {
	m, sum := mean(v), 0.0
	for _, x := range v {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(v)-1))
}

func TestRademacher(t *testing.T) {
	got := eval(t, func(in []*graph.Node) *graph.Node { return score.Rademacher(in[0]) }, [][]float64{{-.5, 2, 0, -3}})
	if fmt.Sprint(got) != "[-1 1 1 -1]" {
		t.Errorf("signs %v", got)
	}
}

// Points may have any rank: images of one pixel are what networks over points take.
func TestImagesAreAsPoints(t *testing.T) {
	const n, d = 3, 2
	m, x := newMLP(4, d, 5), normals(14, n, d)
	as := func(loss func(s score.Func, x *graph.Node) *graph.Node) (flat, image []float64) {
		flat = eval(t, func(in []*graph.Node) *graph.Node { return loss(m.graph(in[0].Graph()), in[0]) }, x)
		image = eval(t, func(in []*graph.Node) *graph.Node {
			s := m.graph(in[0].Graph())
			onImages := func(x *graph.Node) *graph.Node { return graph.Reshape(s(graph.Reshape(x, n, d)), n, 1, 1, d) }
			return loss(onImages, graph.Reshape(in[0], n, 1, 1, d))
		}, x)
		return flat, image
	}
	sigma := func(x *graph.Node) *graph.Node {
		return graph.ConstAsDType(x.Graph(), x.DType(), []float64{.1, 2, 3})
	}
	for name, loss := range map[string]func(s score.Func, x *graph.Node) *graph.Node{
		"exact":     score.Exact,
		"sliced":    func(s score.Func, x *graph.Node) *graph.Node { return score.Sliced(s, x, graph.Cos(x)) },
		"reduced":   func(s score.Func, x *graph.Node) *graph.Node { return score.SlicedReduced(s, x, graph.Cos(x)) },
		"denoising": func(s score.Func, x *graph.Node) *graph.Node { return score.Denoising(s, x, graph.Cos(x), sigma(x)) },
		"fisher":    func(s score.Func, x *graph.Node) *graph.Node { return score.Fisher(s, x, graph.Cos(x)) },
	} {
		flat, image := as(loss)
		if len(flat) != n || fmt.Sprint(flat) != fmt.Sprint(image) {
			t.Errorf("%s: %v for points, %v for images", name, flat, image)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		d    int
		text string
		loss func(x *graph.Node) *graph.Node
	}{
		{65, "65 backward passes", func(x *graph.Node) *graph.Node { return score.Exact(graph.Neg, x) }},
		{2, "without directions", func(x *graph.Node) *graph.Node { return score.Sliced(graph.Neg, x) }},
		{2, "expected the same shape", func(x *graph.Node) *graph.Node {
			return score.Exact(func(x *graph.Node) *graph.Node { return graph.ReduceSum(x, 1) }, x)
		}},
	} {
		f := eng.Func("test", func(_ *graph.Graph, in []*graph.Node) []*graph.Node { return []*graph.Node{c.loss(in[0])} })
		_, err := f.Call1(engine.New(eng, make([]float64, c.d), 1, c.d))
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("d = %d: error %v, want one with %q", c.d, err, c.text)
		}
	}
	got := eval(t, func(in []*graph.Node) *graph.Node { return score.Trace(graph.Neg, in[0]) }, normals(1, 2, score.MaxExact))
	near(t, "trace of -I in 64 dimensions", got[1], -64, 0)
}
