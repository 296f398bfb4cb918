package edit

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

type batch = reverie.Batch[float64]

// processes are those that data are noised by.
func processes(t *testing.T) map[string]reverie.Process {
	chain, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]reverie.Process{
		"ddpm": chain, "vp": reverie.VP{}, "subvp": reverie.SubVP{}, "ve": reverie.VE{}, "edm": reverie.EDM{}, "flow": reverie.Flow{},
	}
}

// gaussian is the law N(mean, cov).
func gaussian(t *testing.T, mean []float64, cov [][]float64) *mixture.Mixture {
	t.Helper()
	m, err := mixture.New(nil, [][]float64{mean}, []mixture.Cov{{Full: cov}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A probe is a Space whose noise is 0 but in one number of one draw, which is another for each
// sample from the second on: x of the first sample is then the mean of a walk that is affine in its
// noise, and the differences from it are the columns of a root of its covariance. Nothing is drawn.
type probe struct {
	reverie.Host[float64]
	drawn int
}

func (p *probe) Noise(like batch) batch {
	z := reverie.NewBatch[float64](len(like), len(like[0]))
	for j := range z[0] {
		if p.drawn++; p.drawn < len(z) {
			z[p.drawn][j] = 1
		}
	}
	return z
}

// moments returns mean and covariance of what a walk returns, which is called with a space and a
// batch of zeros of so many numbers each.
func momentsOf(t *testing.T, dim int, walk func(sp reverie.Space[batch], zeros batch) batch) (mean []float64, cov [][]float64) {
	t.Helper()
	count := new(probe)
	walk(count, reverie.NewBatch[float64](1, dim))
	sp := new(probe)
	x := walk(sp, reverie.NewBatch[float64](count.drawn+1, dim))
	if sp.drawn != count.drawn {
		t.Fatalf("%d numbers of noise, and then %d", count.drawn, sp.drawn)
	}
	cov = matrix(len(x[0]))
	for _, row := range x[1:] {
		for i := range cov {
			for j := range cov {
				cov[i][j] += (row[i] - x[0][i]) * (row[j] - x[0][j])
			}
		}
	}
	return x[0], cov
}

// matrix returns n by n zeros.
func matrix(n int) [][]float64 { return reverie.NewBatch[float64](n, n) }

// inverse returns the inverse of a matrix, by Gauss and Jordan with pivots.
func inverse(a [][]float64) [][]float64 {
	n := len(a)
	w := make([][]float64, n)
	for i := range w {
		w[i] = append(append([]float64(nil), a[i]...), make([]float64, n)...)
		w[i][n+i] = 1
	}
	for k := range w {
		top := k
		for i := k; i < n; i++ {
			if math.Abs(w[i][k]) > math.Abs(w[top][k]) {
				top = i
			}
		}
		w[k], w[top] = w[top], w[k]
		w[k] = scaled(1/w[k][k], w[k])
		for i := range w {
			if f := w[i][k]; i != k {
				for j := range w[i] {
					w[i][j] -= f * w[k][j]
				}
			}
		}
	}
	for i := range w {
		w[i] = w[i][n:]
	}
	return w
}

// times returns a matrix times a vector.
func times(a [][]float64, x []float64) []float64 {
	y := make([]float64, len(a))
	for i, row := range a {
		for j, v := range row {
			y[i] += v * x[j]
		}
	}
	return y
}

// dense returns A'A of an operator, as a matrix of n by n.
func dense(a Linear, n int) [][]float64 {
	m := matrix(n)
	for j := range m {
		e := make([]float64, n)
		e[j] = 1
		m[j] = a.Adjoint(a.Apply(e))
	}
	return m
}

// posterior returns mean and covariance of data of law m of which y = A x0 + sd eps was measured
// and, where c.Sigma is not 0, x = a x0 + s eps seen: by the sums of the precisions.
func posterior(m *mixture.Mixture, a Linear, y []float64, sd float64, c reverie.Coef, x []float64) (mean []float64, cov [][]float64) {
	n := m.Dim()
	precision := inverse(m.CovOf(0))
	sum := times(precision, m.MeanOf(0))
	back, square := a.Adjoint(y), dense(a, n)
	for i := range precision {
		sum[i] += back[i] / (sd * sd)
		for j := range precision {
			precision[i][j] += square[i][j] / (sd * sd)
		}
		if c.Sigma > 0 {
			sum[i] += c.Alpha * x[i] / (c.Sigma * c.Sigma)
			precision[i][i] += c.Alpha * c.Alpha / (c.Sigma * c.Sigma)
		}
	}
	cov = inverse(precision)
	return times(cov, sum), cov
}

// near reports a number that differs by over tol of 1 and of the wanted one.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s: %.10g, want %.10g", what, got, want)
	}
}

// nearAll is near of every number, tol being of the largest.
func nearAll(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	largest := 0.
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*largest) {
			t.Errorf("%s[%d]: %.10g, want %.10g", what, i, got[i], want[i])
			return
		}
	}
}

// noise returns standard normal numbers.
func noise(seed uint64, n, dim int) batch {
	sp := &reverie.Host[float64]{Stream: random.Stream{Seed: seed, Domain: 128}}
	return sp.Noise(reverie.NewBatch[float64](n, dim))
}

// grid is the grid of a spacing.
func grid(t *testing.T, spacing string, p reverie.Process, steps int) []float64 {
	t.Helper()
	g, err := sample.Grid(spacing, p, steps)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// host is a space with a stream of its own.
func host(seed uint64) *reverie.Host[float64] {
	return &reverie.Host[float64]{Stream: random.Stream{Seed: seed, Domain: 128}}
}
