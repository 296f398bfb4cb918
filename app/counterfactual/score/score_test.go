package score

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// refused wants an error that says what is wrong.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want an error that says %q", err, want)
	}
}

// The ends of an interval are the roots of (v-p)^2 = z^2 p(1-p)/n, on either side of the value, and
// the interval of the misses is that of the hits turned round.
func TestWilson(t *testing.T) {
	near(t, "z", z, 1.959963984540054, 1e-14)
	for _, c := range [][2]int{{0, 1}, {1, 1}, {0, 10}, {3, 10}, {5, 10}, {10, 10}, {1, 1000}, {497, 500}} {
		r, err := NewRate(c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		if !(0 <= r.Low && r.Low <= r.Value && r.Value <= r.High && r.High <= 1 && r.Low < r.High) {
			t.Errorf("%+v", r)
		}
		for _, p := range []float64{r.Low, r.High} {
			near(t, fmt.Sprintf("equation of %+v at %v", r, p), (r.Value-p)*(r.Value-p), z*z*p*(1-p)/float64(r.Of), 1e-15)
		}
		other, err := NewRate(c[1]-c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "low and high", r.Low, 1-other.High, 1e-15)
	}
	for _, c := range [][2]int{{0, 0}, {-1, 3}, {4, 3}} {
		_, err := NewRate(c[0], c[1])
		refused(t, err, "expected at least one case")
	}
}

// The interval holds the truth in about 95 of 100 cases: of all outcomes of n = 60 cases, weighted
// by their probability, between .93 and .97 for middling truths.
func TestWilsonCovers(t *testing.T) {
	const n = 60
	for _, p := range []float64{.2, .35, .5, .7} {
		covered, mass := 0.0, math.Pow(1-p, n)
		for k := range n + 1 {
			if r, err := NewRate(k, n); err == nil && r.Low <= p && p <= r.High {
				covered += mass
			}
			mass *= float64(n-k) / float64(k+1) * p / (1 - p)
		}
		if covered < .93 || covered > .97 {
			t.Errorf("p = %v: covered by %v", p, covered)
		}
	}
}

func TestFlipRate(t *testing.T) {
	r, err := FlipRate([][]float64{{.2, .5, .3}, {.4, .4, .2}, {.1, .2, .7}, {1, 0, 0}}, []int{1, 0, 1, 0})
	if err != nil || r.Hits != 2 || r.Of != 4 || r.Value != .5 { // a tie is no flip
		t.Errorf("%+v, %v", r, err)
	}
	for want, c := range map[string]struct {
		p      [][]float64
		target []int
	}{
		"of 0 samples":              {nil, nil},
		"of 1 samples: expected":    {[][]float64{{.5, .5}}, []int{0, 1}},
		"of 3 classes, those of":    {[][]float64{{.5, .5}, {.5, .2, .3}}, []int{0, 1}},
		"at least 2":                {[][]float64{{1}}, []int{0}},
		"class 1 of sample 0 is -3": {[][]float64{{.1, -3}}, []int{0}},
		"is NaN":                    {[][]float64{{math.NaN(), 0}}, []int{0}},
		"class 2: the classifier":   {[][]float64{{.5, .5}}, []int{2}},
		"class -1":                  {[][]float64{{.5, .5}}, []int{-1}},
	} {
		_, err := FlipRate(c.p, c.target)
		refused(t, err, want)
	}
}

func TestChanges(t *testing.T) {
	x := [][]float64{{0, 0, 1, 1, 2, 2, 3, 3}, {0, 0, 0, 0, 0, 0, 0, 0}}
	to := [][]float64{{0, 3, 1, 1, 2, -2, 3, 3}, {.1, -.1, .1, .1, 0, .2, 0, 0}}
	got, err := Changes(x, to, 2, .1)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []Change{{7, 5, .5}, {.6, math.Sqrt(.08), .25}} { // .1 is not over the threshold
		near(t, "L1", got[n].L1, want.L1, 1e-15)
		near(t, "L2", got[n].L2, want.L2, 1e-15)
		near(t, "pixels", got[n].Pixels, want.Pixels, 0)
	}
	for want, c := range map[string]struct {
		x, to     [][]float64
		channels  int
		threshold float64
	}{
		"2 samples and 1":                {x, to[:1], 2, 0},
		"0 samples and 0":                {nil, nil, 2, 0},
		"pixels of 3 channels":           {x, to, 3, 0},
		"pixels of 0 channels":           {x, to, 0, 0},
		"threshold -1":                   {x, to, 2, -1},
		"threshold NaN":                  {x, to, 2, math.NaN()},
		"sample 0: of 1 numbers":         {[][]float64{{1}}, [][]float64{{1, 2}}, 1, 0},
		"sample 1: of 1 numbers":         {[][]float64{{1, 2}, {1}}, [][]float64{{1, 2}, {1}}, 1, 0},
		"sample 0: number 1 is NaN":      {[][]float64{{1, 2}}, [][]float64{{1, math.NaN()}}, 1, 0},
		"sample 0: number 0 is +Inf":     {[][]float64{{math.Inf(1), 2}}, [][]float64{{1, 1}}, 1, 0},
		"of 0 numbers, its counterfact.": {[][]float64{{}}, [][]float64{{}}, 1, 0},
	} {
		_, err := Changes(c.x, c.to, c.channels, c.threshold)
		refused(t, err, strings.TrimSuffix(want, "."))
	}
}

// Corners of a simplex are sqrt(2) from each other; copies are 0.
func TestDiversity(t *testing.T) {
	got, err := Diversity([][]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}})
	near(t, "simplex", got, math.Sqrt2, 1e-15)
	if err != nil {
		t.Error(err)
	}
	got, err = Diversity([][]float64{{0}, {1}, {3}}) // 1, 3 and 2
	near(t, "line", got, 2, 0)
	if err != nil {
		t.Error(err)
	}
	if got, err = Diversity([][]float64{{1, 2}, {1, 2}}); got != 0 || err != nil {
		t.Errorf("copies: %v, %v", got, err)
	}
	_, err = Diversity([][]float64{{1, 2}})
	refused(t, err, "at least 2")
	_, err = Diversity(nil)
	refused(t, err, "at least one")
}

