package anomaly

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/random"
	"gonum.org/v1/gonum/mat"
)

// TestDAE: what is taken away is s^2 (a^2 C + s^2)^-1 (x - mu) at every process's level, to
// rounding, and in the noise's coordinates: it is OneStep's mean. The usual level is sigma/alpha =
// 4/15, and of a chain's the nearest.
func TestDAE(t *testing.T) {
	m := mixture.Random(12, 1, 7)
	x := m.Sample(host(9).Stream, 2)
	for name, p := range processes(t) {
		level := reverie.TimeAt(p, 0)
		if _, ok := p.(reverie.Discrete); ok {
			level = math.Round(level)
		}
		for _, level := range []float64{0, level} {
			f := find(t, &DAE[batch]{Level: level, Median: 1}, setup(t, host(0), p, m.Denoiser(p), 2), x)
			if len(f.Levels) != 1 || level != 0 && f.Levels[0].T != level {
				t.Fatalf("%s: %v", name, f.Levels)
			}
			c := at(t, p, f.Levels[0])
			if level == 0 {
				near(t, name+": the usual level", f.Levels[0].Ratio, 4./15, 0.01)
			}
			seen := mat.NewDense(12, 12, nil)
			for i, row := range m.CovOf(0) {
				for j, v := range row {
					seen.Set(i, j, c.Alpha*c.Alpha*v)
				}
				seen.Set(i, i, seen.At(i, i)+c.Sigma*c.Sigma)
			}
			for n := range x {
				from := mat.NewVecDense(12, nil)
				for i, v := range x[n] {
					from.SetVec(i, v-m.MeanOf(0)[i])
				}
				var away mat.VecDense
				if err := away.SolveVec(seen, from); err != nil {
					t.Fatal(err)
				}
				for i := range x[n] {
					near(t, name, x[n][i]-f.Healed[n][i], c.Sigma*c.Sigma*away.AtVec(i), 1e-9)
				}
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

// TestDAEOfCoarseNoise: a denoiser that knows the covariance K of its noise takes away s^2 K (C +
// s^2 K)^-1 (x - mu), and so, of two departures of one length from data of equal variances in all
// directions, more of a blotch than of a checkerboard, where one of the standard normal noise takes
// the same of both.
func TestDAEOfCoarseNoise(t *testing.T) {
	const h, w, v = 8, 8, 0.3
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
		f := find(t, &DAE[batch]{Median: 1}, s, batch{blotch, board})
		for n, x := range []batch{{blotch}, {board}} {
			along := 0.0
			for i := range x[0] {
				along += x[0][i] * (x[0][i] - f.Healed[n][i])
			}
			taken[name] = append(taken[name], along)
		}
	}
	share := math.Pow(daeRatio, 2) / (v + math.Pow(daeRatio, 2))
	nearAll(t, "of the standard normal", taken["gaussian"], []float64{share, share}, 1e-9)
	if c := taken["coarse"]; !(c[0] > 2*share && c[1] < share/2) {
		t.Errorf("of coarse noise %v is taken of a blotch and of a checkerboard, and of the standard normal %v", c, share)
	}
}

// TestMedians: over squares whose numbers are known, channel by channel, and mirrored at the edges;
// an even ramp stays as it is inside, and a single odd pixel goes.
func TestMedians(t *testing.T) {
	const h, w, c = 7, 9, 2
	s := edit.Shape{H: h, W: w, C: c}
	ramp, spike := make([]float64, s.Size()), make([]float64, s.Size())
	for i := range ramp {
		y, x := i/(w*c), i/c%w
		ramp[i] = float64(10*y + x)
		if i%c == 1 {
			ramp[i] = -ramp[i]
		}
	}
	spike[(3*w+4)*c] = 5
	got := medians(ramp, s, 5)
	for y := 2; y < h-2; y++ {
		for x := 2; x < w-2; x++ {
			for k := range c {
				near(t, fmt.Sprint("the ramp at ", y, x), got[(y*w+x)*c+k], ramp[(y*w+x)*c+k], 0)
			}
		}
	}
	// the corner's square has rows 2 1 0 1 2 and columns 2 1 0 1 2: five numbers of row 0 lie below
	// ten of row 1, which are 10 twice, 11 and 12 four times each: 11 goes as far as the 11th, and
	// the 13th is 12
	near(t, "the corner", got[0], 12, 0)
	near(t, "the other channel's", got[1], -12, 0)
	if m := slices.Max(medians(spike, s, 3)); m != 0 {
		t.Errorf("of a single pixel %v is left", m)
	}
	nearAll(t, "of one", medians(ramp, s, 1), ramp, 0)
	nearAll(t, "of a row of one", medians([]float64{1, 5, 2}, edit.Shape{H: 1, W: 3, C: 1}, 3), []float64{5, 2, 5}, 0)
	nearAll(t, "of a pixel", medians([]float64{4}, edit.Shape{H: 1, W: 1, C: 1}, 5), []float64{4}, 0)
}

// TestDAEMedian: the map is the median of what is away, of 5 pixels unless it is said.
func TestDAEMedian(t *testing.T) {
	m := mixture.Random(12, 2, 7)
	x := m.Sample(host(9).Stream, 2)
	p := reverie.VP{}
	for side, want := range map[int]int{0: 5, 1: 1, 3: 3} {
		s := shaped(t, host(0), p, m)
		f, err := (&DAE[batch]{Median: side}).Find(t.Context(), s, x)
		if err != nil {
			t.Fatal(err)
		}
		for n := range x {
			away := make([]float64, len(x[n]))
			for i := range away {
				away[i] = math.Abs(x[n][i] - f.Healed[n][i])
			}
			nearAll(t, fmt.Sprint("a median of ", side), f.Map[n], medians(away, s.Shape, want), 0)
		}
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
