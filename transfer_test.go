package reverie

import (
	"context"
	"math"
	"strings"
	"testing"
)

// exact is the denoiser of process p for data ~ N(m, v): E[x0|x] = m + a v (x - a m)/(a^2 v + s^2),
// and its derivative.
type exact struct {
	p    Process
	m, v float64
}

func (exact) Knows(w Want) error { return w.Beyond(WantVJP, "the exact denoiser") }

func (d exact) Denoise(_ context.Context, q Query[Batch[float64]]) (e Estimate[Batch[float64]], err error) {
	c := d.p.At(q.T)
	e.X0 = like(q.X)
	for n := range q.X {
		for j, x := range q.X[n] {
			e.X0[n][j] = d.m + d.gain(c)*(x-c.Alpha*d.m)
		}
	}
	if q.Want.Has(WantVJP) {
		e.VJP = (&Host[float64]{}).Sum([]float64{d.gain(c)}, q.U)
	}
	return e, nil
}

func (d exact) gain(c Coef) float64 {
	return c.Alpha * d.v / (c.Alpha*c.Alpha*d.v + c.Sigma*c.Sigma)
}

// The exact denoiser of any process, transferred, is the exact denoiser of any other, and so is its
// vector-Jacobian product.
func TestTransferOfExactDenoisers(t *testing.T) {
	ctx, sp := context.Background(), &Host[float64]{}
	x, u := Batch[float64]{{0.3, -2}, {1.5, 0}}, Batch[float64]{{1, 2}, {3, -4}}
	done := 0
	for _, from := range processes {
		for _, to := range processes {
			within, err := Within(to.p, from.p)
			if err != nil {
				continue
			}
			truth := exact{to.p, 0.4, 0.3}
			d := Transfer(sp, from.p, within, Denoiser[Batch[float64]](exact{from.p, 0.4, 0.3}))
			lo, hi := within.Span()
			for _, w := range []float64{0, 0.3, 0.9, 1} {
				at := min(hi, lo+w*(hi-lo))
				q := Query[Batch[float64]]{X: x, T: at, Want: WantVJP, U: u}
				got, err := d.Denoise(ctx, q)
				if err != nil {
					t.Fatalf("%s to %s at %v: %v", from.name, to.name, at, err)
				}
				same, err := Denoise(ctx, d, x, at)
				if err != nil {
					t.Fatal(err)
				}
				want, _ := truth.Denoise(ctx, q)
				for n := range x {
					for j := range x[n] {
						near(t, from.name+" to "+to.name, got.X0[n][j], want.X0[n][j], tol, 1)
						near(t, "Denoise", same[n][j], got.X0[n][j], 0, 0)
						near(t, "VJP", got.VJP[n][j], want.VJP[n][j], tol, 1)
					}
				}
				done++
			}
		}
	}
	if done < 300 {
		t.Errorf("only %d cases", done)
	}
}