// linear is a classifier of two classes, of which the second has probability w x.
func linear(w []float64) Probabilities {
	return func(_ context.Context, x [][]float64) ([][]float64, error) {
		p := make([][]float64, len(x))
		for n, row := range x {
			v := 0.0
			for i := range row {
				v += w[i] * row[i]
			}
			p[n] = []float64{1 - v, v}
		}
		return p, nil
	}
}

// Pixels that each add c_i to the probability of the target, swapped from the largest down one by
// one: below the target's curve lies 1/P sum_i c_i (P - i - 1/2), i from 0 on, and below the
// source's 1 less that.
func TestCOUTOfLinear(t *testing.T) {
	c := []float64{.05, .5, .2, .1, .15}
	w := slices.Repeat([]float64{1}, 5)
	got, err := Transitions(t.Context(), linear(w), [][]float64{make([]float64, 5)}, [][]float64{c}, []int{0}, []int{1}, Swap{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	below := (.5*4.5 + .2*3.5 + .15*2.5 + .1*1.5 + .05*.5) / 5
	near(t, "COUT", got[0].COUT(), 2*below-1, 1e-15)
	near(t, "mean COUT", MeanCOUT(append(got, got...)), 2*below-1, 1e-15)
	for i, want := range []float64{0, .5, .7, .85, .95, 1} {
		near(t, "target's curve", got[0].Target[i], want, 1e-15)
		near(t, "source's curve", got[0].Source[i], 1-want, 1e-15)
	}
	// Where the decision hangs on one pixel alone, it is 1 less half a step on both curves if that
	// pixel goes first, and -1 with as much if it goes last.
	for at, want := range map[int]float64{1: 1 - 1.0/5, 0: -1 + 1.0/5} {
		one := make([]float64, 5)
		one[at] = 1 / c[at]
		got, err := Transitions(t.Context(), linear(one), [][]float64{make([]float64, 5)}, [][]float64{c}, []int{0}, []int{1}, Swap{1, 5})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "COUT by one pixel", got[0].COUT(), want, 1e-15)
	}
}

// Batches, channels and steps against the definition, transcribed: at step t a pixel is swapped if
// fewer than tP/T, rounded, go before it.
func TestTransitionsAgainstDefinition(t *testing.T) {
	const samples, pixels, channels, steps = 3, 41, 2, 6
	x, to, w := make([][]float64, samples), make([][]float64, samples), make([]float64, pixels*channels)
	random.Stream{Seed: 1}.Uniforms(w)
	for i := range w {
		w[i] /= pixels * channels
	}
	for n := range x {
		x[n], to[n] = make([]float64, pixels*channels), make([]float64, pixels*channels)
		random.Stream{Seed: 2, Sample: uint64(n)}.Uniforms(x[n])
		random.Stream{Seed: 3, Sample: uint64(n)}.Uniforms(to[n])
		for i := range x[n] { // ties
			x[n][i], to[n][i] = math.Round(x[n][i]*3)/3, math.Round(to[n][i]*3)/3
		}
	}
	source, target := []int{0, 1, 1}, []int{1, 0, 1}
	given := slices.Clone(x[1])
	got, err := Transitions(t.Context(), linear(w), x, to, source, target, Swap{channels, steps})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(given, x[1]) {
		t.Error("the samples were changed")
	}
	change := func(n, p int) float64 {
		return math.Abs(to[n][2*p]-x[n][2*p]) + math.Abs(to[n][2*p+1]-x[n][2*p+1])
	}
	for n := range x {
		for step := range steps + 1 {
			v := 0.0
			for p := range pixels {
				before := 0
				for q := range pixels {
					if change(n, q) > change(n, p) || change(n, q) == change(n, p) && q < p {
						before++
					}
				}
				from := x[n]
				if before < int(math.Round(float64(step)*pixels/steps)) {
					from = to[n]
				}
				v += w[2*p]*from[2*p] + w[2*p+1]*from[2*p+1]
			}
			both := []float64{1 - v, v}
			near(t, "source", got[n].Source[step], both[source[n]], 1e-14)
			near(t, "target", got[n].Target[step], both[target[n]], 1e-14)
		}
	}
	near(t, "COUT of a class to itself", got[2].COUT(), 0, 0)
}

func TestRefusedTransitions(t *testing.T) {
	x, to, one := [][]float64{{0, 0}}, [][]float64{{.5, .2}}, []int{1}
	f := linear([]float64{1, 1})
	failing := func(context.Context, [][]float64) ([][]float64, error) { return nil, context.Canceled }
	wrong := linear([]float64{9, 9})
	for want, call := range map[string]func() ([]Transition, error){
		"0 channels":             func() ([]Transition, error) { return Transitions(t.Context(), f, x, to, []int{0}, one, Swap{}) },
		"-1 steps":               func() ([]Transition, error) { return Transitions(t.Context(), f, x, to, []int{0}, one, Swap{1, -1}) },
		"no classifier":          func() ([]Transition, error) { return Transitions(t.Context(), nil, x, to, []int{0}, one, Swap{1, 1}) },
		"0 source":               func() ([]Transition, error) { return Transitions(t.Context(), f, x, to, nil, one, Swap{1, 1}) },
		"0 target":               func() ([]Transition, error) { return Transitions(t.Context(), f, x, to, one, nil, Swap{1, 1}) },
		"class 2":                func() ([]Transition, error) { return Transitions(t.Context(), f, x, to, one, []int{2}, Swap{1, 1}) },
		"step 1: probability of": func() ([]Transition, error) { return Transitions(t.Context(), wrong, x, to, one, one, Swap{1, 1}) },
		"2 samples and 1 counterfac": func() ([]Transition, error) {
			return Transitions(t.Context(), f, [][]float64{{0, 0}, {0, 0}}, to, one, one, Swap{1, 1})
		},
	} {
		_, err := call()
		refused(t, err, want)
	}
	if _, err := Transitions(t.Context(), failing, x, to, one, one, Swap{1, 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a failing classifier: %v", err)
	}
}

// What changed, and whether by what the classifier decides.
func Example() {
	x, to := [][]float64{{0, 0, 0, 0}}, [][]float64{{0.9, 0.1, 0, 0}}
	changes, err := Changes(x, to, 1, 0.05)
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := Transitions(context.Background(), linear([]float64{1, 1, 0, 0}), x, to, []int{0}, []int{1}, Swap{Channels: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("L1 %.1f, %.0f%% of the pixels, COUT %.2f\n", changes[0].L1, 100*changes[0].Pixels, MeanCOUT(all))
	// Output: L1 1.0, 50% of the pixels, COUT 0.70
}

// TestElsewhere: what the source lost and the target got is nothing elsewhere, and what others got
// is all; else it is the total variation of the laws with both classes merged, by definition the
// largest difference in probability of a set of classes.
func TestElsewhere(t *testing.T) {
	before := [][]float64{{1, 0, 0, 0}, {1, 0, 0, 0}, {0.5, 0.1, 0.3, 0.1}, {0.2, 0.3, 0.4, 0.1}}
	after := [][]float64{{0, 1, 0, 0}, {0, 0, 1, 0}, {0.1, 0.6, 0.1, 0.2}, {0.3, 0.4, 0.1, 0.2}}
	source, target := []int{0, 0, 0, -1}, []int{1, 1, 1, 1}
	got, err := Elsewhere(before, after, source, target)
	if err != nil {
		t.Fatal(err)
	}
	for n := range before {
		most := 0.0
		for set := range 16 { // of classes, in which source and target are both or neither
			if source[n] >= 0 && set>>source[n]&1 != set>>target[n]&1 {
				continue
			}
			d := 0.0
			for y := range 4 {
				d += float64(set>>y&1) * (after[n][y] - before[n][y])
			}
			most = max(most, math.Abs(d))
		}
		near(t, "elsewhere", got[n], most, 1e-12)
	}
	near(t, "from source to target", got[0], 0, 0)
	near(t, "to another", got[1], 1, 0)
	for want, of := range map[string][4]any{
		"probabilities of 4 samples":              {before, after, []int{0}, []int{1}},
		"sample 3: class 4: the classifier knows": {before, after, source, []int{1, 1, 1, 4}},
		"4 classes before and 2 after":            {before[:1], [][]float64{{1, 0}}, []int{0}, []int{1}},
		"expected one from 0 to 1":                {[][]float64{{-1, 0}}, [][]float64{{1, 0}}, []int{0}, []int{1}},
	} {
		_, err := Elsewhere(of[0].([][]float64), of[1].([][]float64), of[2].([]int), of[3].([]int))
		refused(t, err, want)
	}
}
