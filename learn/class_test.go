package learn_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// tellable is pointsNet, told one of so many class numbers.
func tellable(t *testing.T, dim, out, numbers int) net.Model {
	t.Helper()
	m, err := mlp.New(mlp.Config{Dim: dim, Out: out, Width: 16, Depth: 1, Embed: 8, NumClassEmbeds: numbers})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// aims are objectives of every kind of loss that a denoiser learns by.
func aims(t *testing.T) map[string]struct {
	way     learn.Way
	aim     reverie.Objective
	outputs int
	wrap    func(net.Model) net.Model
} {
	t.Helper()
	chain, err := reverie.NewDDPM(reverie.LinearBetas(6, 0.01, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	learned, err := reverie.NewLearnedVP(reverie.LearnedParams(reverie.LearnedUnits))
	if err != nil {
		t.Fatal(err)
	}
	plain := func(m net.Model) net.Model { return m }
	score := reverie.Objective{Process: reverie.VE{}, Param: reverie.Score}
	return map[string]struct {
		way     learn.Way
		aim     reverie.Objective
		outputs int
		wrap    func(net.Model) net.Model
	}{
		"denoise":     {learn.Denoising{}, reverie.Objective{Process: reverie.Flow{}, Param: reverie.Velocity}, 2, plain},
		"energy":      {learn.Denoising{}, reverie.Objective{Process: reverie.VP{}, Param: reverie.Eps}, 2, func(m net.Model) net.Model { return net.Energy{Model: m} }},
		"variance":    {learn.Denoising{}, reverie.Objective{Process: chain, Param: reverie.V}, 4, plain},
		"schedule":    {learn.Denoising{}, reverie.Objective{Process: learned, Param: reverie.Eps}, 2, func(m net.Model) net.Model { return net.NewScheduled(m) }},
		"exact":       {learn.Exact{}, score, 2, plain},
		"sliced":      {learn.Sliced{}, score, 2, plain},
		"sliced-vr":   {learn.SlicedReduced{}, score, 2, plain},
		"one process": {learn.Denoising{}, reverie.Objective{Process: reverie.EDM{}, Param: reverie.EDMParam(0.5)}, 2, plain},
	}
}

// TestToldLosses: what a sample is told reaches every loss. A class adds its row to the embedded
// time, so that each sample's loss is that of the network without classes to whose last bias of the
// time its row was added.
func TestToldLosses(t *testing.T) {
	e := testEngine(t)
	const classes, null = 3, 3
	b := cloud(5, 2)
	b.Class = []int{2, -1, 0, 2, 1}
	at := learn.Place{Times: random.Stream{Domain: random.Times}, Noise: random.Stream{Domain: random.Training}}
	for name, c := range aims(t) {
		with, without := c.wrap(tellable(t, 2, c.outputs, classes+1)), c.wrap(pointsNet(t, 2, c.outputs))
		method := func(m net.Model) learn.Method {
			how, err := c.way.Method(learn.Setup{Engine: e, Net: m, Objective: c.aim, Kind: kind.OfPoints(2)})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return how
		}
		weights := net.Initial(with, 3, dtypes.Float64)
		place := func(m net.Model, name string) int {
			return slices.IndexFunc(m.Params(), func(p *net.Param) bool { return p.Name == name })
		}
		of := func(m net.Model, weights []*tensors.Tensor) []float64 {
			how := method(m)
			in, _, err := how.Inputs(b, at)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			loss, _ := evaluated(t, e, m, how, weights, doubles(e, in))
			return loss
		}
		got := of(with, weights)
		rows := tensors.MustCopyFlatData[float64](weights[place(with, "class_embedding.weight")])
		for i, k := range b.Class {
			if k < 0 {
				k = null
			}
			own := slices.Delete(slices.Clone(weights), place(with, "class_embedding.weight"), place(with, "class_embedding.weight")+1)
			bias := tensors.MustCopyFlatData[float64](own[place(without, "time_mlp.2.bias")])
			for j := range bias {
				bias[j] += rows[k*len(bias)+j]
			}
			own[place(without, "time_mlp.2.bias")] = engine.New(e, bias, len(bias))
			if want := of(without, own)[i]; !(math.Abs(got[i]-want) <= 1e-9*math.Abs(want)) {
				t.Errorf("%s: sample %d of class %d has loss %v, want %v", name, i, b.Class[i], got[i], want)
			}
		}
	}
}

// told are the numbers that a batch is told, the last input.
func told(t *testing.T, how learn.Method, b *data.Batch, at learn.Place) []float32 {
	t.Helper()
	in, _, err := how.Inputs(b, at)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](in[len(in)-1])
}

// TestClassDrop: a class is dropped as often as was asked for, of n draws within five standard
// errors sqrt(p (1-p)/n), and never in a validation; every sample of every step has a draw of its
// own, that of its place and not of its batch. The other random numbers are those of a run that
// drops none.
func TestClassDrop(t *testing.T) {
	e := testEngine(t)
	const classes, n, steps, drop = 4, 100, 200, 0.1
	with := func(drop float64) learn.Method {
		how, err := learn.Denoising{}.Method(learn.Setup{
			Engine: e, Net: tellable(t, 2, 2, classes+1), Objective: reverie.Objective{Process: reverie.VP{}, Param: reverie.Eps}, ClassDrop: drop,
		})
		if err != nil {
			t.Fatal(err)
		}
		return how
	}
	how, b := with(drop), cloud(n, 2)
	for i := range b.Class {
		b.Class[i] = i % classes
	}
	at := func(step, first int) learn.Place {
		s := random.Stream{Seed: 7, Sample: uint64(first), Step: uint32(step)}
		p := learn.Place{Step: step, Times: s, Noise: s}
		p.Times.Domain, p.Noise.Domain = random.Times, random.Training
		return p
	}
	dropped, twice := 0, 0
	var last []float32
	for step := range steps {
		now := told(t, how, b, at(step, 0))
		for i, k := range now {
			switch {
			case k == classes:
				dropped++
				if last != nil && last[i] == classes {
					twice++
				}
			case k != float32(b.Class[i]):
				t.Fatalf("sample %d of class %d is told %v", i, b.Class[i], k)
			}
		}
		last = now
	}
	near := func(what string, got int, p float64, n int) {
		t.Helper()
		if share := float64(got) / float64(n); !(math.Abs(share-p) <= 5*math.Sqrt(p*(1-p)/float64(n))) {
			t.Errorf("%s: a share of %v, want %v", what, share, p)
		}
	}
	near("dropped", dropped, drop, n*steps)
	near("dropped twice in a row", twice, drop*drop, n*(steps-1))

	part := &data.Batch{Kind: b.Kind, N: n / 2, X: b.X[n:], Class: b.Class[n/2:], Index: b.Index[n/2:]}
	if whole, half := told(t, how, b, at(3, 0)), told(t, how, part, at(3, n/2)); !slices.Equal(whole[n/2:], half) {
		t.Error("half of a batch is told something else than in the whole")
	}
	validation := at(0, 0)
	validation.Validation = true
	if slices.Contains(told(t, how, b, validation), classes) {
		t.Error("a class is dropped in a validation")
	}
	validation.Null = true
	if null := told(t, how, b, validation); slices.Min(null) != classes {
		t.Errorf("without classes %v is told", null)
	}
	a, _, errA := how.Inputs(b, at(5, 0))
	c, _, errC := with(0).Inputs(b, at(5, 0))
	if errA != nil || errC != nil {
		t.Fatal(errA, errC)
	}
	for i := range a[:len(a)-1] {
		if !slices.Equal(tensors.MustCopyFlatData[float32](a[i]), tensors.MustCopyFlatData[float32](c[i])) {
			t.Errorf("input %d differs where classes are dropped", i)
		}
	}
}

// TestTellerRefuses: classes that the network does not know, a share that is none, and networks
// that have no null class to learn.
func TestTellerRefuses(t *testing.T) {
	e := testEngine(t)
	o := reverie.Objective{Process: reverie.VP{}, Param: reverie.Eps}
	for want, s := range map[string]learn.Setup{
		"share 1 of dropped classes: expected 0 or more and less than 1":          {Net: tellable(t, 2, 2, 3), ClassDrop: 1},
		"share NaN of dropped classes":                                            {Net: tellable(t, 2, 2, 3), ClassDrop: math.NaN()},
		"a share 0.1 of the classes is to be dropped, and the network takes none": {Net: pointsNet(t, 2, 2), ClassDrop: 0.1},
		"the network takes classes by 1 numbers: expected a table":                {Net: tellable(t, 2, 2, 1)},
	} {
		s.Engine, s.Objective = e, o
		if _, err := (learn.Denoising{}).Method(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: tellable(t, 2, 2, 3), Objective: o})
	if err != nil {
		t.Fatal(err)
	}
	b := cloud(2, 2)
	b.Class = []int{1, 2}
	if _, _, err := how.Inputs(b, learn.Place{}); err == nil || !strings.Contains(err.Error(), "sample 1 of the batch is of class 2: the network knows 0 to 1") {
		t.Errorf("error %v", err)
	}
}
