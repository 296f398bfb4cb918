package anomaly

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
)

// survives is what is left, in the direction of an eigenvalue l of the data's covariance, of a
// distance from the mean after noise of the law c is put on and, on average, taken away again.
func survives(c reverie.Coef, l float64) float64 {
	return c.Alpha * c.Alpha * l / (c.Alpha*c.Alpha*l + c.Sigma*c.Sigma)
}

// ofVariance is the denoiser of numbers N(0, v): mixture's own takes longer.
func ofVariance(p reverie.Process, v float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		c := p.At(t)
		return host(0).Sum([]float64{c.Alpha * v / (c.Alpha*c.Alpha*v + c.Sigma*c.Sigma)}, x), nil
	})
}

// TestReconMean: on average the residual is s^2/(a^2 l_i + s^2) <v_i, x - mu>. Of ancestral
// sampling every step keeps the mean, so that it holds for any grid; it is affine in its noise, of
// which still has the mean.
func TestReconMean(t *testing.T) {
	const c, s = 0.6, 0.8 // the directions of the eigenvalues 2 and 0.05
	mu := []float64{0.3, -0.2}
	m := law(t, mixture.Cov{Full: [][]float64{{2*c*c + 0.05*s*s, (2 - 0.05) * c * s}, {(2 - 0.05) * c * s, 2*s*s + 0.05*c*c}}}, mu)
	x := batch{{1.3, 0.4}, {0.3, -0.2}}
	for name, p := range processes(t) {
		for _, level := range []float64{0, reverie.TimeAt(p, 1)} {
			if name == "ddpm" {
				level = math.Round(level)
			}
			su := setup(t, still{host(0)}, p, m.Denoiser(p), 12)
			su.Solver = &sample.DDPM[batch]{}
			f := find(t, &Recon[batch]{Level: level}, su, x)
			law := at(t, p, f.Levels[0])
			u := []float64{c*1 + s*0.6, -s*1 + c*0.6} // <v_i, x - mu>
			left := []float64{survives(law, 2) * u[0], survives(law, 0.05) * u[1]}
			nearAll(t, name, f.Healed[0], []float64{mu[0] + c*left[0] - s*left[1], mu[1] + s*left[0] + c*left[1]}, 1e-9)
			nearAll(t, name+": the mean itself", f.Map[1], []float64{0, 0}, 1e-12)
			if level == 0 {
				near(t, name+": the usual level", f.Levels[0].Ratio, reconRatio, 0.003) // of a chain the nearest
			}
		}
	}
}

// TestReconSpread: a draw lies about that mean with variance w s^2/a^2 (1 + w), and the mean of
// Repeat draws with a share of it. Of 4,000 numbers the mean's standard error is a 63rd of the
// deviation, and the variance's a 45th of it: five of each are allowed, and 2% of the variance for
// the grid's 60 steps.
func TestReconSpread(t *testing.T) {
	const v, x0, n = 0.5, 1.5, 4000
	for name, p := range processes(t) {
		for _, repeat := range []int{1, 4} {
			su := setup(t, host(0), p, ofVariance(p, v), 120)
			su.Solver = &sample.DDPM[batch]{}
			x := batch{slices.Repeat([]float64{x0}, n/repeat)}
			f := find(t, &Recon[batch]{Repeat: repeat}, su, x)
			law := at(t, p, f.Levels[0])
			w := survives(law, v)
			want := w * math.Pow(f.Levels[0].Ratio, 2) * (1 + w) / float64(repeat)
			mean, variance := momentsOf(f.Healed[0])
			if e := math.Abs(mean - w*x0); !(e <= 5*math.Sqrt(want/float64(n/repeat))) {
				t.Errorf("%s: mean %v, want %v", name, mean, w*x0)
			}
			if e := math.Abs(variance/want - 1); !(e <= 5*math.Sqrt(2/float64(n/repeat))+0.02) {
				t.Errorf("%s, %d draws: variance %v, want %v", name, repeat, variance, want)
			}
		}
	}
}

// momentsOf is mean and variance of numbers.
func momentsOf(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}

// TestNoise: the noise that data are noised by is the Setup's.
func TestNoise(t *testing.T) {
	m := law(t, mixture.Cov{Var: 0.5}, []float64{0})
	p := reverie.VP{}
	su := setup(t, host(0), p, m.Denoiser(p), 200)
	su.Noise = func(like batch) batch { return batch{{2}} }
	f := find(t, &Recon[batch]{}, su, batch{{1.5}})
	c := at(t, p, f.Levels[0])
	scale := math.Sqrt(0.5) / math.Hypot(c.Alpha*math.Sqrt(0.5), c.Sigma) // the exact flow's
	near(t, "by noise of 2", f.Healed[0][0], scale*(c.Alpha*1.5+2*c.Sigma), 0.01)
}
