package model

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/sample"
)

// rows2 are the samples of two numbers each.
func rows2(x []float32) (all [][]float64) {
	for i := 0; i < len(x); i += 2 {
		all = append(all, []float64{float64(x[i]), float64(x[i+1])})
	}
	return all
}

// each2 puts sample n of several draws together.
func each2(f func(x ...[]float64) []float64, draws ...[][]float64) (all [][]float64) {
	for n := range draws[0] {
		var x [][]float64
		for _, d := range draws {
			x = append(x, d[n])
		}
		all = append(all, f(x...))
	}
	return all
}

// gap is the largest difference.
func gap(a, b [][]float64) (most float64) {
	for n := range a {
		for j := range a[n] {
			most = max(most, math.Abs(a[n][j]-b[n][j]))
		}
	}
	return most
}

// weakened is another model of the classes, whose network makes nothing of them.
func weakened(t *testing.T, e *engine.Engine) *Model {
	weak, _ := conditional(t, e)
	var own []*tensors.Tensor
	for i, p := range weak.Net.Params() {
		w := weak.Weights[i]
		if p.Name == "class_embedding.weight" {
			w = engine.New(e, make([]float32, w.Shape().Size()), w.Shape().Dimensions...)
		}
		own = append(own, w)
	}
	weak.Weights = own
	return weak
}

// TestComposition: guides compose in one order, whatever they are: away from a weak estimate by a
// rule, then a classifier, whose gradient is taken at x and whose share is that of the unguided
// model, then the clamp. One step of ddim from noise is x0hat, so that what a guided walk draws is
//
//	clamp(rule(s, w) + (c - s))
//
// of the draws s of the model, w of the weak estimate and c of the model and the classifier alone,
// with the rules as their papers have them. Float32 leaves 1e-6 of numbers up to 10.
func TestComposition(t *testing.T) {
	e := openEngine(t, "")
	m, _ := conditional(t, e)
	three := spots{[][]float64{{-2, 0}, {2, 0.5}, {0, 1}}, 0.25}
	judge := NewClassifier(e, telling{spots: three, kind: kind.OfPoints(2).Labelled(m.Kind.Classes)}, reverie.EDM{}, nil)
	m.classifiers = map[string]*Classifier{"c": judge}
	m.others = map[string]*Loaded{"weak": {Model: weakened(t, e)}}
	t.Cleanup(func() { m.others = nil }) // which is closed by itself
	draw := func(m *Model, clamp string, class []int, guides ...Guide) [][]float64 {
		x, err := m.Sample(t.Context(), Options{
			N: 6, Height: 1, Width: 1, Solver: sample.DDIM[X]{}, Steps: 1, Seed: 3, Process: reverie.EDM{}, Clamp: clamp, Class: class, Guides: guides,
		})
		if err != nil {
			t.Fatal(err)
		}
		return rows2(x)
	}
	class, none := []int{2, 0, 1, 2, 0, 1}, []int{reverie.NullClass}
	by := &guide.ClassifierGuide[X]{Classifier: "c", Scale: 0.4, Shift: "x0"}
	strong, null, weak := draw(m, "none", class), draw(m, "none", none), draw(m.others["weak"].Model, "none", class)
	judged := draw(m, "none", class, by)
	added := each2(func(x ...[]float64) []float64 { return []float64{x[0][0] - x[1][0], x[0][1] - x[1][1]} }, judged, strong)

	away := func(by float64) func(s, w []float64) []float64 { // G = s + by (s - w)
		return func(s, w []float64) []float64 { return []float64{s[0] + by*(s[0]-w[0]), s[1] + by*(s[1]-w[1])} }
	}
	rules := map[string]struct {
		set  guide.Strength
		rule func(s, w []float64) []float64
	}{
		"linear": {guide.Strength{Guidance: 3}, away(2)},
		"APG": {guide.Strength{Guidance: 3, APG: true}, func(s, w []float64) []float64 {
			d := []float64{s[0] - w[0], s[1] - w[1]}
			along := (d[0]*s[0] + d[1]*s[1]) / (s[0]*s[0] + s[1]*s[1])
			return []float64{s[0] + 2*(d[0]-along*s[0]), s[1] + 2*(d[1]-along*s[1])}
		}},
		"rescaled": {guide.Strength{Guidance: 3, Rescale: 0.7}, func(s, w []float64) []float64 {
			g := away(2)(s, w)
			k := 0.7*math.Abs(s[0]-s[1])/math.Abs(g[0]-g[1]) + 0.3 // the deviation of two numbers is half their distance
			return []float64{k * g[0], k * g[1]}
		}},
	}
	clamp := func(x []float64) []float64 { return []float64{min(max(x[0], -1), 1), min(max(x[1], -1), 1)} }
	sum := func(a, b []float64) []float64 { return []float64{a[0] + b[0], a[1] + b[1]} }
	for name, r := range rules {
		for from, way := range map[string]struct {
			guide Guide
			weak  [][]float64
		}{
			"from null":               {&guide.ClassifierFreeGuide[X]{Strength: r.set}, null},
			"from the weaker model's": {&guide.AutoGuide[X]{Weak: "weak", Strength: r.set}, weak},
		} {
			got := draw(m, "x0", class, way.guide, by)
			want := each2(func(x ...[]float64) []float64 { return clamp(sum(r.rule(x[0], x[1]), x[2])) }, strong, way.weak, added)
			if d := gap(got, want); !(d <= 1e-3) {
				t.Errorf("%s, %s: off by %v: %v, want %v", name, from, d, got, want)
			}
			inner := each2(func(x ...[]float64) []float64 { return clamp(r.rule(sum(x[0], x[2]), x[1])) }, strong, way.weak, added)
			if from != "from null" { // of which a classifier gives nothing
				if d := gap(draw(m, "x0", class, by, way.guide), inner); !(d <= 1e-3) { // as the options have them: the first one innermost
					t.Errorf("%s, %s, the classifier innermost: off by %v", name, from, d)
				}
			}
			for order, other := range map[string][][]float64{
				"the clamp before the classifier": each2(func(x ...[]float64) []float64 { return sum(clamp(r.rule(x[0], x[1])), x[2]) }, strong, way.weak, added),
				"no clamp":                        each2(func(x ...[]float64) []float64 { return sum(r.rule(x[0], x[1]), x[2]) }, strong, way.weak, added),
				"no classifier":                   each2(func(x ...[]float64) []float64 { return clamp(r.rule(x[0], x[1])) }, strong, way.weak),
				"the classifier before the rule":  each2(func(x ...[]float64) []float64 { return clamp(r.rule(sum(x[0], x[2]), sum(x[1], x[2]))) }, strong, way.weak, added),
				"that, of the strong one alone":   inner,
			} {
				if linear := name == "linear" && order == "the classifier before the rule"; !linear && !(gap(want, other) > 0.05) { // for linear they are one
					t.Errorf("%s, %s: %s makes %v of difference: the test says nothing", name, from, order, gap(want, other))
				}
			}
		}
	}
}
