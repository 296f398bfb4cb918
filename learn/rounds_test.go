package learn_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/random"
)

// shifted is a Walker that goes 10 to the right on the way forward and 10 up on the way back,
// evenly, and notes what it was asked.
type shifted struct{ asked []string }

func (s *shifted) Walk(_ []*tensors.Tensor, x []float32, n int, forward bool, steps int, seed uint64, see func(int, float64, []float32) error) error {
	s.asked = append(s.asked, fmt.Sprint(forward, n, steps))
	for first := 0; first < n; first += 4 { // in batches
		m := min(4, n-first)
		for k := 1; k <= steps; k++ {
			y, t := slices.Clone(x[2*first:2*(first+m)]), float64(k)/float64(steps)
			for i := range m {
				if forward {
					y[2*i] += float32(10 * t)
				} else {
					y[2*i+1] += float32(10 * t)
				}
			}
			if !forward {
				t = 1 - t
			}
			if err := see(first, t, y); err != nil {
				return err
			}
		}
	}
	return nil
}

// rounded is the method of a bridge between points at 1 and at 2, with a walker.
func rounded(t *testing.T, b learn.Bridging, w learn.Walker) learn.Method {
	t.Helper()
	near := far(t, 1, 1, 1.5, 1)
	set := learn.Setup{Engine: testEngine(t), Net: pointsNet(t, 2, 4), Kind: kind.OfPoints(2), Data: near, From: far(t, 2, 2, 2.5, 2), Bridge: b, Seed: 4,
		Walker: w, Objective: reverie.Objective{Process: reverie.Bridge{C: 0.7}, Param: reverie.X0}}
	how, err := learn.Denoising{}.Method(set)
	if err != nil {
		t.Fatal(err)
	}
	return how
}

// place is that of a training step.
func place(step uint32) learn.Place {
	return learn.Place{Step: int(step), Noise: random.Stream{Seed: 2, Domain: random.Training, Step: step}, Times: random.Stream{Seed: 2, Domain: random.Times, Step: step}}
}

// Each round of IMF walks both ways from true samples, and learns of them, half of each: the way
// back of walks forward and the way forward of walks back. Its first one learns of both ends of
// batches. By the reference one direction has its turn each half of a round, and the other one's
// walks stay.
func TestRounds(t *testing.T) {
	const n = 200
	batch := &data.Batch{Kind: kind.OfPoints(2), N: n, X: slices.Repeat([]float32{1, 1}, n)}
	rounds := learn.Rounds{Rounds: 3, RoundSteps: 4, Walks: 6, WalkSteps: 2}
	for _, c := range []struct {
		how   learn.Bridging
		asked []string // by step 3, 4, 7, 100
		ways  [4][2]bool
	}{
		{&learn.IMF{Rounds: rounds, First: "batch"}, []string{"", "true 6 2,false 6 2", "", "true 6 2,false 6 2"}, [4][2]bool{{}, {true, true}, {true, true}, {true, true}}},
		{&learn.IMF{Rounds: rounds, First: "reference"}, []string{"false 6 2", "true 6 2", "false 6 2", "false 6 2"}, [4][2]bool{{true, true}, {true, true}, {true, true}, {true, true}}},
	} {
		w := new(shifted)
		how := rounded(t, c.how, w)
		r := how.(learn.Rounder)
		for _, step := range []int{0, 1} {
			if err := r.Begin(step, nil); err != nil || w.asked != nil {
				t.Fatal(err, w.asked)
			}
		}
		for i, step := range []int{3, 4, 7, 100} {
			w.asked = nil
			for range 2 { // the second time there is nothing to do
				if err := r.Begin(step, nil); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(w.asked, ","); got != c.asked[i] {
				t.Errorf("%v at step %d: walks %q, want %q", c.how, step, got, c.asked[i])
			}
			in, times, err := how.Inputs(batch, place(uint32(step)))
			if err != nil {
				t.Fatal(err)
			}
			flat := func(k int) []float32 { return tensors.MustCopyFlatData[float32](in[k]) }
			x, f0, w0, f1, w1 := flat(0), flat(2), flat(3), flat(4), flat(5)
			seen := map[string]int{}
			for k, at := range times {
				h0, h1, scale := (reverie.Bridge{C: 0.7}).At(at).Ends()
				y := [2]float64{float64(x[2*k]) / scale, float64(x[2*k+1]) / scale}
				x0 := [2]float64{h0.Skip*y[0] + h0.Out*float64(f0[2*k]), h0.Skip*y[1] + h0.Out*float64(f0[2*k+1])}
				x1 := [2]float64{h1.Skip*y[0] + h1.Out*float64(f1[2*k]), h1.Skip*y[1] + h1.Out*float64(f1[2*k+1])}
				d := [2]float64{x1[0] - x0[0], x1[1] - x0[1]}
				near := func(a, b float64) bool { return math.Abs(a-b) < 1e-3 }
				what := fmt.Sprint(w0[k], w1[k], " ")
				switch {
				case w0[k] == 1 && w1[k] == 1:
				case near(d[0], 10) && near(d[1], 0) && near(x0[1], 1):
					what += "forward"
				case near(d[1], -10) && near(d[0], 0) && near(x1[1], 2):
					what += "back"
				default:
					what += "else"
				}
				seen[what]++
			}
			want := map[bool][]string{false: {"1 1 "}, true: {"0 2 back", "2 0 forward"}}[c.ways[i][0]]
			if i < 1 && c.how.(*learn.IMF).First == "reference" { // whose walks forward are not the walker's
				want = []string{"0 2 back", "2 0 else"}
			}
			if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
				t.Errorf("%v at step %d: %v, want %v", c.how, step, seen, want)
			}
			for what, m := range seen { // 100 give or take 7
				if len(want) == 2 && math.Abs(float64(m)-100) > 4*7.1 {
					t.Errorf("%v at step %d: %d of %d are %s", c.how, step, m, n, what)
				}
			}
		}
	}
}

