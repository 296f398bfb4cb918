package score_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
)

// law is a mixture of two isotropic Gaussians in d dimensions, weights .3 and .7, at -2 and +1 in
// every element, deviations .6 and .9. It is written out here so that the oracle has nothing of the
// code's.
var law = []struct{ weight, mean, sd float64 }{{.3, -2, .6}, {.7, 1, .9}}

// density returns log p and the score at x, of the mixture noised by a x0 + sigma eps.
func density(x []float64, a, sigma float64) (p float64, s []float64) {
	s = make([]float64, len(x))
	for _, c := range law {
		v := a*a*c.sd*c.sd + sigma*sigma
		q := c.weight
		for _, x := range x {
			q *= math.Exp(-(x-a*c.mean)*(x-a*c.mean)/(2*v)) / math.Sqrt(2*math.Pi*v)
		}
		p += q
		for j, x := range x {
			s[j] += q * (a*c.mean - x) / v
		}
	}
	for j := range s {
		s[j] /= p
	}
	return p, s
}

// weighted returns the sum over points of weight times loss at the network m.
func weighted(t *testing.T, weight []float64, loss func(s score.Func, in []*graph.Node) *graph.Node, m mlp, in ...[][]float64) float64 {
	t.Helper()
	all := append([]*tensors.Tensor{engine.New(eng, weight, len(weight))}, batches(in)...)
	return evalTensors(t, func(in []*graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Mul(in[0], loss(m.graph(in[0].Graph()), in[1:])))
	}, all...)[0]
}

// The exact and the sliced losses differ from the explicit Fisher divergence by a number that the
// network does not change. The expectation over the plane is the trapezoid rule, which for smooth
// functions converges exponentially.
func TestLossesDifferFromFisherByAConstant(t *testing.T) {
	var x, truth, v1, v2 [][]float64
	var weight []float64
	const h, end = .08, 8.
	for a := -end; a <= end; a += h {
		for b := -end; b <= end; b += h {
			p, s := density([]float64{a, b}, 1, 0)
			x, truth, weight = append(x, []float64{a, b}), append(truth, s), append(weight, p*h*h)
			// Two directions at right angles of length sqrt 2 have the mean v v' = I; every point
			// has its own.
			sin, cos := math.Sincos(7*a + 11*b)
			v1, v2 = append(v1, []float64{math.Sqrt2 * cos, math.Sqrt2 * sin}), append(v2, []float64{-math.Sqrt2 * sin, math.Sqrt2 * cos})
		}
	}
	in := [][][]float64{x, truth, v1, v2}
	losses := map[string]func(s score.Func, in []*graph.Node) *graph.Node{
		"exact":   func(s score.Func, in []*graph.Node) *graph.Node { return score.Exact(s, in[0]) },
		"sliced":  func(s score.Func, in []*graph.Node) *graph.Node { return score.Sliced(s, in[0], in[2], in[3]) },
		"reduced": func(s score.Func, in []*graph.Node) *graph.Node { return score.SlicedReduced(s, in[0], in[2], in[3]) },
	}
	fisher := func(s score.Func, in []*graph.Node) *graph.Node { return score.Fisher(s, in[0], in[1]) }
	m1, m2 := newMLP(30, 2, 6), newMLP(40, 2, 6)
	want := weighted(t, weight, fisher, m1, in...) - weighted(t, weight, fisher, m2, in...)
	if !(math.Abs(want) > .1) {
		t.Fatalf("the networks' divergences differ by %v only: nothing is tested", want)
	}
	constant := 0.0 // minus E|truth|^2/2
	for i, w := range weight {
		constant -= w * sumSquares(truth[i]) / 2
	}
	for name, loss := range losses {
		one, two := weighted(t, weight, loss, m1, in...), weighted(t, weight, loss, m2, in...)
		near(t, name+": difference between two networks", one-two, want, 1e-9)
		near(t, name+" less the Fisher divergence", one-weighted(t, weight, fisher, m1, in...), constant, 1e-9)
	}
}

