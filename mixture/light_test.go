package mixture_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

const lightV = 1.2 // the variance of the reference in these tests

// light is the bridge of two random potentials.
func light(t *testing.T, dim, k0, k1 int) (l *mixture.Light, near, far *mixture.Mixture) {
	t.Helper()
	near, far = mixture.Random(dim, k0, 11), mixture.Random(dim, k1, 12)
	l, err := mixture.NewLight(lightV, near, far)
	if err != nil {
		t.Fatal(err)
	}
	return l, near, far
}

// points are some of standard normal coordinates.
func points(dim int, seed uint64) reverie.Batch[float64] {
	x := reverie.NewBatch[float64](5, dim)
	for i := range x {
		random.Stream{Seed: seed, Domain: 128}.Plus(i).Normal(x[i])
	}
	return x
}

// moved is x with h more along axis i.
func moved(x []float64, i int, h float64) []float64 {
	y := append([]float64(nil), x...)
	y[i] += h
	return y
}

// The law of x0 times the plan is what defines the bridge, near(x0) e^(x0'x1/v) far(x1) but for one
// constant, so that the plan's own part is the reference's; seen from x1 likewise.
func TestLightIsABridge(t *testing.T) {
	for _, dim := range []int{1, 2, 16} {
		l, near, far := light(t, dim, 2, 3)
		forth, err := mixture.NewPotential(lightV, far)
		if err != nil {
			t.Fatal(err)
		}
		back, err := mixture.NewPotential(lightV, near)
		if err != nil {
			t.Fatal(err)
		}
		a, b := points(dim, 1), points(dim, 2)
		var constant float64
		for i, x0 := range a {
			x1 := b[i]
			dot := 0.0
			for j := range x0 {
				dot += x0[j] * x1[j]
			}
			want := near.LogDensity(x0) + dot/lightV + far.LogDensity(x1)
			got := l.From().LogDensity(x0) + forth.Given(0, x0).LogDensity(x1)
			if i == 0 {
				constant = got - want
			}
			near4(t, fmt.Sprint(dim, " forth"), got-want, constant, 1e-10*(1+math.Abs(want)))
			near4(t, fmt.Sprint(dim, " back"), l.To().LogDensity(x1)+back.Given(0, x1).LogDensity(x0)-want, constant, 1e-10*(1+math.Abs(want)))
		}
	}
}

// The drift is v grad log h by finite differences, and (E[x1 | x_t] - x)/(1-t) by the law of x1; h
// is a martingale of Brownian motion, dh/dt + v/2 Lap h = 0; and h of one end times h of the other
// is the density of x_t, at the ends that of From and To, whose gradient is Score.
func TestLightDrift(t *testing.T) {
	const h = 1e-4
	for _, dim := range []int{1, 2, 16} {
		l, near_, far := light(t, dim, 2, 3)
		forth, _ := mixture.NewPotential(lightV, far)
		back, _ := mixture.NewPotential(lightV, near_)
		logp := func(t float64, x []float64) float64 { return forth.Log(t, x) + back.Log(1-t, x) }
		base := points(dim, 7)[0]
		for _, at := range []float64{0, 0.2, 0.7, 0.95, 1} {
			for _, x := range points(dim, 3) {
				u, s, flat := l.Forward(at, x), l.Score(at, x), 0.0
				var mean []float64
				if at < 1 {
					mean = forth.Given(at, x).Mean()
				}
				_, x1 := l.Given(at, x)
				for i := range x {
					up, down := moved(x, i, h), moved(x, i, -h)
					near(t, "drift", u[i], lightV*(forth.Log(at, up)-forth.Log(at, down))/(2*h), 1e-5)
					near(t, "score", s[i], (logp(at, up)-logp(at, down))/(2*h), 1e-5)
					flat += (math.Exp(forth.Log(at, up)-forth.Log(at, x)) + math.Exp(forth.Log(at, down)-forth.Log(at, x)) - 2) / (h * h)
					if at < 1 {
						near(t, "by the law of x1", u[i], (mean[i]-x[i])/(1-at), 1e-9)
						near(t, "E x1", x1[i], mean[i], 1e-11)
					}
				}
				if at > 0 && at < 1 {
					rate := (forth.Log(at+h, x) - forth.Log(at-h, x)) / (2 * h)
					near(t, "martingale", rate, -lightV/2*flat, 1e-4)
				}
				switch at {
				case 0:
					near(t, "from", logp(0, x)-logp(0, base), l.From().LogDensity(x)-l.From().LogDensity(base), 1e-10)
				case 1:
					near(t, "to", logp(1, x)-logp(1, base), l.To().LogDensity(x)-l.To().LogDensity(base), 1e-10)
				}
			}
		}
	}
}

