package edit

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

// scalar is the map of a number to itself.
type scalar struct{}

func (scalar) Apply(x []float64) []float64   { return scaled(1, x) }
func (scalar) Adjoint(y []float64) []float64 { return scaled(1, y) }
func (scalar) Shape() Shape                  { return Shape{1, 1, 1} }

// TestDPSLaw: with the likelihood's weight, for N(0, 1) and a solver that adds all its noise, the
// law is that of the reverse SDE: mean y (1 - e^(-1/sy^2)), variance (sy^2/2)(1 - e^(-2/sy^2)), at
// sy = .5 and y = 1 .982 and .125. The posterior's are .8 and .2. Steps err in the first order of
// their number: by half as much with twice as many.
func TestDPSLaw(t *testing.T) {
	const sy = 0.5
	s := setting{"itself", gaussian(t, []float64{0}, [][]float64{{1}}), scalar{}, sy, []float64{1}}
	wantMean, wantVar := 1-math.Exp(-1/(sy*sy)), sy*sy/2*(1-math.Exp(-2/(sy*sy)))
	near(t, "the mean", wantMean, 0.982, 5e-4)
	near(t, "the variance", wantVar, 0.125, 5e-4)
	for name, p := range processes(t) {
		off := func(steps int) (mean, variance float64) {
			means, cov := momentsOf(t, 1, func(sp reverie.Space[batch], zeros batch) batch {
				pr := s.problem(p, sp, &sample.DDIM[batch]{Eta: 1}, grid(t, "logsnr", p, steps), len(zeros))
				d, err := (&DPS[batch]{Noise: Noise{sy}}).Draw(t.Context(), pr, pr.Run.Prior(zeros))
				if err != nil {
					t.Fatal(err)
				}
				return d.X
			})
			return means[0] - wantMean, cov[0][0] - wantVar
		}
		m1, v1 := off(120)
		m2, v2 := off(240)
		near(t, name+": mean", m2, 0, 0.02)
		near(t, name+": variance", v2, 0, 0.02)
		if name != "ddpm" { // whose times are not to be had everywhere
			near(t, name+": mean in the limit", 2*m2-m1, 0, 2e-3)
			near(t, name+": variance in the limit", 2*v2-v1, 0, 2e-3)
		}
	}
}

// TestDPSStep: a step with Zeta is the solver's, moved against the gradient of the sample's own
// misfit, which is found by differences: whatever the other samples are.
func TestDPSStep(t *testing.T) {
	const zeta = 0.7
	m, p := mixture.Random(2, 3, 5), reverie.VP{}
	a, y := pair{1, -2}, []float64{0.4}
	g := []float64{0.6, 0.5}
	x := m.At(p.At(0.6)).Sample(random.Stream{Seed: 6, Domain: 128}, 3)
	s := setting{"", m, a, 0.1, y}
	length := func(x []float64) float64 { return math.Abs(y[0] - a.Apply(m.Denoise(p.At(0.6), x))[0]) }
	for _, solver := range []sample.Solver[batch]{&sample.DDIM[batch]{}, &sample.Heun[batch]{}} { // which asks twice a step
		pr := s.problem(p, host(0), solver, g, 3)
		plain, err := sample.Sample(t.Context(), pr.Run, solver, x, g, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := (&DPS[batch]{Noise: Noise{0.1}, Zeta: zeta}).Draw(t.Context(), pr, x)
		if err != nil {
			t.Fatal(err)
		}
		for n := range x {
			for i := range x[n] {
				const h = 1e-5
				up, down := append([]float64(nil), x[n]...), append([]float64(nil), x[n]...)
				up[i] += h
				down[i] -= h
				near(t, "x after a step", d.X[n][i], plain[n][i]-zeta*(length(up)-length(down))/(2*h), 1e-7)
			}
			near(t, "misfit", d.Misfit[n], math.Abs(y[0]-a.Apply(d.X[n])[0])/0.4, 1e-12)
		}
		alone, err := (&DPS[batch]{Noise: Noise{0.1}, Zeta: zeta}).Draw(t.Context(), s.problem(p, host(0), solver, g, 1), x[1:2])
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, "a sample alone", alone.X[0], d.X[1], 1e-14)
	}
}
