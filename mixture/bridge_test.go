package mixture_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// bridges are Schroedinger bridges over all kinds of references.
func bridges(t *testing.T) map[string]struct {
	p reverie.Pinned
	b *mixture.Bridge
} {
	all := map[string]struct {
		p reverie.Pinned
		b *mixture.Bridge
	}{}
	for name, r := range map[string]reverie.Reference{
		"brownian": reverie.Geometric{K: 1, C: 1}, "sb-ve": reverie.Geometric{}, "i2sb": reverie.Symmetric{},
		"sb-vp": reverie.Preserving{BetaMax: 3}, "pulled": reverie.Geometric{K: 2, C: 0.5, Theta: 0.7},
	} {
		for _, dim := range []int{1, 2, 5} {
			p := reverie.Pinned{Reference: r}
			b, err := mixture.Schroedinger(p, mixture.Random(dim, 1, 4), mixture.Random(dim, 1, 9))
			if err != nil {
				t.Fatal(err)
			}
			all[fmt.Sprint(name, " ", dim)] = struct {
				p reverie.Pinned
				b *mixture.Bridge
			}{p, b}
		}
	}
	return all
}

// unit is the bridge of two unit Gaussians on the line over Brownian motion of variance v.
func unit(t *testing.T, v float64, means ...float64) *mixture.Bridge {
	t.Helper()
	at := func(m float64) *mixture.Mixture {
		g, err := mixture.New(nil, [][]float64{{m}}, []mixture.Cov{{Var: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	means = append(means, 0, 0)
	b, err := mixture.Schroedinger(reverie.Pinned{Reference: reverie.Geometric{K: 1, C: v}}, at(means[0]), at(means[1]))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The fingerprint: of all of a plan's precision the block between the ends is the reference's. With
// the ends' laws, which At has, it makes the bridge the only one. Fit keeps it from the first round
// on; independent ends, and one round of Match, do not have it.
func TestBridgeFingerprint(t *testing.T) {
	for name, q := range bridges(t) {
		alpha, v := q.p.Transition()
		same := func(what string, b *mixture.Bridge) {
			for i, row := range b.Cross() {
				for j, c := range row {
					want := 0.0
					if i == j {
						want = -alpha / v
					}
					if !(math.Abs(c-want) <= 1e-12*alpha/v) {
						t.Errorf("%s %s: %d, %d is %v, want %v", name, what, i, j, c, want)
					}
				}
			}
		}
		same("closed", q.b)
		same("fit 1", q.b.Fit(1))
		same("fit 7", q.b.Fit(7))
		if c := q.b.With(nil).Match().Cross()[0][0]; math.Abs(c+alpha/v) < 1e-4*alpha/v {
			t.Errorf("%s: one round of matching has the block, %v", name, c)
		}
	}
	near(t, "unit", unit(t, 1).Coupling()[0][0], (math.Sqrt(5)-1)/2, 1e-15)
	near(t, "narrow", unit(t, 0.25).Coupling()[0][0], 0.8828, 5e-5)
}

// The ends are the Gaussians given, and from law to law x_t obeys the drifts: of dX = u dt + g dw
// the mean changes by E u, the covariance by E[u (x-m)' + (x-m) u'] + g^2 I; forward and backward
// add up to g^2 score.
func TestBridgeDrifts(t *testing.T) {
	for name, q := range bridges(t) {
		dim := q.b.At(0).Dim()
		from, to := mixture.Random(dim, 1, 4), mixture.Random(dim, 1, 9)
		for i := range dim {
			near(t, name+": from", q.b.At(0).MeanOf(0)[i], from.MeanOf(0)[i], 1e-13)
			near(t, name+": to", q.b.At(1).MeanOf(0)[i], to.MeanOf(0)[i], 1e-13)
			for j := range dim {
				near(t, name+": from", q.b.At(0).CovOf(0)[i][j], from.CovOf(0)[i][j], 1e-13)
				near(t, name+": to", q.b.At(1).CovOf(0)[i][j], to.CovOf(0)[i][j], 1e-13)
			}
		}
		for _, at := range []float64{0.1, 0.45, 0.9} {
			const h = 1e-5
			law, up, down := q.b.At(at), q.b.At(at+h), q.b.At(at-h)
			m, cov := law.MeanOf(0), law.CovOf(0)
			g2 := q.p.G2(at)
			u := q.b.Forward(at, m)
			for i := range m {
				near(t, name+": mean", u[i], (up.MeanOf(0)[i]-down.MeanOf(0)[i])/(2*h), 1e-6)
			}
			slope := make([][]float64, dim) // u's derivative: columns
			for j := range dim {
				x := append([]float64(nil), m...)
				x[j]++
				slope[j] = q.b.Forward(at, x)
				for i := range dim {
					slope[j][i] -= u[i]
				}
			}
			for i := range dim {
				for j := range dim {
					rate := 0.0
					if i == j {
						rate = g2
					}
					for k := range dim {
						rate += slope[k][i]*cov[k][j] + cov[i][k]*slope[k][j]
					}
					near(t, name+": covariance", rate, (up.CovOf(0)[i][j]-down.CovOf(0)[i][j])/(2*h), 1e-6)
				}
			}
			for _, x := range law.Sample(random.Stream{Seed: 1, Domain: 128}, 3) {
				f, b, s := q.b.Forward(at, x), q.b.Backward(at, x), law.Score(x)
				for i := range x {
					near(t, name+": forward and backward", f[i]+b[i], g2*s[i], 1e-9*(1+math.Abs(f[i])))
				}
			}
		}
	}
}

// The expected ends by Bayes' rule on their joint law, sampled: residuals of x0 and x1 are
// uncorrelated with x_t. 40,000 pairs, residuals and x_t of deviation at most 2: four standard
// errors are 0.08.
func TestBridgeSample(t *testing.T) {
	const n = 40000
	q := bridges(t)["pulled 2"]
	x0, x1 := q.b.Sample(random.Stream{Seed: 5, Domain: 128}, n)
	c, z := q.p.At(0.6), make([]float64, 2)
	cov, off := [2][2]float64{}, [2][2]float64{}
	m0, m1 := q.b.At(0).MeanOf(0), q.b.At(1).MeanOf(0)
	for k := range x0 {
		random.Stream{Seed: 6, Domain: 128}.Plus(k).Normal(z)
		x := make([]float64, 2)
		for i := range x {
			x[i] = c.Alpha*x0[k][i] + c.Beta*x1[k][i] + c.Sigma*z[i]
		}
		e0, e1 := q.b.Given(0.6, x)
		for i := range x {
			for j := range x {
				cov[i][j] += (x0[k][i] - m0[i]) * (x1[k][j] - m1[j]) / n
				off[i][j] += (x0[k][i]-e0[i])*x[j]/n + (x1[k][i]-e1[i])*x[j]/n
			}
		}
	}
	for i := range 2 {
		for j := range 2 {
			near(t, "covariance", cov[i][j], q.b.Coupling()[i][j], 0.08)
			near(t, "residuals", off[i][j], 0, 0.08)
		}
	}
}

// The path's divergence: of unit Gaussians at -.1 and .1 it is .142572 on each axis both ways, and
// half the mean square of what the drift adds over g^2, integrated by Gauss and Legendre's two
// points on 400 pieces, forwards and, over the reference from the other end, backwards.
func TestBridgeKL(t *testing.T) {
	b := unit(t, 1, -0.1, 0.1)
	near(t, "KL", b.KL(), 0.142572, 5e-7)
	near(t, "KL back", unit(t, 1, 0.1, -0.1).KL(), 0.142572, 5e-7)
	q := bridges(t)["pulled 2"]
	for name, c := range map[string]struct {
		b     *mixture.Bridge
		drift func(t float64, x []float64) []float64
		p     reverie.Pinned
	}{
		"forwards":  {b, b.Forward, reverie.Bridge{}.Pinned()},
		"backwards": {b, b.Backward, reverie.Bridge{}.Pinned()},
		"pulled":    {q.b, q.b.Forward, q.p},
	} {
		sum := 0.0
		const pieces = 400
		for i := range pieces {
			for _, side := range []float64{-1, 1} {
				at := (float64(i) + 0.5 + side/math.Sqrt(12)) / pieces
				law, l := c.b.At(at), c.p.Reference.At(at)
				m, cov := law.MeanOf(0), law.CovOf(0)
				u := c.drift(at, m)
				for i := range u {
					u[i] -= l.F * m[i]
					sum += u[i] * u[i] / (4 * l.G2) / pieces
				}
				d := make([][]float64, len(m)) // its derivative: columns
				for j := range m {
					x := append([]float64(nil), m...)
					x[j]++
					d[j] = c.drift(at, x)
					for i := range m {
						d[j][i] -= l.F*x[i] + u[i]
					}
				}
				for i := range m {
					for j := range m {
						for k := range m {
							sum += d[j][i] * cov[j][k] * d[k][i] / (4 * l.G2) / pieces
						}
					}
				}
			}
		}
		near(t, name, sum, c.b.KL(), 1e-6)
	}
}

// The rounds of iterative Markovian fitting on the line, from independent ends, and of the fitting
// of the ends: both tend to the bridge, the first with the ends' laws from the start, the second
// with the first end's alone.
func TestBridgeRounds(t *testing.T) {
	for v, want := range map[float64][]float64{1: {0, 0.5463, 0.6111, 0.6174, 0.6180}, 0.25: {0, 0.8335, 0.8810, 0.8827}} {
		b := unit(t, v).With(nil)
		for round, c := range want {
			near(t, fmt.Sprintf("variance %v, round %d", v, round), b.Coupling()[0][0], c, 6e-5)
			b = b.Match()
		}
	}
	// One round in closed form, (B/A)^.5 exp(-v/2 int dt/cov(t)): here cov = 1 - t(1-t).
	near(t, "one round", unit(t, 1).With(nil).Match().Coupling()[0][0], math.Exp(-math.Pi/(3*math.Sqrt(3))), 1e-10)
	// The line's fitting by scalars: P and Q the precisions, of two unit Gaussians.
	p := 2.0
	for round := 1; round <= 5; round++ {
		q := 1 + 1/p
		p = 1 + 1/q
		fit := unit(t, 1).Fit(round)
		near(t, "fit's variance", fit.At(1).CovOf(0)[0][0], 1/(q-1/p), 1e-13)
		near(t, "fit's covariance", fit.Coupling()[0][0], 1/(p*q-1), 1e-13)
	}
	for name, q := range bridges(t) {
		far := func(b *mixture.Bridge) (gap float64) {
			for i, row := range b.Coupling() {
				gap = max(gap, math.Abs(b.At(1).MeanOf(0)[i]-q.b.At(1).MeanOf(0)[i]))
				for j, c := range row {
					gap = max(gap, math.Abs(c-q.b.Coupling()[i][j]))
				}
			}
			return gap
		}
		if gap := far(q.b.Match()); !(gap <= 1e-8) {
			t.Errorf("%s: matched, the bridge moves by %v", name, gap)
		}
		if first, tenth, last := far(q.b.Fit(1)), far(q.b.Fit(10)), far(q.b.Fit(3000)); !(tenth <= first && last <= 1e-9) {
			t.Errorf("%s: fits are off by %v, %v, %v", name, first, tenth, last)
		}
		alpha, v := q.p.Transition()
		start := q.b.Fit(0)
		near(t, name+": the reference's variance", start.At(1).CovOf(0)[0][0], alpha*alpha*q.b.At(0).CovOf(0)[0][0]+v, 1e-10)
		near(t, name+": the reference's mean", start.At(1).MeanOf(0)[0], alpha*q.b.At(0).MeanOf(0)[0], 1e-10)
	}
}

// What has no closed form is refused.
func TestBridgeRefuses(t *testing.T) {
	p := reverie.Bridge{}.Pinned()
	g := func(dim, k int) *mixture.Mixture { return mixture.Random(dim, k, 1) }
	point, err := mixture.New(nil, [][]float64{{1}}, []mixture.Cov{{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, ends := range map[string][2]*mixture.Mixture{"several": {g(2, 2), g(2, 1)}, "dimensions": {g(2, 1), g(3, 1)}, "a point": {point, g(1, 1)}} {
		if _, err := mixture.Schroedinger(p, ends[0], ends[1]); err == nil {
			t.Errorf("%s: bridged", name)
		}
	}
	if _, err := mixture.Schroedinger(p, g(1, 1), point); err != nil {
		t.Error(err)
	}
}
