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
	"github.com/reverie-go/reverie/random"
)

// far is a second data set of points in the plane.
func far(t *testing.T, x ...float32) *data.Set {
	t.Helper()
	s, err := data.FromMemory(data.Memory{Kind: kind.OfPoints(2), X: x}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The loss of two heads is the mean square of the halves of the output to their targets, of which
// by Coef.Ends the ends of the pairs come out, x0 the batch's and x1 of the second set, and x_t
// between them.
func TestUnpairedLoss(t *testing.T) {
	const n = 12
	e, m := testEngine(t), pointsNet(t, 2, 4)
	set := learn.Setup{Engine: e, Net: m, Kind: kind.OfPoints(2), From: far(t, 5, 6, -7, 8, 0.5, 0.25), Bridge: learn.SF2M{}, Coupling: "none",
		Objective: reverie.Objective{Process: reverie.Bridge{C: 0.7}, Param: reverie.X0}}
	how, err := learn.Denoising{}.Method(set)
	if err != nil {
		t.Fatal(err)
	}
	l := learn.New(e, m, how, learn.Options{Seed: 3})
	defer l.Close()
	if err := l.Draw(); err != nil {
		t.Fatal(err)
	}
	b := cloud(n, 2)
	at := learn.Place{Step: 5, Noise: random.Stream{Seed: 2, Domain: random.Training, Step: 5}, Times: random.Stream{Seed: 2, Domain: random.Times, Step: 5}}
	in, times, err := how.Inputs(b, at)
	if err != nil {
		t.Fatal(err)
	}
	weights, in := doubles(e, l.State.Weights()), doubles(e, in)
	flat := func(i int) []float64 { return tensors.MustCopyFlatData[float64](in[i]) }
	x0, x1, x := flat(2), flat(4), flat(0)
	targets := [2][]float64{flat(2), flat(4)}
	for i, t := range times { // of what the network sees and is to say, what they were
		head0, head1, scale := set.Objective.Process.At(t).Ends()
		for j := 2 * i; j < 2*i+2; j++ {
			x[j] /= scale
			x0[j], x1[j] = head0.Skip*x[j]+head0.Out*x0[j], head1.Skip*x[j]+head1.Out*x1[j]
		}
	}
	for i := range n {
		is := func(a, b float64) bool { return math.Abs(x1[2*i]-a)+math.Abs(x1[2*i+1]-b) < 1e-4 }
		if !is(5, 6) && !is(-7, 8) && !is(0.5, 0.25) {
			t.Errorf("far end %v is none of the second set", x1[2*i:2*i+2])
		}
		if math.Abs(x0[2*i]-float64(b.X[2*i]))+math.Abs(x0[2*i+1]-float64(b.X[2*i+1])) > 1e-4 {
			t.Errorf("end %v, want %v", x0[2*i:2*i+2], b.X[2*i:2*i+2])
		}
		if c := set.Objective.Process.At(times[i]); math.Abs(x[2*i]-c.Alpha*float64(b.X[2*i])-c.Beta*x1[2*i]) > 5*c.Sigma {
			t.Errorf("x_t %v at t = %v is not between %v and %v", x[2*i], times[i], b.X[2*i], x1[2*i])
		}
	}
	loss, parts := evaluated(t, e, m, how, weights, in)
	f := said(t, e, m, weights, flat(0), n, flat(1))
	for i := range n {
		var want [2]float64
		for j := range 2 {
			d0, d1 := f[4*i+j]-targets[0][2*i+j], f[4*i+2+j]-targets[1][2*i+j]
			want[0] += d0 * d0 / 2
			want[1] += d1 * d1 / 2
		}
		if math.Abs(parts[0][i]-want[0]) > 1e-12*want[0] || math.Abs(parts[1][i]-want[1]) > 1e-12*want[1] || math.Abs(loss[i]-want[0]-want[1]) > 1e-12*loss[i] {
			t.Errorf("sample %d: loss %v of %v and %v, want %v", i, loss[i], parts[0][i], parts[1][i], want)
		}
	}
	for want, spoil := range map[string]func(s *learn.Setup){
		"2 outputs: the two ends of a bridge take 4": func(s *learn.Setup) { s.Net = pointsNet(t, 2, 2) },
		"no reference that is pinned at both ends":   func(s *learn.Setup) { s.Objective.Process = reverie.OUVE{} },
	} {
		s := set
		spoil(&s)
		if _, err := (learn.Denoising{}).Method(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s: %v", want, err)
		}
	}
}
