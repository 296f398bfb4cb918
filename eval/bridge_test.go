package eval

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// The values of exact bridges are the closed form's: of the Schroedinger bridge of N(-0.1, 1) and
// N(0.1, 1) the correlation .618, as Sinkhorn's on the same samples, and the path divergence .1426;
// of bridge matching of independent ends, which has the same ends, the correlation .546, which is
// told. Of 1,500 samples the standard error of a correlation is under .02, and the distances are
// under the floor of as many samples twice over.
func TestBridgeValues(t *testing.T) {
	const n = 1500
	law := func(mean float64) *mixture.Mixture {
		m, err := mixture.New(nil, [][]float64{{mean}}, []mixture.Cov{{Var: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	p := reverie.Bridge{}.Pinned()
	b, err := mixture.Schroedinger(p, law(-0.1), law(0.1))
	if err != nil {
		t.Fatal(err)
	}
	rows := func(m *mixture.Mixture, seed uint64) Rows {
		return Rows{n, 1, slices.Concat(m.Sample(random.Stream{Seed: seed, Domain: 128}, n)...)}
	}
	near, far := rows(law(-0.1), 1), rows(law(0.1), 2)
	for _, c := range []struct {
		what        string
		bridge      *mixture.Bridge
		correlation float64
		kl          float64
	}{{"bridge", b, b.Coupling()[0][0], b.KL()}, {"matched", b.With(nil), b.With(nil).Match().Coupling()[0][0], 0}} {
		w := walks[reverie.Batch[float64]]{
			space: &reverie.Host[float64]{Stream: random.Stream{Seed: 3, Domain: 129}}, bridge: p, denoiser: mixture.Ends(c.bridge), steps: 50,
			write: func(r Rows) reverie.Batch[float64] { return r.batch(r.N) },
			read:  func(x reverie.Batch[float64]) []float64 { return slices.Concat(x...) },
			next:  func(reverie.Batch[float64]) {},
		}
		values, err := w.measure(t.Context(), near, far, 4)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, v := range values {
			got[strings.TrimPrefix(v.Name, "bridge: ")] = v.X
		}
		t.Log(c.what, got)
		for name, want := range map[string][2]float64{
			"correlation by Sinkhorn": {0.618, 0.06}, "correlation back": {c.correlation, 0.06}, "correlation forward": {c.correlation, 0.06},
			"w2^2 back": {0, 0.02}, "w2^2 forward": {0, 0.02}, "sliced back": {0, 0.12}, "sliced forward": {0, 0.12},
			"cycle error": {0, 0.1},
		} {
			if d := math.Abs(got[name] - want[0]); !(d <= want[1]) {
				t.Errorf("%s: %s is %v, want %v", c.what, name, got[name], want[0])
			}
		}
		if c.kl > 0 && math.Abs(got["path KL, nats"]-c.kl) > 0.02 {
			t.Errorf("path KL %v, want %v", got["path KL, nats"], c.kl)
		}
		for _, name := range []string{"covariance error back", "covariance error forward"} {
			if off := got[name]; c.what == "matched" && !(off > 0.05) || c.what == "bridge" && !(off < 0.08) {
				t.Errorf("%s: %s is %v", c.what, name, off)
			}
		}
	}
}
