package reverie

import "math"

// A Space is all that the maths asks of a batch of tensors X: linear combinations and noise. A batch is N samples along X's first
// axis; results are new values and never alias an argument.
//
// A Space holds its position in the noise streams, so a run needs its own.
type Space[X any] interface {
	// Sum returns c[0] x[0] + c[1] x[1] + .. in one pass.
	Sum(c []float64, x ...X) X
	// SumEach is Sum with own coefficients for each sample: c[i][n] is that of x[i] at sample n.
	SumEach(c [][]float64, x ...X) X
	// Noise returns standard normal noise in the shape of like: one stream per sample, so that the batch size never changes a
	// sample's noise. Each call is the next step of the streams.
	Noise(like X) X
}

// A Clamper is a Space that clamps every element to [lo, hi].
type Clamper[X any] interface{ Clamp(x X, lo, hi float64) X }

// A Normer is a Space that returns each sample's Euclidean norm.
type Normer[X any] interface{ Norm(x X) []float64 }

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

// Host is the Space over Go slices: for programs without the engine, and the reference for other Spaces. Products and sums are
// taken in float64 and rounded once to T. Batches of one call have the same shape; else it panics.
type Host[T Float] struct {
	// Stream is the noise of the next call of Noise, for the batch's first sample; Noise advances its Step.
	Stream Stream
}

var (
	_ Space[Batch[float32]]   = (*Host[float32])(nil)
	_ Clamper[Batch[float64]] = (*Host[float64])(nil)
	_ Normer[Batch[float64]]  = (*Host[float64])(nil)
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

// Norm returns the Euclidean norm of each sample.
func (h *Host[T]) Norm(x Batch[T]) []float64 {
	norms := make([]float64, len(x))
	for n := range x {
		norms[n] = norm(x[n])
	}
	return norms
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
