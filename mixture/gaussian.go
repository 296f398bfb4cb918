package mixture

import (
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
)

// gaussian is one component, its covariance in its eigenbasis: B' diag(values) B.
type gaussian struct {
	mean   []float64
	basis  [][]float64 // B, an eigenvector a row; nil is the identity
	values []float64   // the eigenvalues, none negative
}

// decompose returns a Gaussian of the given covariance, without a mean.
func decompose(c Cov, dim int) (gaussian, error) {
	if c.Full == nil {
		if !(c.Var >= 0) || math.IsInf(c.Var, 1) {
			return gaussian{}, fmt.Errorf("variance %v: expected a number from 0", c.Var)
		}
		g := gaussian{values: make([]float64, dim)}
		for i := range g.values {
			g.values[i] = c.Var
		}
		return g, nil
	}
	if c.Var != 0 {
		return gaussian{}, errors.New("both Var and Full are set: expected one of them")
	}
	scale, err := checkSymmetric(c.Full, dim)
	if err != nil {
		return gaussian{}, err
	}
	values, basis := eigen(c.Full)
	for i, v := range values {
		if v < -1e-10*scale {
			return gaussian{}, fmt.Errorf("eigenvalue %v: a covariance has none below 0", v)
		}
		values[i] = max(0, v)
	}
	return gaussian{basis: basis, values: values}, nil
}

// checkSymmetric checks a matrix's shape and symmetry and returns its largest magnitude.
func checkSymmetric(a [][]float64, dim int) (scale float64, err error) {
	if len(a) != dim {
		return 0, fmt.Errorf("%d rows: expected %d", len(a), dim)
	}
	for i, row := range a {
		if len(row) != dim || !finite(row) {
			return 0, fmt.Errorf("row %d: expected %d finite numbers", i, dim)
		}
		for _, v := range row {
			scale = max(scale, math.Abs(v))
		}
	}
	for i := range a {
		for j := range i {
			if math.Abs(a[i][j]-a[j][i]) > 1e-10*scale {
				return 0, fmt.Errorf("not symmetric: [%d][%d] is %v, [%d][%d] is %v", i, j, a[i][j], j, i, a[j][i])
			}
		}
	}
	return scale, nil
}

// noised returns the law of a x + shift + s eps.
func (g *gaussian) noised(c reverie.Coef, shift []float64) gaussian {
	n := gaussian{mean: make([]float64, len(g.mean)), basis: g.basis, values: make([]float64, len(g.values))}
	for i, v := range g.values {
		n.mean[i] = c.Alpha*g.mean[i] + shift[i]
		n.values[i] = c.Alpha*c.Alpha*v + c.Sigma*c.Sigma
	}
	return n
}

// into returns B d, the coordinates of a difference in the eigenbasis.
func (g *gaussian) into(d []float64) []float64 {
	if g.basis == nil {
		return append([]float64(nil), d...)
	}
	y := make([]float64, len(d))
	for i, row := range g.basis {
		y[i] = dot(row, d)
	}
	return y
}

// out returns B' y, the way back from into.
func (g *gaussian) out(y []float64) []float64 {
	if g.basis == nil {
		return append([]float64(nil), y...)
	}
	d := make([]float64, len(y))
	for i, row := range g.basis {
		add(d, y[i], row)
	}
	return d
}

// apply returns B' diag(v) B d.
func (g *gaussian) apply(v, d []float64) []float64 {
	y := g.into(d)
	for i := range y {
		y[i] *= v[i]
	}
	return g.out(y)
}

// matrix returns B' diag(v) B.
func (g *gaussian) matrix(v []float64) [][]float64 {
	a := square(len(v))
	for i := range v {
		if g.basis == nil {
			a[i][i] = v[i]
			continue
		}
		for j := range a {
			add(a[j], v[i]*g.basis[i][j], g.basis[i])
		}
	}
	return a
}

// logDensity returns log N(x; mean, covariance) given y = B (x - mean).
func (g *gaussian) logDensity(y []float64) float64 {
	sum := 0.0
	for i, v := range g.values {
		sum += y[i]*y[i]/v + math.Log(v)
	}
	return -(sum + float64(len(y))*math.Log(2*math.Pi)) / 2
}

// shift returns b x1, in dim numbers.
func shift(c reverie.Coef, far [][]float64, dim int) []float64 {
	s := make([]float64, dim)
	if c.Beta == 0 {
		return s
	}
	if len(far) != 1 || len(far[0]) != dim {
		panic("mixture: the law has a far end: give its x1")
	}
	add(s, c.Beta, far[0])
	return s
}
