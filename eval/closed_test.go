package eval

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// gaussian draws n rows of N(mean, deviation^2 I).
func gaussian(seed uint64, n int, deviation float64, mean ...float64) Rows {
	r := NewRows(n, len(mean))
	for i := range n {
		row := r.Row(i)
		random.Stream{Seed: seed, Domain: 200, Sample: uint64(i)}.Normal(row)
		for j := range row {
			row[j] = mean[j] + deviation*row[j]
		}
	}
	return r
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, tolerance)
	}
}

// A symmetric positive matrix A is the gradient of a convex function, so x -> Ax is the optimal map
// from N(0, C) to N(0, ACA), and W2^2 = tr (A-1)C(A-1) plus the squared shift, whatever the rank of
// C (Brenier's theorem).
func TestFrechetOfLinearMaps(t *testing.T) {
	const d = 12
	normals := func(seed uint64, columns int) *mat.Dense {
		x := make([]float64, d*columns)
		random.Stream{Seed: seed, Domain: 200}.Normal(x)
		return mat.NewDense(d, columns, x)
	}
	for _, rank := range []int{d, 5} {
		var c, a, e, w mat.Dense
		b := normals(1, rank)
		c.Mul(b, b.T())
		g := normals(2, d)
		a.Mul(g, g.T())
		var ca, aca mat.Dense
		ca.Mul(&c, &a)
		aca.Mul(&a, &ca)
		e.Sub(&a, mat.NewDiagDense(d, ones(d)))
		w.Mul(&e, &c)
		w.Mul(mat.DenseCopyOf(&w), &e)
		m1, m2 := make([]float64, d), ones(d)
		f, err := FrechetOf(Moments{Mean: m1, Cov: symmetric(&c)}, Moments{Mean: m2, Cov: symmetric(&aca)})
		if err != nil {
			t.Fatal(err)
		}
		want := mat.Trace(&w) + d
		near(t, "distance", f.Distance, want, 1e-6*want) // half the digits: the root of rounded zeros
		if f.Ranks != [2]int{rank, rank} {
			t.Errorf("ranks %v, want %d", f.Ranks, rank)
		}
	}
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// In two dimensions tr (C1 C2)^1/2 = sqrt(tr C1 C2 + 2 sqrt(det C1 C2)).
func TestFrechetInThePlane(t *testing.T) {
	a := mat.NewSymDense(2, []float64{2, 0.7, 0.7, 1})
	b := mat.NewSymDense(2, []float64{0.5, -0.3, -0.3, 3})
	f, err := FrechetOf(Moments{Mean: []float64{1, 2}, Cov: a}, Moments{Mean: []float64{-1, 2.5}, Cov: b})
	if err != nil {
		t.Fatal(err)
	}
	var ab mat.Dense
	ab.Mul(a, b)
	want := 4.25 + mat.Trace(a) + mat.Trace(b) - 2*math.Sqrt(mat.Trace(&ab)+2*math.Sqrt(mat.Det(&ab)))
	near(t, "distance", f.Distance, want, 1e-12)
}

// The moments of rows against the definition, and of one set with itself no distance but
// rounding's.
func TestFIDOfItself(t *testing.T) {
	x := gaussian(3, 50, 2, 1, -1, 0, 5)
	f, err := FID(x, x)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "distance", f.Distance, 0, 1e-7)
	m, err := MomentsOf(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		for j := range 4 {
			c := 0.0
			for k := range x.N {
				c += (x.Row(k)[i] - m.Mean[i]) * (x.Row(k)[j] - m.Mean[j]) / 49
			}
			near(t, "covariance", m.Cov.At(i, j), c, 1e-12)
		}
	}
}

