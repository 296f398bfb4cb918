package eval

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// pair are n samples of each of two classes, normal with deviation 1 in d dimensions around -shift
// and +shift in the first.
func pair(seed uint64, n, d int, shift float64) Images {
	x := OfPoints(gaussian(seed, 2*n, 1, make([]float64, d)...))
	x.Classes = []kind.Class{{Name: "left"}, {Name: "right"}}
	x.Class = make([]int, x.N)
	for i := range x.N {
		x.Class[i] = i % 2
		x.Wide[i*d] += shift * float64(2*x.Class[i]-1)
	}
	return x
}

// bayes is the rule of the law of pair: the side of the point.
func bayes(_ context.Context, x Images) ([]string, error) {
	labels := make([]string, x.N)
	for i := range labels {
		labels[i] = "left"
		if x.Wide[i*x.C] > 0 {
			labels[i] = "right"
		}
	}
	return labels, nil
}

// judgedBy is the report of metrics on samples, beside a held-out and a training set of pair.
func judgedBy(t *testing.T, x Images, perClass bool, shift float64, names ...string) *Report {
	t.Helper()
	metrics, err := Choose(names...)
	if err != nil {
		t.Fatal(err)
	}
	e := &Evaluation{
		Metrics: metrics, PerClass: perClass, Labeller: bayes, Seed: 5,
		Teacher: func(_ context.Context, m Images) (Labeller, error) { return Neighbours(m) },
		HeldOut: NewSet("held-out", pair(11, 1000, 2, shift), ""), Training: NewSet("training", pair(12, 1000, 2, shift), ""),
	}
	return report(t, e, x)
}

func rowOf(t *testing.T, r *Report, name string) Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no %s in %+v", name, r.Rows)
	return Row{}
}

// By Bayes' rule of two normal laws 2 shift apart the accuracy is Phi(shift), of each class and of
// both, of samples of the law and of held-out data; with the classes exchanged 1 - Phi(shift). The
// tolerance is four standard errors, sqrt(p (1-p)/n).
func TestAccuracyOfBayes(t *testing.T) {
	const shift = 0.8
	p := math.Erfc(-shift/math.Sqrt2) / 2
	x := pair(3, 1000, 2, shift)
	r := judgedBy(t, x, true, shift, "accuracy")
	for name, n := range map[string]float64{"accuracy": 2000, "accuracy: left": 1000, "accuracy: right": 1000} {
		row, se := rowOf(t, r, name), math.Sqrt(p*(1-p)/n)
		near(t, name, row.HeldOut.Value, p, 4*se)
		near(t, name+" of held-out data", row.Real.Value, p, 4*se)
		near(t, "error of "+name, row.HeldOut.Error, se, 0.1*se)
		if row.Training != nil {
			t.Errorf("%s is told twice: %+v", name, row)
		}
	}
	for i := range x.Class {
		x.Class[i] = 1 - x.Class[i]
	}
	row := rowOf(t, judgedBy(t, x, false, shift, "accuracy"), "accuracy")
	near(t, "exchanged", row.HeldOut.Value, 1-p, 4*math.Sqrt(p*(1-p)/2000))
}

