package net

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// batchNormMomentum is the share that a new batch has in the running statistics, PyTorch's default.
const batchNormMomentum = 0.1

// batchNormEps is added to the variance, PyTorch's default.
const batchNormEps = 1e-5

// BatchNorm2D normalises each channel, torch.nn.BatchNorm2d:
//
//	y = (x - mean) / sqrt(var + 1e-5) weight + bias
//
// with the statistics that [Mode] says. In mode Train the running ones move by a tenth towards the
// batch's; the running variance is the unbiased one. Ioffe & Szegedy 2015, arXiv:1502.03167.
type BatchNorm2D struct {
	Weight, Bias *Param // [C]
	Mean, Var    *Param // [C], running
	Batches      *Param // [] int64, batches seen
}

// NewBatchNorm2D adds the parameters (1 and 0) and the running statistics (mean 0, variance 1, no
// batch seen) of c channels to s.
func NewBatchNorm2D(s Scope, c int) BatchNorm2D {
	one := Init{Lo: 1, Hi: 1}
	return BatchNorm2D{
		Weight:  s.Add(Param{Name: "weight", Shape: []int{c}, Init: one}),
		Bias:    s.Add(Param{Name: "bias", Shape: []int{c}}),
		Mean:    s.Add(Param{Name: "running_mean", Shape: []int{c}, Buffer: true}),
		Var:     s.Add(Param{Name: "running_var", Shape: []int{c}, Init: one, Buffer: true}),
		Batches: s.Add(Param{Name: "num_batches_tracked", Shape: []int{}, Buffer: true, DType: dtypes.Int64}),
	}
}

// Forward normalises x [N,H,W,C]. In modes Train and PerImage more than one value must be left per
// channel (and image).
func (b BatchNorm2D) Forward(v *Vars, x *graph.Node) *graph.Node {
	weight, bias := perChannel(v.Get(b.Weight), 4), perChannel(v.Get(b.Bias), 4)
	switch v.Mode() {
	case Eval:
		scale := graph.Div(weight, deviation(perChannel(v.Get(b.Var), 4), batchNormEps))
		shift := graph.Sub(bias, graph.Mul(perChannel(v.Get(b.Mean), 4), scale))
		return graph.Add(graph.Mul(x, scale), shift)
	case Train:
		m := b.moments(x, 0, 1, 2)
		b.track(v, m, x.Shape().Size()/x.Shape().Dim(3))
		return m.normalize(weight, bias, batchNormEps)
	case PerImage:
		return b.moments(x, 1, 2).normalize(weight, bias, batchNormEps)
	}
	panic(fmt.Sprintf("net: BatchNorm in mode %v", v.Mode()))
}

// moments refuses a single value per channel, whose deviation is always 0.
func (b BatchNorm2D) moments(x *graph.Node, axes ...int) moments {
	n := 1
	for _, a := range axes {
		n *= x.Shape().Dim(a)
	}
	if n == 1 {
		panic(fmt.Sprintf("net: %s: one value per channel is left of %v, and nothing to normalise it by; "+
			"take larger images, or normalise by the running statistics", b.Weight.Name, x.Shape()))
	}
	return momentsOf(x, func(x *graph.Node) *graph.Node {
		return graph.ReduceAndKeep(x, graph.ReduceMean, axes...)
	})
}

// track moves the running statistics towards those of a batch of n values per channel.
func (b BatchNorm2D) track(v *Vars, m moments, n int) {
	move := func(p *Param, x *graph.Node) {
		old, x := v.Get(p), graph.Reshape(x, p.Shape...)
		v.Set(p, graph.Add(graph.MulScalar(old, 1-batchNormMomentum), graph.MulScalar(x, batchNormMomentum)))
	}
	move(b.Mean, graph.Add(m.shift, m.mean))
	move(b.Var, graph.MulScalar(m.variance, float64(n)/float64(n-1)))
	v.Set(b.Batches, graph.OnePlus(v.Get(b.Batches)))
}

// GroupNorm normalises each group of neighbouring channels within each image, torch.nn.GroupNorm.
// Wu & He 2018, arXiv:1803.08494.
type GroupNorm struct {
	Weight, Bias *Param // [C]
	Groups       int
	Eps          float64
}

