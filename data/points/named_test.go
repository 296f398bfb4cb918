package points_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/random"
)

var stream = random.Stream{Seed: 1, Domain: points.Domain}

func draw(t *testing.T, name string, n int) *points.Cloud {
	t.Helper()
	c, err := points.Draw(name, stream, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLaws compares each named set's histogram over [-8,8]^2 with that of others' code
// (testdata/histograms.py), by chi-squared.
func TestLaws(t *testing.T) {
	raw, err := os.ReadFile("testdata/histograms.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]float64
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(points.Names()) {
		t.Errorf("%d histograms for %q", len(all), points.Names())
	}
	for _, name := range points.Names() {
		want, got := all[name], make([]float64, 32*32)
		outside := 0.0
		for _, x := range draw(t, name, 40_000).X {
			i, j := int(math.Floor(2*x[0]+16)), int(math.Floor(2*x[1]+16))
			if min(i, j) < 0 || max(i, j) > 31 {
				outside++
				continue
			}
			got[32*i+j]++
		}
		chi, bins := homogeneity(append(got, outside), append(want, 400_000-sum(want)))
		if limit := bins + 5*math.Sqrt(2*bins); !(chi < limit) {
			t.Errorf("%s: chi-squared %.0f over %.0f squares, want under %.0f", name, chi, bins, limit)
		}
	}
}

// homogeneity is the chi-squared statistic of two histograms of one law; squares of few points are
// taken together.
func homogeneity(a, b []float64) (chi, bins float64) {
	ka, kb := math.Sqrt(sum(b)/sum(a)), math.Sqrt(sum(a)/sum(b))
	add := func(a, b float64) {
		if a+b > 0 {
			chi += (ka*a - kb*b) * (ka*a - kb*b) / (a + b)
			bins++
		}
	}
	var fewA, fewB float64
	for i := range a {
		if a[i]+b[i] < 60 {
			fewA, fewB = fewA+a[i], fewB+b[i]
			continue
		}
		add(a[i], b[i])
	}
	add(fewA, fewB)
	return chi, bins
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// TestClasses checks that the classes are the parts of the sets, by where the points of each lie.
func TestClasses(t *testing.T) {
	rules := map[string]func(x []float64, class int) bool{
		"8gaussians": func(x []float64, k int) bool { // few points lie nearer to another mean
			turn := math.Mod(math.Atan2(x[1], x[0])/(math.Pi/4)+8, 8)
			return int(math.Round(turn))%8 == k
		},
		"circles":    func(x []float64, k int) bool { return (math.Hypot(x[0], x[1]) > 3) == (k == 1) },
		"two-modes":  func(x []float64, k int) bool { return (x[0] > 0) == (k == 1) },
		"unbalanced": func(x []float64, k int) bool { return (x[0]+x[1] < 0) == (k == 1) },
	}
	for name, in := range rules {
		c, wrong := draw(t, name, 4000), 0
		seen := make([]int, len(c.Classes))
		for i, x := range c.X {
			seen[c.Class[i]]++
			if !in(x, c.Class[i]) {
				wrong++
			}
		}
		if wrong > 4 || slices.Min(seen) < 4000/12 {
			t.Errorf("%s: %d points of another class, %v of each", name, wrong, seen)
		}
	}
	if c := draw(t, "checkerboard", 5); c.Class != nil || c.Classes != nil {
		t.Errorf("the checkerboard has classes %v", c.Classes)
	}
}

// TestDrawPrefix checks that a larger set begins with the smaller one, and another seed gives
// another set.
func TestDrawPrefix(t *testing.T) {
	for _, name := range points.Names() {
		small, large := draw(t, name, 10), draw(t, name, 50)
		other, err := points.Open(name, points.Options{N: 10, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		same, err := points.Open(name, points.Options{N: 10, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range small.X {
			if !slices.Equal(x, large.X[i]) || !slices.Equal(x, same.X[i]) || slices.Equal(x, other.X[i]) {
				t.Errorf("%s: point %d: %v, %v, %v, another seed's %v", name, i, x, large.X[i], same.X[i], other.X[i])
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	for source, want := range map[string]string{
		"moon":        `"moon" is no set of points: expected one of 8gaussians, moons,`,
		"a/missing":   "or a file .csv, .tsv, .txt, .dat, .npz, .npy or .png",
		"missing.csv": "no such file",
		"missing.npz": "no such file",
		"missing.PNG": "no such file",
	} {
		if _, err := points.Open(source, points.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
	for _, n := range []int{-1, 1 << 40} {
		if _, err := points.Open("moons", points.Options{N: n}); err == nil || !strings.Contains(err.Error(), "expected 1 to") {
			t.Errorf("%d points: %v", n, err)
		}
	}
	if c, err := points.Open("moons", points.Options{}); err != nil || len(c.X) != 10_000 {
		t.Errorf("the default: %v", err)
	}
	if _, err := points.Draw("nine", stream, 1); err == nil || !strings.Contains(err.Error(), "expected one of 8gaussians") {
		t.Error(err)
	}
}

func TestDoc(t *testing.T) {
	for _, name := range points.Names() {
		if points.Doc(name) == "" {
			t.Errorf("%s has no doc", name)
		}
	}
	if points.Doc("nine") != "" {
		t.Error("a doc of nothing")
	}
}

func TestSet(t *testing.T) {
	c := draw(t, "moons", 300)
	s, err := c.Set("moons", data.Options{Val: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.String(); got != "300 points of 2 numbers in 2 classes" {
		t.Error(got)
	}
	b, err := s.Load(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if b.X[0] != float32(c.X[7][0]) || b.X[1] != float32(c.X[7][1]) || b.Class[0] != c.Class[7] {
		t.Errorf("%v of class %d, want %v of class %d", b.X, b.Class[0], c.X[7], c.Class[7])
	}
}
