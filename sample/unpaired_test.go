package sample

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
)

// axes is a Space in which the noise of a walk's step k is 1 in sample k and 0 in all others: of a
// linear walk it tells by what each step's noise comes out.
type axes struct {
	reverie.Host[float64]
	drawn int
}

func (a *axes) Noise(like batch) batch {
	z := reverie.NewBatch[float64](len(like), 1)
	if a.drawn++; a.drawn < len(z) {
		z[a.drawn][0] = 1
	}
	return z
}

// joined are the variance of where the walk of an unpaired bridge on the line leads, and its
// covariance with the start, of variance 1: exactly, of a denoiser that is linear.
func joined(t *testing.T, p reverie.Process, d reverie.Denoiser[batch], solver Solver[batch], spacing string, steps int) (variance, cov float64) {
	t.Helper()
	grid, err := Grid(spacing, p, steps)
	if err != nil {
		t.Fatal(err)
	}
	x := reverie.NewBatch[float64](steps+2, 1)
	x[0][0] = 1
	y, err := Sample(t.Context(), &Run[batch]{Space: new(axes), Process: p, Denoiser: d}, solver, x, grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range y {
		variance += v[0] * v[0]
	}
	return variance, y[0][0]
}

// Of the exact Schroedinger bridge of unit Gaussians on the line the walk in either direction has
// the plan's covariance, .618 of sigma 1 and .883 of .5, in however few steps: E[x0 | x_t] is a
// martingale. The variance of where it leads is 1 but for the method's error: of ancestral steps
// what they lose of the noise, of first order up to a logarithm, of Euler-Maruyama a tenth of it.
// The flow leads there too, and couples otherwise.
func TestUnpairedWalks(t *testing.T) {
	one, err := mixture.New(nil, [][]float64{{0}}, []mixture.Cov{{Var: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, sigma := range []float64{1, 0.5} {
		p := reverie.Bridge{C: sigma}.Pinned()
		b, err := mixture.Schroedinger(p, one, one)
		if err != nil {
			t.Fatal(err)
		}
		plan := b.Coupling()[0][0]
		for _, c := range []struct {
			solver  Solver[batch]
			spacing string
			off     [2]float64 // of the variance in 50 and in 200 steps, over sigma
			plan    float64    // of the covariance
		}{
			{EulerMaruyama[batch]{}, "linear", [2]float64{0.006, 0.002}, plan},
			{EulerMaruyama[batch]{}, "quadratic", [2]float64{0.006, 0.002}, plan},
			{DDPM[batch]{}, "linear", [2]float64{0.08, 0.025}, plan},
			{DDIM[batch]{Eta: 1}, "quadratic", [2]float64{0.05, 0.015}, plan},
			{DDIM[batch]{}, "linear", [2]float64{0.05, 0.015}, 1},
		} {
			for k, n := range []int{50, 200} {
				v, cov := joined(t, p, mixture.Ends(b), c.solver, c.spacing, n)
				w, back := joined(t, reverie.Reversed{Bridge: p}, reverie.Turn(mixture.Ends(b)), c.solver, c.spacing, n)
				what := fmt.Sprintf("%s of sigma %v in %d %s steps", Name(c.solver), sigma, n, c.spacing)
				if !(math.Abs(v-w) <= 1e-9 && math.Abs(cov-back) <= 1e-9) { // of a bridge that is symmetric
					t.Errorf("%s: variance %v and covariance %v back, %v and %v forth", what, v, cov, w, back)
				}
				if !(math.Abs(v-1) <= c.off[k]*sigma) {
					t.Errorf("%s: variance %v, want 1", what, v)
				}
				tol := 1e-9
				if c.plan == 1 {
					tol = c.off[k]
				}
				if !(math.Abs(cov-c.plan) <= tol) {
					t.Errorf("%s: covariance %v, want %v", what, cov, c.plan)
				}
			}
		}
	}
}

// A far end that is not given is refused, unless the denoiser expects one.
func TestUnpairedNeedsBothEnds(t *testing.T) {
	one, err := mixture.New(nil, [][]float64{{0}}, []mixture.Cov{{Var: 1}})
	if err != nil {
		t.Fatal(err)
	}
	p := reverie.Bridge{}
	run := &Run[batch]{Space: new(axes), Process: p, Denoiser: reverie.DenoiserFunc[batch](func(_ context.Context, x batch, _ float64) (batch, error) { return x, nil })}
	if _, err := Sample(t.Context(), run, DDIM[batch]{}, batch{{1}}, []float64{0.9, 0.5}, nil); err == nil || !strings.Contains(err.Error(), "Run.Far") {
		t.Error(err)
	}
	if reverie.Turn(one.Denoiser(p)).Knows(0) == nil {
		t.Error("a denoiser of one end was turned")
	}
}
