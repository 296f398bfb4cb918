package mixture

import "math"

// of returns f of a symmetric matrix: of its eigenvalues, in its eigenbasis.
func of(sym [][]float64, f func(v float64) float64) [][]float64 {
	g := gaussian{}
	g.values, g.basis = eigen(sym)
	for i, v := range g.values {
		g.values[i] = f(v)
	}
	return g.matrix(g.values)
}

// inverse returns that of a symmetric positive definite matrix.
func inverse(sym [][]float64) [][]float64 { return of(sym, func(v float64) float64 { return 1 / v }) }

// logDet returns the logarithm of the determinant of a symmetric positive definite matrix.
func logDet(sym [][]float64) (sum float64) {
	values, _ := eigen(sym)
	for _, v := range values {
		sum += math.Log(v)
	}
	return sum
}

// times returns a b.
func times(a, b [][]float64) [][]float64 {
	c := square(len(a))
	for i, row := range a {
		for k, v := range row {
			add(c[i], v, b[k])
		}
	}
	return c
}

// apply returns a x.
func apply(a [][]float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i, row := range a {
		y[i] = dot(row, x)
	}
	return y
}

// transposed returns a'.
func transposed(a [][]float64) [][]float64 {
	t := square(len(a))
	for i, row := range a {
		for j, v := range row {
			t[j][i] = v
		}
	}
	return t
}

// term is a matrix and what it is multiplied by; a nil matrix is the identity.
type term struct {
	c float64
	a [][]float64
}

// combine returns the sum of the terms, of n rows.
func combine(n int, terms ...term) [][]float64 {
	sum := square(n)
	for _, t := range terms {
		for i := range sum {
			if t.a == nil {
				sum[i][i] += t.c
			} else {
				add(sum[i], t.c, t.a[i])
			}
		}
	}
	return sum
}

// symmetric returns a without what rounding made unequal.
func symmetric(a [][]float64) [][]float64 {
	return combine(len(a), term{0.5, a}, term{0.5, transposed(a)})
}
