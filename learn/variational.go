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

// variational is the method that learns the noise schedule with the network (Variational Diffusion
// Models, Kingma et al. 2021, arXiv:2107.00630): the bound in continuous time, in bits/dim, is the
// loss,
//
//	gamma'(t)/2 |eps - epshat|^2 + KL(q(z_1|x) || N(0, I)) - log p(x|z_0),   z_t = alpha x + sigma eps
//
// Its expectation depends on the ends of gamma alone, so they follow its gradient, as the network
// does; what lies between changes its variance, so that follows the gradient of its square
// (appendix I.2).
//
// Of data without levels (points, latents) both ends stay where they are, in every term. There -log
// p(x|z_0) is that of a density, (eps^2 + log 2 pi + gamma_0)/2 a dimension, whose gradient holds
// gamma_0 against that of the diffusion term only as far as the data's law has a density that is
// smooth: a set of points has none, and gamma_0 would fall for ever; and without any term against
// it, gamma_0 rises until nothing is learned.
type variational struct {
	denoise
	scheduled *net.Scheduled
	v         bool // the network predicts v, not eps
}

func newVariational(d denoise, m *net.Scheduled) (*variational, error) {
	how := &variational{denoise: d, scheduled: m, v: alike(d.Objective.Param, reverie.V)}
	if !how.v && !alike(d.Objective.Param, reverie.Eps) {
		return nil, fmt.Errorf("a learned schedule is stated for a network that predicts the noise: expected prediction eps or v")
	}
	return how, nil
}

// alike says whether two kinds of prediction are one.
func alike(a, b reverie.Param) bool {
	c := reverie.Coef{Alpha: 0.8, Sigma: 0.6}
	skip, far, out, in := a(c)
	skip2, far2, out2, in2 := b(c)
	return [4]float64{skip, far, out, in} == [4]float64{skip2, far2, out2, in2}
}

// Inputs are the images, their noise and their times, and what they are told to be.
func (m *variational) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	times := m.times(at, b.N)
	space := m.Space(at)
	x0 := space.Own(engine.New(m.Engine, b.X, b.N, b.H, b.W, b.C))
	eps := space.Noise(x0)
	space.Close(x0, eps)
	in, err := m.tell([]*tensors.Tensor{x0, eps, engine.Vector(m.Engine, times)}, b, at)
	return in, times, err
}

func (m *variational) Parts() []string { return []string{"diffusion", "prior", "reconstruction"} }

// Loss is the bound of each image, and its terms.
func (m *variational) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	x0, eps, t := in[0], in[1], in[2]
	gamma, slope, g0, g1 := net.GammaAt(m.schedule(v), t)
	alpha := net.OverImage(graph.Sqrt(graph.Logistic(graph.Neg(gamma))))
	sigma := net.OverImage(graph.Sqrt(graph.Logistic(gamma)))
	z := graph.Add(graph.Mul(alpha, x0), graph.Mul(sigma, eps))
	const lo, hi = reverie.LearnedGammaMin, reverie.LearnedGammaMax
	said := m.net.Forward(v, m.input(z, graph.MulScalar(graph.AddScalar(gamma, -lo), 999/(hi-lo)), in))
	if m.v { // epshat = sigma z + alpha v
		said = graph.Add(graph.Mul(sigma, z), graph.Mul(alpha, said))
	}
	bits := func(nats *graph.Node) *graph.Node {
		return graph.MulScalar(graph.ReduceMean(nats, 1, 2, 3), 1/math.Ln2)
	}
	diffusion := graph.Mul(bits(graph.MulScalar(graph.Square(graph.Sub(eps, said)), 0.5)), slope)

	logVar := graph.Neg(net.Softplus(graph.Neg(g1))) // of z_1
	prior := bits(gaussianKL(graph.BroadcastToDims(logVar, x0.Shape().Dimensions...), graph.ZerosLike(x0), graph.Mul(graph.Exp(graph.MulScalar(net.Softplus(g1), -0.5)), x0)))
	// z_0/alpha_0 has deviation e^(gamma_0/2) about x0.
	gap := graph.Mul(graph.Neg(graph.Exp(graph.MulScalar(g0, 0.5))), eps)
	reconstruction := bits(surprise(m.Kind.Levels, x0, gap, graph.BroadcastToDims(g0, x0.Shape().Dimensions...)))
	return graph.Add(diffusion, graph.Add(prior, reconstruction)), []*graph.Node{diffusion, prior, reconstruction}
}

// scheduleEnds is how many of the schedule's parameters are its two ends, the first ones.
const scheduleEnds = 2

// schedule is the schedule's parameters, of which the ends do not learn where the data have no
// levels.
func (m *variational) schedule(v *net.Vars) *graph.Node {
	all := v.Get(m.scheduled.Gamma)
	if m.Kind.Levels > 0 {
		return all
	}
	return joined(graph.StopGradient(all), all)
}

// joined is the ends of one vector of the schedule's parameters and the inside of another.
func joined(outer, inner *graph.Node) *graph.Node {
	return graph.Concatenate([]*graph.Node{
		graph.Slice(outer, graph.AxisRange(0, scheduleEnds)), graph.Slice(inner, graph.AxisRange(scheduleEnds, inner.Shape().Dim(0))),
	}, 0)
}

// Gradients are those of the mean bound, but for the inside of the schedule, which follows those of
// its relative square: of the diffusion term alone where the bound is one of a density, which may
// be 0 and less.
func (m *variational) Gradients(v *net.Vars, loss *graph.Node, parts []*graph.Node, params []*net.Param) []*graph.Node {
	grads := MeanGradients(v, loss, params)
	varies := loss
	if m.Kind.Levels == 0 {
		varies = parts[0]
	}
	mean := graph.StopGradient(graph.ReduceAllMean(varies))
	square := graph.ReduceAllMean(graph.Square(graph.Div(varies, mean)))
	for i, p := range params {
		if p == m.scheduled.Gamma {
			grads[i] = joined(grads[i], graph.Gradient(square, v.Get(p))[0])
		}
	}
	return grads
}

var (
	_ Grader   = (*variational)(nil)
	_ Adaptive = (*variational)(nil)
)
