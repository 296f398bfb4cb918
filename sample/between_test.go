package sample_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// TestBetween: the ends exactly, the ratios of neighbouring noise levels the same, and every index
// where as many are asked for.
func TestBetween(t *testing.T) {
	for _, p := range []reverie.Process{reverie.VP{}, reverie.SubVP{}, reverie.VE{}, reverie.EDM{}, reverie.Flow{}} {
		high, low := reverie.TimeAt(p, -1), reverie.TimeAt(p, 2)
		g, err := sample.Between(p, high, low, 7)
		if err != nil || g[0] != high || g[6] != low {
			t.Fatalf("%T: from %v to %v: %v, %v", p, high, low, g, err)
		}
		for i, at := range g {
			if l, want := p.At(at).Lambda(), -1+float64(i)/2; math.Abs(l-want) > 1e-9 {
				t.Errorf("%T: lambda %d is %v, want %v", p, i, l, want)
			}
		}
	}
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	g, err := sample.Between(chain, 20, 3, 18)
	if err != nil || !slices.IsSortedFunc(g, func(a, b float64) int { return int(b - a) }) || g[0] != 20 || g[17] != 3 || g[9] != 11 {
		t.Errorf("every index from 20 to 3: %v, %v", g, err)
	}
	if g, err = sample.Between(chain, 200, 75, 25); err != nil || len(slices.Compact(g)) != 25 {
		t.Errorf("25 indices: %v, %v", g, err)
	}
	if g, err = sample.Between(chain, 200, 200, 1); err != nil || !slices.Equal(g, []float64{200}) {
		t.Errorf("one index: %v, %v", g, err)
	}
	for want, f := range map[string]func() ([]float64, error){
		"has only 18 there":    func() ([]float64, error) { return sample.Between(chain, 20, 3, 19) },
		"expected at least 1":  func() ([]float64, error) { return sample.Between(chain, 20, 3, 0) },
		"second end below":     func() ([]float64, error) { return sample.Between(chain, 3, 20, 2) },
		"from 5 down to 5":     func() ([]float64, error) { return sample.Between(chain, 5, 5, 2) },
		"within 0..999":        func() ([]float64, error) { return sample.Between(chain, 1000, 20, 2) },
		"from NaN":             func() ([]float64, error) { return sample.Between(chain, math.NaN(), 20, 2) },
		"from 20 down to -0.5": func() ([]float64, error) { return sample.Between(chain, 20, -0.5, 2) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
