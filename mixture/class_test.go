package mixture_test

import (
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// classed is a mixture of five Gaussians of three classes.
func classed(t *testing.T, dim int) *mixture.Mixture {
	t.Helper()
	m, err := mixture.Random(dim, 5, 3).WithClasses([]int{0, 2, 1, 2, 0})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestClassPosterior: p(y|x) = p(y) p(x|y)/p(x) with the densities of the whole and of the class's
// own law, its gradient the difference of the scores and of finite ones, and the laws add up.
func TestClassPosterior(t *testing.T) {
	const h = 1e-5
	for _, dim := range []int{1, 2, 64} {
		m, c := classed(t, dim), reverie.VP{}.At(0.3)
		law := m.At(c)
		prior := make([]float64, 3)
		for k, y := range []int{0, 2, 1, 2, 0} {
			prior[y] += m.Weight(k)
		}
		for _, x := range law.Sample(random.Stream{Seed: 4, Domain: 128}, 5) {
			sum := 0.0
			for y, logp := range law.ClassPosterior(x) {
				own := m.Class(y).At(c)
				near(t, "log p(y|x)", logp, math.Log(prior[y])+own.LogDensity(x)-law.LogDensity(x), 1e-11)
				sum += math.Exp(logp)
				for i, g := range law.ClassScore(y, x) {
					near(t, "grad log p(y|x)", g, own.Score(x)[i]-law.Score(x)[i], 1e-10)
					if i > 1 {
						continue
					}
					up, down := append([]float64(nil), x...), append([]float64(nil), x...)
					up[i], down[i] = up[i]+h, down[i]-h
					near(t, "by differences", g, (law.ClassPosterior(up)[y]-law.ClassPosterior(down)[y])/(2*h), 1e-6)
				}
			}
			near(t, "the classes' sum", sum, 1, 1e-12)
		}
	}
}

// TestClassOfEqualCovariances: between two Gaussians of one covariance the log-odds are linear in
// x, a (mu1-mu0)' C^-1 (x - a (mu0+mu1)/2) + log w1/w0, C = a^2 Sigma + s^2 I.
func TestClassOfEqualCovariances(t *testing.T) {
	m, err := mixture.New([]float64{1, 3}, [][]float64{{-1, 0.5}, {2, 1}}, []mixture.Cov{{Var: 0.7}})
	if err == nil {
		m, err = m.WithClasses([]int{0, 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := reverie.VP{}.At(0.2)
	x, C := []float64{0.8, -0.3}, c.Alpha*c.Alpha*0.7+c.Sigma*c.Sigma
	want := math.Log(3)
	for i, mu := range [][2]float64{{-1, 2}, {0.5, 1}} {
		want += c.Alpha * (mu[1] - mu[0]) / C * (x[i] - c.Alpha*(mu[0]+mu[1])/2)
	}
	p := m.At(c).ClassPosterior(x)
	near(t, "log-odds", p[1]-p[0], want, 1e-13)
}

// TestDenoiserOfClass: the denoiser of a class is that of the class's own law, sample by sample,
// with its product; null is the whole.
func TestDenoiserOfClass(t *testing.T) {
	m, p := classed(t, 3), reverie.VP{}
	x := m.At(p.At(0.4)).Sample(random.Stream{Seed: 1, Domain: 128}, 4)
	u := m.Sample(random.Stream{Seed: 2, Domain: 128}, 4)
	class := []int{2, reverie.NullClass, 0, 2}
	e, err := m.Denoiser(p).Denoise(t.Context(), query{X: x, T: 0.4, Want: reverie.WantVJP | reverie.WantClass, U: u, Class: class})
	if err != nil {
		t.Fatal(err)
	}
	apart := 0.0
	for n, y := range class {
		own := m
		if y != reverie.NullClass {
			own = m.Class(y)
		}
		want, err := own.Denoiser(p).Denoise(t.Context(), query{X: x[n : n+1], T: 0.4, Want: reverie.WantVJP, U: u[n : n+1]})
		if err != nil {
			t.Fatal(err)
		}
		for i := range x[n] {
			near(t, "x0hat", e.X0[n][i], want.X0[0][i], 0)
			near(t, "product", e.VJP[n][i], want.VJP[0][i], 0)
			apart = max(apart, math.Abs(want.X0[0][i]-m.Denoise(p.At(0.4), x[n])[i]))
		}
	}
	if !(apart > 0.1) {
		t.Errorf("class and whole are %v apart: the test says nothing", apart)
	}
	if _, err := m.Denoiser(p).Denoise(t.Context(), query{X: x, T: 0.4, Want: reverie.WantClass, Class: class[1:]}); err == nil || !strings.Contains(err.Error(), "3 classes for 4 samples") {
		t.Error(err)
	}
	if err := mixture.Random(2, 3, 1).Denoiser(p).Knows(reverie.WantClass); err == nil || !strings.Contains(err.Error(), "the exact denoiser gives no class-conditional estimate") {
		t.Error(err)
	}
}

func TestWithClassesErrors(t *testing.T) {
	m := mixture.Random(1, 3, 1)
	for want, class := range map[string][]int{
		"2 classes for 3 Gaussians":           {0, 1},
		"class -1 of Gaussian 1":              {0, -1, 0},
		"class 3 of Gaussian 0: expected one": {3, 0, 1},
		"no Gaussian is of class 1":           {0, 2, 2},
	} {
		if _, err := m.WithClasses(class); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", class, err, want)
		}
	}
}
