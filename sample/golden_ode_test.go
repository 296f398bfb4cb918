package sample

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// otherMixture is a mixture of round Gaussians of a golden file.
type otherMixture struct {
	Weights, Deviations []float64
	Means               [][]float64
}

func (g otherMixture) mixture(t *testing.T) *mixture.Mixture {
	t.Helper()
	var covs []mixture.Cov
	for _, s := range g.Deviations {
		covs = append(covs, mixture.Cov{Var: s * s})
	}
	m, err := mixture.New(g.Weights, g.Means, covs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Solver rk45 on the probability flow of a mixture against scipy: with the same pair of formulas
// and the same tolerance it comes as near to the truth (scipy's DOP853 at 1e-13), within a factor
// of 3 and the truth's own 1e-11, in at most 1.5 times the evaluations. The two estimate the error
// in different norms, over a sample's Euclidean one here and over the whole batch's mean square
// there.
func TestRK45AgainstScipy(t *testing.T) {
	g := readJSON[struct {
		Mixture otherMixture
		Runs    []struct {
			Process      string
			Hi, Lo       float64
			Start, Truth batch
			RK45         [][3]float64
		}
	}](t, "ode.json")
	m := g.Mixture.mixture(t)
	if len(g.Runs) != 3 {
		t.Fatalf("%d runs", len(g.Runs))
	}
	for _, g := range g.Runs {
		p := map[string]reverie.Process{"vp": reverie.VP{Lo: g.Lo}, "edm": reverie.EDM{SigmaMin: g.Lo, SigmaMax: g.Hi}, "flow": reverie.Flow{Lo: g.Lo, Hi: g.Hi}}[g.Process]
		for _, r := range append(g.RK45, [3]float64{1e-11, 1500, 3e-11}) {
			sp := &reverie.Host[float64]{}
			solver := &RK45[batch]{RTol: r[0], ATol: r[0]}
			calls, worst := 0, 0.0
			run := &Run[batch]{Space: sp, Process: p, Denoiser: m.Denoiser(p)}
			x, err := Sample(context.Background(), run, solver, g.Start, []float64{g.Hi, g.Lo}, func(s State[batch]) error { calls = s.Calls; return nil })
			if err != nil {
				t.Fatal(err)
			}
			for n := range x {
				for j, v := range x[n] {
					worst = max(worst, math.Abs(v-g.Truth[n][j]))
				}
			}
			t.Logf("%s at %g: error %.2g in %d calls; scipy %.2g in %v", g.Process, r[0], worst, calls, r[2], r[1])
			if !(worst <= 3*r[2]+1e-11) || float64(calls) > 1.5*r[1] {
				t.Errorf("%s at tolerance %g: error %g in %d calls; scipy's is %g in %v", g.Process, r[0], worst, calls, r[2], r[1])
			}
		}
	}
}
