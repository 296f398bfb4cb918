package model

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// X are the batches that are guided.
type X = *tensors.Tensor

// scaled is a guide that multiplies x0hat.
type scaled struct {
	By float64 `flag:"scaled-by" range:"[0,2]" help:"factor of x0hat"`
}

func (*scaled) Row() table.Info { return table.Info{Name: "scaled", Text: "x0hat times a number"} }

func (g *scaled) Guide(s guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	times := func(x X) X { return s.Space.Sum([]float64{g.By}, x) }
	return reverie.Map(d, times, func(_, u X) X { return times(u) }), nil
}

// bent is a guide that clamps x0hat.
type bent struct{}

func (bent) Row() table.Info { return table.Info{Name: "bent", Text: "x0hat within a tenth"} }

func (bent) Guide(s guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	return reverie.Clamp[X](s.Space, d, -0.1, 0.1)
}

// Guides compose in their order, the first one innermost, before x0hat is clamped; the settings of
// each are checked, and its error names it. One step of ddim from noise is x0hat.
func TestGuides(t *testing.T) {
	m := small(t, openEngine(t, ""))
	draw := func(clamp string, guides ...guide.Guide[X]) []float32 {
		x, err := m.Sample(t.Context(), Options{N: 1, Height: 8, Width: 8, Seed: 3, Solver: sample.DDIM[X]{}, Steps: 1, Clamp: clamp, Guides: guides})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	plain := draw("none")
	for name, c := range map[string]struct {
		got  []float32
		want func(x float64) float64
	}{
		"scaled":            {draw("none", &scaled{0.5}), func(x float64) float64 { return x / 2 }},
		"scaled, then bent": {draw("none", &scaled{0.5}, bent{}), func(x float64) float64 { return min(max(x/2, -0.1), 0.1) }},
		"bent, then scaled": {draw("none", bent{}, &scaled{0.5}), func(x float64) float64 { return min(max(x, -0.1), 0.1) / 2 }},
		"scaled, clamped":   {draw("x0", &scaled{2}), func(x float64) float64 { return min(max(2*x, -1), 1) }},
	} {
		for i, v := range plain {
			if want := c.want(float64(v)); !(math.Abs(float64(c.got[i])-want) <= 1e-5) {
				t.Errorf("%s: value %d is %v, want %v", name, i, c.got[i], want)
				break
			}
		}
	}
	o := Options{N: 1, Height: 8, Width: 8, Guides: []guide.Guide[X]{&scaled{3}}}
	if err := m.Fits(o); err == nil || !strings.Contains(err.Error(), "guide scaled: --scaled-by 3 is outside 0 to 2") {
		t.Error(err)
	}
	o.Guides = []guide.Guide[X]{&scaled{0.5}, bent{}}
	if got := m.Filled(o).Sampler(); got != "dpm++2m, guide scaled (scaled-by 0.5), guide bent" {
		t.Error(got)
	}
}
