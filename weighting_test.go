package reverie

import (
	"fmt"
	"math"
	"testing"
)

// outSquared returns the out^2 of a kind by its textbook definition: with x = x1 = 0, x0 = 1 goes
// with eps = -a/s and F = 1/out.
func outSquared(c Coef, name string) float64 {
	F := textbook(c, 1, 0, -c.Alpha/c.Sigma)[name]
	return 1 / (F * F)
}

// Each weighting against its paper's statement, for every process and kind: what the network's
// weight is over out^2 is what the paper weights |x0hat - x0|^2 by. The papers state theirs on the
// score (Song), on noise (Hang) and on a denoiser (Karras).
func TestWeightings(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		for i, k := range params {
			if paramNames[i] == "v" && c.Beta != 0 {
				continue
			}
			o := Objective{Process: p, Param: k}
			weight := func(w Weighting) float64 { o.Weighting = w; return o.Weight(at) / outSquared(c, paramNames[i]) }
			near(t, "simple", weight(nil), 1/outSquared(c, paramNames[i]), tol, 0)

			// Song: g^2/2 |s - s*|^2, and the score's error is a/s^2 that of x0hat.
			lambda := G2(p, at) / 2 * math.Pow(c.Alpha/(c.Sigma*c.Sigma), 2)
			near(t, "likelihood", weight(Likelihood{}), lambda, tol, 0)
			if _, ok := p.(*DDPM); !ok {
				near(t, "elbo", weight(ELBO{}), lambda, tol, 0)
			}
			// Hang: min(SNR, gamma)/SNR on eps, whose error is a/s that of x0hat.
			snr := math.Pow(c.Alpha, 2) / math.Pow(c.Sigma, 2)
			near(t, "min-snr", weight(MinSNR{}), math.Min(snr, 5)/snr*snr, tol, 0)
			// Song & Ermon: sigma^2 on the score.
			near(t, "snr", weight(SNRWeight{}), c.Sigma*c.Sigma*math.Pow(c.Alpha/(c.Sigma*c.Sigma), 2), tol, 0)
			// Karras: (k^2 + sd^2)/(k sd)^2, k = s/a.
			k2 := math.Pow(c.Sigma/c.Alpha, 2)
			near(t, "edm", weight(EDMWeight{}), (k2+0.25)/(k2*0.25), tol, 0)
			near(t, "edm, deviation 2", weight(EDMWeight{2}), (k2+4)/(k2*4), tol, 0)
		}
		for _, sd := range []float64{0.5, 2} { // Karras et al. 2022, sec. 5: the weight cancels the preconditioning's out^2
			o := Objective{Process: p, Param: EDMParam(sd), Weighting: EDMWeight{sd}}
			near(t, "edm on edm", o.Weight(at), 1, tol, 0)
		}
	})
}

// Where a = 0 (flow at 1) the weights are limits, not NaN.
func TestWeightsAtPureNoise(t *testing.T) {
	for _, w := range []Weighting{nil, ELBO{}, MinSNR{}, Likelihood{}, EDMWeight{}, SNRWeight{}} {
		o := Objective{Process: Flow{}, Param: X0, Weighting: w}
		near(t, fmt.Sprintf("%T", w), o.Weight(1), map[Weighting]float64{nil: 1, EDMWeight{}: 4}[w], 0, 0)
	}
}

// EDMParam is table 1 of Karras et al. for a = 1, and for any other a that of x/a scaled back: with
// x' = x/a the denoiser at s/a is the same. Its input and its target have unit variance for data of
// deviation sd and independent noise.
func TestEDMParam(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		for _, sd := range []float64{0.5, 1, 3} {
			skip, far, out, in := EDMParam(sd)(c)
			k := c.Sigma / c.Alpha
			root := math.Sqrt(k*k + sd*sd)
			near(t, "c_skip", skip*c.Alpha, sd*sd/(root*root), tol, 0)
			near(t, "c_out", out, k*sd/root, tol, 0)
			near(t, "c_in", in*c.Alpha, 1/math.Sqrt(sd*sd+k*k), tol, 0)
			near(t, "far", far, -c.Beta*skip, tol, 0)
			near(t, "input's variance", in*in*(c.Alpha*c.Alpha*sd*sd+c.Sigma*c.Sigma), 1, tol, 0)
			x0, x1, eps := Objective{Process: p, Param: EDMParam(sd)}.target(at)
			near(t, "target's variance", x0*x0*sd*sd+eps*eps, 1, tol, 0)
			near(t, "target's far end", x1, 0, tol, 1+math.Abs(c.Beta*skip/out))
		}
	})
}

// The continuous bound does not depend on the schedule between its ends (Kingma et al. 2021,
// arXiv:2107.00630, sec. 5.1): with data ~ N(0, v), whose best denoiser is off by v/(1 + v SNR) in
// the mean square, the weighted loss over the span is (log(1 + v SNR_lo) - log(1 + v SNR_hi))/2.
func TestBoundIsInvariant(t *testing.T) {
	for _, q := range processes {
		if _, ok := q.p.(Discrete); ok || q.p.At(0.5).Beta != 0 {
			continue
		}
		lo, hi := q.p.Span()
		for _, v := range []float64{0.3, 4} {
			o := Objective{Process: q.p, Param: X0, Weighting: ELBO{}}
			sum, n := 0.0, 4000
			for i := range n { // the midpoint rule in w, t = lo + (hi-lo) w^3, since most is lost near lo
				w := (float64(i) + 0.5) / float64(n)
				at := lo + (hi-lo)*w*w*w
				sum += o.Weight(at) * v / (1 + v*q.p.At(at).SNR()) * 3 * w * w * (hi - lo) / float64(n)
			}
			want := (math.Log1p(v*q.p.At(lo).SNR()) - math.Log1p(v*q.p.At(hi).SNR())) / 2
			near(t, q.name, sum, want, 1e-4, 0)
		}
	}
}