// NewGroupNorm adds the parameters (1 and 0) of c channels in the given number of groups, which
// divides c, to s.
func NewGroupNorm(s Scope, groups, c int, eps float64) GroupNorm {
	if groups < 1 || c%groups != 0 {
		panic(fmt.Sprintf("net: %d channels do not divide into %d groups", c, groups))
	}
	return GroupNorm{
		Weight: s.Add(Param{Name: "weight", Shape: []int{c}, Init: Init{Lo: 1, Hi: 1}}),
		Bias:   s.Add(Param{Name: "bias", Shape: []int{c}}),
		Groups: groups,
		Eps:    eps,
	}
}

// Forward normalises x [N,H,W,C].
func (g GroupNorm) Forward(v *Vars, x *graph.Node) *graph.Node {
	weight, bias := perChannel(v.Get(g.Weight), 4), perChannel(v.Get(g.Bias), 4)
	return momentsOf(x, g.mean).normalize(weight, bias, g.Eps)
}

// Modulate normalises x [N,H,W,C] and then scales and shifts each channel of each image,
//
//	GroupNorm(x) (1 + scale) + shift,  scale, shift [N,1,1,C],
//
// in one multiplication and one addition per value. Perez et al. 2017, arXiv:1709.07871.
func (g GroupNorm) Modulate(v *Vars, x, scale, shift *graph.Node) *graph.Node {
	scale = graph.OnePlus(scale)
	weight := graph.Mul(perChannel(v.Get(g.Weight), 4), scale)
	bias := graph.Add(graph.Mul(perChannel(v.Get(g.Bias), 4), scale), shift)
	return momentsOf(x, g.mean).normalize(weight, bias, g.Eps)
}

// mean is each group's mean, [N,1,1,C]. The images are reduced over their pixels alone, so that
// what is large has one shape; the few values left are then averaged over their groups.
func (g GroupNorm) mean(x *graph.Node) *graph.Node {
	n, c := x.Shape().Dim(0), x.Shape().Dim(3)
	m := graph.ReduceMean(x, 1, 2)
	if g.Groups == c {
		return graph.Reshape(m, n, 1, 1, c)
	}
	m = graph.ReduceMean(graph.Reshape(m, n, g.Groups, c/g.Groups), 2)
	m = graph.BroadcastToDims(graph.Reshape(m, n, g.Groups, 1), n, g.Groups, c/g.Groups)
	return graph.Reshape(m, n, 1, 1, c)
}

// moments are the first two of the values x = shift + rest that are normalised together.
type moments struct {
	shift          *graph.Node // constant
	rest           *graph.Node // x - shift
	mean, variance *graph.Node // of the rest
}

// momentsOf takes both moments in one pass over x [N,H,W,C], by
//
//	var x = mean((x-c)^2) - mean(x-c)^2,
//
// which holds for any constant c, and so do its derivatives of any order. c is the mean of the
// images' first rows. As these are 1/H of the values, (c - mean)^2 is at most H var: the difference
// loses no more than a factor H of the precision, and hardly ever anything, where c = 0 could lose
// all.
func momentsOf(x *graph.Node, mean func(x *graph.Node) *graph.Node) (m moments) {
	first := graph.Slice(x, graph.AxisRange(), graph.AxisElem(0))
	m.shift = graph.StopGradient(mean(first))
	m.rest = graph.Sub(x, m.shift)
	m.mean = mean(m.rest)
	m.variance = graph.Sub(mean(graph.Square(m.rest)), graph.Square(m.mean))
	return m
}

// normalize is (x - mean) / sqrt(variance + eps) weight + bias, with one multiplication and two
// additions per value.
func (m moments) normalize(weight, bias *graph.Node, eps float64) *graph.Node {
	scale := graph.Div(weight, deviation(m.variance, eps))
	return graph.Add(graph.Mul(m.rest, scale), graph.Sub(bias, graph.Mul(m.mean, scale)))
}

// deviation is sqrt(variance + eps).
func deviation(variance *graph.Node, eps float64) *graph.Node {
	return graph.Sqrt(graph.AddScalar(variance, eps))
}
