package learn

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// hybrid is the method of a network that learns the variance of the reverse steps beside its
// prediction (Nichol & Dhariwal 2021, arXiv:2102.09672, section 3.1):
//
//	L = L_simple + 0.001 T L_t,   L_t in bits/dim: KL(q(x_{t-1}|x_t,x0) || p(x_{t-1}|x_t)), at t = 0 -log p(x0|x_1)
//
// where the prediction in L_t is taken as given: L_t teaches the variance alone, so that its noise
// does not reach the rest.
type hybrid struct {
	denoise
	chain *reverie.DDPM
}

// vlbShare is lambda of the hybrid loss.
const vlbShare = 0.001

func newHybrid(d denoise) (*hybrid, error) {
	chain, ok := d.Objective.Process.(*reverie.DDPM)
	if !ok {
		return nil, fmt.Errorf("a learned variance needs process ddpm, not %T", d.Objective.Process)
	}
	return &hybrid{d, chain}, nil
}

// Inputs are the task of denoise, each image's numbers for the bound, the images, and what they are
// told to be.
func (h *hybrid) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	task, times, err := h.task(b, at)
	if err != nil {
		return nil, nil, err
	}
	lo, hi, gap, scale, first := make([]float64, b.N), make([]float64, b.N), make([]float64, b.N), make([]float64, b.N), make([]float64, b.N)
	for i, t := range times {
		_, _, out, _ := h.Objective.Param(h.chain.At(t))
		r := h.chain.ReverseTerm(int(t))
		lo[i], hi[i], gap[i], scale[i] = r.Lo, r.Hi, r.Gap*out, out
		if t == 0 {
			first[i] = 1
		}
	}
	factors := h.at(at).Factors(times)
	for _, v := range [][]float64{lo, hi, gap, scale, first, factors} {
		task = append(task, engine.Vector(h.Engine, v))
	}
	task, err = h.tell(append(task, engine.New(h.Engine, b.X, b.N, b.H, b.W, b.C)), b, at)
	return task, times, err
}

func (h *hybrid) Parts() []string { return []string{"simple", "vlb"} }

// Loss is the sum of both, and each.
func (h *hybrid) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	target, weight := in[2], in[3]
	lo, hi, gap, scale, first, x0 := net.OverImage(in[4]), net.OverImage(in[5]), net.OverImage(in[6]), net.OverImage(in[7]), in[8], in[10]
	both := h.net.Forward(v, h.input(in[0], in[1], in))
	c, all := both.Shape().Dim(-1)/2, graph.AxisRange()
	f := graph.Slice(both, all, all, all, graph.AxisRange(0, c))
	u := graph.MulScalar(graph.OnePlus(graph.Slice(both, all, all, all, graph.AxisRange(c, 2*c))), 0.5)
	simple := Each(h.Setup.Loss, f, target, weight)

	logP := graph.Add(graph.Mul(u, hi), graph.Mul(graph.OneMinus(u), lo))
	short := graph.Sub(target, graph.StopGradient(f)) // of what the prediction lacks: x0 - x0hat = scale short
	kl := gaussianKL(lo, logP, graph.Mul(gap, short))
	nll := surprise(h.Kind.Levels, x0, graph.Mul(scale, short), logP)
	isFirst := graph.GreaterThan(graph.Add(net.OverImage(first), graph.ZerosLike(f)), graph.ScalarZero(f.Graph(), f.DType()))
	bits := graph.MulScalar(graph.ReduceMean(graph.Where(isFirst, nll, kl), 1, 2, 3), 1/math.Ln2)
	vlb := graph.Mul(graph.MulScalar(bits, float64(h.chain.Steps())), in[9])
	return graph.Add(simple, graph.MulScalar(vlb, vlbShare)), []*graph.Node{simple, vlb}
}

// gaussianKL is KL(N(m1, e^log1) || N(m2, e^log2)) in nats of each element, of means gap apart.
func gaussianKL(log1, log2, gap *graph.Node) *graph.Node {
	d := graph.Sub(log1, log2)
	return graph.MulScalar(graph.Add(graph.Sub(graph.Expm1(d), d), graph.Mul(graph.Square(gap), graph.Exp(graph.Neg(log2)))), 0.5)
}

// surprise is -log p of each element of x0 under a Gaussian of variance e^logVar, whose mean x0 is
// gap above: the mass of its level's bin where the data have levels, else the density, which is
// what evaluation takes too.
func surprise(levels int, x0, gap, logVar *graph.Node) *graph.Node {
	if levels > 0 {
		return discretised(x0, gap, logVar)
	}
	square := graph.Mul(graph.Square(gap), graph.Exp(graph.Neg(logVar)))
	return graph.MulScalar(graph.AddScalar(graph.Add(square, logVar), math.Log(2*math.Pi)), 0.5)
}

// discretised is -log of the mass that a Gaussian of variance e^logVar gives to the bin of width
// 2/255 around each element of x0, which is gap above its mean; the first and the last bin are
// open. It is at most that of a mass of 1e-12, as in the paper's program.
func discretised(x0, gap, logVar *graph.Node) *graph.Node {
	const half, edge = 1.0 / 255, 0.999
	inverse := graph.Exp(graph.MulScalar(logVar, -0.5))
	above, below := normalCDF(graph.Mul(inverse, graph.AddScalar(gap, half))), normalCDF(graph.Mul(inverse, graph.AddScalar(gap, -half)))
	one, zero := graph.OnesLike(above), graph.ZerosLike(above)
	limit := func(v float64) *graph.Node { return graph.Scalar(x0.Graph(), x0.DType(), v) }
	above = graph.Where(graph.GreaterThan(x0, limit(edge)), one, above)
	below = graph.Where(graph.LessThan(x0, limit(-edge)), zero, below)
	return graph.Neg(graph.Log(graph.MaxScalar(graph.Sub(above, below), 1e-12)))
}

// normalCDF is the standard normal distribution function.
func normalCDF(x *graph.Node) *graph.Node {
	return graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt2/2))), 0.5)
}