// The numbers of a class are those of the class's samples alone.
func TestPerClass(t *testing.T) {
	x := pair(3, 40, 2, 1)
	r := judgedBy(t, x, true, 1, "kid", "pr")
	for k, name := range []string{"left", "right"} {
		a := x.Rows().Take(where(x, func(c int) bool { return c == k }))
		held := pair(11, 1000, 2, 1)
		b := held.Rows().Take(where(held, func(c int) bool { return c == k }))
		want, _, err := KID{Seed: 5}.Measure(t.Context(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "kid of "+name, rowOf(t, r, "kid x1000: "+name).HeldOut.Value, 1000*want, 0)
		p, recall, err := PrecisionRecall{Seed: 5}.Measure(t.Context(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "precision of "+name, rowOf(t, r, "precision: "+name).HeldOut.Value, p, 0)
		near(t, "recall of "+name, rowOf(t, r, "recall: "+name).HeldOut.Value, recall, 0)
	}
	if whole, left := rowOf(t, r, "kid x1000"), rowOf(t, r, "kid x1000: left"); whole.HeldOut.Value == left.HeldOut.Value || whole.Real == nil || left.Training == nil {
		t.Errorf("%+v, of all %+v", left, whole)
	}
	x.Classes = append(x.Classes, kind.Class{Name: "none"})
	if notes := strings.Join(judgedBy(t, x, true, 1, "kid").Notes, "\n"); !strings.Contains(notes, "kid of samples (none) against held-out (none) is left out: there are 0 and 0") {
		t.Errorf("notes:\n%s", notes)
	}
}

// Of a triangle of sides 3, 4 and 5 the mean distance is 4, of two points 10 apart 10; the class
// that has one sample in a set does not count. Twice as large the distances are twice as long.
func TestIntraClassByHand(t *testing.T) {
	a := Rows{N: 6, D: 2, X: []float64{0, 0, 9, 9, 3, 0, 15, 17, 0, 4, 100, 100}}
	b := Rows{N: 6, D: 2, X: []float64{1, 1, 7, 1, 1, 9, -20, 0, -8, -16, 50, 0}}
	class := [][2][]int{{{0, 2, 4}, {0, 1, 2}}, {{1, 3}, {3, 4}}, {{5}, {0, 5}}}
	ofA, ofB, err := IntraClass(t.Context(), a, b, class)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the mean of 4 and 10", ofA, 7, 1e-12)
	near(t, "the mean of 8 and 20", ofB, 14, 1e-12)
}

// Of a normal law of deviation s in D dimensions the mean distance of two points is
// 2 s Gamma((D+1)/2)/Gamma(D/2), whatever the other classes are. A mean over pairs of n points
// varies by 4 Var(E[|x-y| | x])/n at most to first order, and that by half of Var |x-y| <= s^2 at
// most: by 2 s^2/n.
func TestIntraClass(t *testing.T) {
	const n, d = 1500, 3
	x, y := pair(3, n, d, 50), pair(4, n, d, -7)
	for i := range y.Wide {
		y.Wide[i] *= 2
	}
	class := [][2][]int{{x.placesOf("left"), y.placesOf("left")}, {x.placesOf("right"), y.placesOf("right")}, {{0}, {1, 2}}}
	a, b, err := IntraClass(t.Context(), x.Rows(), y.Rows(), class)
	if err != nil {
		t.Fatal(err)
	}
	want := 2 * math.Gamma((d+1.)/2) / math.Gamma(d/2.)
	se := math.Sqrt(2. / n / 2) // the mean of two classes
	near(t, "of deviation 1", a, want, 4*se)
	near(t, "of deviation 2", b, 2*want, 8*se)
	if _, _, err := IntraClass(t.Context(), x.Rows(), y.Rows(), class[2:]); !unfit(err) {
		t.Errorf("of one sample: %v", err)
	}
	r := judgedBy(t, pair(3, 100, 2, 1), false, 1, "intra")
	if row := rowOf(t, r, "that of the reference"); row.HeldOut == nil || row.Training == nil || row.HeldOut.Value == row.Training.Value {
		t.Errorf("%+v", row)
	}
}

// What samples of the data's own law teach is as good as what the data teach: both scores are of
// the same 2,000 held-out points, so that their difference varies by at most the sum of their
// variances. What samples teach whose classes are exchanged is the opposite.
func TestCAS(t *testing.T) {
	x := pair(3, 800, 2, 0.8)
	row := rowOf(t, judgedBy(t, x, false, 0.8, "cas"), "cas")
	near(t, "cas", row.HeldOut.Value, row.Real.Value, 4*math.Hypot(row.HeldOut.Error, row.Real.Error))
	if row.Training != nil || !(row.Real.Value > 0.7) {
		t.Errorf("%+v", row)
	}
	for i := range x.Class {
		x.Class[i] = 1 - x.Class[i]
	}
	if wrong := rowOf(t, judgedBy(t, x, false, 0.8, "cas"), "cas"); !(wrong.HeldOut.Value < 0.3) {
		t.Errorf("classes exchanged: %+v", wrong)
	}
}

// The fifteen nearest vote, and where two classes are as frequent the nearest counts.
func TestVote(t *testing.T) {
	d, class := make([]float64, 40), make([]int, 40)
	for i := range d {
		d[i], class[i] = float64((i*7)%40), 2 // each distance once
	}
	set := func(distance, k int) { class[(distance*23)%40] = k } // 23 is 1/7 modulo 40
	for i := range 8 {
		set(i, 1)
	}
	if got := vote(d, class); got != 1 {
		t.Errorf("eight of the nearest fifteen are of class 1: %d", got)
	}
	set(7, 2)
	if got := vote(d, class); got != 2 {
		t.Errorf("eight of the nearest fifteen are of class 2: %d", got)
	}
	set(14, 3)
	if got := vote(d, class); got != 1 {
		t.Errorf("seven are of each, and the nearest is of class 1: %d", got)
	}
	if got := vote(d[:1], []int{4}); got != 4 {
		t.Errorf("of one: %d", got)
	}
	if _, err := Neighbours(OfPoints(NewRows(3, 2))); err != ErrNoClasses {
		t.Errorf("without classes: %v", err)
	}
}

// A file keeps the classes of samples; those that the data do not have are refused, and the share
// of those that a rule confirms is counted.
func TestClassesOfFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.npz")
	x := pair(3, 20, 2, 4)
	x.Classes = nil // they count the data's
	x.Class[0], x.Class[1], x.Class[2] = 1, 0, -1
	if err := WriteNPZ(file, x); err != nil {
		t.Fatal(err)
	}
	e := openEngine(t)
	o := Options{PerClass: true, Labeller: func(ctx context.Context, m Images) ([]string, error) {
		labels, err := bayes(ctx, m)
		for i := range labels {
			labels[i] = map[string]string{"left": "0", "right": "1"}[labels[i]]
		}
		return labels, err
	}}
	var err error
	if o.Metrics, err = Choose("accuracy"); err != nil {
		t.Fatal(err)
	}
	c, err := CompareSamples(t.Context(), e, file, []string{"points:moons"}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy", rowOf(t, r, "accuracy").HeldOut.Value, 37./39, 1e-15)
	near(t, "accuracy of class 0", rowOf(t, r, "accuracy: 0").HeldOut.Value, 18./19, 1e-15)
	x.Class[0] = 2
	if err := WriteNPZ(file, x); err != nil {
		t.Fatal(err)
	}
	if _, err := CompareSamples(t.Context(), e, file, []string{"points:moons"}, o); err == nil || !strings.Contains(err.Error(), "arr_1[0] is 2, and the data that are compared with have 2 classes") {
		t.Errorf("%v", err)
	}
	plain := Options{}
	if plain.Metrics, err = Choose("w2"); err != nil {
		t.Fatal(err)
	}
	other, err := CompareSamples(t.Context(), e, file, []string{"points:moons"}, plain) // which looks at no class
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	all, err := CompareSamples(t.Context(), e, file, []string{"points:moons"}, Options{}) // which takes what fits
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	if r, err := all.Run(t.Context()); err != nil || len(r.Rows) == 0 || slices.ContainsFunc(r.Rows, func(r Row) bool { return r.Metric == "accuracy" }) {
		t.Errorf("of other classes: %v, %v", r, err)
	}
	x.Class = nil
	if err := WriteNPZ(file, x); err != nil {
		t.Fatal(err)
	}
	c, err = CompareSamples(t.Context(), e, file, []string{"points:moons"}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--metrics accuracy judges samples by their classes, and "+file+" has none") {
		t.Errorf("%v", err)
	}
}

// Where a file names its classes they are the data's of these names, whatever their numbers are,
// and names that the data do not have are refused.
func TestNamedClassesOfFile(t *testing.T) {
	file, e := filepath.Join(t.TempDir(), "a.npz"), openEngine(t)
	x := pair(3, 20, 2, 4)
	o := Options{Labeller: func(ctx context.Context, m Images) ([]string, error) {
		labels, err := bayes(ctx, m)
		for i := range labels {
			labels[i] = map[string]string{"left": "1", "right": "0"}[labels[i]]
		}
		return labels, err
	}}
	var err error
	if o.Metrics, err = Choose("accuracy"); err != nil {
		t.Fatal(err)
	}
	for names, want := range map[[3]string]string{
		{"1", "0", "none"}: "", {"1", "up", "0"}: "arr_1[1], of the data that are compared with: no class \"up\": expected one of \"0\" \"1\"",
	} {
		x.Classes = nil
		for _, name := range names {
			x.Classes = append(x.Classes, kind.Class{Name: name})
		}
		if err := WriteNPZ(file, x); err != nil {
			t.Fatal(err)
		}
		c, err := CompareSamples(t.Context(), e, file, []string{"points:moons"}, o)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", names, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r, err := c.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		near(t, "accuracy", rowOf(t, r, "accuracy").HeldOut.Value, 1, 0)
	}
}
