package edit

import (
	"fmt"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// TestDiffPIRStep: x0hat becomes (A'A + rho I)^-1 (A'y + rho D), which the test solves by
// elimination; of a mask that is y where it is known, drawn to D by rho, and D elsewhere.
func TestDiffPIRStep(t *testing.T) {
	const lambda = 7.
	for _, s := range settings(t) {
		for name, p := range processes(t) {
			lo, hi := p.Span()
			at := lo + 0.3*(hi-lo)
			c := p.At(at)
			x := s.m.At(c).Sample(random.Stream{Seed: 4, Domain: 128}, 2)
			pr := s.problem(p, host(0), &sample.DDIM[batch]{}, []float64{at, reverie.Clean}, 2)
			d, err := (&DiffPIR[batch]{Noise: Noise{s.sd}, Lambda: lambda}).Draw(t.Context(), pr, x)
			if err != nil {
				t.Fatal(err)
			}
			rho := lambda * s.sd * s.sd * c.Alpha * c.Alpha / (c.Sigma * c.Sigma)
			square, back := dense(s.a, s.m.Dim()), s.a.Adjoint(s.y)
			for i := range square {
				square[i][i] += rho
			}
			inv := inverse(square)
			for n := range x {
				D := s.m.Denoise(c, x[n])
				right := make([]float64, len(D))
				for i := range D {
					right[i] = back[i] + rho*D[i]
				}
				nearAll(t, fmt.Sprintf("%s, %s", s.name, name), d.X[n], times(inv, right), 1e-6)
				if m, ok := s.a.(mask); ok {
					for i, known := range m.known {
						want := D[i]
						if known {
							want = (s.y[i] + rho*D[i]) / (1 + rho)
						}
						near(t, "of a mask", d.X[n][i], want, 1e-9)
					}
				}
			}
		}
	}
}
