package mlp_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// study is how a network learns to predict eps from points of a mixture.
type study struct {
	e   *engine.Engine
	m   net.Model
	p   reverie.Process
	law *mixture.Mixture
}

// batch draws x_t, cond and eps of n points, t uniform over the process's span, for EDM in its
// logarithm.
func (s *study) batch(step, n int) (x, cond, eps []float32, t []float64) {
	lo, hi := s.p.Span()
	data := s.law.Sample(random.Stream{Seed: 1, Domain: 128, Step: uint32(2 * step)}, n)
	d := s.law.Dim()
	x, cond, eps, t = make([]float32, n*d), make([]float32, n), make([]float32, n*d), make([]float64, n)
	for i := range data {
		r := random.Stream{Seed: 2, Domain: 128, Sample: uint64(i), Step: uint32(2 * step)}
		t[i] = lo + (hi-lo)*r.Uniform()
		if _, ok := s.p.(reverie.EDM); ok {
			t[i] = lo * math.Pow(hi/lo, r.Uniform())
		}
		r.Step++
		r.Normal32(eps[i*d : (i+1)*d])
		c := s.p.At(t[i])
		_, _, _, in := reverie.Eps(c)
		for j := range d {
			x[i*d+j] = float32(in * (c.Alpha*data[i][j] + c.Sigma*float64(eps[i*d+j])))
		}
		cond[i] = float32(s.p.Cond(t[i]))
	}
	return x, cond, eps, t
}

// fit trains for some steps and returns the weights.
func (s *study) fit(t *testing.T, steps, n int, rate float64) []*tensors.Tensor {
	d := s.law.Dim()
	how := learn.Plain{
		In: func(_ *data.Batch, at learn.Place) ([]*tensors.Tensor, error) {
			x, cond, eps, _ := s.batch(at.Step, n)
			return []*tensors.Tensor{engine.New(s.e, x, n, 1, 1, d), engine.New(s.e, cond, n), engine.New(s.e, eps, n, 1, 1, d)}, nil
		},
		Of: func(v *net.Vars, in []*graph.Node) *graph.Node {
			y := s.m.Forward(v, net.Input{X: in[0], Cond: in[1]})
			return graph.ReduceMean(graph.Square(graph.Sub(y, in[2])), 1, 2, 3)
		},
	}
	l := learn.New(s.e, s.m, how, learn.Options{Seed: 1})
	defer l.Close()
	if err := l.Draw(); err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		if _, err := l.Step(nil, rate*0.5*(1+math.Cos(math.Pi*float64(step)/float64(steps)))); err != nil {
			t.Fatal(err)
		}
	}
	return l.Release()
}

// excess returns E|eps_theta - epshat|^2/D over n points: what is lost beyond the best possible
// denoiser.
func (s *study) excess(t *testing.T, w []*tensors.Tensor, n int) float64 {
	x, cond, _, times := s.batch(1<<20, n)
	d := s.law.Dim()
	f := s.e.Func("forward", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		k := len(w)
		return []*graph.Node{s.m.Forward(net.Bind(net.Eval, s.m.Params(), in[:k]), net.Input{X: in[k], Cond: in[k+1]})}
	})
	y, err := f.Call1(append(slices.Clone(w), engine.New(s.e, x, n, 1, 1, d), engine.New(s.e, cond, n))...)
	if err != nil {
		t.Fatal(err)
	}
	got, sum := tensors.MustCopyFlatData[float32](y), 0.0
	for i := range n {
		c := s.p.At(times[i])
		_, _, _, in := reverie.Eps(c)
		xt := make([]float64, d)
		for j := range xt {
			xt[j] = float64(x[i*d+j]) / in
		}
		for j, score := range s.law.At(c).Score(xt) {
			e := float64(got[i*d+j]) + c.Sigma*score
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
		s := &study{open(t), c.m, c.p, law}
		before := s.excess(t, net.Initial(s.m, 1, dtypes.Float32), 2048)
		after := s.excess(t, s.fit(t, 400, 256, 4e-3), 2048)
		t.Logf("%s: %.4f, untrained %.3f", name, after, before)
		if !(after < 0.01) || before < 0.2 {
			t.Errorf("%s: a mean square of %v beyond the best, untrained %v", name, after, before)
		}
	}
}
