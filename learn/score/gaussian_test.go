package score_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
	"gonum.org/v1/gonum/mat"
)

// A gaussian is N(mu, cov) with points that have exactly this mean and covariance: a loss of a
// linear score is quadratic in the points, so that its mean over them is its expectation.
type gaussian struct {
	mu     []float64
	cov    *mat.SymDense
	points [][]float64
}

// newGaussian makes mu and a covariance, and the points mu +- sqrt(d) (column of the covariance's
// Cholesky factor).
func newGaussian(seed uint64, d int) gaussian {
	root := mat.NewDense(d, d, nil)
	for i, row := range normals(seed, d, d) {
		root.SetRow(i, row)
		root.Set(i, i, 1+math.Abs(row[i]))
	}
	cov := mat.NewSymDense(d, nil)
	cov.SymOuterK(1, root)
	g := gaussian{mu: normals(seed+1, 1, d)[0], cov: cov}
	for j := range d {
		for _, sign := range []float64{1, -1} {
			x := append([]float64(nil), g.mu...)
			for i := range x {
				x[i] += sign * math.Sqrt(float64(d)) * root.At(i, j)
			}
			g.points = append(g.points, x)
		}
	}
	return g
}

// noised is the law of a x + sigma eps.
func (g gaussian) noised(a, sigma float64) gaussian {
	d := len(g.mu)
	n := gaussian{mu: make([]float64, d), cov: mat.NewSymDense(d, nil)}
	for i := range d {
		n.mu[i] = a * g.mu[i]
		for j := i; j < d; j++ {
			n.cov.SetSym(i, j, a*a*g.cov.At(i, j))
		}
		n.cov.SetSym(i, i, n.cov.At(i, i)+sigma*sigma)
	}
	return n
}

// score is the linear map A x + b that is the score: A = -cov^-1, b = cov^-1 mu.
func (g gaussian) score() (A *mat.Dense, b *mat.VecDense) {
	d := len(g.mu)
	A, b = mat.NewDense(d, d, nil), mat.NewVecDense(d, nil)
	if err := A.Inverse(g.cov); err != nil {
		panic(err)
	}
	b.MulVec(A, mat.NewVecDense(d, g.mu))
	A.Scale(-1, A)
	return A, b
}

// moments returns tr(A cov A') and |A mu + b|^2 of a linear score.
func (g gaussian) moments(A mat.Matrix, b mat.Vector) (variance, meanSquare float64) {
	var AC, ACA mat.Dense
	AC.Mul(A, g.cov)
	ACA.Mul(&AC, A.T())
	var m mat.VecDense
	m.MulVec(A, mat.NewVecDense(len(g.mu), g.mu))
	m.AddVec(&m, b)
	return mat.Trace(&ACA), mat.Dot(&m, &m)
}

// exact is E[|s|^2/2] + tr A.
func (g gaussian) exact(A mat.Matrix, b mat.Vector) float64 {
	v, m := g.moments(A, b)
	return (v+m)/2 + mat.Trace(A)
}

// A lossOf is a mean loss as a function of the score's A, b and of further batches.
type lossOf func(s score.Func, in []*graph.Node) *graph.Node

// withGradient returns the loss's mean at the linear score A x + b, and its gradient in A and b.
func withGradient(t *testing.T, loss lossOf, A *mat.Dense, b *mat.VecDense, in ...[][]float64) (value float64, gradient []float64) {
	t.Helper()
	d, _ := A.Dims()
	f := eng.Func("loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		A, b := in[0], in[1]
		s := func(x *graph.Node) *graph.Node {
			return graph.Add(graph.DotGeneral(x, []int{1}, nil, A, []int{1}, nil), graph.Reshape(b, 1, d))
		}
		l := graph.ReduceAllMean(loss(s, in[2:]))
		grads := graph.Gradient(l, A, b)
		return []*graph.Node{l, graph.Concatenate([]*graph.Node{graph.Reshape(grads[0], -1), grads[1]}, 0)}
	})
	all := append([]*tensors.Tensor{engine.New(eng, A.RawMatrix().Data, d, d), engine.New(eng, b.RawVector().Data, d)}, batches(in)...)
	out, err := f.Call(all...)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.ToScalar[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
}

