package anomaly

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// TestAtRatio: a method that is set to a ratio noises to it, whatever the process: to a level, or
// from twice to half of it; of a chain to the index nearest.
func TestAtRatio(t *testing.T) {
	const ratio = 0.6
	m := mixture.Random(12, 4, 7)
	x := m.Sample(host(9).Stream, 1)
	for name, p := range processes(t) {
		for _, method := range all(t) {
			row, ok := AtRatio(method, p, ratio)
			if !ok {
				t.Errorf("%s has no level", method.Row().Name)
				continue
			}
			at, err := For[batch](row)
			if err != nil {
				t.Fatal(err)
			}
			f := find(t, at, shaped(t, host(0), p, m), x)
			first := f.Levels[0].Ratio
			want := ratio
			switch method.Row().Name {
			case "onestep", "andi", "dae":
				want = 2 * ratio
			}
			lo, hi := p.Span()
			if _, discrete := p.(reverie.Discrete); discrete {
				i := f.Levels[0].T
				for _, j := range []float64{max(lo, i-1), min(hi, i+1)} {
					if c := p.At(j); math.Abs(math.Log(c.Sigma/c.Alpha/want)) < math.Abs(math.Log(first/want)) {
						t.Errorf("%s, %s: index %v of sigma/alpha %v, and %v is nearer to %v", name, method.Row().Name, i, first, j, want)
					}
				}
			} else if math.Abs(first-want) > 1e-6 {
				t.Errorf("%s, %s: sigma/alpha %v, want %v", name, method.Row().Name, first, want)
			}
		}
	}
}
