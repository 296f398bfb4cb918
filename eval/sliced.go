package eval

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/reverie-go/reverie/internal/parallel"
)

// Sliced is the sliced Wasserstein distance of order 2 between two sets of points. The zero value
// takes 512 directions.
type Sliced struct {
	Directions int // 0: 512
	Seed       uint64
}

// Measure returns
//
//	sqrt(E_d W2^2({<d, x>}, {<d, y>})),  |d| = 1,
//
// where W2 of numbers compares equal quantiles, whatever the sizes of the sets (Rabin et al. 2011;
// Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters of measures"). For laws that
// differ by a shift m alone it is
// |m|/sqrt(D).
func (s Sliced) Measure(ctx context.Context, a, b Rows) (float64, error) {
	if err := checkRows("sliced distance", a, b); err != nil {
		return 0, err
	}
	if s.Directions == 0 {
		s.Directions = 512
	}
	centre := a.means() // which no distance depends on, and without which far from the origin no digit is lost
	a, b = a.minus(centre), b.minus(centre)
	u := directions(s.Seed, 0, s.Directions, a.D)
	w := make([]float64, s.Directions)
	parallel.Until(ctx, s.Directions, func(i int) {
		d := u[i*a.D : (i+1)*a.D]
		w[i] = quantileDistance(along(a, d), along(b, d))
	})
	return math.Sqrt(mean(w)), ctx.Err()
}

// along returns the rows' inner products with d.
func along(r Rows, d []float64) []float64 {
	out := make([]float64, r.N)
	blas64.Gemv(blas.NoTrans, 1, blas64.General{Rows: r.N, Cols: r.D, Stride: r.D, Data: r.X},
		blas64.Vector{N: r.D, Inc: 1, Data: d}, 0, blas64.Vector{N: r.N, Inc: 1, Data: out})
	return out
}

// quantileDistance is W2^2 between two samples of numbers, which it sorts:
//
//	int_0^1 (F^-1(q) - G^-1(q))^2 dq
//
// with F^-1 constant on [i/n, (i+1)/n). Counted in units of 1/(n m), so that no step is lost to
// rounding.
func quantileDistance(a, b []float64) float64 {
	slices.Sort(a)
	slices.Sort(b)
	n, m := len(a), len(b)
	sum, at := 0.0, 0
	for i, j := 0, 0; i < n && j < m; {
		next := min((i+1)*m, (j+1)*n)
		d := a[i] - b[j]
		sum += d * d * float64(next-at)
		if at = next; at == (i+1)*m {
			i++
		}
		if at == (j+1)*n {
			j++
		}
	}
	return sum / float64(n) / float64(m)
}
