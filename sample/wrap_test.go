package sample

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// opinionated is a denoiser with a learned variance: v of each element.
type opinionated struct {
	reverie.Denoiser[batch]
	v batch
}

func (o opinionated) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (o opinionated) Denoise(ctx context.Context, q reverie.Query[batch]) (reverie.Estimate[batch], error) {
	q.Want = 0
	e, err := o.Denoiser.Denoise(ctx, q)
	e.V = o.v
	return e, err
}

// The learned variance: v = -1 is the posterior's, v = 1 beta's, between them the logarithm is
// interpolated, element by element, beyond them extrapolated.
func TestLearnedVariance(t *testing.T) {
	beta := []float64{0.1, 0.2, 0.05, 0.3}
	p := mustDDPM(t, beta)
	abar := products(beta)
	x, z := batch{{0.5, -1, 2, 0.3, 1}}, batch{{1, -2, 0.5, 3, 1}}
	d := opinionated{exact(p, 0), batch{{-1, 1, 0, 0.4, 1.2}}}
	for _, from := range []int{3, 2, 1} {
		sp := &recorded{noise: []batch{z, z, z}}
		run := &Run[batch]{Space: sp, Process: p, Denoiser: d}
		got, err := Sample(context.Background(), run, DDPM[batch]{Variance: "learned"}, x, []float64{float64(from), float64(from - 1)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		posterior := beta[from] * (1 - abar[from]) / (1 - abar[from+1])
		for j, v := range d.v[0] {
			m, _ := ancestralDDPM(beta, reverie.PosteriorVariance)(float64(from), float64(from-1), x[0][j])
			deviation := math.Pow(beta[from], (1+v)/4) * math.Pow(posterior, (1-v)/4)
			if want := m + deviation*z[0][j]; !(math.Abs(got[0][j]-want) <= 1e-12) {
				t.Errorf("from %d, v = %v: %v, want %v", from, v, got[0][j], want)
			}
		}
	}
	run := &Run[batch]{Space: &recorded{}, Process: p, Denoiser: d} // no noise to Clean
	got, err := Sample(context.Background(), run, DDPM[batch]{Variance: "learned"}, x, []float64{0, reverie.Clean}, nil)
	if err != nil || !(math.Abs(got[0][0]-expected(math.Sqrt(0.9), math.Sqrt(0.1), 0.5)) <= 1e-12) {
		t.Error(got, err)
	}
	host := &reverie.Host[float64]{}
	moved := reverie.Transfer(host, p, p, reverie.Denoiser[batch](d))
	for want, run := range map[string]*Run[batch]{
		"use posterior or beta":     {Space: host, Process: p, Denoiser: exact(p, 0)},
		"of the steps of the chain": {Space: host, Process: p, Denoiser: moved},
		"lacks LogScale":            {Space: plain{host}, Process: p, Denoiser: d},
	} {
		if _, err := Sample(context.Background(), run, DDPM[batch]{Variance: "learned"}, x, []float64{3, 2}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// Dynamic thresholding: each sample by its own quantile, and not at all where that is below 1.
func TestThreshold(t *testing.T) {
	sp := &reverie.Host[float64]{}
	x0 := batch{{-4, 2, 0.5, 1, 0}, {0.5, -0.25, 0.1, 0.9, -0.9}, {1.2, 0, 0, 0, 0}}
	d := reverie.DenoiserFunc[batch](func(context.Context, batch, float64) (batch, error) { return x0, nil })
	for q, want := range map[float64]batch{
		0.75: {{-1, 1, 0.25, 0.5, 0}, x0[1], {1, 0, 0, 0, 0}},                // sample 0: s = 2
		0.5:  {{-1, 1, 0.5, 1, 0}, x0[1], {1, 0, 0, 0, 0}},                   // s = 1: a clamp
		0.9:  {{-1, 2 / 3.2, 0.5 / 3.2, 1 / 3.2, 0}, x0[1], {1, 0, 0, 0, 0}}, // s = 2 + 0.6*2
	} {
		th, err := Threshold[batch](sp, d, q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reverie.Denoise(context.Background(), th, x0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if d := distance(got, want); !(d <= 1e-12) {
			t.Errorf("q = %v: %v, want %v", q, got, want)
		}
		if th.Knows(reverie.WantVariance) == nil {
			t.Error("a variance was learned from nothing")
		}
	}
	th, err := Threshold[batch](sp, opinionated{d, batch{{7}}}, 0.75)
	if err != nil {
		t.Fatal(err)
	}
	e, err := th.Denoise(context.Background(), reverie.Query[batch]{X: x0, T: 1, Want: reverie.WantVariance})
	if err != nil || e.X0[0][0] != -1 || e.V[0][0] != 7 {
		t.Error(e, err)
	}
	for _, q := range []float64{0, 1, -1, math.NaN()} {
		if _, err := Threshold[batch](sp, d, q); err == nil {
			t.Errorf("q = %v is taken", q)
		}
	}
	if _, err := Threshold[batch](plain{sp}, d, 0.9); err == nil || !strings.Contains(err.Error(), "lacks AbsQuantile") {
		t.Error(err)
	}
}

// Encoding data as noise and sampling from it returns the data: the error falls with the steps as
// the solver's order says, and an adaptive one is as near as its tolerance and the noise left out
// at lo allow.
func TestInvert(t *testing.T) {
	p := reverie.VP{}
	x0 := batch{{-1.1, 0.2, 0.9}}
	gap := func(solver func() Solver[batch], n int) float64 {
		run := &Run[batch]{Space: &reverie.Host[float64]{}, Process: p, Denoiser: exact(p, 0)}
		grid, err := Grid("logsnr", p, n)
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(grid)
		x, err := Invert(context.Background(), run, solver(), x0, grid, nil)
		if err != nil || !slices.Equal(grid, before) {
			t.Fatal(err, grid)
		}
		m1, v := marginal(p, 1) // the encoding is the exact flow's
		for j, a := range x0[0] {
			if want := m1 + (a-mean)/sd*math.Sqrt(v); n >= 80 && !(math.Abs(x[0][j]-want) <= 0.15) {
				t.Errorf("%T in %d: %v encoded as %v, want %v", solver(), n, a, x[0][j], want)
			}
		}
		back, err := Sample(context.Background(), run, solver(), x, grid, nil)
		if err != nil {
			t.Fatal(err)
		}
		return distance(back, x0)
	}
	ddim := func() Solver[batch] { return DDIM[batch]{} }
	if a, b := gap(ddim, 80), gap(ddim, 160); !(a <= 0.2 && a/b >= 1.7 && a/b <= 2.3) {
		t.Errorf("ddim: gaps %v, %v", a, b)
	}
	heun := func() Solver[batch] { return Heun[batch]{} }
	if a, b := gap(heun, 20), gap(ddim, 80); !(a <= b/2) {
		t.Errorf("heun: gap %v, ddim's %v", a, b)
	}
	// x0hat at lo is nearer to the mean than x by sigma^2/sd^2 = 4.4e-4.
	rk45 := func() Solver[batch] { return &RK45[batch]{} }
	if a := gap(rk45, 2); !(a <= 1e-3) {
		t.Errorf("rk45: gap %v", a)
	}
}