// A step of IPF is told where a walk was before: its target is what makes of where the walk is now,
// by the drift of the head's direction, where it came from.
func TestIPFSteps(t *testing.T) {
	const n, steps = 100, 5
	p := reverie.Bridge{C: 0.7}.Pinned()
	w := new(shifted)
	how := rounded(t, &learn.IPF{Rounds: learn.Rounds{Rounds: 2, RoundSteps: 4, Walks: 6, WalkSteps: steps}}, w)
	batch := &data.Batch{Kind: kind.OfPoints(2), N: n, X: make([]float32, 2*n)}
	for _, step := range []int{0, 2, 4} {
		if err := how.(learn.Rounder).Begin(step, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(w.asked, ","); got != "false 6 5,true 6 5" {
		t.Error(got)
	}
	in, times, err := how.Inputs(batch, place(4))
	if err != nil {
		t.Fatal(err)
	}
	flat := func(k int) []float32 { return tensors.MustCopyFlatData[float32](in[k]) }
	x, f, w0, w1 := flat(0), flat(2), flat(3), flat(5)
	last := 0
	for k, at := range times {
		if at == 0 || at == 1 { // after the last step, which has noise
			last++
			continue
		}
		h0, h1, scale := p.At(at).Ends()
		cx, c := p.Backward(at)
		head, along, weight, other := h0, 0, w0[k], w1[k]
		if w1[k] > 0 {
			cx, c = p.At(at).Drift()
			head, along, weight, other = h1, 1, w1[k], w0[k]
		}
		const h = 1.0 / steps
		if want := 2 * h * c * c * head.Out * head.Out / p.G2(at); other != 0 || math.Abs(float64(weight)-want) > 1e-5*want {
			t.Errorf("weights %v and %v at t = %v, want %v", weight, other, at, want)
		}
		for j := range 2 {
			y := float64(x[2*k+j]) / scale
			end := head.Skip*y + head.Out*float64(f[2*k+j])
			moved := h * (cx*y + c*end) // back along the walk, which went 2 a step
			want := 0.0
			if j == along {
				want = -2
			}
			if math.Abs(moved-want) > 1e-3 {
				t.Errorf("at t = %v the walk goes back by %v, want %v", at, moved, want)
			}
		}
	}
	if last == 0 || last > n/2 {
		t.Errorf("%d of %d draws are last steps", last, n)
	}
	how = rounded(t, &learn.IPF{Rounds: learn.Rounds{Rounds: 2, RoundSteps: 4, Walks: 6, WalkSteps: steps}}, nil)
	if err := how.(learn.Rounder).Begin(2, nil); err == nil || !strings.Contains(err.Error(), "needs a Setup with a Walker") {
		t.Error(err)
	}
}

// The reference's walks have its law, at once and in steps: of each step the variance is that of
// its time, and steps do not depend on one another.
func TestWalksAlongTheReference(t *testing.T) {
	const walks = 20000
	how := rounded(t, &learn.IPF{Rounds: learn.Rounds{Rounds: 1, RoundSteps: 4, Walks: walks, WalkSteps: 3}}, nil)
	if err := how.(learn.Rounder).Begin(0, nil); err != nil {
		t.Fatal(err)
	}
	all := how.(learn.Hoarder).Arrays()
	if len(all) != 4 {
		t.Fatalf("%d places", len(all))
	}
	place := func(k int) []float32 { return all[fmt.Sprintf("forward.%05d", k)] }
	for k := 1; k <= 3; k++ {
		var square, product float64
		for i := range 2 * walks {
			d := float64(place(k)[i] - place(k - 1)[i])
			square += d * d / (2 * walks)
			if k > 1 {
				product += d * float64(place(k - 1)[i]-place(k - 2)[i]) / (2 * walks)
			}
		}
		// 40,000 squares of variance 0.49/3: a standard error of 0.0012; of products 0.0008.
		if math.Abs(square-0.49/3) > 5e-3 || math.Abs(product) > 4e-3 {
			t.Errorf("step %d: variance %v, want %v; covariance with the last %v", k, square, 0.49/3, product)
		}
	}
}

// Walks that no memory holds are refused before any is taken.
func TestTooManyWalks(t *testing.T) {
	set := learn.Setup{Net: pointsNet(t, 2, 4), Kind: kind.OfPoints(2), Objective: reverie.Objective{Process: reverie.Bridge{}, Param: reverie.X0},
		Bridge: &learn.IPF{Rounds: learn.Rounds{Rounds: 2, RoundSteps: 4, Walks: 1 << 20, WalkSteps: 100_000_000}}}
	if _, err := (learn.Denoising{}).Method(set); err == nil || !strings.Contains(err.Error(), "give fewer --walks") {
		t.Error(err)
	}
}

// Walks come back from a checkpoint as they were, and those of another run are refused.
func TestWalksAreKept(t *testing.T) {
	b := &learn.IMF{Rounds: learn.Rounds{Rounds: 2, RoundSteps: 4, Walks: 6, WalkSteps: 2}}
	how := rounded(t, b, new(shifted))
	if err := how.(learn.Rounder).Begin(4, nil); err != nil {
		t.Fatal(err)
	}
	text, err := how.(learn.Keeper).Memory()
	if err != nil {
		t.Fatal(err)
	}
	w := new(shifted)
	again := rounded(t, b, w)
	if err := again.(learn.Hoarder).Restore(how.(learn.Hoarder).Arrays()); err != nil {
		t.Fatal(err)
	}
	if err := again.(learn.Keeper).Remember(text); err != nil {
		t.Fatal(err)
	}
	if err := again.(learn.Rounder).Begin(5, nil); err != nil || w.asked != nil {
		t.Errorf("%v: it walks again: %v", err, w.asked)
	}
	batch := &data.Batch{Kind: kind.OfPoints(2), N: 8, X: make([]float32, 16)}
	a, _, err1 := how.Inputs(batch, place(5))
	c, _, err2 := again.Inputs(batch, place(5))
	if err1 != nil || err2 != nil || !slices.Equal(tensors.MustCopyFlatData[float32](a[0]), tensors.MustCopyFlatData[float32](c[0])) {
		t.Errorf("other inputs: %v, %v", err1, err2)
	}
	for want, all := range map[string]map[string][]float32{
		"none of a bridge's walks": {"sideways.00000": {1}}, "a multiple of --walks 6": {"forward.00000": {1}}, "backward.00001": {"backward.00001": make([]float32, 12)},
	} {
		if err := again.(learn.Hoarder).Restore(all); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s: %v", want, err)
		}
	}
	if err := again.(learn.Hoarder).Restore(nil); err != nil {
		t.Fatal(err)
	}
	if err := again.(learn.Keeper).Remember(text); err == nil || !strings.Contains(err.Error(), "trainer.safetensors has 0") {
		t.Error(err)
	}
}
