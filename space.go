package reverie

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/random"
)

// A Space is all that the maths asks of a batch of tensors X: linear combinations and noise. A
// batch is N samples along X's first axis; results are new values and never alias an argument.
//
// A Space holds its position in the noise streams, so a run needs its own.
type Space[X any] interface {
	// Sum returns c[0] x[0] + c[1] x[1] + .. in one pass.
	Sum(c []float64, x ...X) X
	// SumEach is Sum with own coefficients for each sample: c[i][n] is that of x[i] at sample n.
	SumEach(c [][]float64, x ...X) X
	// Noise returns standard normal noise in the shape of like: one stream per sample, so that the
	// batch size never changes a sample's noise. Each call is the next step of the streams.
	Noise(like X) X
}

// A Clamper is a Space that clamps every element to [lo, hi]. ClampVJP is the vector-Jacobian
// product: u where x is within, 0 elsewhere.
type Clamper[X any] interface {
	Clamp(x X, lo, hi float64) X
	ClampVJP(x, u X, lo, hi float64) X
}

// A Normer is a Space that returns each sample's Euclidean norm.
type Normer[X any] interface{ Norm(x X) []float64 }

// A Dotter is a Space that returns each sample's inner product of x and y, summed in float64.
type Dotter[X any] interface{ Dot(x, y X) []float64 }

// A Quantiler is a Space that returns, for each sample, the q-quantile (0 to 1) of its elements'
// magnitudes, interpolated linearly between neighbours as numpy.quantile does. AbsQuantileVJP
// returns u[n] times the gradient of sample n's quantile, which is 0 but at the one or two elements
// that it lies at or between; equal elements count in the order in which they stand.
type Quantiler[X any] interface {
	AbsQuantile(x X, q float64) []float64
	AbsQuantileVJP(x X, q float64, u []float64) X
}

// A LogScaler is a Space that scales every element by an exponential: LogScale returns x exp(a + b
// v).
type LogScaler[X any] interface{ LogScale(x, v X, a, b float64) X }

// A Rower is a Space that gives a batch's numbers to the host and takes them back, all in float64:
// Rows returns those of each sample, FromRows a batch of such rows, of any number of samples, in
// the type and the sample shape of like. Neither shares memory with an argument.
type Rower[X any] interface {
	Rows(x X) [][]float64
	FromRows(like X, rows [][]float64) X
}

// A Stacker is a Space that puts two batches of one shape together, the second after the first
// along the first axis, and takes them apart again.
type Stacker[X any] interface {
	Stack(x, y X) X
	Unstack(xy X) (x, y X)
}

// Float is a type of numbers that a Host computes with.
type Float interface{ ~float32 | ~float64 }

// A Batch is N samples of any size, one slice each.
type Batch[T Float] [][]T

