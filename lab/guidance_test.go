package lab

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/mixture"
)

// TestGuidedLaws: the laws of the chart have the variances that package guide's tests find by
// integration, and each solver's numbers have its own law's within four standard errors, sqrt(2/n)
// of it, and not the tilt's. The laws differ: at gamma 2 and 4 their neighbours are further apart
// than 8 standard errors, so that what has the one law has neither of the others. (60 steps err by
// .6% and less, a third of a standard error.)
func TestGuidedLaws(t *testing.T) {
	const n = 6400
	l := &lab{Options: Options{Seed: 3}}
	draws, err := l.drawGuided(t.Context(), []float64{0, .5, 1, 2, 4}, n)
	if err != nil {
		t.Fatal(err)
	}
	se := math.Sqrt(2. / n)
	for i, want := range []guidedLaws{{2, 2, 2}, {1.414, 1.386, 1.333}, {1, 1, 1}, {.5, .583, .667}, {.125, .283, .4}} {
		g := draws[i]
		laws := lawsAt(g.gamma)
		for k, law := range laws {
			if math.Abs(law-want[k]) > 6e-4 {
				t.Errorf("gamma %v: %s has variance %v, want %v", g.gamma, lawNames[k], law, want[k])
			}
		}
		for k, x := range g.drawn {
			v := varianceOf(x)
			if len(x) != n || !(math.Abs(v/laws[k]-1) < 4*se) {
				t.Errorf("gamma %v: %d numbers by %s have variance %v, want %v +- %v", g.gamma, len(x), steeredWays[k].name, v, laws[k], se*laws[k])
			}
			if gap := laws[k+1]/laws[k] - 1; g.gamma >= 2 && !(gap > 8*se) {
				t.Errorf("gamma %v: %s and %s are %v apart: the test says nothing", g.gamma, lawNames[k], lawNames[k+1], gap)
			}
		}
	}
}

// TestBranchesClaims is what the picture of branches says. At gamma 1 the points have the class's
// own law. At 4 the classifier is surer, by more than 4 standard errors of a difference of two
// means of 400 numbers from .5 to 1, .07, and the law another: without noise it lies on the edge
// away from the other class, and narrower than with the full noise, which leaves it in the middle.
// In the interval it is surer too, and the law stays nearer by half and more. The gradient of the
// exact classifier, on the denoiser without classes, draws the same points.
func TestBranchesClaims(t *testing.T) {
	m, err := branches()
	if err != nil {
		t.Fatal(err)
	}
	l, own := &lab{Options: Options{Seed: 5}}, m.Class(0)
	const n = 400
	_, limit := perfect(t, own, n)
	measured := func(w branchWalk, gamma float64) (x points, sure, sw float64) {
		x, err := l.toBranch(t.Context(), m, w, gamma, n)
		if err == nil {
			sw, err = distance(x, own.Sample(stream(9, 0), n))
		}
		if err != nil {
			t.Fatal(err)
		}
		sure = sureness(m, x)
		t.Logf("%s, gamma %v: sure %.3f, distance %.3f", w.name, gamma, sure, sw)
		return x, sure, sw
	}
	walks := branchWalks()
	var guided [3]points
	var surer, sw [3]float64
	for i, w := range walks {
		_, sure, plain := measured(w, 1)
		if !(plain < limit) {
			t.Errorf("%s, gamma 1: distance %.3f from the class, want below %.3f", w.name, plain, limit)
		}
		guided[i], surer[i], sw[i] = measured(w, 4)
		surer[i] -= sure
	}
	for i, w := range walks[:2] {
		if !(surer[i] > .07 && sw[i] > limit) {
			t.Errorf("%s: surer by %.3f, distance %.3f: want more than .07 and %.3f", w.name, surer[i], sw[i], limit)
		}
	}
	edge, narrow := acrossBranch(own, guided[0])
	middle, wide := acrossBranch(own, guided[1])
	t.Logf("across the branch %.3f ± %.3f without noise, %.3f ± %.3f with", edge, narrow, middle, wide)
	if !(edge > .12 && math.Abs(middle) < .05 && narrow < .8*wide) { // the standard errors are 5% of the deviations, .01
		t.Errorf("across the branch %.3f ± %.3f without noise, %.3f ± %.3f with", edge, narrow, middle, wide)
	}
	if !(surer[2] > 0 && surer[2] < surer[0]/2 && sw[2] < sw[0]/2) {
		t.Errorf("in the interval surer by %.3f, distance %.3f; throughout %.3f, %.3f", surer[2], sw[2], surer[0], sw[0])
	}

	x, _, _ := measured(branchWalk{"the classifier's gradient", steeredWays[0], classifiedExactly}, 4)
	for i := range x {
		if d := math.Hypot(x[i][0]-guided[0][i][0], x[i][1]-guided[0][i][1]); !(d < 1e-6) {
			t.Fatalf("by the classifier's gradient point %d is %v off", i, d)
		}
	}
}

// acrossBranch is the mean and the deviation of how far points lie across the branch of m, away
// from the other one, of those beside it: not of the trunk, nor of the tip.
func acrossBranch(m *mixture.Mixture, x points) (mean, sd float64) {
	var off []float64
	for _, p := range x {
		r := m.Responsibilities(p)
		k := slices.Index(r, slices.Max(r))
		if k < 7 || k == len(r)-1 {
			continue
		}
		at, from, to := m.MeanOf(k), m.MeanOf(k-1), m.MeanOf(k+1)
		tx, ty := to[0]-from[0], to[1]-from[1]
		off = append(off, ((p[0]-at[0])*ty-(p[1]-at[1])*tx)/math.Hypot(tx, ty))
	}
	mean = total(off) / float64(len(off))
	for _, d := range off {
		sd += (d - mean) * (d - mean) / float64(len(off))
	}
	return mean, math.Sqrt(sd)
}

// classifiedExactly guides m's denoiser without classes by the gradient of log p(class | x_t).
func classifiedExactly(m *mixture.Mixture, gamma float64) reverie.Denoiser[points] {
	p := diffusionProcess
	exact := guide.ClassifierFunc[points](func(_ context.Context, x points, t float64, class []int) (points, error) {
		law, g := m.At(reverie.At(p, t)), make(points, len(x))
		for i := range x {
			g[i] = law.ClassScore(class[i], x[i])
		}
		return g, nil
	})
	return guide.Classified(&reverie.Host[float64]{}, p, reverie.Denoiser[points](unlabelled{m.Denoiser(p)}), exact, gamma)
}

// unlabelled knows no classes.
type unlabelled struct{ reverie.Denoiser[points] }

func (u unlabelled) Knows(w reverie.Want) error {
	return w.Beyond(^reverie.WantClass, "a denoiser without classes")
}
