package anomaly

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
	"gonum.org/v1/gonum/mat"
)

// TestDAE: what is taken away is s^2 (a^2 C + s^2)^-1 (x - mu) at every process's level, to
// rounding, in the noise's coordinates and on average over levels: it is OneStep's mean. The usual
// levels are sigma/alpha from 1/2 to 1/8, and of a chain's the nearest.
func TestDAE(t *testing.T) {
	m := mixture.Random(12, 1, 7)
	x := m.Sample(host(9).Stream, 2)
	for name, p := range processes(t) {
		level := reverie.TimeAt(p, 0)
		if _, ok := p.(reverie.Discrete); ok {
			level = math.Round(level)
		}
		for _, dae := range []*DAE[batch]{{}, {High: level, Levels: 1}} {
			f := find(t, dae, setup(t, host(0), p, m.Denoiser(p), 2), x)
			switch n := len(f.Levels); {
			case dae.Levels == 1 && (n != 1 || f.Levels[0].T != level):
				t.Fatalf("%s: %v", name, f.Levels)
			case dae.Levels == 0:
				near(t, name+": the highest level", f.Levels[0].Ratio, 0.5, 0.02)
				near(t, name+": the lowest level", f.Levels[n-1].Ratio, 0.125, 0.02)
			}
			for n := range x {
				taken := make([]float64, len(x[n]))
				for _, l := range f.Levels {
					for i, v := range takenBy(t, m, at(t, p, l), x[n]) {
						taken[i] += v / float64(len(f.Levels))
					}
				}
				for i := range x[n] {
					near(t, name, x[n][i]-f.Healed[n][i], taken[i], 1e-9)
				}
			}
			if dae.Levels != 1 {
				continue
			}
			low := f.Levels[0].T / 2 // of which one level takes no notice
			if _, ok := p.(reverie.Discrete); ok {
				low = math.Floor(low)
			}
			mean := find(t, &OneStep[batch]{High: f.Levels[0].T, Low: low, Levels: 1}, setup(t, still{host(0)}, p, m.Denoiser(p), 2), x)
			for n := range x {
				nearAll(t, name+": as onestep", f.Map[n], mean.Map[n], 1e-12)
			}
		}
	}
}

// takenBy is s^2 (a^2 C + s^2)^-1 (x - mu).
func takenBy(t *testing.T, m *mixture.Mixture, c reverie.Coef, x []float64) []float64 {
	t.Helper()
	seen, from := mat.NewDense(12, 12, nil), mat.NewVecDense(12, nil)
	for i, row := range m.CovOf(0) {
		for j, v := range row {
			seen.Set(i, j, c.Alpha*c.Alpha*v)
		}
		seen.Set(i, i, seen.At(i, i)+c.Sigma*c.Sigma)
		from.SetVec(i, x[i]-m.MeanOf(0)[i])
	}
	var away mat.VecDense
	if err := away.SolveVec(seen, from); err != nil {
		t.Fatal(err)
	}
	away.ScaleVec(c.Sigma*c.Sigma, &away)
	return away.RawVector().Data
}

// TestDAEOfCoarseNoise: a denoiser that knows the covariance K of its noise takes away s^2 K (C +
// s^2 K)^-1 (x - mu), and so, of two departures of one length from data of equal variances in all
// directions, more of a blotch than of a checkerboard, where one of the standard normal noise takes
// the same of both.
func TestDAEOfCoarseNoise(t *testing.T) {
	const h, w, v, ratio = 8, 8, 0.3, 0.4 * 2 / 3
	k := covarianceOf(&noise.Coarse{Cells: 2}, h, w)
	p := reverie.EDM{}
	blotch, board := make([]float64, h*w), make([]float64, h*w)
	for i := range blotch {
		blotch[i] = math.Sin(math.Pi*(float64(i/w)+0.5)/h) * math.Sin(math.Pi*(float64(i%w)+0.5)/w)
		board[i] = float64(1 - 2*((i/w+i%w)%2))
	}
	for _, x := range [][]float64{blotch, board} {
		length := math.Sqrt(mat.Dot(mat.NewVecDense(h*w, x), mat.NewVecDense(h*w, x)))
		for i := range x {
			x[i] /= length
		}
	}
	taken := map[string][]float64{}
	for name, cov := range map[string]*mat.Dense{"coarse": k, "gaussian": identity(h * w)} {
		denoiser := ofNoise(p, cov, v)
		s := setup(t, host(0), p, denoiser, 2)
		s.Shape = edit.Shape{H: h, W: w, C: 1}
		f := find(t, &DAE[batch]{High: ratio, Levels: 1}, s, batch{blotch, board})
		for n, x := range []batch{{blotch}, {board}} {
			along := 0.0
			for i := range x[0] {
				along += x[0][i] * (x[0][i] - f.Healed[n][i])
			}
			taken[name] = append(taken[name], along)
		}
	}
	share := ratio * ratio / (v + ratio*ratio)
	nearAll(t, "of the standard normal", taken["gaussian"], []float64{share, share}, 1e-9)
	if c := taken["coarse"]; !(c[0] > 2*share && c[1] < share/2) {
		t.Errorf("of coarse noise %v is taken of a blotch and of a checkerboard, and of the standard normal %v", c, share)
	}
}

// identity is the unit matrix.
func identity(n int) *mat.Dense {
	m := mat.NewDense(n, n, nil)
	for i := range n {
		m.Set(i, i, 1)
	}
	return m
}

// covarianceOf is the mean of z z' over draws of a noise of one channel.
func covarianceOf(of noise.Noise, h, w int) *mat.Dense {
	const draws = 4000
	all := mat.NewDense(draws, h*w, nil)
	for n := range draws {
		of.Fill(random.Stream{Seed: 2, Domain: 128}.Plus(n), all.RawRowView(n), h, w, 1)
	}
	cov := new(mat.Dense)
	cov.Mul(all.T(), all)
	cov.Scale(1./draws, cov)
	return cov
}

// ofNoise is the denoiser of data ~ N(0, v) in all directions from noise of a covariance.
func ofNoise(p reverie.Process, cov *mat.Dense, v float64) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, x batch, t float64) (batch, error) {
		c := p.At(t)
		seen := new(mat.Dense)
		seen.Scale(c.Sigma*c.Sigma, cov)
		for i := range x[0] {
			seen.Set(i, i, seen.At(i, i)+c.Alpha*c.Alpha*v)
		}
		y := make(batch, len(x))
		for n := range x {
			var z mat.VecDense
			if err := z.SolveVec(seen, mat.NewVecDense(len(x[n]), x[n])); err != nil {
				return nil, err
			}
			z.ScaleVec(c.Alpha*v, &z)
			y[n] = z.RawVector().Data
		}
		return y, nil
	})
}