// Gaussian kernels of normal laws N(p, s^2) and N(q, r^2) in D dimensions:
//
//	E k(x, y) = (b^2/v)^(D/2) exp(-|p-q|^2/(2v)),  v = b^2 + s^2 + r^2
//
// 200 pairs of sets: the mean of MMD^2 within 4 standard errors of the truth; the jackknife's error
// beside the deviation that there is, which 200 draws give to 5%: right within 15% where the laws
// differ, 1 to 1.6 times where not.
func TestMMDOfNormals(t *testing.T) {
	const b1, b2, d, n, m, draws = 1.0, 3.0, 3, 40, 60, 200
	closed := func(s, r, shift float64) (e float64) {
		for _, b := range []float64{b1, b2} {
			v := b*b + s*s + r*r
			e += math.Pow(b*b/v, d/2.) * math.Exp(-d*shift*shift/(2*v)) / 2
		}
		return e
	}
	for _, x := range []struct{ r, shift, lo, hi float64 }{{1.5, 0.8, 0.85, 1.15}, {1, 0, 1, 1.6}} {
		want := closed(1, 1, 0) + closed(x.r, x.r, 0) - 2*closed(1, x.r, x.shift)
		var got, errors []float64
		for i := range uint64(draws) {
			v, se, err := MMD(t.Context(), RBF(b1, b2), gaussian(2*i, n, 1, 0, 0, 0), gaussian(2*i+1, m, x.r, x.shift, x.shift, x.shift))
			if err != nil {
				t.Fatal(err)
			}
			got, errors = append(got, v), append(errors, se*se)
		}
		deviation := math.Sqrt(spread(got))
		near(t, "MMD^2", mean(got), want, 4*deviation/math.Sqrt(draws))
		if ratio := math.Sqrt(mean(errors)) / deviation; !(ratio >= x.lo && ratio <= x.hi) {
			t.Errorf("shift %v: the standard error is %v of the deviation", x.shift, ratio)
		}
	}
}

// The jackknife's sums against leaving rows out one by one.
func TestMMDJackknife(t *testing.T) {
	k := Polynomial(2, 0.5, 1)
	x, y := gaussian(1, 6, 1, 0, 0), gaussian(2, 5, 2, 1, 0)
	_, se, err := MMD(t.Context(), k, x, y)
	if err != nil {
		t.Fatal(err)
	}
	without := func(r Rows, i int) Rows {
		var at []int
		for j := range r.N {
			if j != i {
				at = append(at, j)
			}
		}
		return r.Take(at)
	}
	naive := func(x, y Rows) (s float64) {
		kernel := func(a, b []float64) float64 { return math.Pow(0.5*(a[0]*b[0]+a[1]*b[1])+1, 2) }
		for i := range x.N {
			for j := range x.N {
				if i != j {
					s += kernel(x.Row(i), x.Row(j)) / float64(x.N*(x.N-1))
				}
			}
			for j := range y.N {
				s -= 2 * kernel(x.Row(i), y.Row(j)) / float64(x.N*y.N)
			}
		}
		for i := range y.N {
			for j := range y.N {
				if i != j {
					s += kernel(y.Row(i), y.Row(j)) / float64(y.N*(y.N-1))
				}
			}
		}
		return s
	}
	var vx, vy []float64
	for i := range x.N {
		vx = append(vx, naive(without(x, i), y))
	}
	for i := range y.N {
		vy = append(vy, naive(x, without(y, i)))
	}
	near(t, "error", se, math.Sqrt(spread(vx)*25/6+spread(vy)*16/5), 1e-9*se)
}