// A network trained on a chain sees the real number between the indices at which the chain has the
// other process's ratio, and the chain's scale.
func TestTransferFromDiscrete(t *testing.T) {
	ctx, sp := context.Background(), &Host[float64]{}
	chain, ve := mustDDPM("linear", 1000), EDM{}
	sigma := 0.5
	net := func(_ context.Context, x Batch[float64], cond float64) (Batch[float64], error) {
		i := math.Floor(cond)
		if i == cond || !(ratio(chain, i) > 1/sigma && ratio(chain, i+1) < 1/sigma) {
			t.Errorf("cond = %v", cond)
		}
		near(t, "x", x[0][0], 3/math.Sqrt(1+sigma*sigma), tol, 0) // a^2 + s^2 = 1
		return x, nil
	}
	d := Transfer(sp, chain, ve, Wrap(sp, chain, X0, net))
	if d.Knows(WantVJP) == nil {
		t.Error("a network without derivatives has some")
	}
	if _, err := Denoise(ctx, d, Batch[float64]{{3}}, sigma); err != nil {
		t.Fatal(err)
	}
	_, err := Denoise(ctx, d, Batch[float64]{{3}}, 0.001)
	if err == nil || !strings.Contains(err.Error(), "at t = 0.001") || !strings.Contains(err.Error(), "Within") {
		t.Error(err)
	}
	g := Transfer(sp, chain, ve, Denoiser[Batch[float64]](exact{chain, 0, 1}))
	if _, err := g.Denoise(ctx, Query[Batch[float64]]{X: Batch[float64]{{3}}, T: 0.001, Want: WantVJP, U: Batch[float64]{{1}}}); err == nil || !strings.Contains(err.Error(), "at t = 0.001") {
		t.Error(err)
	}
	if _, err := Denoise(ctx, Transfer(sp, Bridge{}, ve, d), Batch[float64]{{3}}, 1); err == nil || !strings.Contains(err.Error(), "far end") {
		t.Error(err)
	}
	// The chain at its own indices: as it was.
	own := Transfer(sp, chain, chain, Denoiser[Batch[float64]](DenoiserFunc[Batch[float64]](
		func(_ context.Context, x Batch[float64], at float64) (Batch[float64], error) {
			near(t, "index", at, 17, 0, 0)
			return x, nil
		})))
	if x, err := Denoise(ctx, own, Batch[float64]{{3}}, 17); err != nil || x[0][0] != 3 {
		t.Error(x, err)
	}
}

func TestWithin(t *testing.T) {
	chain := mustDDPM("linear", 300) // 99.995 > a/s > .2245
	for _, c := range []struct {
		name     string
		to, from Process
		lo, hi   float64
		prior    float64
	}{
		{"flow", Flow{}, chain, 1 / (1 + ratio(chain, 0)), 1 / (1 + ratio(chain, 299)), 1 / (1 + ratio(chain, 299))},
		{"edm", EDM{}, chain, 1 / ratio(chain, 0), 1 / ratio(chain, 299), 1 / ratio(chain, 299)},
		{"flow's beginning", Flow{Hi: 0.5}, chain, 1 / (1 + ratio(chain, 0)), 0.5, 0.5},
		{"all of a chain", chain, VP{Lo: 1e-5}, 0, 299, 1},
		{"chain in flow", chain, Flow{Lo: 0.5}, TimeAt(chain, 0), 299, 1},
		{"flow in flow", Flow{}, Flow{Lo: 0.01}, 0.01, 1, 1},
		{"between", Flow{Between: true}, Flow{Lo: 0.01, Between: true}, 0.01, 1, 1},
	} {
		p, err := Within(c.to, c.from)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		lo, hi := p.Span()
		near(t, c.name+" lo", lo, c.lo, 1e-12, 0)
		near(t, c.name+" hi", hi, c.hi, 1e-12, 0)
		near(t, c.name+" prior", PriorSigma(p), c.prior, 1e-12, 0)
		mid := lo + (hi-lo)/3
		near(t, c.name+" inverse", TimeAt(p, p.At(mid).Lambda()), mid, 1e-11, 0)
		if HasScore(c.to) == nil {
			near(t, c.name+" g^2", G2(p, mid), G2(c.to, mid), 0, 0)
		} else if HasScore(p) == nil {
			t.Errorf("%s: a part has a score that the whole has not", c.name)
		}
		_, discrete := p.(Discrete)
		if want := c.name == "all of a chain"; discrete != want {
			t.Errorf("%s: discrete = %v", c.name, discrete)
		}
	}
	for _, c := range []struct {
		to, from Process
		want     string
	}{
		{EDM{SigmaMin: 10}, chain, "no ratio in common"},
		{EDM{SigmaMax: 0.009}, chain, "111.1"},
		{Bridge{}, chain, "far end"},
		{Flow{}, Bridge{}, "far end"},
		{Flow{}, Flow{Between: true}, "no score"},
		{Flow{Between: true}, VP{}, "no score"},
	} {
		if _, err := Within(c.to, c.from); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v within %T: %v, want %q", c.to, c.from, err, c.want)
		}
	}
}
