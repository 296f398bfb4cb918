package mixture_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

type batch = reverie.Batch[float64]

// What follows of the two expected ends are the drifts, the score and the flow: of Gaussian bridges
// in 1, 3 and 20 dimensions over every reference they are the closed form's, the score that of the
// law of x_t, and the drifts add up to g^2 times it. Seen from the far end the forward drift is the
// backward one, and the reverse.
func TestUnpaired(t *testing.T) {
	sp := &reverie.Host[float64]{}
	for _, dim := range []int{1, 3, 20} {
		for name, r := range map[string]reverie.Reference{
			"brownian": reverie.Geometric{K: 1, C: 1}, "sb-ve": reverie.Geometric{}, "i2sb": reverie.Symmetric{},
			"sb-vp": reverie.Preserving{BetaMax: 3}, "pulled": reverie.Geometric{K: 2, C: 0.5, Theta: 0.7},
		} {
			p := reverie.Pinned{Reference: r}
			b, err := mixture.Schroedinger(p, mixture.Random(dim, 1, 4), mixture.Random(dim, 1, 9))
			if err != nil {
				t.Fatal(err)
			}
			u := reverie.Unpaired[batch]{Space: sp, Process: p, Denoiser: mixture.Ends(b)}
			back := reverie.Reversed{Bridge: p}
			for _, at := range []float64{0.05, 0.4, 0.93} {
				law, g2 := b.At(at), p.G2(at)
				x := law.Sample(random.Stream{Seed: 3, Domain: 128}, 4)
				four := [4]batch{}
				for i, f := range []func() (batch, error){
					func() (batch, error) { return u.Forward(t.Context(), x, at) },
					func() (batch, error) { return u.Backward(t.Context(), x, at) },
					func() (batch, error) { return u.Score(t.Context(), x, at) },
					func() (batch, error) { return u.Velocity(t.Context(), x, at) },
				} {
					if four[i], err = f(); err != nil {
						t.Fatal(err)
					}
				}
				turned, err := reverie.Turn(mixture.Ends(b)).Denoise(t.Context(), reverie.Query[batch]{X: x, T: 1 - at})
				if err != nil {
					t.Fatal(err)
				}
				cx, far := back.At(1 - at).Drift()
				for n := range x {
					forward, backward, score := b.Forward(at, x[n]), b.Backward(at, x[n]), law.Score(x[n])
					for j := range x[n] {
						size := 1 + math.Abs(forward[j]) + math.Abs(backward[j])
						what := fmt.Sprint(name, " ", dim, " at ", at)
						near(t, what+": forward", four[0][n][j], forward[j], 1e-10*size)
						near(t, what+": backward", four[1][n][j], backward[j], 1e-10*size)
						near(t, what+": score", g2*four[2][n][j], g2*score[j], 1e-10*size)
						near(t, what+": both drifts", four[0][n][j]+four[1][n][j], g2*score[j], 1e-10*size)
						near(t, what+": flow", four[3][n][j], (forward[j]-backward[j])/2, 1e-10*size)
						near(t, what+": reversed", cx*x[n][j]+far*turned.X1[n][j], backward[j], 1e-10*size)
					}
				}
			}
		}
	}
}

// At the ends, and of what is no pinned reference, the drifts are refused by name.
func TestUnpairedRefuses(t *testing.T) {
	b := unit(t, 1)
	u := reverie.Unpaired[batch]{Space: &reverie.Host[float64]{}, Process: reverie.Bridge{}, Denoiser: mixture.Ends(b)}
	x := batch{{0.3}}
	if _, err := u.Forward(t.Context(), x, 0); err != nil {
		t.Error(err)
	}
	for at, f := range map[float64]func() (batch, error){
		1: func() (batch, error) { return u.Forward(t.Context(), x, 1) },
		0: func() (batch, error) { return u.Backward(t.Context(), x, 0) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("singular at t = %v", at)) {
			t.Errorf("at %v: %v", at, err)
		}
	}
	for _, p := range []reverie.Process{reverie.VP{}, reverie.OUVE{}, reverie.Reversed{}} {
		u.Process = p
		if _, err := u.Score(t.Context(), x, 0.5); err == nil || !strings.Contains(err.Error(), "reverie: ") {
			t.Errorf("%T: %v", p, err)
		}
	}
	u.Process, u.Denoiser = reverie.Bridge{}, reverie.DenoiserFunc[batch](nil)
	if _, err := u.Score(t.Context(), x, 0.5); err == nil || !strings.Contains(err.Error(), "no expected far end") {
		t.Error(err)
	}
}
