package anomaly

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
)

// TestInpaintWithinMask: what is masked is where the first map is largest, each sample's own; what
// is not comes back to the bit; and the rest is drawn as the known part says.
func TestInpaintWithinMask(t *testing.T) {
	cov := make([][]float64, 12) // all numbers are alike, to a tenth
	for i := range cov {
		cov[i] = make([]float64, 12)
		for j := range cov[i] {
			cov[i][j] = 0.99
		}
		cov[i][i] = 1
	}
	m := law(t, mixture.Cov{Full: cov}, make([]float64, 12))
	x := reverie.NewBatch[float64](3, 12)
	for n, odd := range []int{2, 7, 11} {
		for i := range x[n] {
			x[n][i] = 0.5 - 0.5*float64(n) + 0.05*math.Sin(float64(5*i+n))
		}
		x[n][odd] += 1.5
	}
	for name, p := range processes(t) {
		for _, method := range []*Inpaint[batch]{{Share: 0.05}, {Threshold: 0.9}, {First: &OneStep[batch]{}, Share: 0.01}} {
			s := shaped(t, host(0), p, m)
			s.Fill = &edit.MMPS[batch]{Noise: edit.Noise{Sigma: 0.01}, Rounds: 20}
			f := find(t, method, s, x)
			for n, odd := range []int{2, 7, 11} {
				for i := range x[n] {
					switch d := f.Map[n][i]; {
					case i != odd && (d != 0 || f.Healed[n][i] != x[n][i]):
						t.Errorf("%s, %+v: number %d of sample %d is known and changes by %v", name, method, i, n, d)
					case i == odd && math.Abs(d-1.5) > 0.6: // five deviations of 0.11, which is that of a number given the others
						t.Errorf("%s, %+v: the odd one of sample %d changes by %v", name, method, n, d)
					}
				}
			}
			if last := f.Levels[len(f.Levels)-1]; math.Abs(last.Ratio-refineRatio) > 0.01 {
				t.Errorf("%s: refined at %v", name, last)
			}
		}
	}
}

// TestInpaintNothing: where no number lies above the threshold x comes back.
func TestInpaintNothing(t *testing.T) {
	m := mixture.Random(12, 2, 7)
	x := m.Sample(host(9).Stream, 2)
	for _, fill := range []edit.Method[batch]{nil, &edit.MMPS[batch]{Noise: edit.Noise{Sigma: 0.01}, Rounds: 3}} {
		s := shaped(t, host(0), reverie.VP{}, m)
		s.Fill = fill
		f := find(t, &Inpaint[batch]{Threshold: 1e6}, s, x)
		for n := range x {
			nearAll(t, "the map", f.Map[n], make([]float64, 12), 0)
		}
	}
}

// TestInpaintByChannels: a pixel's score is the mean over its channels, and all of them are
// redrawn.
func TestInpaintByChannels(t *testing.T) {
	m := law(t, covOf(0.01), make([]float64, 12))
	s := shaped(t, still{host(0)}, reverie.VP{}, m)
	s.Shape = edit.Shape{H: 2, W: 2, C: 3}
	x := batch{{0, 0, 0, 3, 0, 0, 2, 2, 2, 0, 0, 0}} // of the pixels' sums 3 and 6
	f := find(t, &Inpaint[batch]{Share: 0.3}, s, x)
	for i, d := range f.Map[0] {
		if (d != 0) != (i >= 6 && i < 9) {
			t.Errorf("the map: %v", f.Map[0])
		}
	}
}
