package edit

import (
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// The law of data ~ N(mu, v) after SDEdit of a given x0 is Gaussian, and known for a deterministic
// solver exactly: with polar coordinates a sqrt(v) = r cos(theta), s = r sin(theta), a step of DDIM
// multiplies the distance from the mean by r_s/r_t cos(d theta), and so the result is
//
//	mu + (a_t (x0 - mu) + s_t eps) sqrt(v)/r_t prod cos(d theta)
//
// of which the product tends to 1 with the steps. Where the solver adds all its noise the result
// tends to a draw of p(x0 | x_t): mean mu + w (x0 - mu), variance w s^2/a^2 (1 + w), w = a^2
// v/r_t^2.
func TestSDEditOfGaussian(t *testing.T) {
	const mu, v, x0, strength = 0.4, 0.49, 1.5, 0.5
	m := gaussian(t, []float64{mu}, [][]float64{{v}})
	for name, p := range processes(t) {
		g := grid(t, "logsnr", p, 400)
		law := func(eta float64) (mean, variance float64) {
			means, cov := momentsOf(t, 1, func(sp reverie.Space[batch], x batch) batch {
				run := &sample.Run[batch]{Space: sp, Process: p, Denoiser: m.Denoiser(p)}
				for n := range x {
					x[n][0] = x0
				}
				y, err := SDEdit(t.Context(), run, sample.Solver[batch](&sample.DDIM[batch]{Eta: eta}), x, g, strength, nil)
				if err != nil {
					t.Fatal(err)
				}
				return y
			})
			return means[0], cov[0][0]
		}
		tail := g[200:]
		c := p.At(tail[0])
		r := math.Hypot(c.Alpha*math.Sqrt(v), c.Sigma)
		product := 1.
		for i := range tail[1:] {
			product *= math.Cos(theta(p, tail[i], v) - theta(p, tail[i+1], v))
		}
		scale := math.Sqrt(v) / r * product
		mean, variance := law(0)
		near(t, name+": mean of the deterministic law", mean, mu+scale*c.Alpha*(x0-mu), 1e-9)
		near(t, name+": its variance", variance, scale*scale*c.Sigma*c.Sigma, 1e-9)
		near(t, name+": its limit", product, 1, 0.02)

		w := c.Alpha * c.Alpha * v / (r * r)
		mean, variance = law(1)
		near(t, name+": mean with noise", mean, mu+w*(x0-mu), 1e-9) // every step keeps it
		near(t, name+": variance with noise", variance, w*c.Sigma*c.Sigma/(c.Alpha*c.Alpha)*(1+w), 0.02)
	}
}

// theta is the angle of the law at t for data of variance v.
func theta(p reverie.Process, t, v float64) float64 {
	c := reverie.At(p, t)
	return math.Atan2(c.Sigma, c.Alpha*math.Sqrt(v))
}

// TestTail: the share of the steps, at least one.
func TestTail(t *testing.T) {
	g := []float64{8, 6, 4, 2, reverie.Clean}
	for strength, from := range map[float64]float64{1: 8, 0.5: 4, 0.51: 6, 0.25: 2, 1e-9: 2} {
		if tail, err := Tail(g, strength); err != nil || tail[0] != from {
			t.Errorf("strength %v begins with %v, %v", strength, tail, err)
		}
	}
	for _, strength := range []float64{0, -1, 1.1, math.NaN()} {
		if _, err := Tail(g, strength); err == nil {
			t.Errorf("strength %v is taken", strength)
		}
	}
}

// TestNoisedOnly: a process whose far end is no noise is refused.
func TestNoisedOnly(t *testing.T) {
	m := gaussian(t, []float64{0}, [][]float64{{1}})
	for _, p := range []reverie.Process{reverie.Bridge{C: 1}, reverie.Flow{Between: true}} {
		run := &sample.Run[batch]{Space: host(0), Process: p, Denoiser: m.Denoiser(p)}
		_, err := SDEdit(t.Context(), run, sample.Solver[batch](&sample.DDIM[batch]{}), batch{{1}}, []float64{0.5, 0.2, reverie.Clean}, 1, nil)
		if err == nil || !strings.Contains(err.Error(), "data are noised") {
			t.Errorf("%T: %v", p, err)
		}
	}
}
