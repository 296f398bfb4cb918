package edit

import "github.com/reverie-go/reverie"

// An Operator is a linear map of data to what is measured of them, y = A x, sample by sample.
// Results are new values and never alias an argument.
type Operator[X any] interface {
	Apply(x X) X // A x
	// Adjoint returns A'y: <A x, y> = <x, A'y> for every x and y.
	Adjoint(y X) X
}

// A Linear is an Operator on the numbers of one sample.
type Linear interface {
	Operator[[]float64]
	// Shape is that of A x, [H,W,C].
	Shape() Shape
}

// Lift makes a Linear one of batches, whose numbers it gets by their Space. data and measured are
// batches, of any number of samples, of x's and of y's shape.
func Lift[X any](sp reverie.Rower[X], of Linear, data, measured X) Operator[X] {
	return lifted[X]{sp, of, data, measured}
}

type lifted[X any] struct {
	space          reverie.Rower[X]
	of             Linear
	data, measured X
}

// Apply returns A x.
func (l lifted[X]) Apply(x X) X {
	return l.space.FromRows(l.measured, each(l.space.Rows(x), l.of.Apply))
}

// Adjoint returns A'y.
func (l lifted[X]) Adjoint(y X) X {
	return l.space.FromRows(l.data, each(l.space.Rows(y), l.of.Adjoint))
}

// each returns f of each row.
func each(rows [][]float64, f func([]float64) []float64) [][]float64 {
	out := make([][]float64, len(rows))
	for n, row := range rows {
		out[n] = f(row)
	}
	return out
}
