package train

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
)

// Of pairs with x = .8 y + .6 z, z of variance 1, a model draws x given y by that law: its slope
// over y is .8 and what is left has the deviation .6, from noise as over a bridge. A network that
// learns at the far end alone predicts, and leaves nothing. A bridge whose network does not see y
// has the right ends only.
func TestPairsOfGaussians(t *testing.T) {
	if testing.Short() {
		t.Skip("trains four networks")
	}
	x, y := gaussianPairs(t, 4096)
	for _, c := range []struct {
		settings         []string
		slope, deviation float64
	}{
		{[]string{"process", "vp", "solver", "ddim"}, 0.8, 0.6},
		{[]string{"process", "bridge"}, 0.8, 0.6},
		{[]string{"process", "bridge", "level", "1"}, 0.8, 0},
		{[]string{"process", "bridge", "blind", "true"}, math.NaN(), math.NaN()},
	} {
		m := trainedOnPairs(t, x, y, 600, c.settings...)
		ends, err := Ends(t.Context(), m, nil, 1, false)
		if err != nil {
			t.Fatal(err)
		}
		defer ends.Close()
		o := model.Options{N: ends.Len(), Batch: 512, Steps: 200, Start: ends.Start, Seed: 3}
		if slices.Contains(c.settings, "level") {
			o.Steps = 1
		}
		got, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		given, err := ends.Start(0, ends.Len())
		if err != nil {
			t.Fatal(err)
		}
		var xx, xy, yy float64
		for i := range got {
			a, b := float64(got[i]), float64(given[i])
			xx, xy, yy = xx+a*a, xy+a*b, yy+b*b
		}
		n := float64(len(got))
		slope, left := xy/yy, math.Sqrt(max(0, xx-xy*xy/yy)/n)
		t.Logf("%v: slope %.3f, deviation %.3f, variance %.3f of %v numbers", c.settings, slope, left, xx/n, n)
		const tol = 0.06 // three errors of a slope over 800 numbers
		if math.IsNaN(c.slope) {
			if !(math.Abs(xx/n-1) < 3*tol) {
				t.Errorf("%v: variance %.3f, want 1", c.settings, xx/n)
			}
		} else if !(math.Abs(slope-c.slope) < tol && math.Abs(left-c.deviation) < tol) {
			t.Errorf("%v: slope %.3f and deviation %.3f, want %v and %v", c.settings, slope, left, c.slope, c.deviation)
		}
	}
}

// What else a network may learn goes with pairs: a variance, a schedule, an energy.
func TestPairsBeside(t *testing.T) {
	x, y := gaussianPairs(t, 512)
	for _, settings := range [][]string{
		{"process", "ddpm", "timesteps", "20", "solver", "ddpm", "prediction", "v", "variance", "learned"},
		{"process", "vp", "schedule", "learned", "weighting", "elbo", "loss", "mse"},
		{"process", "vp", "energy", "true", "prediction", "eps"},
	} {
		m := trainedOnPairs(t, x, y, 2, settings...)
		start := func(_, n int) ([]float32, error) { return make([]float32, 2*n), nil }
		if got, err := m.Sample(t.Context(), model.Options{N: 2, Start: start}); err != nil || len(got) != 4 {
			t.Errorf("%v: %v, %v", settings, got, err)
		}
	}
}

// gaussianPairs writes n pairs of points with x = .8 y + .6 z.
func gaussianPairs(t *testing.T, n int) (x, y string) {
	t.Helper()
	const d = 2
	z := make([]float64, 2*n*d)
	random.Stream{Seed: 5, Domain: 128}.Normal(z)
	a, b := make([]float64, n*d), z[:n*d]
	for i := range a {
		a[i] = 0.8*b[i] + 0.6*z[n*d+i]
	}
	dir := t.TempDir()
	for name, v := range map[string][]float64{"x": a, "y": b} {
		if err := checkpoint.WriteNPZ(nil, filepath.Join(dir, name+".npz"), checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF64s(v, n, d)}); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "x.npz"), filepath.Join(dir, "y.npz")
}

// trainedOnPairs trains a small network for some steps on pairs, with those settings.
func trainedOnPairs(t *testing.T, x, y string, steps int, settings ...string) *model.Loaded {
	t.Helper()
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Data, c.Pairs = []string{x}, []string{y}
	given := []string{"val", "steps"}
	for i := 0; i < len(settings); i += 2 {
		put(&c, settings[i], settings[i+1])
		given = append(given, settings[i])
	}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	put(&c, "channels", "64,64")
	c.Val, c.Steps, c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = 0.1, steps, 0, 0, 0, 0
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	set, err := c.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	trainIn(t, &c, dir, Parts{Data: set})
	m, err := model.Load(testEngine(t), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// A model that sees pairs is asked for nothing without them, and says so.
func TestPairsAreNeeded(t *testing.T) {
	x, y := gaussianPairs(t, 512)
	m := trainedOnPairs(t, x, y, 2)
	if !m.Spec.Paired || !m.Spec.Given() {
		t.Fatalf("the files say %+v", m.Spec)
	}
	if _, err := m.Sample(t.Context(), model.Options{N: 2}); err == nil || !strings.Contains(err.Error(), "--pairs") {
		t.Errorf("sampled from nothing: %v", err)
	}
	if _, err := m.Sample(t.Context(), model.Options{N: 2, Start: func(_, n int) ([]float32, error) { return make([]float32, n), nil }}); err == nil || !strings.Contains(err.Error(), "expected 4") {
		t.Errorf("sampled from too little: %v", err)
	}
	same := func(first, n, batch int) []float32 {
		out, err := m.Sample(t.Context(), model.Options{N: n, First: first, Batch: batch, Seed: 2, Start: func(first, n int) ([]float32, error) {
			v := make([]float32, 2*n)
			for i := range v {
				v[i] = float32(2*first + i)
			}
			return v, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if a, b := same(0, 6, 6), same(2, 4, 3); !slices.Equal(a[4:], b) {
		t.Errorf("a sample depends on the batch that it is in: %v, %v", a[4:], b)
	}
}
