package lab

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn/score"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
)

// Every loss of score matching leads a small network to the true score of a mixture in the plane,
// to the relative Fisher divergence E|s - truth|^2 / E|truth|^2 that the table states; the energy
// network, whose score is a gradient, too. (An untrained network has about 1.)
func TestEachLossFindsTheScore(t *testing.T) {
	d, err := FromMixture("turned", turned(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	within, err := mlp.New(mlp.Config{Depth: 2, Width: 64})
	if err != nil {
		t.Fatal(err)
	}
	energy := net.Energy{Model: within}
	for _, c := range []struct {
		contender int
		name      string
		model     net.Model
		steps     int
		most      float64
	}{
		{0, "explicit", smallModel(), 300, .001},
		{1, "exact", smallModel(), 400, .01},
		{2, "sliced", smallModel(), 500, .02},
		{3, "sliced, variance reduced", smallModel(), 500, .02},
		{4, "denoising", smallModel(), 400, .01},
		{1, "exact, of an energy", energy, 400, .01},
		{4, "denoising, of an energy", energy, 400, .01},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lab{data: d, Options: Options{Seed: 7, Engine: eng, Budget: Budget{Steps: 3 * c.steps}}}
			truths, test := l.scoredPoints(10, 4000), l.scoredPoints(11, 2000)
			r, err := l.race(t.Context(), c.contender, c.model, truths, test)
			if err != nil {
				t.Fatal(err)
			}
			size := 0.0
			for _, s := range test.truth {
				size += (s[0]*s[0] + s[1]*s[1]) / 2 / float64(len(test.truth))
			}
			got := r.divergence[len(r.divergence)-1] / size
			t.Logf("%d steps, %.2f s: relative Fisher divergence %.4f", c.steps, r.seconds[len(r.seconds)-1], got)
			if !(got < c.most) {
				t.Errorf("relative Fisher divergence %.4f, want below %v", got, c.most)
			}
		})
	}
}

// NCSN: one network, told the level, finds the scores of all levels by the denoising loss.
func TestDenoisingAtManyLevels(t *testing.T) {
	d, err := FromMixture("turned", turned(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	levels, err := score.Levels(1.6, .2, 4)
	if err != nil {
		t.Fatal(err)
	}
	// s(x, sigma) = F(x, 100 log sigma)/sigma: the paper's conditioning, which leaves F the size of
	// the noise.
	field := func(m net.Model, v *net.Vars, sigma *graph.Node) score.Func {
		return func(x *graph.Node) *graph.Node {
			f := m.Forward(v, net.Input{X: x, Cond: graph.MulScalar(graph.Log(sigma), 100)})
			return graph.Div(f, graph.Reshape(sigma, -1, 1, 1, 1))
		}
	}
	sp := &reverie.Host[float64]{Stream: stream(5, streamTraining)}
	learner, err := newLearner(eng, smallModel(), func(m net.Model) lossGraph {
		return func(v *net.Vars, in []*graph.Node) *graph.Node {
			return score.Denoising(field(m, v, in[2]), in[0], in[1], in[2])
		}
	}, 5, func(step int) []*tensors.Tensor {
		x, sigma := make(points, batchSize), make([]float64, batchSize)
		for i := range x {
			x[i], sigma[i] = d.Points[(step*batchSize+i)%len(d.Points)], levels[i%len(levels)]
		}
		eps, one := sp.Noise(x), make([]float64, batchSize)
		for i := range one {
			one[i] = 1
		}
		x = sp.SumEach([][]float64{one, sigma}, x, eps)
		return []*tensors.Tensor{tensor(eng, x), tensor(eng, eps), engine.Vector(eng, sigma)}
	})
	if err == nil {
		err = run(t.Context(), learner, Budget{Steps: 600}, func(float64) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	params := learner.Net.Params()
	f := eng.Func("ncsn", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		n := len(params)
		return []*graph.Node{field(learner.Net.(net.Model), net.Bind(net.Eval, params, in[:n]), in[n+1])(in[n])}
	})
	for _, sigma := range levels {
		law := d.Law.At(reverie.Coef{Alpha: 1, Sigma: sigma})
		got, err := relativeError(law.Score, func(x points) (points, error) {
			in, c := tensor(eng, x), constants(eng, len(x), sigma)
			defer engine.Free(in, c)
			out, err := f.Call1(append(append([]*tensors.Tensor(nil), learner.State.Average()...), in, c)...)
			if err != nil {
				return nil, err
			}
			return rows(out), nil
		}, law.Sample(stream(6, 0), 1000))
		if err != nil {
			t.Fatal(err)
		}
		got = math.Pow(got, 2)
		t.Logf("level %.2f: relative Fisher divergence %.4f", sigma, got)
		if !(got < .02) {
			t.Errorf("level %.2f: relative Fisher divergence %.4f, want below 0.02", sigma, got)
		}
	}
}