// KID is unbiased at any size of subset. With x ~ N(0, 1), y ~ N(m, 1), M = |m|^2, and the moments
// of t = <.,.>:
//
//	<x,x'>: 0, D, 0     <x,y>: 0, D+M, 0     <y,y'>: M, D+2M+M^2, M^3+6M^2+3MD+6M
//
// The biased estimate is (E k(x,x) - E k(x,x') + the same of y)/n larger, which is more than 10 of
// the standard errors here.
func TestKIDIsUnbiased(t *testing.T) {
	const d, draws = 4, 200
	shift := []float64{0.5, -0.5, 1, 0}
	const M = 1.5
	kernel := func(t1, t2, t3 float64) float64 { return 1 + 3*t1/d + 3*t2/(d*d) + t3/(d*d*d) }
	want := kernel(0, d, 0) + kernel(M, d+2*M+M*M, M*M*M+6*M*M+3*M*d+6*M) - 2*kernel(0, d+M, 0)
	for _, size := range []int{10, 40} {
		var got []float64
		for i := range uint64(draws) {
			v, _, err := KID{Subsets: 20, Size: size, Seed: i}.Measure(t.Context(), gaussian(2*i, 40, 1, 0, 0, 0, 0), gaussian(2*i+1, 50, 1, shift...))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		near(t, "KID", mean(got), want, 4*math.Sqrt(spread(got)/draws))
	}
}

// A shift by m: every direction d sees |<d,m>|, and E <d,m>^2 = |m|^2/D. Its variance is 2|m|^4
// (D-1)/(D^2 (D+2)): 5 standard errors over 512 directions.
func TestSlicedShift(t *testing.T) {
	x := gaussian(1, 100, 1, 0, 0, 0)
	y := x.minus([]float64{-3, 0, -4})
	got, err := Sliced{}.Measure(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	deviation := 25 * math.Sqrt(2.*2/(9*5)/512)
	near(t, "squared distance", got*got, 25./3, 5*deviation)
}

// Sets of unequal sizes: as if each number stood often enough to make them equal.
func TestQuantileDistance(t *testing.T) {
	a, b := gaussian(1, 6, 1, 0).X, gaussian(2, 4, 2, 1).X
	repeat := func(v []float64, k int) (out []float64) {
		for _, x := range v {
			for range k {
				out = append(out, x)
			}
		}
		return out
	}
	got := quantileDistance(append([]float64{}, a...), append([]float64{}, b...))
	x, y := repeat(a, 2), repeat(b, 3)
	want := quantileDistance(x, y) // sorts both
	naive := 0.0
	for i := range x {
		naive += (x[i] - y[i]) * (x[i] - y[i]) / 12
	}
	near(t, "unequal sizes", got, naive, 1e-12)
	near(t, "equal sizes", want, naive, 1e-12)
}

// Five points on a line, one apart: the third neighbour is 3, 2, 2, 2 and 3 away. Copies of them
// are covered all; a cluster far away is not.
func TestPrecisionRecall(t *testing.T) {
	line := func(starts ...float64) Rows {
		r := NewRows(0, 1)
		for _, s := range starts {
			for i := range 5 {
				r.X, r.N = append(r.X, s+float64(i)), r.N+1
			}
		}
		return r
	}
	for _, x := range []struct {
		what              string
		samples, data     Rows
		precision, recall float64
	}{
		{"the same", line(0, 100), line(0, 100), 1, 1},
		{"one of two clusters, twice", line(0, 0.25), line(0, 100), 1, 0.5},
		{"another cluster", line(0, 50), line(0, 100), 0.5, 0.5},
		{"a shift by 3: 3, 4 and 5 to 7 within reach of the last", line(3), line(0), 1, 1},
		{"a shift by 6: 6 and 7 within 3 of the last, 3 and 4 of the first", line(6), line(0), 0.4, 0.4},
	} {
		p, r, err := PrecisionRecall{}.Measure(t.Context(), x.samples, x.data)
		if err != nil {
			t.Fatal(err)
		}
		near(t, x.what+": precision", p, x.precision, 1e-12)
		near(t, x.what+": recall", r, x.recall, 1e-12)
	}
	// 10 against 5: each half of a set drawn at random still lies within reach.
	p, r, err := PrecisionRecall{}.Measure(t.Context(), line(0, 0), line(0))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "precision of twice as many", p, 1, 1e-12)
	if !(r > 0.5) {
		t.Errorf("recall %v", r)
	}
}

// Copies are memorised; samples placed as the held-out are not.
func TestMemorised(t *testing.T) {
	at := func(v ...float32) Images { return Images{N: len(v), Kind: kind.OfPoints(1), Pix: v} }
	training := at(0, 10, 20)
	for _, x := range []struct {
		samples, heldOut Images
		nearer, copies   float64
	}{
		{at(0, 10, 20), at(1, 12, 23), 1, 1},
		{at(1, 12, 23), at(1, 12, 23), 0.5, 0},
		{at(0.5, 14), at(1, 12), 0.5, 0.5},
	} {
		m, err := Memorised(t.Context(), x.samples, x.heldOut, training)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "nearer", m.Nearer, x.nearer, 1e-12)
		near(t, "copies", m.Copies, x.copies, 1e-12)
	}
	m, _ := Memorised(t.Context(), at(0.5, 14), at(1, 12), training)
	near(t, "mean distance", m.Samples, 2.25, 1e-6)
}

// Too few are refused with the number that is needed.
func TestTooFew(t *testing.T) {
	x := gaussian(1, 4, 1, 0, 0, 0, 0)
	_, err := FID(x, gaussian(1, 40, 1, 0, 0, 0, 0))
	for what, err := range map[string]error{
		"FID":    err,
		"KID":    func() error { _, _, err := KID{}.Measure(t.Context(), x, x); return err }(),
		"subset": func() error { _, _, err := KID{Size: 5}.Measure(t.Context(), x, x); return err }(),
		"PR":     func() error { _, _, err := PrecisionRecall{K: 4}.Measure(t.Context(), x, x); return err }(),
		"MMD":    func() error { _, _, err := MMD(t.Context(), RBF(1), x.Take([]int{0, 1}), x); return err }(),
	} {
		if !errors.Is(err, errTooFew) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := MMD(t.Context(), RBF(1), x, Rows{4, 4, []float64{1, 2, 3, 4, math.NaN(), 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}); err == nil || errors.Is(err, errTooFew) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := Bandwidths(t.Context(), NewRows(5, 2), 1); err == nil {
		t.Error("bandwidths of equal rows")
	}
}
