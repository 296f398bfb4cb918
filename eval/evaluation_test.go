package eval

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// points are rows as images of 1x1.
func points(r Rows) Images {
	m := Images{N: r.N, Kind: kind.OfPoints(r.D)}
	for _, v := range r.X {
		m.Pix = append(m.Pix, float32(v))
	}
	return m
}

// Of a set and its shift by m the optimal map is the shift: W2^2 = |m|^2.
func TestTransport(t *testing.T) {
	x := gaussian(1, 60, 1, 0, 0)
	d, n, err := Transport{}.Measure(t.Context(), x, x.minus([]float64{3, -4}))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "W2^2", d, 25, 1e-9)
	if n != 0 {
		t.Errorf("over %d", n)
	}
	if d, n, err = (Transport{N: 3}).Measure(t.Context(), x, x.Take([]int{5, 9, 50})); err != nil || n != 3 || !(d > 0) {
		t.Errorf("of 3 of 60 and 3: %v over %d, %v", d, n, err)
	}
	if _, _, err := (Transport{N: 4}).Measure(t.Context(), x, x.Take([]int{5, 9, 50})); !errors.Is(err, errTooFew) {
		t.Errorf("4 of 3: %v", err)
	}
}

// Of sets of different sizes all points count where that can be solved: on the line the distance is
// that of the quantiles. Where it cannot, the numbers that were taken are told.
func TestTransportOfUnequalSets(t *testing.T) {
	line := func(seed uint64, n int) Rows {
		r := gaussian(seed, n, 1, 0, 0)
		r.D, r.X = 1, r.X[:n]
		return r
	}
	for _, c := range [][2]int{{6, 4}, {60, 3}, {7, 7}, {1, 9}, {100, 150}} {
		x, y := line(1, c[0]), line(2, c[1])
		got, taken, err := Transport{}.Measure(t.Context(), x, y)
		want := quantileDistance(slices.Clone(x.X), slices.Clone(y.X))
		if err != nil || taken != 0 || !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("%v points: %v, want %v; %d taken, %v", c, got, want, taken, err)
		}
	}
	if _, taken, err := (Transport{}).Measure(t.Context(), line(1, 101), line(2, 64)); err != nil || taken != 64 {
		t.Errorf("of 101 and 64: %d taken, %v", taken, err)
	}
	e := &Evaluation{Metrics: []Metric{w2}, HeldOut: NewSet("held-out", points(line(2, 64)), ""), Training: NewSet("training", points(line(3, 101)), "")}
	r := report(t, e, points(line(1, 101)))
	if len(r.Notes) != 1 || r.Notes[0] != "w2 to held-out is of 64 random ones of 101 and all 64" {
		t.Errorf("notes %q", r.Notes)
	}
}

