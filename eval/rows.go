package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
)

// Rows is a set of N points, or of feature vectors, of D numbers each: X is row after row.
type Rows struct {
	N, D int
	X    []float64
}

// NewRows returns n rows of d zeros.
func NewRows(n, d int) Rows { return Rows{n, d, make([]float64, n*d)} }

// Row returns the numbers of row i.
func (r Rows) Row(i int) []float64 { return r.X[i*r.D : (i+1)*r.D : (i+1)*r.D] }

// batch returns the rows as a batch of n, over again where there are fewer. It shares their
// numbers.
func (r Rows) batch(n int) reverie.Batch[float64] {
	b := make(reverie.Batch[float64], n)
	for i := range b {
		b[i] = r.Row(i % r.N)
	}
	return b
}

// Take returns the rows at the given places, copied.
func (r Rows) Take(at []int) Rows {
	out := NewRows(len(at), r.D)
	for k, i := range at {
		copy(out.Row(k), r.Row(i))
	}
	return out
}

// errTooFew says that a set has fewer members than a number is defined for.
var errTooFew = errors.New("too few")

// atLeast is nil if both sets have at least need members.
func atLeast(what string, need, a, b int, why string) error {
	if a >= need && b >= need {
		return nil
	}
	return fmt.Errorf("eval: %s: %w: %d and %d, needed are at least %d of each%s", what, errTooFew, a, b, need, why)
}

// mostCompared is the largest number whose squares can be summed up.
const mostCompared = 1e140

// checkRows is nil if the sets are of one dimension, not empty, and of numbers that can be squared.
func checkRows(what string, a, b Rows) error {
	if a.D != b.D {
		return fmt.Errorf("eval: %s: rows of %d numbers cannot be compared with rows of %d", what, a.D, b.D)
	}
	if a.N < 1 || b.N < 1 || a.D < 1 {
		return fmt.Errorf("eval: %s: %w: %d and %d rows of %d numbers", what, errTooFew, a.N, b.N, a.D)
	}
	for k, r := range []Rows{a, b} {
		for i, v := range r.X {
			if !(math.Abs(v) <= mostCompared) {
				return fmt.Errorf("eval: %s: row %d of the %s set holds %v: only finite numbers of at most %v can be compared", what, i/r.D, []string{"first", "second"}[k], v, mostCompared)
			}
		}
	}
	return nil
}

// means returns the mean of each column.
func (r Rows) means() []float64 {
	mean := make([]float64, r.D)
	for i := range r.N {
		for j, v := range r.Row(i) {
			mean[j] += v / float64(r.N)
		}
	}
	return mean
}

// minus returns the rows with v subtracted from each.
func (r Rows) minus(v []float64) Rows {
	out := NewRows(r.N, r.D)
	for i := range r.N {
		dst := out.Row(i)
		for j, x := range r.Row(i) {
			dst[j] = x - v[j]
		}
	}
	return out
}

// squares returns |row|^2 of each row.
func (r Rows) squares() []float64 {
	out := make([]float64, r.N)
	for i := range out {
		for _, v := range r.Row(i) {
			out[i] += v * v
		}
	}
	return out
}

// blockRows is how many rows eachBlock multiplies at once.
const blockRows = 256

// eachDot calls f, from several goroutines, for each row i of a with its inner products with all
// rows of b. f must not keep dots.
func eachDot(ctx context.Context, a, b Rows, f func(i int, dots []float64)) {
	dots := make([]float64, min(blockRows, a.N)*b.N)
	for first := 0; first < a.N && ctx.Err() == nil; first += blockRows {
		n := min(blockRows, a.N-first)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1,
			blas64.General{Rows: n, Cols: a.D, Stride: a.D, Data: a.X[first*a.D:]},
			blas64.General{Rows: b.N, Cols: b.D, Stride: b.D, Data: b.X}, 0,
			blas64.General{Rows: n, Cols: b.N, Stride: b.N, Data: dots})
		parallel.Until(ctx, n, func(i int) { f(first+i, dots[i*b.N:(i+1)*b.N]) })
	}
}

// narrowRows is the most numbers in a row whose distances are summed one by one.
const narrowRows = 64

// eachDistance is eachDot with squared distances. Of rows of a few numbers, such as points, they
// are sums of squared differences, each right to the last digits whatever the others are. Wider
// rows are centred on b's mean, so that little is lost in |x|^2 + |y|^2 - 2 x y.
func eachDistance(ctx context.Context, a, b Rows, f func(i int, squared []float64)) {
	if a.D <= narrowRows {
		eachDifference(ctx, a, b, f)
		return
	}
	mean := b.means()
	same := &a.X[0] == &b.X[0]
	b = b.minus(mean)
	if same {
		a = b
	} else {
		a = a.minus(mean)
	}
	aa, bb := a.squares(), b.squares()
	eachDot(ctx, a, b, func(i int, d []float64) {
		for j := range d {
			d[j] = max(0, aa[i]+bb[j]-2*d[j])
		}
		f(i, d)
	})
}

// eachDifference is eachDistance by the sum of squared differences.
func eachDifference(ctx context.Context, a, b Rows, f func(i int, squared []float64)) {
	squared := make([]float64, min(blockRows, a.N)*b.N)
	for first := 0; first < a.N && ctx.Err() == nil; first += blockRows {
		parallel.Until(ctx, min(blockRows, a.N-first), func(i int) {
			x, d := a.Row(first+i), squared[i*b.N:(i+1)*b.N]
			for j := range d {
				d[j] = 0
				for k, v := range b.Row(j) {
					d[j] += (x[k] - v) * (x[k] - v)
				}
			}
			f(first+i, d)
		})
	}
}
