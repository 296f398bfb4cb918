package learn

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// Adam is the optimiser of Kingma & Ba 2014, arXiv:1412.6980, with PyTorch's arrangement of its
// formula and its defaults, for which a zero stands:
//
//	m <- m + (1-Beta1) (g - m)
//	v <- Beta2 v + (1-Beta2) g^2
//	w <- w - lr/(1-Beta1^n) m / (sqrt(v)/sqrt(1-Beta2^n) + Eps),  n = 1, 2, ...
//
// With a Decay it is AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), where before that
//
//	w <- w - lr Decay w
type Adam struct {
	Beta1 float64 // 0.9
	Beta2 float64 // 0.999
	Eps   float64 // 1e-8
	Decay float64 // 0: none
}

func (a Adam) withDefaults() Adam {
	if a.Beta1 == 0 {
		a.Beta1 = 0.9
	}
	if a.Beta2 == 0 {
		a.Beta2 = 0.999
	}
	if a.Eps == 0 {
		a.Eps = 1e-8
	}
	return a
}

// Moments are m and v, as PyTorch calls them.
func (Adam) Moments() []string { return []string{"exp_avg", "exp_avg_sq"} }

// Factors are lr/(1-Beta1^n) and 1/sqrt(1-Beta2^n), and where there is a Decay 1 - lr Decay. They
// are taken here, in float64, because float32 would lose 1-Beta2^n.
func (a Adam) Factors(lr float64, n int) []float64 {
	a = a.withDefaults()
	factors := []float64{lr / (1 - math.Pow(a.Beta1, float64(n))), 1 / math.Sqrt(1-math.Pow(a.Beta2, float64(n)))}
	if a.Decay != 0 {
		factors = append(factors, 1-lr*a.Decay)
	}
	return factors
}

// Update builds one step of one parameter.
func (a Adam) Update(w, g *graph.Node, moments, factors []*graph.Node) (*graph.Node, []*graph.Node) {
	a = a.withDefaults()
	rate, root := factors[0], factors[1]
	if a.Decay != 0 {
		w = graph.Mul(w, factors[2])
	}
	m := graph.Add(moments[0], graph.MulScalar(graph.Sub(g, moments[0]), 1-a.Beta1))
	v := graph.Add(graph.MulScalar(moments[1], a.Beta2), graph.MulScalar(graph.Square(g), 1-a.Beta2))
	denominator := graph.AddScalar(graph.Mul(graph.Sqrt(v), root), a.Eps)
	return graph.Sub(w, graph.Mul(rate, graph.Div(m, denominator))), []*graph.Node{m, v}
}

// ClipNorm scales all gradients by the same factor so that their common 2-norm is at most limit, as
// torch.nn.utils.clip_grad_norm_:
//
//	g <- g min(1, limit/(norm + 1e-6))
//
// norm is the scalar before the scaling. A limit of 0 or below scales nothing. A gradient that is
// not finite makes norm so; look at it first.
func ClipNorm(grads []*graph.Node, limit float64) (clipped []*graph.Node, norm *graph.Node) {
	for _, g := range grads {
		sum := graph.ReduceAllSum(graph.Square(g))
		if norm != nil {
			sum = graph.Add(norm, sum)
		}
		norm = sum
	}
	norm = graph.Sqrt(norm)
	if limit <= 0 {
		return grads, norm
	}
	bound := graph.Scalar(norm.Graph(), norm.DType(), limit)
	factor := graph.MinScalar(graph.Div(bound, graph.AddScalar(norm, 1e-6)), 1.0)
	clipped = make([]*graph.Node, len(grads))
	for i, g := range grads {
		clipped[i] = graph.Mul(g, factor)
	}
	return clipped, norm
}

// EMADecay is the share that the average keeps at the step after n others: min(d, (1+n)/(10+n)), so
// that it forgets the first, random weights quickly.
func EMADecay(d float64, n int) float64 {
	return min(d, float64(1+n)/float64(10+n))
}

// EMA moves the average towards the value w,
//
//	average + (1 - decay) (w - average),
//
// with move = 1 - decay a scalar of their type. A value that is not a float, such as a count of
// batches, is taken over as it is.
func EMA(average, w, move *graph.Node) *graph.Node {
	if !w.DType().IsFloat() {
		return w
	}
	return graph.Add(average, graph.Mul(move, graph.Sub(w, average)))
}