// Of one Gaussian each the two closed forms agree: the bridge between the ends of Light is Light.
func TestLightOfGaussians(t *testing.T) {
	for _, dim := range []int{1, 2, 16} {
		l, _, _ := light(t, dim, 1, 1)
		b, err := mixture.Schroedinger(reverie.Pinned{Reference: reverie.Geometric{K: 1, C: lightV}}, l.From(), l.To())
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []float64{0.1, 0.5, 0.9} {
			for _, x := range points(dim, 5) {
				f, g := l.Forward(at, x), b.Forward(at, x)
				p, q := l.Backward(at, x), b.Backward(at, x)
				for i := range x {
					near(t, fmt.Sprint(dim, " forward"), f[i], g[i], 1e-9)
					near(t, fmt.Sprint(dim, " backward"), p[i], q[i], 1e-9)
				}
			}
		}
	}
}

// Pushed forward along the plan, and by the SDE itself, From becomes To: means and covariances of
// 20,000 points within four standard errors, of the covariances those of a Gaussian's with twice
// the margin, since mixtures have other fourth moments; of the SDE in 100 steps of Euler and
// Maruyama the bias, of the order of a step, is let in addition.
func TestLightPushesForward(t *testing.T) {
	for _, dim := range []int{2, 16} {
		const n, steps = 20000, 100
		l, _, _ := light(t, dim, 2, 3)
		x0, x1 := l.Sample(random.Stream{Seed: 8, Domain: 128}, n)
		moments(t, "plan", x1, l.To(), 0)
		moments(t, "start", x0, l.From(), 0)
		if dim > 2 {
			continue
		}
		z := make([]float64, dim)
		for k, x := range x0 {
			for i := range steps {
				u := l.Forward(float64(i)/steps, x)
				random.Stream{Seed: 9, Domain: 129, Step: uint32(i)}.Plus(k).Normal(z)
				for j := range x {
					x[j] += u[j]/steps + math.Sqrt(lightV/steps)*z[j]
				}
			}
		}
		moments(t, "SDE", x0, l.To(), 0.02)
	}
}

// moments compares those of points with a law's.
func moments(t *testing.T, what string, x reverie.Batch[float64], law *mixture.Mixture, bias float64) {
	t.Helper()
	n, dim := float64(len(x)), law.Dim()
	m, c := law.Mean(), law.Cov()
	for i := range dim {
		sum := 0.0
		for _, p := range x {
			sum += p[i] / n
		}
		near4(t, what+" mean", sum, m[i], math.Sqrt(c[i][i]/n)+bias/4)
		for j := range dim {
			sum := 0.0
			for _, p := range x {
				sum += (p[i] - m[i]) * (p[j] - m[j]) / n
			}
			near4(t, what+" covariance", sum, c[i][j], 2*math.Sqrt((c[i][i]*c[j][j]+c[i][j]*c[i][j])/n)+bias/4)
		}
	}
}

// Potentials without a law are refused.
func TestLightRefuses(t *testing.T) {
	wide, err := mixture.New(nil, [][]float64{{0}}, []mixture.Cov{{Var: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for v, ok := range map[float64]bool{2.1: true, 2: false, 1: false, 0: false, math.Inf(1): false} {
		if _, err := mixture.NewLight(v, wide, wide); (err == nil) != ok {
			t.Errorf("variance %v: %v", v, err)
		}
	}
	if _, err := mixture.NewLight(1, wide, mixture.Random(2, 1, 1)); err == nil {
		t.Error("two dimensions bridged")
	}
}