// The denoising loss is sigma^2 times the Fisher divergence from the noised density's score, plus a
// constant: in one dimension, the expectations over (x0, eps) and over x by the trapezoid rule.
func TestDenoisingDiffersFromNoisedFisherByAConstant(t *testing.T) {
	const a, sigma, h = .9, .5, .05
	var noised, eps, x, truth [][]float64
	var joint, marginal []float64
	for x0 := -8.; x0 <= 8; x0 += h {
		p, _ := density([]float64{x0}, 1, 0)
		for e := -8.; e <= 8; e += 2 * h {
			noised, eps = append(noised, []float64{a*x0 + sigma*e}), append(eps, []float64{e})
			joint = append(joint, p*math.Exp(-e*e/2)/math.Sqrt(2*math.Pi)*2*h*h)
		}
	}
	for at := -12.; at <= 12; at += h {
		p, s := density([]float64{at}, a, sigma)
		x, truth, marginal = append(x, []float64{at}), append(truth, s), append(marginal, p*h)
	}
	denoising := func(s score.Func, in []*graph.Node) *graph.Node {
		level := graph.MulScalar(graph.OnesLike(graph.ReduceSum(in[0], 1)), sigma)
		return score.Denoising(s, in[0], in[1], level)
	}
	fisher := func(s score.Func, in []*graph.Node) *graph.Node { return score.Fisher(s, in[0], in[1]) }
	m1, m2 := newMLP(50, 1, 6), newMLP(60, 1, 6)
	want := sigma * sigma * (weighted(t, marginal, fisher, m1, x, truth) - weighted(t, marginal, fisher, m2, x, truth))
	if !(math.Abs(want) > .1) {
		t.Fatalf("the networks' divergences differ by %v only: nothing is tested", want)
	}
	got := weighted(t, joint, denoising, m1, noised, eps) - weighted(t, joint, denoising, m2, noised, eps)
	near(t, "difference between two networks", got, want, 1e-9)
}

// The losses can be differentiated again: gradients in the weights against central differences of
// the loss.
func TestGradientsInTheWeights(t *testing.T) {
	const n, d, width = 6, 3, 5
	m := newMLP(70, d, width)
	in := batches([][][]float64{normals(80, n, d), normals(81, n, d), m.a, m.b, m.c})
	for name, loss := range map[string]func(s score.Func, x, z *graph.Node) *graph.Node{
		"fisher":  score.Fisher,
		"exact":   func(s score.Func, x, _ *graph.Node) *graph.Node { return score.Exact(s, x) },
		"sliced":  func(s score.Func, x, z *graph.Node) *graph.Node { return score.Sliced(s, x, z) },
		"reduced": func(s score.Func, x, z *graph.Node) *graph.Node { return score.SlicedReduced(s, x, z) },
		"denoising": func(s score.Func, x, z *graph.Node) *graph.Node {
			return score.Denoising(s, x, z, graph.Exp(graph.ReduceSum(z, 1)))
		},
		// An energy's score is itself a gradient: here that of f(x) = x's(x).
		"energy, exact": func(s score.Func, x, _ *graph.Node) *graph.Node {
			return score.Exact(func(x *graph.Node) *graph.Node {
				return graph.Gradient(graph.ReduceAllSum(graph.Mul(x, s(x))), x)[0]
			}, x)
		},
	} {
		t.Run(name, func(t *testing.T) {
			value := func(in []*graph.Node) *graph.Node {
				return graph.ReduceAllMean(loss(mlpFunc(in[2], in[3], in[4]), in[0], in[1]))
			}
			gradient := evalTensors(t, func(in []*graph.Node) *graph.Node {
				var flat []*graph.Node
				for _, g := range graph.Gradient(value(in), in[2:]...) {
					flat = append(flat, graph.Reshape(g, -1))
				}
				return graph.Concatenate(flat, 0)
			}, in...)
			checkGradient(t, eng.Func("loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node { return []*graph.Node{value(in)} }), m, in, gradient)
		})
	}
}

// checkGradient compares gradient, of all weights in order, with central differences of f.
func checkGradient(t *testing.T, f *engine.Func, m mlp, in []*tensors.Tensor, gradient []float64) {
	t.Helper()
	at := 0
	for _, w := range [][][]float64{m.a, m.b, m.c} {
		for _, row := range w {
			for j := range row {
				old := row[j]
				probe := func(by float64) float64 {
					row[j] = old + by
					out, err := f.Call1(append(in[:2:2], batches([][][]float64{m.a, m.b, m.c})...)...)
					if err != nil {
						t.Fatal(err)
					}
					return tensors.ToScalar[float64](out)
				}
				const h = 1e-3
				slope := (8*(probe(h)-probe(-h)) - (probe(2*h) - probe(-2*h))) / (12 * h)
				row[j] = old
				if !(math.Abs(gradient[at]-slope) < 1e-6*(1+math.Abs(slope))) {
					t.Errorf("weight %d: gradient %v, differences %v", at, gradient[at], slope)
				}
				at++
			}
		}
	}
	if at != len(gradient) {
		t.Errorf("%d weights, %d gradients", at, len(gradient))
	}
}
