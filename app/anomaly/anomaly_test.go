package anomaly

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

type batch = reverie.Batch[float64]

// processes are those that data are noised by.
func processes(t *testing.T) map[string]reverie.Process {
	t.Helper()
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]reverie.Process{"ddpm": chain, "vp": reverie.VP{}, "ve": reverie.VE{}, "edm": reverie.EDM{}, "flow": reverie.Flow{}}
}

// host is a space whose first sample has that number.
func host(first int) *reverie.Host[float64] {
	return &reverie.Host[float64]{Stream: random.Stream{Seed: 5, Domain: 128}.Plus(first)}
}

// still is a Space whose noise is 0: what is affine in its noise is then what it is on average.
type still struct{ *reverie.Host[float64] }

func (still) Noise(like batch) batch { return reverie.NewBatch[float64](len(like), len(like[0])) }

// law is the mixture of equally likely Gaussians of those means, all of one covariance, each a
// class of its own.
func law(t *testing.T, cov mixture.Cov, means ...[]float64) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New(nil, means, []mixture.Cov{cov})
	if err != nil {
		t.Fatal(err)
	}
	class := make([]int, len(means))
	for i := range class {
		class[i] = i
	}
	if m, err = m.WithClasses(class); err != nil {
		t.Fatal(err)
	}
	return m
}

// setup is that of a denoiser, with a grid of so many steps.
func setup(t *testing.T, sp reverie.Space[batch], p reverie.Process, d reverie.Denoiser[batch], steps int) Setup[batch] {
	t.Helper()
	grid, err := sample.LogSNR(p, steps)
	if err != nil {
		t.Fatal(err)
	}
	return Setup[batch]{Run: &sample.Run[batch]{Space: sp, Process: p, Denoiser: d}, Solver: &sample.DDIM[batch]{}, Grid: grid}
}

// find is what a method finds, of which the map has to be |x - Healed|, but of ANDi.
func find(t *testing.T, m Method[batch], s Setup[batch], x batch) Finding[batch] {
	t.Helper()
	f, err := m.Find(t.Context(), s, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := m.(*ANDi[batch]); ok {
		return f
	}
	for n := range x {
		for i := range x[n] {
			near(t, "the map", f.Map[n][i], math.Abs(x[n][i]-f.Healed[n][i]), 0)
		}
	}
	return f
}

// at is the law at the level, of which the finding has to tell the same.
func at(t *testing.T, p reverie.Process, l Level) reverie.Coef {
	t.Helper()
	c := p.At(l.T)
	near(t, "sigma/alpha", l.Ratio, c.Sigma/c.Alpha, 1e-15)
	return c
}

// near reports a number that differs by over tol of 1 and of the wanted one.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

// nearAll is near of every number.
func nearAll(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		near(t, what, got[i], want[i], tol)
	}
}
