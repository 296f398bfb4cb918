package explain

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/counterfactual"
	"github.com/reverie-go/reverie/app/counterfactual/score"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// row is a method with settings, as flags are given them.
func row(t *testing.T, name string, settings ...string) table.Row {
	t.Helper()
	r, err := counterfactual.Methods.New(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(settings); i += 2 {
		f := table.Find(table.Fields(r), settings[i])
		if f == nil {
			t.Fatalf("%s has no setting %s", name, settings[i])
		}
		if err := f.Set(settings[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// explained is what an Explainer finds.
func explained(t *testing.T, e *Explainer, x []float32) (s Sorted, all []Finding) {
	t.Helper()
	s, err := e.Sort(t.Context(), x)
	if err == nil {
		err = e.Each(t.Context(), x, s, func(f Finding) error { all = append(all, f); return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, all
}

func made(t *testing.T, m *model.Model, c Classifier, method table.Row, o Options) *Explainer {
	t.Helper()
	e, err := New(m, c, method, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestPlane: of data N(0, sd^2 I), which the network knows, and a classifier that a plane parts,
// each method changes an image so that it lies beyond the plane, and at most twice as far from what
// it was as the plane is; probabilities are those of the closed form, and what is measured is what
// the arrays say. The plane is 3.5 to 5 away, and where the noise begins it moves an image by less
// than 1.
func TestPlane(t *testing.T) {
	e := openEngine(t)
	m := knownModel(t, e, false)
	p := plane{0.5, 0.4, lowHigh}
	c := by(t, e, p)
	x := drawn(-0.55, -0.6, -0.45)
	for _, method := range []table.Row{
		row(t, "fast", "strength", "0.15"), row(t, "fast", "strength", "0.15", "gradient", "plain"), row(t, "dime", "strength", "0.15"),
		row(t, "ace", "strength", "0.1"),
	} {
		name := method.Row().Name
		o := Options{Target: "high", Walk: model.Options{Seed: 3, Batch: 2, Steps: steps, Clamp: "none"}, Search: counterfactual.Search{First: 1, Doublings: 12, Halvings: 6}}
		s, all := explained(t, made(t, m, c, method, o), x)
		if len(all) != 3 || s.Target != 0 || s.Others != 0 {
			t.Fatalf("%s: %d findings of %+v", name, len(all), s)
		}
		for n, f := range all {
			d, from := f.Draws[0], x[n*size:(n+1)*size]
			if f.Image != n || !d.Flipped || !(p.odds(d.X) > 0) {
				t.Errorf("%s: image %d: %d flipped %v, log odds %v", name, n, f.Image, d.Flipped, p.odds(d.X))
			}
			moved := 0.
			for i, v := range d.X {
				moved = math.Hypot(moved, float64(v-from[i]))
			}
			if least := p.away(from); !(moved >= least && moved <= 2*least) || math.Abs(moved-d.L2) > 1e-4 {
				t.Errorf("%s: image %d moved by %v (L2 %v), and the plane is %v away", name, n, moved, d.L2, least)
			}
			for what, pair := range map[string][2]float64{"before": {s.Before[n][1], p.high(from)}, "after": {d.After[1], p.high(d.X)}} {
				if math.Abs(pair[0]-pair[1]) > 1e-5 {
					t.Errorf("%s: image %d: p(high) %s is %v, want %v", name, n, what, pair[0], pair[1])
				}
			}
			if d.Unsure { // no confidence is asked for
				t.Errorf("%s: image %d is unsure at p = %v", name, n, d.After[1])
			}
			if d.Elsewhere > 1e-6 { // there is no other class
				t.Errorf("%s: image %d: %v to other classes", name, n, d.Elsewhere)
			}
		}
	}
}

// TestTranslates: as of a class of the model images go to another, for Gaussian classes of one
// variance by (mu_target - mu_source) times a factor that all pixels share; by none in place of the
// class they go half as far for these means, and scale 1 is the class asked for.
func TestTranslates(t *testing.T) {
	e := openEngine(t)
	m := knownModel(t, e, true)
	p := plane{0.5, 0.4, lowHigh}
	c := by(t, e, p)
	x := drawn(-0.3, -0.1)
	far := map[string]float64{}
	for _, source := range []string{"", "low", model.NullName} {
		o := Options{Target: "high", Source: source, Walk: model.Options{Steps: steps, Clamp: "none"}, Search: counterfactual.Search{First: 1}}
		_, all := explained(t, made(t, m, c, row(t, "translate", "strength", "1"), o), x)
		for n, f := range all {
			first := float64(f.Draws[0].X[0] - x[n*size])
			for i, v := range f.Draws[0].X {
				if d := float64(v - x[n*size+i]); math.Abs(d-first) > 2e-3 || f.Draws[0].Scale != 1 {
					t.Fatalf("source %q: pixel %d of image %d moved by %v, pixel 0 by %v, at scale %v", source, i, n, d, first, f.Draws[0].Scale)
				}
			}
			far[source] = first
		}
	}
	if !(far[""] > 0.3) || far["low"] != far[""] || math.Abs(far[model.NullName]/far[""]-0.5) > 0.01 {
		t.Errorf("moved by %v", far)
	}
}

// TestSorted: images of the target and of others than --from are counted and left out, and what is
// found of the rest is the same whatever the batch; seeds give other draws, the first that of one.
func TestSorted(t *testing.T) {
	e := openEngine(t)
	m := knownModel(t, e, false)
	p := plane{0.5, 0.4, lowHigh}
	c := by(t, e, p)
	x := drawn(-0.5, 0.6, -0.55, -0.45, 0.5)
	o := Options{Target: "high", From: "low", Seeds: 1, Walk: model.Options{Seed: 3, Batch: 16, Steps: steps, Clamp: "none"}, Search: counterfactual.Search{First: 4, Doublings: 8, Halvings: 2}}
	method := row(t, "fast", "strength", "0.15")
	s, want := explained(t, made(t, m, c, method, o), x)
	if s.Target != 2 || s.Others != 0 || !slices.Equal(s.Chosen, []int{0, 2, 3}) || !slices.Equal(s.Class, []int{0, 1, 0, 0, 1}) {
		t.Errorf("sorted %+v", s)
	}
	asked := o
	asked.Judge = by(t, e, plane{0.5, 0.5 * 0.475 * size, lowHigh}) // to whom -0.45 is high
	judged, err := made(t, m, c, method, asked).Sort(t.Context(), x)
	if err != nil || judged.Target != 2 || judged.Others != 1 || !slices.Equal(judged.Chosen, []int{0, 2}) {
		t.Errorf("sorted by a judge too %+v, %v", judged, err)
	}
	o.Seeds = 3
	for _, batch := range []int{1, 2, 16} {
		o.Walk.Batch = batch
		_, got := explained(t, made(t, m, c, method, o), x)
		for n, f := range got {
			if len(f.Draws) != 3 || f.Image != want[n].Image || f.Draws[0].Scale != want[n].Draws[0].Scale {
				t.Fatalf("batch %d: image %d of %d draws, at scale %v", batch, f.Image, len(f.Draws), f.Draws[0].Scale)
			}
			for i, v := range f.Draws[0].X {
				if math.Abs(float64(v-want[n].Draws[0].X[i])) > 1e-5 {
					t.Fatalf("batch %d: image %d: number %d is %v, want %v", batch, f.Image, i, v, want[n].Draws[0].X[i])
				}
			}
			if slices.Equal(f.Draws[0].X, f.Draws[1].X) || slices.Equal(f.Draws[1].X, f.Draws[2].X) {
				t.Errorf("batch %d: image %d: two seeds give one draw", batch, f.Image)
			}
		}
	}
}

// TestJudges: the judge, whose classes are in another order, confirms what it takes for the target
// too: of two planes, one that every image that flips has passed, and one that none has.
func TestJudges(t *testing.T) {
	e := openEngine(t)
	m := knownModel(t, e, false)
	c := by(t, e, plane{0.5, 0, lowHigh})
	x := drawn(-0.4, -0.45)
	for shift, confirmed := range map[float64]int{-10: 2, 10: 0} { // of the log odds of low
		judge := by(t, e, plane{-0.5, shift, []string{"high", "low"}})
		o := Options{Target: "high", Judge: judge, Walk: model.Options{Steps: steps, Clamp: "none"}}
		ex := made(t, m, c, row(t, "fast", "strength", "0.15"), o)
		s, all := explained(t, ex, x)
		tally, got := ex.Tally(s), 0
		for _, f := range all {
			d := f.Draws[0]
			if err := tally.Add(f); err != nil {
				t.Fatal(err)
			}
			if d.Confirmed {
				got++
			}
			low := 1 / (1 + math.Exp(-(-0.5*sum(d.X) + shift)))
			if !d.Flipped || math.Abs(d.Judged[1]-low) > 1e-5 {
				t.Errorf("shift %v: flipped %v, the judge says low %v, want %v", shift, d.Flipped, d.Judged[1], low)
			}
		}
		r, err := tally.Report()
		if err != nil {
			t.Fatal(err)
		}
		if own, judged := ex.Target(); got != confirmed || r.Confirmed.Hits != confirmed || r.Confirmed.Of != 2 || own != 1 || judged != 0 {
			t.Errorf("shift %v: %d confirmed, %+v; targets %d and %d", shift, got, r.Confirmed, own, judged)
		}
	}
}

func sum(x []float32) (s float64) {
	for _, v := range x {
		s += float64(v)
	}
	return s
}

// TestReport: rates, means over what flipped alone, and the spread of an image's draws.
func TestReport(t *testing.T) {
	ex := &Explainer{o: Options{Seeds: 2}}
	tally := ex.Tally(Sorted{Class: make([]int, 5), Target: 2, Others: 1})
	draw := func(flipped bool, x float32) Draw {
		return Draw{X: []float32{x, 0}, Flipped: flipped, Change: score.Change{L1: float64(x), L2: 2, Pixels: 0.5}, COUT: 0.25, Elsewhere: 0.1, Calls: 10}
	}
	for _, f := range []Finding{
		{Image: 1, Draws: []Draw{draw(true, 1), draw(true, 4)}, Seconds: 2},
		{Image: 2, Draws: []Draw{draw(false, 100), draw(true, 7)}, Seconds: 4},
	} {
		f.Draws[1].Unsure = f.Image == 2
		if err := tally.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	r, err := tally.Report()
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 5 || r.Target != 2 || r.Others != 1 || r.Flipped.Hits != 3 || r.Flipped.Of != 4 || r.Confirmed != nil || r.Calls != 20 || r.Seconds != 3 || r.Unsure != 1 {
		t.Errorf("%+v", r)
	}
	if r.Change == nil || r.Change.L1 != 4 || math.Abs(r.Change.L2-2) > 1e-12 || math.Abs(r.Change.COUT-0.25) > 1e-12 || r.Diversity == nil || *r.Diversity != 3 {
		t.Errorf("%+v, diversity %v", r.Change, r.Diversity)
	}
	tally = ex.Tally(Sorted{Class: make([]int, 1)})
	if _, err := tally.Report(); err == nil {
		t.Error("a report of nothing")
	}
	if err := tally.Add(Finding{Draws: []Draw{draw(false, 1)}}); err != nil {
		t.Fatal(err)
	}
	if r, err := tally.Report(); err != nil || r.Change != nil || r.Diversity != nil || r.Flipped.Hits != 0 {
		t.Errorf("none flipped: %+v, %v", r, err)
	}
}

// TestRefused: what does not do is refused before an image is read.
func TestRefused(t *testing.T) {
	e := openEngine(t)
	plain, classed, alone, points, sizeless := knownModel(t, e, false), knownModel(t, e, true), knownModel(t, e, true), knownModel(t, e, false), knownModel(t, e, false)
	alone.Null = false
	points.Kind = kind.OfPoints(2)
	sizeless.Kind = kind.OfImages(0, 0, 1)
	latent := &model.Model{Kind: kind.OfImages(side, side, 1), VAE: new(model.Autoencoder)}
	c := by(t, e, plane{1, 0, lowHigh})
	other := by(t, e, plane{1, 0, []string{"cat", "dog"}})
	fast, translate := row(t, "fast"), row(t, "translate")
	for _, x := range []struct {
		want   string
		m      *model.Model
		method table.Row
		o      Options
	}{
		{"images are explained, and the model is of", points, fast, Options{Target: "high"}},
		{model.ErrLatent.Error(), latent, fast, Options{Target: "high"}},
		{"give the height and width", sizeless, fast, Options{Target: "high"}},
		{`target mid: ` + c.Name() + `: no class "mid": expected one of "low" "high"`, plain, fast, Options{Target: "mid"}},
		{`from mid: ` + c.Name() + `: no class "mid"`, plain, fast, Options{Target: "high", From: "mid"}},
		{"name two classes", plain, fast, Options{Target: "high", From: "high"}},
		{`the judge ` + other.Name() + `: target high: no class "high": expected one of "cat" "dog"`, plain, fast, Options{Target: "high", Judge: other}},
		{"--strength 2 is outside", plain, &counterfactual.DiME[X]{Redraw: counterfactual.Redraw{Strength: 2}}, Options{Target: "high"}},
		{"works on other batches", plain, table.Info{Name: "none"}, Options{Target: "high"}},
		{"fast goes from no class", classed, fast, Options{Target: "high", Source: "low"}},
		{ErrNoWay.Error(), plain, translate, Options{Target: "high"}},
		{model.ErrNoNull.Error(), alone, translate, Options{Target: "high"}},
		{model.ErrNoNull.Error(), alone, fast, Options{Target: "high"}},
		{`source mid: no class "mid"`, classed, translate, Options{Target: "high", Source: "mid"}},
		{"source all: 2 classes", classed, translate, Options{Target: "high", Source: "all"}},
		{"the model knows classes, and goes by its own", classed, translate, Options{Target: "high", Toward: "x"}},
		{"toward nowhere: ", plain, translate, Options{Target: "high", Toward: "nowhere"}},
		{"goes back as of no class", plain, translate, Options{Target: "high", Toward: "nowhere", Source: "low"}},
		{"--first-scale 0 is outside", plain, fast, Options{Target: "high", Search: counterfactual.Search{Halvings: 1}}},
		{"in batches of -1", plain, fast, Options{Target: "high", Walk: model.Options{Batch: -1}}},
		{"is of other images", plain, fast, Options{Target: "high", Walk: model.Options{Height: 12}}},
		{"clamp", plain, fast, Options{Target: "high", Walk: model.Options{Clamp: "all"}}},
	} {
		if _, err := New(x.m, c, x.method, x.o); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %s", err, x.want)
		}
	}
	if _, err := Trained(&model.Classifier{Kind: kind.OfPoints(2)}); err == nil || !strings.Contains(err.Error(), "expected one of images") {
		t.Errorf("of points: %v", err)
	}
	if _, err := Trained(&model.Classifier{Kind: kind.OfImages(8, 8, 1), Process: reverie.VP{}}); !errors.Is(err, ErrNoised) {
		t.Errorf("of noised images: %v", err)
	}
}

// TestWalk: the solver is ddim where none is chosen, and an error of f ends it.
func TestWalk(t *testing.T) {
	e := openEngine(t)
	ex := made(t, knownModel(t, e, false), by(t, e, plane{0.5, 0, lowHigh}), row(t, "fast"), Options{Target: "high"})
	if w := ex.Walk(); sample.Name(w.Solver) != "ddim" || w.Batch != 16 {
		t.Errorf("%s in batches of %d", sample.Name(w.Solver), w.Batch)
	}
	x, stop := drawn(-0.5), errors.New("stop")
	s, err := ex.Sort(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if err := ex.Each(t.Context(), x, s, func(Finding) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// TestPictures: a change is blue where it is darker and orange where brighter, white where there is
// none; a sheet has a row for each case, of whatever size.
func TestPictures(t *testing.T) {
	c := Case{H: 1, W: 3, C: 1, X: []float32{0, 0, 0}, Made: []float32{0.5, -0.25, 0}, Mask: []bool{true, false, true}}
	d := c.Difference()
	if got, want := fmt.Sprint(d.NRGBAAt(0, 0), d.NRGBAAt(2, 0)), fmt.Sprint(brighter, c.Within().NRGBAAt(0, 0)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if p := d.NRGBAAt(1, 0); !(p.B > p.R) || c.Within().NRGBAAt(1, 0).R != 0 {
		t.Errorf("half as dark is %v", p)
	}
	o := Opinion{"a classifier of a long name that no line has room for", []string{"a", "a class of a long name", "c", "d", "e"}, []float64{1, 0, 0, 0, 0}, []float64{0, 1, 0, 0, 0}}
	c.Opinions = []Opinion{o, o}
	one, two := Sheet([]Case{c}, []string{"x"}), Sheet([]Case{c, c}, []string{"x", "y"})
	if one.Bounds().Dx() != two.Bounds().Dx() || two.Bounds().Dy() < 2*one.Bounds().Dy()-2 {
		t.Errorf("%v and %v", one.Bounds(), two.Bounds())
	}
	same := c
	same.Made = c.X
	if img := same.Difference(); img.NRGBAAt(1, 0) != c.Within().NRGBAAt(0, 0) {
		t.Errorf("no change is %v", img.NRGBAAt(1, 0))
	}
}

// TestUnsure: what flips, and not with the confidence that was asked for, is said to.
func TestUnsure(t *testing.T) {
	e := openEngine(t)
	x := drawn(-0.02)
	o := Options{Target: "high", Walk: model.Options{Steps: steps, Clamp: "none"}, Search: counterfactual.Search{First: 4, Confidence: 0.999999}}
	_, all := explained(t, made(t, knownModel(t, e, false), by(t, e, plane{0.5, 0, lowHigh}), row(t, "fast", "strength", "0.15", "l1", "0.05"), o), x)
	if d := all[0].Draws[0]; !d.Flipped || !d.Unsure || !(d.After[1] > 0.5 && d.After[1] < 0.999999) {
		t.Errorf("flipped %v, unsure %v, p = %v", d.Flipped, d.Unsure, d.After[1])
	}
}
