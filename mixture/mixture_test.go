package mixture_test

import (
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

var laws = []struct {
	name string
	m    *mixture.Mixture
}{
	{"gaussian", named("gaussian")},
	{"two-modes", named("two-modes")},
	{"unbalanced", named("unbalanced")},
	{"8gaussians", mixture.EightGaussians()},
	{"random-3", mixture.Random(3, 4, 7)},
	{"mixture-64", named("mixture-64")},
}

// coefs are laws of x_t that no one formula of a, s and their derivatives fits.
var coefs = []reverie.Coef{
	{Alpha: 1, Sigma: 0.3, DSigma: 2},
	{Alpha: 0.8, Sigma: 0.6, DAlpha: -0.9, DSigma: 1.2},
	{Alpha: 0.25, Sigma: 1.5, DAlpha: -0.3, DSigma: 0.4},
}

func named(name string) *mixture.Mixture {
	m, err := mixture.Named(name)
	if err != nil {
		panic(err)
	}
	return m
}

// each calls f for every law at every coefficient with points of x_t: likely ones and one far away.
func each(t *testing.T, f func(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64)) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			for i, c := range coefs {
				points := l.m.At(c).Sample(random.Stream{Seed: 3, Domain: 128, Step: uint32(2 * i)}, 3)
				for j := range points[2] {
					points[2][j] = 12 - 3*float64(j)
				}
				for _, x := range points {
					f(t, l.m, c, x)
				}
			}
		})
	}
}

