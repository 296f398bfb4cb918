package edit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// A pair is a map of two numbers to one: the test's own Linear.
type pair struct{ p, q float64 }

func (a pair) Apply(x []float64) []float64   { return []float64{a.p*x[0] + a.q*x[1]} }
func (a pair) Adjoint(y []float64) []float64 { return []float64{a.p * y[0], a.q * y[0]} }
func (a pair) Shape() Shape                  { return Shape{1, 1, 1} }

// A setting is a Gaussian law with something measured of it.
type setting struct {
	name string
	m    *mixture.Mixture
	a    Linear
	sd   float64
	y    []float64
}

// settings are in 2 dimensions and in 64, with maps that mix them.
func settings(t *testing.T) []setting {
	t.Helper()
	of := func(name string) Linear {
		m, err := Operators.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var known []bool
		s := Shape{8, 8, 1}
		if m.Masked {
			known = checkered(s)
		}
		a, err := m.Of(s, known)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	all := []setting{{"a sum", gaussian(t, []float64{0.3, -0.5}, [][]float64{{1, 0.8}, {0.8, 1.5}}), pair{1, 0.5}, 0.2, []float64{1.2}}}
	big := mixture.Random(64, 1, 1)
	for _, name := range []string{"mask", "down4", "blur"} {
		a := of(name)
		all = append(all, setting{name, big, a, 0.1, a.Apply(big.Sample(random.Stream{Seed: 9, Domain: 128}, 1)[0])})
	}
	return all
}

// problem is the setting's under a process, for batches of n samples.
func (s setting) problem(p reverie.Process, sp reverie.Space[batch], solver sample.Solver[batch], g []float64, n int) Problem[batch] {
	clamp, err := sample.Clamps.Find("none")
	if err != nil {
		panic(err) // it is one of the rows
	}
	y := make(batch, n)
	for i := range y {
		y[i] = s.y
	}
	return Problem[batch]{
		Run:    &sample.Run[batch]{Space: sp, Process: p, Denoiser: s.m.Denoiser(p)},
		Solver: solver, Grid: g, Clamp: clamp, A: Lift[batch](&reverie.Host[float64]{}, s.a, nil, nil), Y: y,
	}
}

// TestMMPSIsExact: its x0hat is E[x0 | x_t, y] at every time of every process.
func TestMMPSIsExact(t *testing.T) {
	for _, s := range settings(t) {
		for name, p := range processes(t) {
			lo, hi := p.Span()
			for _, u := range []float64{0.01, 0.2, 0.6, 0.95} {
				at := math.Round(lo + u*u*(hi-lo))
				if hi < 500 {
					at = lo + u*u*(hi-lo)
				}
				c := p.At(at)
				x := s.m.At(c).Sample(random.Stream{Seed: 4, Domain: 128}, 2)
				// one step to Clean returns x0hat
				pr := s.problem(p, host(0), &sample.DDIM[batch]{}, []float64{at, reverie.Clean}, 2)
				d, err := (&MMPS[batch]{Noise: Noise{s.sd}, Rounds: 200}).Draw(t.Context(), pr, x)
				if err != nil || !(d.Residual <= 1e-6) {
					t.Fatalf("%s, %s at %v: residual %v, %v", s.name, name, at, d.Residual, err)
				}
				for n := range x {
					want, _ := posterior(s.m, s.a, s.y, s.sd, c, x[n])
					nearAll(t, fmt.Sprintf("%s, %s at %v", s.name, name, at), d.X[n], want, 1e-6)
				}
			}
		}
	}
}

// TestMMPSLaw: what it draws has the posterior's mean and covariance. The walk is affine in its
// noise, so that both are known without drawing, and differ from the posterior's by what the
// solver's steps err, of second order in their number, and by the signal that is left at hi: a =
// e^-5 of VP there.
func TestMMPSLaw(t *testing.T) {
	for _, s := range settings(t) {
		dim, steps, tol := s.m.Dim(), 80, 0.01
		ps := processes(t)
		if dim > 2 && s.name != "down4" {
			continue // whose every x0hat is exact, and takes some fifty rounds
		}
		if dim > 2 {
			ps, steps, tol = map[string]reverie.Process{"vp": ps["vp"]}, 25, 0.02
		}
		wantMean, wantCov := posterior(s.m, s.a, s.y, s.sd, reverie.Coef{}, nil)
		for name, p := range ps {
			mean, cov := momentsOf(t, dim, func(sp reverie.Space[batch], zeros batch) batch {
				pr := s.problem(p, sp, &sample.DPM2M[batch]{}, grid(t, "logsnr", p, steps), len(zeros))
				d, err := (&MMPS[batch]{Noise: Noise{s.sd}, Rounds: 100}).Draw(t.Context(), pr, pr.Run.Prior(zeros))
				if err != nil {
					t.Fatal(err)
				}
				return d.X
			})
			for i := range mean {
				near(t, s.name+", "+name+": mean", mean[i], wantMean[i], tol)
			}
			nearAll(t, s.name+", "+name+": covariance", slices.Concat(cov...), slices.Concat(wantCov...), tol)
		}
	}
}
