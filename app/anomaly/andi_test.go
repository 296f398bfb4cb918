package anomaly

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
)

// stepWeight is the weight of x0 in the mean of q(x_s | x_t, x0), by conditioning x_s | x0 ~ N(a_s
// x0, s_s^2) on x_t = r x_s + noise, r = a_t/a_s.
func stepWeight(t, s reverie.Coef) float64 {
	r := t.Alpha / s.Alpha
	gain := s.Sigma * s.Sigma * r / (t.Sigma * t.Sigma)
	return s.Alpha * (1 - gain*r)
}

// TestANDiByNoise: for data ~ N(mu, v) and given noise the map is, with w = a^2 v/(a^2 v + s^2),
//
//	exp mean_t log (c_t ((1-w)(x - mu) - w s/a eps_t))^2
func TestANDiByNoise(t *testing.T) {
	const v, mu, x0 = 0.5, 0.3, 1.5
	m := law(t, covOf(v), []float64{mu})
	for name, p := range processes(t) {
		f := find(t, &ANDi[batch]{Levels: 9}, setup(t, host(0), p, m.Denoiser(p), 2), batch{{x0}})
		if len(f.Levels) != 9 {
			t.Fatalf("%s: %v", name, f.Levels)
		}
		sp, want, mean := host(0), 0., 0.
		for i, l := range f.Levels {
			c := at(t, p, l)
			end := reverie.TimeAt(p, -math.Log(0.25))
			if name == "ddpm" {
				end = math.RoundToEven(end)
			}
			if i < 8 {
				end = f.Levels[i+1].T
			}
			w, eps := survives(c, v), sp.Noise(batch{{0}})[0][0]
			residual := (1-w)*(x0-mu) - w*l.Ratio*eps
			want += 2 * math.Log(math.Abs(stepWeight(c, p.At(end))*residual)) / 9
			mean += (x0 - residual) / 9
		}
		near(t, name, f.Map[0][0], math.Exp(want), 1e-9)
		near(t, name+": healed", f.Healed[0][0], mean, 1e-12)
	}
}

// TestANDiOfChain: over neighbouring indices of a chain the weights are the paper's,
// sqrt(abar_(t-1)) beta_t/(1 - abar_t), found from the betas.
func TestANDiOfChain(t *testing.T) {
	betas := reverie.LinearBetas(1000, 1e-4, 0.02)
	p, err := reverie.NewDDPM(betas)
	if err != nil {
		t.Fatal(err)
	}
	m := law(t, covOf(0.5), []float64{0})
	s := setup(t, still{host(0)}, p, m.Denoiser(p), 2)
	f := find(t, &ANDi[batch]{High: 200, Low: 74, Levels: 126}, s, batch{{1}})
	abar, want := 1., 0.
	for i, beta := range betas[:201] {
		before := abar
		abar *= 1 - beta
		if i >= 75 {
			residual := (1 - abar) / (abar*0.5 + 1 - abar)
			want += 2 * math.Log(math.Sqrt(before)*beta/(1-abar)*residual) / 126
		}
	}
	if len(f.Levels) != 126 || f.Levels[0].T != 200 || f.Levels[125].T != 75 {
		t.Fatalf("%v", f.Levels)
	}
	near(t, "the map's root", math.Sqrt(f.Map[0][0]), math.Exp(want/2), 1e-9)
	near(t, "a usual range", find(t, &ANDi[batch]{}, s, batch{{1}}).Levels[0].T, 200, 0.01)
	if f := find(t, &ANDi[batch]{High: 20, Low: 10}, s, batch{{1}}); len(f.Levels) != 10 {
		t.Errorf("a chain of few indices: %v", f.Levels)
	}
}

// TestANDiOnAverage: the logarithm's mean over the noise, where tau = w s/a and d = (1-w)(x -
// mu)/tau,
//
//	E log (tau (d - eps))^2 = log tau^2 + log 2 + sum_j Poisson(j; d^2/2) psi(j + 1/2)
//
// for the square of eps - d is a noncentral chi^2 of one degree of freedom. Of 4,000 numbers the
// mean may be five standard errors off.
func TestANDiOnAverage(t *testing.T) {
	const v, x0, n = 0.5, 1.5, 4000
	p := reverie.VP{}
	f := find(t, &ANDi[batch]{Levels: 3, Repeat: 2}, setup(t, host(0), p, ofVariance(p, v), 2), batch{slices.Repeat([]float64{x0}, n)})
	want := 0.
	for i, l := range f.Levels {
		end := reverie.TimeAt(p, -math.Log(0.25))
		if i < 2 {
			end = f.Levels[i+1].T
		}
		c := at(t, p, l)
		w := survives(c, v)
		tau := w * l.Ratio
		d := (1 - w) * x0 / tau
		want += (2*math.Log(stepWeight(c, p.At(end))*tau) + meanLog(d*d)) / 3
	}
	logs := make([]float64, n)
	for i, v := range f.Map[0] {
		logs[i] = math.Log(v)
	}
	mean, variance := momentsOf(logs)
	if e := math.Abs(mean - want); !(e <= 5*math.Sqrt(variance/n)) {
		t.Errorf("%v, want %v, the standard error being %v", mean, want, math.Sqrt(variance/n))
	}
}

// meanLog is the mean of the logarithm of a noncentral chi^2 of one degree of freedom.
func meanLog(lambda float64) float64 {
	const euler = 0.57721566490153286
	psi, weight, sum := -euler-2*math.Ln2, math.Exp(-lambda/2), math.Ln2
	for j := range 200 {
		sum += weight * psi
		psi += 2 / float64(2*j+1)
		weight *= lambda / 2 / float64(j+1)
	}
	return sum
}
