package lab

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// TestLevelsClaims is what the charts of the levels say. By the same noise with a lesion and
// without, onestep's share is the closed form to rounding, and recon's to what 40 steps err. The
// mean squares of n maps have a relative standard error of at most 2/sqrt(n) = k, since half of the
// points are mirrored, and what a lesion and the noise have in common one of k sqrt(q), q being
// what the lesion adds: four of both are allowed, and 3% for the law of the walk. At .35 the curves
// of the methods are further apart than that, and so are those of the lesions.
func TestLevelsClaims(t *testing.T) {
	const n = 1600
	l := &lab{Options: Options{Seed: 3}}
	k := 2 / math.Sqrt(n)
	got := map[string]map[float64]sighting{}
	for i, m := range mappings {
		got[m.name] = map[float64]sighting{}
		for at, level := range []float64{.05, .35, 10} {
			s, err := l.sight(t.Context(), m, level, n, uint64(10*i+at))
			if err != nil {
				t.Fatal(err)
			}
			got[m.name][level] = s
			for j, of := range lesions {
				if e := math.Abs(s.share[j] - (1 - kept(of.variance, level))); !(e <= []float64{1e-9, .01}[i]) {
					t.Errorf("%s, %s at %v: share %v, want %v", m.name, of.name, level, s.share[j], 1-kept(of.variance, level))
				}
				want := m.seen(of, level)
				if e := math.Abs(s.seen[j] - want); !(e <= 4*(k*(want-1)+k*math.Sqrt(want-1))+.03*(want-1)) {
					t.Errorf("%s, %s at %v: seen %v, want %v", m.name, of.name, level, s.seen[j], want)
				}
			}
		}
		low, best, high := got[m.name][.05].seen, got[m.name][.35].seen, got[m.name][10].seen
		if !(best[0] > 2*low[0] && best[0] > 2*high[0] && best[1] < 1.1 && high[1] < 1.6) {
			t.Errorf("%s: lesions are seen by %v, %v, %v: want the first best between, the second hardly at all", m.name, low, best, high)
		}
	}
	if one, walk := got["onestep"][.35].seen[0], got["recon"][.35].seen[0]; !(one > 1.2*walk) {
		t.Errorf("a lesion is seen by %v in onestep's maps and by %v in recon's", one, walk)
	}
}

// TestTranslateClaims: encoded as sick, points of both classes move by the closed form, whose root
// is multiplied by the cosines of the steps (see tripFactor, which has their squares), to what the
// fixed point leaves; without the cosines to .012. As of none the sick move less, from where the
// classes are hard to tell, and the healthy by less than a quarter of that. At .1 nobody does.
func TestTranslateClaims(t *testing.T) {
	l := &lab{Options: Options{Seed: 3}}
	m, err := translatedLaw()
	if err != nil {
		t.Fatal(err)
	}
	grid, err := sample.LogSNR(diffusionProcess, translateSteps)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range mapLevels {
		tail := append([]float64{atLevel(level)}, grid[slices.IndexFunc(grid, func(t float64) bool { return t < atLevel(level) }):]...)
		exact := 1 - math.Sqrt(classSpread/(classSpread+level*level)*tripFactor(diffusionProcess, tail, classSpread))
		if e := math.Abs(exact - movedShare(level)); !(e < .012) {
			t.Errorf("by %d steps the share at %v is %v off", translateSteps, level, e)
		}
		share := func(from, of int) float64 {
			x := m.Class(of).Sample(stream(7, uint64(of)<<40), 40)
			healed, err := l.translate(t.Context(), m, level, from, x)
			if err != nil {
				t.Fatal(err)
			}
			return towards(x, healed)
		}
		for _, of := range []int{sick, healthy} {
			if got := share(sick, of); !(math.Abs(got-exact) <= 1e-4) {
				t.Errorf("class %d at %v: moved %v of the way, want %v", of, level, got, exact)
			}
		}
		ill, well := share(reverie.NullClass, sick), share(reverie.NullClass, healthy)
		t.Logf("%v: of none, sick %.3f, healthy %.3f; of sick %.3f", level, ill, well, movedShare(level))
		if level == mapLevels[0] && !(ill < .03) || level >= 1 && !(ill < movedShare(level)-.01) || !(well < ill/4) {
			t.Errorf("at %v, encoded as of none: sick %v, healthy %v", level, ill, well)
		}
	}
}

// TestCounterfactualClaims: the line is where the exact classifier changes its mind, its log odds
// being |w| times the distance from it. Every point is taken for the other class at the end, by a
// move of at least the least one and at most twice that; of fast and dime by hardly more, and of
// translate all in one direction.
func TestCounterfactualClaims(t *testing.T) {
	l := &lab{Options: Options{Seed: 3}}
	p, err := partedLaw()
	if err != nil {
		t.Fatal(err)
	}
	x, class := p.explained(3, 20)
	for _, at := range x {
		logs := p.ClassPosterior(at)
		if odds, want := logs[1]-logs[0], math.Hypot(p.w[0], p.w[1])*p.side(at); !(math.Abs(odds-want) <= 1e-9*(1+math.Abs(want))) {
			t.Errorf("log odds %v at %v, want %v", odds, at, want)
		}
	}
	for i, e := range explainers() {
		name := e.method.Row().Name
		found, err := l.explain(t.Context(), p, e, x, class, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		times := p.moved(x, found)
		if len(times) != len(x) || len(x) < 20 || !(times[0] >= 1 && times[len(times)-1] <= 2) {
			t.Fatalf("%s: %d of %d flipped, moved %v", name, len(times), len(x), times)
		}
		if median := times[len(times)/2]; i < 2 && !(median < 1.1) {
			t.Errorf("%s: moved by %v of the least distance", name, median)
		}
		for n, to := range found.X {
			if p.side(to)*p.side(x[n]) > 0 {
				t.Errorf("%s: point %d is still on its side", name, n)
			}
			dx, dy := to[0]-x[n][0], to[1]-x[n][1]
			fx, fy := found.X[0][0]-x[0][0], found.X[0][1]-x[0][1]
			if cos := math.Abs(dx*fx+dy*fy) / math.Hypot(dx, dy) / math.Hypot(fx, fy); name == "translate" && !(cos > .99) {
				t.Errorf("point %d goes another way than the first: %v", n, cos)
			}
		}
	}
}