// unitDirections repeats the points for each unit vector times sqrt(d), whose mean v v' is I.
func unitDirections(x [][]float64) (points, v [][]float64) {
	d := len(x[0])
	for _, x := range x {
		for j := range d {
			e := make([]float64, d)
			e[j] = math.Sqrt(float64(d))
			points, v = append(points, x), append(v, e)
		}
	}
	return points, v
}

// Every loss at a linear score of Gaussian data has its closed-form value, and its gradient is zero
// at the score and not beside it.
func TestGaussianLinear(t *testing.T) {
	const d, a, sigma = 3, .8, .7
	g := newGaussian(20, d)
	A0, b0 := mat.NewDense(d, d, []float64{-1, .2, .3, 0, -.5, .1, .4, -.2, -2}), mat.NewVecDense(d, []float64{.5, -1, .3})
	points, v := unitDirections(g.points)
	for _, c := range []struct {
		name string
		loss lossOf
		in   [][][]float64
	}{
		{"exact", func(s score.Func, in []*graph.Node) *graph.Node { return score.Exact(s, in[0]) }, [][][]float64{g.points}},
		{"sliced", func(s score.Func, in []*graph.Node) *graph.Node { return score.Sliced(s, in[0], in[1]) }, [][][]float64{points, v}},
		{"reduced", func(s score.Func, in []*graph.Node) *graph.Node { return score.SlicedReduced(s, in[0], in[1]) }, [][][]float64{points, v}},
	} {
		value, gradient := withGradient(t, c.loss, A0, b0, c.in...)
		near(t, c.name, value, g.exact(A0, b0), 1e-12)
		if !(sumSquares(gradient) > 1) {
			t.Errorf("%s: gradient %v away from the minimum", c.name, gradient)
		}
		A, b := g.score()
		value, gradient = withGradient(t, c.loss, A, b, c.in...)
		near(t, c.name+" at the score", value, mat.Trace(A)/2, 1e-12) // E|s|^2 = -tr A there
		near(t, c.name+": |gradient|^2 at the score", sumSquares(gradient), 0, 1e-20)
	}
	testGaussianDenoising(t, g, A0, b0, a, sigma)
}

// testGaussianDenoising draws x0 and eps together from one Gaussian of twice the dimensions, by its
// points.
func testGaussianDenoising(t *testing.T, g gaussian, A0 *mat.Dense, b0 *mat.VecDense, a, sigma float64) {
	t.Helper()
	d := len(g.mu)
	var x, eps [][]float64
	for _, p := range g.points { // x0 moves by sqrt(2d) columns in place of sqrt(d), or eps does
		y := make([]float64, d)
		for i := range y {
			y[i] = a * (g.mu[i] + math.Sqrt2*(p[i]-g.mu[i]))
		}
		x, eps = append(x, y), append(eps, make([]float64, d))
	}
	for j := range d {
		for _, e := range []float64{math.Sqrt(2 * float64(d)), -math.Sqrt(2 * float64(d))} {
			y, z := make([]float64, d), make([]float64, d)
			z[j] = e
			for i := range y {
				y[i] = a*g.mu[i] + sigma*z[i]
			}
			x, eps = append(x, y), append(eps, z)
		}
	}
	loss := func(s score.Func, in []*graph.Node) *graph.Node {
		n := in[0].Shape().Dim(0)
		level := graph.MulScalar(graph.Ones(in[0].Graph(), graph.ReduceSum(in[0], 1).Shape()), sigma)
		if level.Shape().Dim(0) != n {
			panic("one level a point")
		}
		return score.Denoising(s, in[0], in[1], level)
	}
	law := g.noised(a, sigma)
	value, _ := withGradient(t, loss, A0, b0, x, eps)
	v, m := law.moments(A0, b0) // E|eps + sigma (A x + b)|^2 = d + 2 sigma^2 tr A + sigma^2 E|A x + b|^2
	near(t, "denoising", value, (float64(d)+2*sigma*sigma*mat.Trace(A0)+sigma*sigma*(v+m))/2, 1e-12)
	A, b := law.score()
	value, gradient := withGradient(t, loss, A, b, x, eps)
	near(t, "denoising at the score", value, (float64(d)+sigma*sigma*mat.Trace(A))/2, 1e-12)
	near(t, "denoising: |gradient|^2 at the score", sumSquares(gradient), 0, 1e-20)
}