// NewBatch returns n samples of size zeros.
func NewBatch[T Float](n, size int) Batch[T] {
	b, all := make(Batch[T], n), make([]T, n*size)
	for i := range b {
		b[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	return b
}

// Host is the Space over Go slices: for programs without the engine, and the reference for other
// Spaces. Products and sums are taken in float64 and rounded once to T. Batches of one call have
// the same shape; else it panics.
type Host[T Float] struct {
	// Stream is the noise of the next call of Noise, for the batch's first sample; Noise advances
	// its Step.
	Stream random.Stream
}

var (
	_ Space[Batch[float32]]   = (*Host[float32])(nil)
	_ Clamper[Batch[float64]] = (*Host[float64])(nil)
	_ Normer[Batch[float64]]  = (*Host[float64])(nil)
	_ Dotter[Batch[float64]]  = (*Host[float64])(nil)

	_ Quantiler[Batch[float64]] = (*Host[float64])(nil)
	_ LogScaler[Batch[float64]] = (*Host[float64])(nil)
	_ Rower[Batch[float64]]     = (*Host[float64])(nil)
	_ Stacker[Batch[float64]]   = (*Host[float64])(nil)
)

// Sum returns the linear combination of x with coefficients c.
func (h *Host[T]) Sum(c []float64, x ...Batch[T]) Batch[T] {
	return h.combine(x, func(i, _ int) float64 { return c[i] })
}

// SumEach returns the linear combination of x with coefficients c[i][n] for sample n.
func (h *Host[T]) SumEach(c [][]float64, x ...Batch[T]) Batch[T] {
	return h.combine(x, func(i, n int) float64 { return c[i][n] })
}

func (h *Host[T]) combine(x []Batch[T], coef func(i, n int) float64) Batch[T] {
	y := like(x[0])
	for n := range y {
		sum := make([]float64, len(y[n]))
		for i, b := range x {
			axpy(sum, coef(i, n), b[n])
		}
		for j, v := range sum {
			y[n][j] = T(v)
		}
	}
	return y
}

// axpy adds c x to y.
func axpy[T Float](y []float64, c float64, x []T) {
	if len(x) != len(y) {
		panic("reverie: Host: batches of different shapes")
	}
	for j, v := range x {
		y[j] += c * float64(v)
	}
}

// Noise returns standard normal noise in the shape of like: sample n is that of Stream.Plus(n).
func (h *Host[T]) Noise(x Batch[T]) Batch[T] {
	y := like(x)
	for n := range y {
		z := make([]float64, len(y[n]))
		h.Stream.Plus(n).Normal(z)
		for j, v := range z {
			y[n][j] = T(v)
		}
	}
	h.Stream.Step++
	return y
}

// Clamp returns x with every element clamped to [lo, hi]. NaN stays NaN.
func (h *Host[T]) Clamp(x Batch[T], lo, hi float64) Batch[T] {
	y := like(x)
	for n := range x {
		for j, v := range x[n] {
			y[n][j] = min(max(v, T(lo)), T(hi))
		}
	}
	return y
}

// ClampVJP returns u where x lies within [lo, hi], and 0 elsewhere.
func (h *Host[T]) ClampVJP(x, u Batch[T], lo, hi float64) Batch[T] {
	y := like(x)
	for n := range x {
		for j, v := range x[n] {
			if v >= T(lo) && v <= T(hi) {
				y[n][j] = u[n][j]
			}
		}
	}
	return y
}

// Norm returns the Euclidean norm of each sample.
func (h *Host[T]) Norm(x Batch[T]) []float64 {
	norms := make([]float64, len(x))
	for n := range x {
		norms[n] = norm(x[n])
	}
	return norms
}

// Dot returns each sample's inner product of x and y.
func (h *Host[T]) Dot(x, y Batch[T]) []float64 {
	dots := make([]float64, len(x))
	for n := range x {
		for j, v := range x[n] {
			dots[n] += float64(v) * float64(y[n][j])
		}
	}
	return dots
}

// AbsQuantile returns each sample's q-quantile of |x|.
func (h *Host[T]) AbsQuantile(x Batch[T], q float64) []float64 {
	out := make([]float64, len(x))
	for n := range x {
		abs := make([]float64, len(x[n]))
		for j, v := range x[n] {
			abs[j] = math.Abs(float64(v))
		}
		out[n] = quantile(abs, q)
	}
	return out
}

// AbsQuantileVJP returns u[n] times the gradient of sample n's q-quantile of |x|.
func (h *Host[T]) AbsQuantileVJP(x Batch[T], q float64, u []float64) Batch[T] {
	y := like(x)
	for n, row := range x {
		order := make([]int, len(row))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(max(row[i], -row[i]), max(row[j], -row[j])) })
		i, next, w := between(q, len(row))
		y[n][order[i]] += T((1 - w) * u[n] * math.Copysign(1, float64(row[order[i]])))
		y[n][order[next]] += T(w * u[n] * math.Copysign(1, float64(row[order[next]])))
	}
	return y
}

// quantile returns the q-quantile of v, which it sorts.
func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	i, next, w := between(q, len(v))
	return v[i]*(1-w) + v[next]*w
}

// between returns the two of n numbers in order that the q-quantile lies between, and the second
// one's weight.
func between(q float64, n int) (i, next int, w float64) {
	at := q * float64(n-1)
	i = min(int(at), n-1)
	return i, min(i+1, n-1), at - float64(i)
}

// LogScale returns x exp(a + b v), element by element.
func (h *Host[T]) LogScale(x, v Batch[T], a, b float64) Batch[T] {
	y := like(x)
	for n := range x {
		for j := range x[n] {
			y[n][j] = T(float64(x[n][j]) * math.Exp(a+b*float64(v[n][j])))
		}
	}
	return y
}

// Rows returns the numbers of each sample.
func (h *Host[T]) Rows(x Batch[T]) [][]float64 { return converted[float64](x) }

// FromRows returns rows as a batch.
func (h *Host[T]) FromRows(_ Batch[T], rows [][]float64) Batch[T] { return converted[T](rows) }

// Stack returns the samples of x, then those of y.
func (h *Host[T]) Stack(x, y Batch[T]) Batch[T] { return converted[T](slices.Concat(x, y)) }

// Unstack returns the two halves of the samples. It panics where they are odd in number.
func (h *Host[T]) Unstack(xy Batch[T]) (x, y Batch[T]) {
	half := len(xy) / 2
	if 2*half != len(xy) {
		panic(fmt.Sprintf("reverie: Host: %d samples are no two batches", len(xy)))
	}
	return converted[T](xy[:half]), converted[T](xy[half:])
}

// converted returns x in another type.
func converted[T, F Float](x [][]F) [][]T {
	y := make([][]T, len(x))
	for n := range x {
		y[n] = make([]T, len(x[n]))
		for j, v := range x[n] {
			y[n][j] = T(v)
		}
	}
	return y
}

// like returns a new batch of x's shape.
func like[T Float](x Batch[T]) Batch[T] {
	y := make(Batch[T], len(x))
	for n := range x {
		y[n] = make([]T, len(x[n]))
	}
	return y
}

func norm[T Float](x []T) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
