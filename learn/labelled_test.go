package learn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// A course is the training of a small network on points of a law, whose Gaussians are its classes.
type course struct {
	e    *engine.Engine
	law  *mixture.Mixture
	told bool    // the network takes the class
	drop float64 // share of the classes that are dropped
}

const courseBatch = 256

// network has a row for each class and the null class, where it takes any.
func (c *course) network(t *testing.T) net.Model {
	t.Helper()
	config := mlp.Config{Dim: c.law.Dim(), Width: 64, Depth: 2}
	if c.told {
		config.NumClassEmbeds = c.law.Len() + 1
	}
	m, err := mlp.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// batch is that of a step.
func (c *course) batch(step int) *data.Batch {
	x, class := c.law.Draw(random.Stream{Seed: 1, Domain: 128, Step: uint32(2 * step)}, courseBatch)
	b := &data.Batch{Kind: kind.OfPoints(c.law.Dim()), N: len(x), Class: class, Index: make([]int, len(x))}
	for _, x := range x {
		for _, v := range x {
			b.X = append(b.X, float32(v))
		}
	}
	return b
}

// train takes some steps, with a rate that falls to 0, and returns the network and its weights.
func (c *course) train(t *testing.T, steps int) (net.Model, []*tensors.Tensor) {
	t.Helper()
	m := c.network(t)
	how, err := learn.Denoising{}.Method(learn.Setup{
		Engine: c.e, Net: m, Objective: reverie.Objective{Process: reverie.VP{}, Param: reverie.Eps}, Loss: learn.MSE{}, Kind: kind.OfPoints(c.law.Dim()), ClassDrop: c.drop,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := learn.New(c.e, m, how, learn.Options{Seed: 2, EMA: 0.99})
	t.Cleanup(l.Close)
	if err := l.Draw(); err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		if _, err := l.Step(c.batch(step), 2e-3*(1+math.Cos(math.Pi*float64(step)/float64(steps)))); err != nil {
			t.Fatal(err)
		}
	}
	return m, slices.Clone(l.State.Sampling(false))
}

// fisher is the Fisher divergence, weighted by s^2 at each time as the loss is, of what a network
// says of a class and the score of a law at n points of it,
//
//	E_t E_{x_t} s^2 |score_theta(x_t, t) - score(x_t, t)|^2 / D = E |eps_theta + s score|^2 / D
func fisher(t *testing.T, e *engine.Engine, m net.Model, w []*tensors.Tensor, law *mixture.Mixture, class, n int) float64 {
	t.Helper()
	f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v, in := net.Bind(net.Eval, m.Params(), in[:len(w)]), in[len(w):]
		told := net.Input{X: in[0], Cond: in[1]}
		if len(in) > 2 {
			told.Class = in[2]
		}
		return []*graph.Node{m.Forward(v, told)}
	})
	defer f.Free()
	p, d := reverie.VP{}, law.Dim()
	lo, hi := p.Span()
	x0 := law.Sample(random.Stream{Seed: 3, Domain: 128}, n)
	x, cond, want := make([]float32, 0, n*d), make([]float32, n), make([]float64, 0, n*d)
	z := make([]float64, d)
	for i, x0 := range x0 {
		at := lo + (hi-lo)*(float64(i)+0.5)/float64(n)
		c := p.At(at)
		cond[i] = float32(p.Cond(at))
		random.Stream{Seed: 4, Domain: 128, Sample: uint64(i)}.Normal(z)
		xt := make([]float64, d)
		for j := range xt {
			xt[j] = float64(float32(c.Alpha*x0[j] + c.Sigma*z[j]))
			x = append(x, float32(xt[j]))
		}
		for _, s := range law.At(c).Score(xt) {
			want = append(want, -c.Sigma*s)
		}
	}
	in := append(slices.Clone(w), engine.New(e, x, n, 1, 1, d), engine.New(e, cond, n))
	if _, ok := net.ClassesOf(m); ok {
		in = append(in, engine.New(e, slices.Repeat([]float32{float32(class)}, n), n))
	}
	y, err := f.Call1(in...)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, v := range tensors.MustCopyFlatData[float32](y) {
		sum += (float64(v) - want[i]) * (float64(v) - want[i])
	}
	return sum / float64(n*d)
}

// TestLabelledGaussians: one network that is told the classes of eight Gaussians learns each as
// well as a network of its own would of as many samples of it, and by its null row the law of all,
// as well as a network without classes of as many samples as had theirs dropped: a Fisher
// divergence of at most 1.5 times theirs.
func TestLabelledGaussians(t *testing.T) {
	const steps, drop, points = 700, 0.2, 2048
	e := testEngine(t)
	law := mixture.EightGaussians().At(reverie.Coef{Alpha: 1 / 3.6}) // of deviation 1
	told := course{e, law, true, drop}
	m, w := told.train(t, steps)
	fresh := net.Initial(m, 2, w[0].DType())
	classes := law.Len()
	for k := range classes {
		g, err := mixture.New(nil, [][]float64{law.MeanOf(k)}, []mixture.Cov{{Full: law.CovOf(k)}})
		if err != nil {
			t.Fatal(err)
		}
		alone := course{e, g, false, 0}
		own, weights := alone.train(t, int(math.Round(steps*(1-drop)/float64(classes))))
		got, want := fisher(t, e, m, w, g, k, points), fisher(t, e, own, weights, g, 0, points)
		t.Logf("class %d: %.4g, alone %.4g", k, got, want)
		if !(got <= 1.5*want) {
			t.Errorf("class %d has a Fisher divergence of %v, and %v learned alone", k, got, want)
		}
	}
	nullLearned(t, e, m, w, fresh, law)
	all := course{e, law, false, 0}
	for _, n := range []int{int(steps * drop), steps} {
		own, weights := all.train(t, n)
		got, want := fisher(t, e, m, w, law, classes, points), fisher(t, e, own, weights, law, 0, points)
		t.Logf("null: %.4g, of %d steps without classes %.4g, untrained %.4g", got, n, want, fisher(t, e, m, fresh, law, classes, points))
		if !(got <= 1.5*want) {
			t.Errorf("the null class has a Fisher divergence of %v, and %v learned alone", got, want)
		}
	}
}

// nullLearned: the null row is no longer what it was drawn as, and with the row as drawn the
// network knows the law of all less well.
func nullLearned(t *testing.T, e *engine.Engine, m net.Model, w, fresh []*tensors.Tensor, law *mixture.Mixture) {
	t.Helper()
	i := slices.IndexFunc(m.Params(), func(p *net.Param) bool { return p.Name == "class_embedding.weight" })
	rows, drawn := tensors.MustCopyFlatData[float32](w[i]), tensors.MustCopyFlatData[float32](fresh[i])
	null := len(rows) / (law.Len() + 1) * law.Len()
	moved := 0.0
	for j := null; j < len(rows); j++ {
		moved = max(moved, math.Abs(float64(rows[j]-drawn[j])))
	}
	before := slices.Clone(w)
	before[i] = engine.New(e, append(slices.Clone(rows[:null]), drawn[null:]...), w[i].Shape().Dimensions...)
	got, unlearned := fisher(t, e, m, w, law, law.Len(), 2048), fisher(t, e, m, before, law, law.Len(), 2048)
	t.Logf("null row: moved by %.3g; Fisher divergence %.4g, as it was drawn %.4g", moved, got, unlearned)
	if !(moved > 0.1 && unlearned > got) {
		t.Errorf("the null row moved by %v, and with the row as it was drawn the divergence is %v, not %v: it was not learned", moved, unlearned, got)
	}
}