// derivative is the central difference of f along axis i, of fourth order.
func derivative(f func(x []float64) float64, x []float64, i int) float64 {
	const h = 1e-3
	at := func(d float64) float64 {
		y := append([]float64(nil), x...)
		y[i] += d
		return f(y)
	}
	return (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestScoreIsGradientOfLogDensity(t *testing.T) {
	each(t, func(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64) {
		law := m.At(c)
		for i, s := range law.Score(x)[:min(4, len(x))] {
			near(t, "score", s, derivative(law.LogDensity, x, i), 1e-7)
		}
	})
}

// TestTweedie checks x0hat = (x + s^2 score)/a, which knows nothing of posteriors.
func TestTweedie(t *testing.T) {
	each(t, func(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64) {
		score := m.At(c).Score(x)
		for i, x0 := range m.Denoise(c, x) {
			near(t, "x0hat", x0, (x[i]+c.Sigma*c.Sigma*score[i])/c.Alpha, 1e-11)
		}
	})
}

func TestJacobian(t *testing.T) {
	each(t, func(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64) {
		jac := m.Jacobian(c, x)
		_, cov := m.Posterior(c, x)
		for i := range jac[:min(3, len(jac))] {
			f := func(x []float64) float64 { return m.Denoise(c, x)[i] }
			for j := range jac[:min(3, len(jac))] {
				near(t, "jacobian", jac[i][j], derivative(f, x, j), 1e-6)
				near(t, "covariance", cov[i][j], c.Sigma*c.Sigma/c.Alpha*jac[i][j], 1e-9)
			}
		}
	})
}

// TestVelocity checks a' x0hat + s' epshat against drift - g^2 score/2 in their general form.
func TestVelocity(t *testing.T) {
	each(t, func(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64) {
		score := m.At(c).Score(x)
		f, _ := c.Drift()
		g2 := 2*c.Sigma*c.DSigma - 2*f*c.Sigma*c.Sigma
		for i, v := range m.Velocity(c, x) {
			near(t, "velocity", v, f*x[i]-g2*score[i]/2, 1e-10)
		}
	})
}

// TestDensityIntegratesToOne sums the density, the mean and the second moments over a grid, in one
// and two dimensions.
func TestDensityIntegratesToOne(t *testing.T) {
	const h = 0.05
	for _, l := range laws[:4] {
		m := l.m.At(coefs[1])
		total, mean, square := 0.0, 0.0, 0.0
		for x := -12.0; x < 12; x += h {
			if m.Dim() == 1 {
				p := math.Exp(m.LogDensity([]float64{x})) * h
				total, mean, square = total+p, mean+p*x, square+p*x*x
				continue
			}
			for y := -12.0; y < 12; y += h {
				p := math.Exp(m.LogDensity([]float64{x, y})) * h * h
				total, mean, square = total+p, mean+p*x, square+p*x*x
			}
		}
		near(t, l.name+": integral", total, 1, 1e-9)
		near(t, l.name+": mean", m.Mean()[0], mean, 1e-9)
		near(t, l.name+": variance", m.Cov()[0][0], square-mean*mean, 1e-8)
	}
}

func TestMomentsOfSamples(t *testing.T) {
	const n = 20000
	for _, l := range laws {
		if l.m.Dim() > 3 {
			continue
		}
		x := l.m.Sample(random.Stream{Seed: 5, Domain: 128}, n)
		mean, cov := l.m.Mean(), l.m.Cov()
		for i := range mean {
			for j := range i + 1 {
				sum, squares, first := 0.0, 0.0, 0.0
				for _, p := range x {
					v := (p[i] - mean[i]) * (p[j] - mean[j])
					sum, squares, first = sum+v/n, squares+v*v/n, first+p[i]/n
				}
				near4(t, l.name+": mean", first, mean[i], math.Sqrt(cov[i][i]/n))
				near4(t, l.name+": covariance", sum, cov[i][j], math.Sqrt((squares-sum*sum)/n))
			}
		}
	}
}

// near4 checks a mean over samples to 4 standard errors.
func near4(t *testing.T, what string, got, want, stderr float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 4*stderr) {
		t.Errorf("%s: %v, want %v +- 4 x %v", what, got, want, stderr)
	}
}

// TestNoisedSamples checks At by noising samples, which uses none of its formulas: in 64
// dimensions, along the axes and a diagonal.
func TestNoisedSamples(t *testing.T) {
	const n = 4000
	m, c := named("mixture-64"), coefs[1]
	law, sum := m.At(c), make([]float64, 64)
	x := m.Sample(random.Stream{Seed: 6, Domain: 128}, n)
	z := make([]float64, 64)
	var diagonal, squares float64
	mean, cov := law.Mean(), law.Cov()
	for k := range x {
		random.Stream{Seed: 7, Domain: 128, Sample: uint64(k)}.Normal(z)
		d := 0.0
		for i := range z {
			xt := c.Alpha*x[k][i] + c.Sigma*z[i]
			sum[i] += xt / n
			d += xt - mean[i]
		}
		diagonal, squares = diagonal+d*d/n, squares+d*d*d*d/n
	}
	want := 0.0
	for i := range sum {
		near4(t, "mean", sum[i], mean[i], math.Sqrt(cov[i][i]/n))
		for j := range cov[i] {
			want += cov[i][j]
		}
	}
	near4(t, "variance along the diagonal", diagonal, want, math.Sqrt((squares-diagonal*diagonal)/n))
}

func TestEntropy(t *testing.T) {
	s := random.Stream{Seed: 8, Domain: 128}
	// Two Gaussians that are the same one: Monte Carlo against the closed form.
	cov := mixture.Cov{Full: [][]float64{{2, 0.5}, {0.5, 1}}}
	one, err := mixture.New(nil, [][]float64{{1, 2}}, []mixture.Cov{cov})
	if err != nil {
		t.Fatal(err)
	}
	two, err := mixture.New([]float64{1, 3}, [][]float64{{1, 2}, {1, 2}}, []mixture.Cov{cov})
	if err != nil {
		t.Fatal(err)
	}
	want, zero := one.Entropy(s, 0)
	near(t, "exact entropy", want, math.Log(2*math.Pi*math.E)+math.Log(2-0.25)/2, 1e-12)
	near(t, "its error", zero, 0, 0)
	got, stderr := two.Entropy(s, 5000)
	near4(t, "entropy", got, want, stderr)
	// log p has standard deviation sqrt(D/2) under a Gaussian.
	if s := stderr * math.Sqrt(5000); s < 0.9 || s > 1.1 {
		t.Errorf("deviation of log p: %v, want 1", s)
	}
	// Modes that do not overlap add the entropy of the choice.
	h, stderr := named("two-modes").At(reverie.Coef{Alpha: 4, Sigma: 1}).Entropy(s, 5000)
	near4(t, "entropy of two modes", h, math.Log(2)+math.Log(2*math.Pi*math.E*5), stderr)
}

// TestFlow integrates the velocity of one Gaussian by RK4 beside its trajectory in closed form, and
// the divergence beside its density.
func TestFlow(t *testing.T) {
	for _, p := range []reverie.Process{reverie.VP{}, reverie.Flow{}, reverie.EDM{SigmaMax: 3}} {
		m := mixture.Random(4, 1, 9)
		lo, hi := p.Span()
		from, to := lo+0.9*(hi-lo), lo+0.3*(hi-lo)
		x := m.At(p.At(from)).Sample(random.Stream{Seed: 10, Domain: 128}, 1)[0]
		want, dlogp := m.Flow(p.At(from), p.At(to), x)
		near(t, "change of log density", dlogp, m.At(p.At(to)).LogDensity(want)-m.At(p.At(from)).LogDensity(x), 1e-11)
		got := rk4(func(tm float64, x []float64) []float64 { return m.Velocity(p.At(tm), x) }, x, from, to, 400)
		for i := range want {
			near(t, "flow", got[i], want[i], 1e-7)
		}
	}
}

func rk4(f func(t float64, x []float64) []float64, x []float64, from, to float64, n int) []float64 {
	h := (to - from) / float64(n)
	plus := func(x []float64, c float64, d []float64) []float64 {
		y := append([]float64(nil), x...)
		for i := range y {
			y[i] += c * d[i]
		}
		return y
	}
	for k := range n {
		t := from + float64(k)*h
		a := f(t, x)
		b := f(t+h/2, plus(x, h/2, a))
		c := f(t+h/2, plus(x, h/2, b))
		d := f(t+h, plus(x, h, c))
		x = plus(plus(plus(plus(x, h/6, a), h/3, b), h/3, c), h/6, d)
	}
	return x
}

func TestResponsibilitiesFarAway(t *testing.T) {
	m := named("unbalanced")
	r := m.Responsibilities([]float64{1e6, 1e6})
	if r[0] != 1 || r[1] != 0 {
		t.Errorf("far along (1,1): %v", r)
	}
	r = m.Responsibilities([]float64{0, 0})
	near(t, "in the middle, the weights", r[0], 0.2, 1e-12)
	if s := m.Score([]float64{-1e9, 3}); math.IsNaN(s[0]) || math.Abs(s[0]-1e9) > 10 {
		t.Errorf("score far away: %v", s)
	}
}

// TestPoints checks that a mixture of points, variance 0, denoises to the points' average by their
// weights.
func TestPoints(t *testing.T) {
	m, err := mixture.New(nil, [][]float64{{0}, {1}, {5}}, []mixture.Cov{{}})
	if err != nil {
		t.Fatal(err)
	}
	x, sum, total := 0.7, 0.0, 0.0
	for _, p := range []float64{0, 1, 5} {
		w := math.Exp(-(x - p) * (x - p) / (2 * 0.09))
		sum, total = sum+w*p, total+w
	}
	near(t, "x0hat", m.Denoise(reverie.Coef{Alpha: 1, Sigma: 0.3}, []float64{x})[0], sum/total, 1e-12)
}

func TestNewErrors(t *testing.T) {
	at := [][]float64{{0, 0}, {1, 1}}
	for want, f := range map[string]func() (*mixture.Mixture, error){
		"no means":                      func() (*mixture.Mixture, error) { return mixture.New(nil, nil, nil) },
		"3 weights for 2 means":         func() (*mixture.Mixture, error) { return mixture.New([]float64{1, 1, 1}, at, []mixture.Cov{{}}) },
		"weight 1 is 0":                 func() (*mixture.Mixture, error) { return mixture.New([]float64{1, 0}, at, []mixture.Cov{{}}) },
		"weight 0 is NaN":               func() (*mixture.Mixture, error) { return mixture.New([]float64{math.NaN(), 1}, at, []mixture.Cov{{}}) },
		"0 covariances for 2 means":     func() (*mixture.Mixture, error) { return mixture.New(nil, at, nil) },
		"means of 0 numbers":            func() (*mixture.Mixture, error) { return mixture.New(nil, [][]float64{{}}, []mixture.Cov{{}}) },
		"mean 1: [1]: expected 2":       func() (*mixture.Mixture, error) { return mixture.New(nil, [][]float64{{0, 0}, {1}}, []mixture.Cov{{}}) },
		"covariance 0: variance -1":     func() (*mixture.Mixture, error) { return mixture.New(nil, at, []mixture.Cov{{Var: -1}}) },
		"covariance 0: 1 rows":          func() (*mixture.Mixture, error) { return mixture.New(nil, at, full([]float64{1, 0})) },
		"row 1: expected 2":             func() (*mixture.Mixture, error) { return mixture.New(nil, at, full([]float64{1, 0}, []float64{0})) },
		"not symmetric: [1][0] is 0":    func() (*mixture.Mixture, error) { return mixture.New(nil, at, full([]float64{1, 1}, []float64{0, 1})) },
		"eigenvalue -0.99":              func() (*mixture.Mixture, error) { return mixture.New(nil, at, full([]float64{1, 2}, []float64{2, 1})) },
		"expected one of gaussian, two": func() (*mixture.Mixture, error) { return mixture.Named("nine") },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestCovOf checks that covariances come back from their eigenbasis: with equal, with vanishing and
// with many eigenvalues.
func TestCovOf(t *testing.T) {
	outer := [][]float64{{4, 2, -6}, {2, 1, -3}, {-6, -3, 9}} // of rank 1
	same := [][]float64{{2, 1, 1}, {1, 2, 1}, {1, 1, 2}}
	big := named("gaussian-64").CovOf(0)
	for _, cov := range [][][]float64{outer, same, big} {
		m, err := mixture.New(nil, [][]float64{make([]float64, len(cov))}, []mixture.Cov{{Full: cov}})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range m.CovOf(0) {
			for j := range row {
				near(t, "covariance", row[j], cov[i][j], 1e-12)
			}
		}
	}
}

func full(rows ...[]float64) []mixture.Cov { return []mixture.Cov{{Full: rows}} }
