package mlp_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// learner trains a network to predict eps from points of a mixture.
type learner struct {
	e   *engine.Engine
	m   net.Model
	p   reverie.Process
	law *mixture.Mixture
}

// batch draws x_t, cond and eps of n points, t uniform over the process's span, for EDM in its
// logarithm.
func (l *learner) batch(step, n int) (x, cond, eps []float32, t []float64) {
	lo, hi := l.p.Span()
	data := l.law.Sample(random.Stream{Seed: 1, Domain: 128, Step: uint32(2 * step)}, n)
	d := l.law.Dim()
	x, cond, eps, t = make([]float32, n*d), make([]float32, n), make([]float32, n*d), make([]float64, n)
	for i := range data {
		s := random.Stream{Seed: 2, Domain: 128, Sample: uint64(i), Step: uint32(2 * step)}
		t[i] = lo + (hi-lo)*s.Uniform()
		if _, ok := l.p.(reverie.EDM); ok {
			t[i] = lo * math.Pow(hi/lo, s.Uniform())
		}
		s.Step++
		s.Normal32(eps[i*d : (i+1)*d])
		c := l.p.At(t[i])
		_, _, _, in := reverie.Eps(c)
		for j := range d {
			x[i*d+j] = float32(in * (c.Alpha*data[i][j] + c.Sigma*float64(eps[i*d+j])))
		}
		cond[i] = float32(l.p.Cond(t[i]))
	}
	return x, cond, eps, t
}

// fit trains for some steps and returns the weights.
func (l *learner) fit(t *testing.T, steps, n int, rate float64) []*tensors.Tensor {
	params, k := l.m.Params(), len(l.m.Params())
	opt := learn.Adam{}
	f := l.e.Func("step", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		w, first, second, in := in[:k], in[k:2*k], in[2*k:3*k], in[3*k:]
		y := l.m.Forward(net.Bind(net.Train, params, w), net.Input{X: in[0], Cond: in[1]})
		loss := graph.ReduceAllMean(graph.Square(graph.Sub(y, in[2])))
		out := make([]*graph.Node, 3*k)
		for i, d := range graph.Gradient(loss, w...) {
			moved, moments := opt.Update(w[i], d, []*graph.Node{first[i], second[i]}, in[3:])
			out[i], out[k+i], out[2*k+i] = moved, moments[0], moments[1]
		}
		return append(out, loss)
	})
	state := net.Initial(l.m, 1, dtypes.Float32)
	for range 2 {
		for _, p := range params {
			state = append(state, engine.New(l.e, make([]float32, p.Size()), p.EngineShape()...))
		}
	}
	d := l.law.Dim()
	for step := range steps {
		x, cond, eps, _ := l.batch(step, n)
		r := rate * 0.5 * (1 + math.Cos(math.Pi*float64(step)/float64(steps)))
		factors := opt.Factors(r, step+1)
		out, err := f.Update(state, engine.New(l.e, x, n, 1, 1, d), engine.New(l.e, cond, n), engine.New(l.e, eps, n, 1, 1, d),
			engine.Scalar(l.e, float32(factors[0])), engine.Scalar(l.e, float32(factors[1])))
		if err != nil {
			t.Fatal(err)
		}
		engine.Free(out...)
	}
	return slices.Clone(state[:k])
}

// excess returns E|eps_theta - epshat|^2/D over n points: what is lost beyond the best possible
// denoiser.
func (l *learner) excess(t *testing.T, w []*tensors.Tensor, n int) float64 {
	x, cond, _, times := l.batch(1<<20, n)
	d := l.law.Dim()
	f := l.e.Func("forward", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		k := len(w)
		return []*graph.Node{l.m.Forward(net.Bind(net.Eval, l.m.Params(), in[:k]), net.Input{X: in[k], Cond: in[k+1]})}
	})
	y, err := f.Call1(append(slices.Clone(w), engine.New(l.e, x, n, 1, 1, d), engine.New(l.e, cond, n))...)
	if err != nil {
		t.Fatal(err)
	}
	got, sum := tensors.MustCopyFlatData[float32](y), 0.0
	for i := range n {
		c := l.p.At(times[i])
		_, _, _, in := reverie.Eps(c)
		xt := make([]float64, d)
		for j := range xt {
			xt[j] = float64(x[i*d+j]) / in
		}
		for j, s := range l.law.At(c).Score(xt) {
			e := float64(got[i*d+j]) + c.Sigma*s
			sum += e * e
		}
	}
	return sum / float64(n*d)
}

// TestLearns trains on two modes under a process of each kind of cond, and asks for a prediction
// that is within 1% of the noise's variance of the best there is. Untrained networks miss it by
// more than a fifth.
func TestLearns(t *testing.T) {
	law, err := mixture.Named("two-modes")
	if err != nil {
		t.Fatal(err)
	}
	small := mlp.Config{Width: 64, Depth: 2}
	for name, c := range map[string]struct {
		p reverie.Process
		m net.Model
	}{
		"vp":        {reverie.VP{}, build(t, small)},
		"vp energy": {reverie.VP{}, net.Energy{Model: build(t, small)}},
		"flow":      {reverie.Flow{}, build(t, small)},
		"edm":       {reverie.EDM{}, build(t, small)},
		"ve":        {reverie.VE{}, build(t, small)},
	} {
		l := &learner{open(t), c.m, c.p, law}
		before := l.excess(t, net.Initial(l.m, 1, dtypes.Float32), 2048)
		after := l.excess(t, l.fit(t, 400, 256, 4e-3), 2048)
		t.Logf("%s: %.4f, untrained %.3f", name, after, before)
		if !(after < 0.01) || before < 0.2 {
			t.Errorf("%s: a mean square of %v beyond the best, untrained %v", name, after, before)
		}
	}
}
