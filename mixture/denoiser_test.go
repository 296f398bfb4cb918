package mixture_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

type query = reverie.Query[reverie.Batch[float64]]

func TestDenoiser(t *testing.T) {
	m, p := mixture.Random(3, 4, 7), reverie.VP{}
	x := m.At(p.At(0.4)).Sample(random.Stream{Seed: 1, Domain: 128}, 5)
	u := mixture.Random(3, 1, 8).Sample(random.Stream{Seed: 2, Domain: 128}, 5)
	d := m.Denoiser(p)
	e, err := d.Denoise(t.Context(), query{X: x, T: 0.4, Want: reverie.WantVJP, U: u})
	if err != nil {
		t.Fatal(err)
	}
	same, err := reverie.Denoise(t.Context(), d, x, 0.4)
	if err != nil {
		t.Fatal(err)
	}
	for n := range x {
		want, jac := m.Denoise(p.At(0.4), x[n]), m.Jacobian(p.At(0.4), x[n])
		for i := range want {
			near(t, "x0hat", e.X0[n][i], want[i], 1e-14)
			near(t, "x0hat without its product", same[n][i], want[i], 1e-14)
			product := 0.0
			for j := range u[n] {
				product += u[n][j] * jac[j][i]
			}
			near(t, "vector-Jacobian product", e.VJP[n][i], product, 1e-12)
		}
	}
	clean, err := reverie.Denoise(t.Context(), d, x, reverie.Clean)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the data is its own denoised", clean[4][1], x[4][1], 1e-12)
}

// TestDenoiserFarEnd checks a bridge, whose law at a far end is that of the noised data shifted by
// b x1.
func TestDenoiserFarEnd(t *testing.T) {
	m, p, tm := mixture.Random(2, 3, 7), reverie.Bridge{C: 0.7}, 0.3
	c := p.At(tm)
	far := reverie.Batch[float64]{{3, -1}, {0.5, 2}}
	x := reverie.Batch[float64]{{1, 0.2}, {-0.5, 1}}
	e, err := m.Denoiser(p).Denoise(t.Context(), query{X: x, T: tm, Far: []reverie.Batch[float64]{far}})
	if err != nil {
		t.Fatal(err)
	}
	got := e.X0
	for n := range x {
		score := m.At(c, far[n]).Score(x[n])
		v := m.Velocity(c, x[n], far[n])
		cx, cx0, cfar := c.Velocity()
		for i := range score {
			near(t, "x0hat", got[n][i], (x[n][i]+c.Sigma*c.Sigma*score[i]-c.Beta*far[n][i])/c.Alpha, 1e-12)
			near(t, "velocity", v[i], cx*x[n][i]+cx0*got[n][i]+cfar*far[n][i], 1e-12)
		}
	}
	if _, err := reverie.Denoise(t.Context(), m.Denoiser(p), x, tm); err == nil || !strings.Contains(err.Error(), "2 samples and 0 far ends") {
		t.Errorf("without far ends: %v", err)
	}
}

func TestDenoiserErrors(t *testing.T) {
	d := named("two-modes").Denoiser(reverie.VP{})
	if _, err := reverie.Denoise(t.Context(), d, reverie.Batch[float64]{{1}}, 0.5); err == nil || !strings.Contains(err.Error(), "sample 0 has 1 numbers") {
		t.Errorf("wrong dimension: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Denoise(ctx, query{T: 0.5, Want: reverie.WantVJP}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
