package anomaly

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
	"gonum.org/v1/gonum/mat"
)

// covOf is v times the identity.
func covOf(v float64) mixture.Cov { return mixture.Cov{Var: v} }

// given returns E[x0 | x] for data of law m, of each number of which x = gain x0 + sd eps was
// measured, or, where sd is infinite, nothing.
func given(m *mixture.Mixture, gain, x, sd []float64) []float64 {
	d := m.Dim()
	cov := mat.NewDense(d, d, nil)
	for i, row := range m.CovOf(0) {
		cov.SetRow(i, row)
	}
	var precision mat.Dense
	if err := precision.Inverse(cov); err != nil {
		panic(err)
	}
	var right mat.VecDense
	right.MulVec(&precision, mat.NewVecDense(d, m.MeanOf(0)))
	for i := range d {
		precision.Set(i, i, precision.At(i, i)+gain[i]*gain[i]/(sd[i]*sd[i]))
		right.SetVec(i, right.AtVec(i)+gain[i]*x[i]/(sd[i]*sd[i]))
	}
	var mean mat.VecDense
	if err := mean.SolveVec(&precision, &right); err != nil {
		panic(err)
	}
	return mean.RawVector().Data
}

// patchwork is the mean over all patches of what is expected in each: around it x is known up to a
// deviation, in it x_t = a x + s eps is seen.
func patchwork(m *mixture.Mixture, boxes [][]bool, c reverie.Coef, x []float64, eps, around float64) []float64 {
	sum, count := make([]float64, len(x)), make([]float64, len(x))
	for _, known := range boxes {
		gain, seen, sd := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			gain[i], seen[i], sd[i] = c.Alpha, c.Alpha*x[i]+c.Sigma*eps, c.Sigma
			if known[i] {
				gain[i], seen[i], sd[i] = 1, x[i], around
			}
		}
		for i, v := range given(m, gain, seen, sd) {
			if !known[i] {
				sum[i] += v
				count[i]++
			}
		}
	}
	for i := range sum {
		sum[i] /= count[i]
	}
	return sum
}

// TestPatchByMMPS: what is drawn in a patch is on average what a correlated Gaussian has there,
// given the surroundings and the patch noised; over a small noise of what is known, which is 1e-3
// here, the surroundings themselves. From pure noise it is the conditional expectation alone.
func TestPatchByMMPS(t *testing.T) {
	m := mixture.Random(12, 1, 7)
	x := m.Sample(host(9).Stream, 2)
	for name, p := range processes(t) {
		for _, patch := range []*Patch[batch]{{Size: 2, Stride: 1, Level: reverie.TimeAt(p, 0)}, {Size: 3}} {
			if name == "ddpm" {
				patch.Level = math.Round(patch.Level)
			}
			s := shaped(t, still{host(0)}, p, m)
			s.Fill = &edit.MMPS[batch]{Noise: edit.Noise{Sigma: 1e-3}, Rounds: 40}
			f := find(t, patch, s, x)
			boxes, err := patch.boxes(&look[batch]{Setup: s, rows: x})
			if err != nil {
				t.Fatal(err)
			}
			for n := range x {
				nearAll(t, name, f.Healed[n], patchwork(m, boxes, at(t, p, f.Levels[0]), x[n], 0, 1e-3), 1e-4)
			}
		}
	}
}

// TestPatchSurvives: x - x' = s^2 (a^2 S + s^2)^-1 (x - m) in a patch of one pixel, S and m being
// those of the pixel given the others: 1 over its diagonal element of the precision, and what is
// regressed on them.
func TestPatchSurvives(t *testing.T) {
	const rho, x1, x2 = 0.9, 1.2, -0.4
	m := law(t, mixture.Cov{Full: [][]float64{{1, rho}, {rho, 1}}}, []float64{0, 0})
	p := reverie.EDM{}
	s := setup(t, still{host(0)}, p, m.Denoiser(p), 10)
	s.Solver, s.Shape = &sample.DDPM[batch]{}, edit.Shape{H: 1, W: 2, C: 1}
	s.Fill = &edit.MMPS[batch]{Noise: edit.Noise{Sigma: 1e-3}, Rounds: 10}
	f := find(t, &Patch[batch]{Size: 1, Level: 0.5}, s, batch{{x1, x2}})
	share := 0.25 / (1 - rho*rho + 0.25)
	nearAll(t, "the map", f.Map[0], []float64{share * math.Abs(x1-rho*x2), share * math.Abs(x2-rho*x1)}, 1e-4)
}

// contextual is the exact denoiser of noise on a box of x alone: what differs from x is the box.
func contextual(m *mixture.Mixture, p reverie.Process, x batch) reverie.Denoiser[batch] {
	return reverie.DenoiserFunc[batch](func(_ context.Context, seen batch, t float64) (batch, error) {
		c, y := p.At(t), make(batch, len(seen))
		for n, row := range seen {
			gain, sd := make([]float64, len(row)), make([]float64, len(row))
			for i, v := range row {
				if gain[i], sd[i] = c.Alpha, c.Sigma; v == x[n][i] {
					gain[i], sd[i] = 1, 1e-6
				}
			}
			y[n] = given(m, gain, row, sd)
		}
		return y, nil
	})
}

// TestPatchOfContext: a model that was trained with clean surroundings says the same in one call,
// here for noise of 1 throughout.
func TestPatchOfContext(t *testing.T) {
	m := mixture.Random(12, 1, 7)
	x := m.Sample(host(9).Stream, 2)
	for name, p := range processes(t) {
		s := shaped(t, host(0), p, m)
		s.Run.Denoiser = contextual(m, p, x)
		s.Noise = func(like batch) batch {
			return batch(each(like, func(int, int) float64 { return 1 }))
		}
		patch := &Patch[batch]{Size: 2, Context: true}
		f := find(t, patch, s, x)
		boxes, err := patch.boxes(&look[batch]{Setup: s, rows: x})
		if err != nil {
			t.Fatal(err)
		}
		for n := range x {
			nearAll(t, name, f.Healed[n], patchwork(m, boxes, at(t, p, f.Levels[0]), x[n], 1, 1e-6), 1e-6)
		}
	}
}

// TestBoxes: patches cover the image, the last of a side at its end.
func TestBoxes(t *testing.T) {
	for _, c := range []struct{ h, w, size, stride, n int }{{3, 4, 0, 0, 12}, {3, 4, 2, 2, 4}, {3, 4, 3, 0, 2}, {5, 5, 2, 2, 9}, {1, 1, 0, 0, 1}, {6, 6, 6, 3, 1}} {
		m := &Patch[batch]{Size: c.size, Stride: c.stride}
		rows := reverie.NewBatch[float64](1, c.h*c.w*2)
		boxes, err := m.boxes(&look[batch]{Setup: Setup[batch]{Shape: edit.Shape{H: c.h, W: c.w, C: 2}}, rows: rows})
		if err != nil || len(boxes) != c.n {
			t.Errorf("%+v: %d boxes, %v", c, len(boxes), err)
		}
		covered := make([]bool, c.h*c.w)
		for _, known := range boxes {
			for i := range known {
				covered[i] = covered[i] || !known[i]
			}
		}
		for i, ok := range covered {
			if !ok {
				t.Errorf("%+v: pixel %d is in no patch", c, i)
			}
		}
	}
}
