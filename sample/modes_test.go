package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// twoModes is the mixture of NCSN's section 3.2.2 (Song & Ermon 2019): one fifth at (-5, -5), four
// fifths at (5, 5).
var twoModes = mix{weight: []float64{0.2, 0.8}, mean: [][]float64{{-5, -5}, {5, 5}}, sd: [][]float64{{1, 1}, {1, 1}}}

// shareOfSecond returns the share of samples near (5, 5), the mean distance to the nearer mode, and
// the mean square distance.
func shareOfSecond(x batch) (share, square float64) {
	for _, v := range x {
		at := 5.0
		if v[0]+v[1] < 0 {
			at = -5
		} else {
			share += 1 / float64(len(x))
		}
		square += ((v[0]-at)*(v[0]-at) + (v[1]-at)*(v[1]-at)) / 2 / float64(len(x))
	}
	return share, square
}

// Plain Langevin dynamics from all over the plane fill the modes by their basins, half and half;
// annealed ones by their weights. Without noise plain dynamics collapse onto the modes.
func TestAnnealedLangevinFindsTheWeights(t *testing.T) {
	const n = 600
	p := reverie.VE{SigmaMin: 0.1, SigmaMax: 20}
	walk := func(solver Solver[batch], steps int) (share, square float64) {
		sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 8}}
		x := reverie.NewBatch[float64](n, 2)
		for i := range x { // uniform in [-8, 8]^2
			(random.Stream{Seed: 9, Sample: uint64(i)}).Uniforms(x[i])
			x[i][0], x[i][1] = 16*x[i][0]-8, 16*x[i][1]-8
		}
		grid, err := LogSNR(p, steps)
		if err != nil {
			t.Fatal(err)
		}
		run := &Run[batch]{Space: sp, Process: p, Denoiser: twoModes.denoiser(p)}
		x, err = Sample(context.Background(), run, solver, x, grid, nil)
		if err != nil {
			t.Fatal(err)
		}
		return shareOfSecond(x)
	}
	deviation := math.Sqrt(0.2 * 0.8 / n)
	share, square := walk(Langevin[batch]{H: 0.05}, 300)
	if !(math.Abs(share-0.5) <= 0.06 && math.Abs(square-1) <= 0.1) {
		t.Errorf("plain: share %v, mean square %v, want the basins' 0.5 and the modes' 1", share, square)
	}
	share, square = walk(AnnealedLangevin[batch]{Updates: 40}, 25)
	if !(math.Abs(share-0.8) <= 3.5*deviation+0.02 && math.Abs(square-1) <= 0.1) {
		t.Errorf("annealed: share %v, mean square %v, want 0.8 and 1", share, square)
	}
	if share, square = walk(Langevin[batch]{H: 0.05, Still: true}, 300); !(square <= 1e-3) {
		t.Errorf("still: share %v, mean square %v: not collapsed", share, square)
	}
}

// Langevin dynamics with a step of h on N(m, v) keep the variance v/(1 - h/(4v)): the closed form
// of its bias.
func TestLangevinBias(t *testing.T) {
	p := reverie.VE{}
	_, v := marginal(p, 0.5)
	for _, h := range []float64{0.4, 0.2, 0.1} {
		const n = 300
		gotM, gotV := law(t, p, Langevin[batch]{Level: 0.5, H: h}, even(1, 0, n), 3, 2, n)
		if want := v / (1 - h/(4*v)); !(math.Abs(gotV-want) <= 1e-6*want && math.Abs(gotM-mean) <= 1e-6) {
			t.Errorf("h = %v: mean %v, variance %v, want %v, %v", h, gotM, gotV, mean, want)
		}
	}
}