// Numbers whose squares overflow are refused, not infinitely far.
func TestTooLargeToCompare(t *testing.T) {
	x, y := gaussian(1, 5, 1, 0, 0), gaussian(2, 5, 1, 0, 0)
	x.X[3] = 1e200
	for name, measure := range map[string]func() error{
		"W2":     func() error { _, _, err := Transport{}.Measure(t.Context(), x, y); return err },
		"sliced": func() error { _, err := Sliced{}.Measure(t.Context(), x, y); return err },
		"MMD":    func() error { _, _, err := MMD(t.Context(), RBF(1), x, y); return err },
	} {
		if err := measure(); err == nil || !strings.Contains(err.Error(), "row 1 of the first set holds 1e+200") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A point far away in both sets changes nothing but the weight of the others: not the digits of
// their distances.
func TestTransportBesideAnOutlier(t *testing.T) {
	x, y := gaussian(1, 50, 1, 0, 0), gaussian(2, 50, 1, 0.3, 0)
	want, _, err := Transport{}.Measure(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Rows{&x, &y} {
		r.N++
		r.X = append(r.X, 1e8, -1e8)
	}
	got, _, err := Transport{}.Measure(t.Context(), x, y)
	if want *= 50. / 51; err != nil || !(math.Abs(got-want) <= 1e-12*want) {
		t.Errorf("%v, want %v, %v", got, want, err)
	}
}

// Numbers over all draws: their mean and deviation, each against each reference; what is not
// defined is a note.
func TestEvaluation(t *testing.T) {
	training, heldOut := points(gaussian(1, 50, 1, 0, 0)), points(gaussian(2, 20, 1, 0, 0))
	e := &Evaluation{HeldOut: NewSet("held-out", heldOut, ""), Training: NewSet("training", training, "")}
	e.Withheld = e.HeldOut
	all, err := Choose("pr", "w2", "fid", "nearest")
	if err != nil {
		t.Fatal(err)
	}
	e.Metrics = append(all, Plain{Base{Info: table.Info{Name: "bits"}, Subject: ModelOnly}, func(_ context.Context, c *Case) ([]Value, error) {
		if c.Samples != nil {
			t.Error("a model's metric was given samples")
		}
		return []Value{{Name: "bits", X: float64(c.Reference.N), Error: 0.5}}, nil
	}})
	var samples []Images
	r, err := e.Run(context.Background(), 3, func(_ context.Context, i int) (Images, error) {
		m := points(gaussian(uint64(10+i), []int{20, 2, 2}[i], 1, 3, 0))
		samples = append(samples, m)
		return m, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]Row{}
	var names []string
	for _, row := range r.Rows {
		rows[row.Name] = row
		names = append(names, row.Name)
	}
	if want := "w2^2 fid precision recall nearer than held-out nearer than any held-out distance to nearest that of held-out bits"; strings.Join(names, " ") != want {
		t.Errorf("rows %v", names)
	}
	var w []float64
	for i, m := range samples {
		d, _, err := Transport{Seed: uint64(i)}.Measure(t.Context(), m.Rows(), heldOut.Rows())
		if err != nil {
			t.Fatal(err)
		}
		w = append(w, d)
	}
	near(t, "w2^2", rows["w2^2"].HeldOut.Value, mean(w), 1e-12)
	near(t, "its deviation", rows["w2^2"].HeldOut.Error, deviation(w), 1e-12)
	if c := rows["w2^2"]; c.HeldOut.Draws != 3 || c.Training == nil || c.Real == nil || !(c.Real.Value < c.HeldOut.Value/2) {
		t.Errorf("w2^2: %+v, real %+v", c.HeldOut, c.Real)
	}
	if c := rows["fid"]; c.HeldOut.Draws != 1 {
		t.Errorf("fid of two samples was measured: %+v", c.HeldOut)
	}
	if c := rows["nearer than held-out"]; c.HeldOut != nil || c.Training == nil || c.Real != nil {
		t.Errorf("nearest: %+v", c)
	}
	if c := rows["bits"]; *c.HeldOut != (Cell{20, 0.5, 1}) || *c.Training != (Cell{50, 0.5, 1}) || c.Real != nil {
		t.Errorf("bits: %+v", c)
	}
	if r.Samples != 2 || r.Draws != 3 || r.HeldOut != 20 || r.Training != 50 || r.Features != "values" {
		t.Errorf("%+v", r)
	}
	if !slices.ContainsFunc(r.Notes, func(s string) bool {
		return strings.HasPrefix(s, "fid against the held-out set") && strings.Contains(s, "at least 3")
	}) {
		t.Errorf("notes %q", r.Notes)
	}
}

// Memorisation is told beside what was held out of the training images, whatever the samples are
// compared with; else it is left out.
func TestWithheld(t *testing.T) {
	training, own := points(gaussian(1, 50, 1, 0, 0)), points(gaussian(2, 20, 1, 0, 0))
	foreign, samples := points(gaussian(3, 30, 1, 9, 0)), points(gaussian(4, 25, 1, 0, 0))
	want, err := Memorised(t.Context(), samples, own, training)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := Choose("nearest")
	if err != nil {
		t.Fatal(err)
	}
	e := &Evaluation{Metrics: metrics, HeldOut: NewSet("held-out", foreign, ""), Training: NewSet("training", training, ""), Withheld: NewSet("own", own, "")}
	draw := func(context.Context, int) (Images, error) { return samples, nil }
	r, err := e.Run(context.Background(), 1, draw)
	if err != nil || len(r.Rows) != 4 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, v := range []float64{want.Nearer, want.Copies, want.Samples, want.HeldOut} {
		near(t, r.Rows[i].Name, r.Rows[i].Training.Value, v, 1e-12)
	}
	e.Withheld = nil
	if r, err = e.Run(context.Background(), 1, draw); err != nil || len(r.Rows) != 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "held out of the training") {
		t.Errorf("with nothing held out: %+v, %v", r, err)
	}
}

// A person's points are not written to the cache.
func TestValuesAreNotCached(t *testing.T) {
	x := points(gaussian(1, 20, 1, 0, 0))
	e := &Evaluation{Metrics: []Metric{fid}, HeldOut: NewSet("held-out", x, "fingerprint"), Cache: &Cache{Dir: t.TempDir()}}
	r, err := e.Run(context.Background(), 1, func(context.Context, int) (Images, error) { return x, nil })
	if err != nil || r.Features != "values" {
		t.Fatalf("%+v, %v", r, err)
	}
	if files, err := os.ReadDir(e.Cache.Dir); err != nil || len(files) != 0 {
		t.Errorf("%v in the cache, %v", files, err)
	}
}

// A failure ends the evaluation; so does the context.
func TestEvaluationFails(t *testing.T) {
	heldOut := points(gaussian(2, 20, 1, 0, 0))
	broken := errors.New("broken")
	e := &Evaluation{HeldOut: NewSet("held-out", heldOut, ""), Metrics: []Metric{fid}}
	e.Features = func(context.Context) (Features, error) { return nil, broken }
	draw := func(context.Context, int) (Images, error) { return heldOut, nil }
	if _, err := e.Run(context.Background(), 1, draw); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	e = &Evaluation{HeldOut: e.HeldOut, Metrics: e.Metrics, Features: func(context.Context) (Features, error) { return nil, ErrNoClasses }}
	if r, err := e.Run(context.Background(), 1, draw); err != nil || len(r.Rows) != 0 || len(r.Notes) != 1 {
		t.Errorf("without classes: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Run(ctx, 1, draw); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Choose("is"); err == nil || !strings.Contains(err.Error(), "swd, w2") {
		t.Errorf("%v", err)
	}
	if _, err := (&Evaluation{HeldOut: e.HeldOut, Metrics: []Metric{vlb}}).Run(t.Context(), 1, nil); err == nil || !strings.Contains(err.Error(), "there is no model") {
		t.Errorf("a bound of no model: %v", err)
	}
}

// What WriteNPZ writes ReadNPZ reads, images rounded to bytes; other arrays are refused with what
// was expected.
func TestNPZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	for _, m := range []Images{
		{N: 2, Kind: kind.OfImages(1, 3, 1).Real(), Pix: []float32{-1, -0.999, 0, 0.25, 1, 7}},
		{N: 1, Kind: kind.OfImages(1, 4, 1).Real(), Pix: []float32{99.52/127.5 - 1, 99.48/127.5 - 1, 200.55/127.5 - 1, 3.45/127.5 - 1}},
		{N: 1, Kind: kind.OfImages(2, 1, 5), Pix: []float32{-1, 1, -1, 1, 1, 1, 1, 1, 1, -1}},
		{N: 1, Kind: kind.OfFields(1, 2, 2), Wide: []float64{-1, 2.5, 1e8 + 1e-7, 1e-3}},
		{N: 2, Kind: kind.OfPoints(3), Wide: []float64{-1, 2.5, 1e8 + 1e-7, 1e-3, 7, -30}},
	} {
		if err := WriteNPZ(path, m); err != nil {
			t.Fatal(err)
		}
		got, err := ReadNPZ(path)
		if err != nil {
			t.Fatal(err)
		}
		want := m.Rounded()
		if got.N != m.N || got.H != m.H || got.W != m.W || got.C != m.C || !slices.Equal(got.Pix, want.Pix) || !slices.Equal(got.Wide, want.Wide) {
			t.Errorf("%+v came back as %+v", want, got)
		}
		for i, v := range want.Pix {
			// The nearest level is at most half a level off.
			if clamped := max(-1, min(1, m.Pix[i])); m.Ranged && math.Abs(float64(v-clamped)) > 1.001/255 {
				t.Errorf("%v was rounded to %v", m.Pix[i], v)
			}
		}
	}
	for want, a := range map[string]checkpoint.Tensor{
		"int64 [2 1 2], expected images, uint8 [N,H,W,C] of 0 to 255, points [N,D], or fields, floats [N,H,W,C]; grey images": checkpoint.FromI64s([]int64{1, 2, 3, 4}, 2, 1, 2),
		"one image is x[None]":      checkpoint.FromU8s(make([]byte, 12), 2, 2, 3),
		"[0 2 2 3] holds no images": checkpoint.FromU8s(nil, 0, 2, 2, 3),
		"x.transpose(0, 2, 3, 1)":   checkpoint.FromU8s(make([]byte, 12), 1, 3, 2, 2),
		"[0 2] holds no points":     checkpoint.FromF32s(nil, 0, 2),
		"NaN":                       checkpoint.FromF32s([]float32{1, float32(math.NaN())}, 1, 2),
	} {
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "arr_0", Tensor: a}); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadNPZ(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A judge has one number: of w2 W2^2 itself, of swd the mean of its levels.
func TestRank(t *testing.T) {
	rank := func(name string, x, y Images) (float64, error) {
		j, err := Judges.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		return j.Rank(t.Context(), x, y, 5)
	}
	a, b := points(gaussian(1, 20, 1, 0, 0)), points(gaussian(2, 20, 1, 3, 0))
	got, err := rank("w2", a, b)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := Transport{Seed: 5}.Measure(t.Context(), a.Rows(), b.Rows())
	if err != nil || got != want {
		t.Errorf("w2: %v, want %v, %v", got, want, err)
	}
	x, y := normal(6, 32, 32, 1, 1), normal(8, 32, 32, 1, 2)
	if got, err = rank("swd", x, y); err != nil {
		t.Fatal(err)
	}
	levels, err := SWD{Seed: 5}.Measure(context.Background(), x, y)
	if err != nil || len(levels) != 2 {
		t.Fatal(levels, err)
	}
	near(t, "swd", got, (levels[0].Distance+levels[1].Distance)/2, 1e-9)
	if _, err := rank("mmd", x, a); err == nil {
		t.Error("images were ranked against points")
	}
	for _, c := range []struct {
		name string
		k    kind.Kind
		ok   bool
	}{
		{"val", kind.OfImages(8, 8, 3), true}, {"val", kind.OfPoints(2), true}, {"w2", kind.OfPoints(2), true}, {"w2", kind.OfImages(8, 8, 3), false},
		{"swd", kind.OfPoints(2), true}, {"swd", kind.OfImages(7, 9, 1), true}, {"swd", kind.OfImages(8, 6, 1), false}, {"mmd", kind.OfImages(2, 2, 1), true},
	} {
		j, err := Judges.Find(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Suits(c.k); (err == nil) != c.ok {
			t.Errorf("%s of %v: %v", c.name, c.k, err)
		}
	}
}

// TestSaturates: shares at their end, and kernel distances of few, come with a word of warning;
// others do not.
func TestSaturates(t *testing.T) {
	far, near := points(gaussian(1, 40, 1, 100, 100)), points(gaussian(2, 40, 1, 0, 0))
	for _, c := range []struct {
		samples Images
		told    bool
	}{{far, true}, {points(gaussian(3, 40, 1, 0.5, 0.5)), false}} {
		e := &Evaluation{HeldOut: NewSet("held-out", near, "")}
		e.Metrics = []Metric{precisionRecall}
		r, err := e.Run(context.Background(), 1, func(context.Context, int) (Images, error) { return c.samples, nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"precision", "recall"} {
			told := slices.ContainsFunc(r.Notes, func(n string) bool {
				return strings.HasPrefix(n, name+" of samples to held-out is at its end, 0: at 40 of each")
			})
			if told != c.told {
				t.Errorf("%s: told is %v: %q", name, told, r.Notes)
			}
		}
		if r.Rows[0].Better != More || r.Rows[1].Better != More {
			t.Errorf("%+v", r.Rows)
		}
	}
}
