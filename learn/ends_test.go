package learn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
)

// A bridge's input is a x0 + b x1 + s eps, eps the place's noise and x1 of the second data set:
// either of its two points where the ends come as they are, the one on x0's side where they are
// coupled, at other points of the sign's own law. The entropic coupling of much noise is as none.
func TestBridgeEnds(t *testing.T) {
	const n = 64
	e, m := testEngine(t), pointsNet(t, 1, 1)
	from, err := data.FromMemory(data.Memory{Kind: kind.OfPoints(1), X: []float32{-3, 3}}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &data.Batch{Kind: kind.OfPoints(1), N: n, X: make([]float32, n)}
	for i := range b.X {
		b.X[i] = float32(2 + i%2*-4) // 2, -2, ..
	}
	at := learn.Place{Step: 5, Noise: random.Stream{Seed: 2, Domain: random.Training, Step: 5}, Times: random.Stream{Seed: 2, Domain: random.Times, Step: 5}}
	for _, c := range []struct {
		coupling string
		c        float64
		coupled  bool
	}{{"none", 0.5, false}, {"ot", 0.5, true}, {"sinkhorn", 0.5, true}, {"sinkhorn", 30, false}} {
		o := reverie.Objective{Process: reverie.Bridge{C: c.c}, Param: reverie.X0}
		how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: m, Objective: o, Kind: kind.OfPoints(1), From: from, Coupling: c.coupling})
		if err != nil {
			t.Fatal(err)
		}
		in, times, err := how.Inputs(b, at)
		if err != nil {
			t.Fatal(err)
		}
		x, target := tensors.MustCopyFlatData[float32](in[0]), tensors.MustCopyFlatData[float32](in[2])
		apart, seen := 0, 0
		for i, x0 := range b.X {
			law := o.Process.At(times[i])
			if target[i] != x0 {
				t.Errorf("%s: target %v, want %v", c.coupling, target[i], x0)
			}
			if law.Beta < 0.05 {
				continue
			}
			seen++
			eps := float64(noise.Single(nil, at.Noise.Plus(i), 1, 1, 1, 1)[0])
			x1 := (float64(x[i]) - law.Alpha*float64(x0) - law.Sigma*eps) / law.Beta
			if !(math.Abs(math.Abs(x1)-3) <= 1e-3) {
				t.Errorf("%s: far end %v, want -3 or 3", c.coupling, x1)
			}
			if x1*float64(x0) < 0 {
				apart++
			}
		}
		// As they come half of 50 and more are apart, 25 give or take 3.5; coupled, as few as the
		// two points are unevenly drawn.
		if most := 12; c.coupled != (apart <= most) || seen < 50 {
			t.Errorf("%s, noise %v: %d of %d on the other side", c.coupling, c.c, apart, seen)
		}
	}
	how, err := learn.Denoising{}.Method(learn.Setup{Engine: e, Net: m, Objective: reverie.Objective{Process: reverie.Bridge{C: 1e-6}, Param: reverie.X0},
		Kind: kind.OfPoints(1), From: from, Coupling: "sinkhorn"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := how.Inputs(b, at); err == nil || !strings.Contains(err.Error(), "give --coupling ot") {
		t.Errorf("without noise: %v", err)
	}
}
