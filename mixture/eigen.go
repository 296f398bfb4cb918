package mixture

import "math"

// eigen returns the eigenvalues of a symmetric matrix and its eigenvectors, one a row, by cyclic
// Jacobi rotations (Golub & Van Loan, Matrix Computations, section 8.5). The vectors are
// orthonormal to rounding.
func eigen(sym [][]float64) (values []float64, vectors [][]float64) {
	n := len(sym)
	a, b := square(n), square(n)
	for i := range sym {
		copy(a[i], sym[i])
		b[i][i] = 1
	}
	for range 60 { // it converges quadratically: ten sweeps are many
		if !sweep(a, b) {
			break
		}
	}
	values = make([]float64, n)
	for i := range values {
		values[i] = a[i][i]
	}
	return values, b
}

// sweep rotates every pair of axes once and reports whether any rotation was needed.
func sweep(a, b [][]float64) (rotated bool) {
	for p := range a {
		for q := p + 1; q < len(a); q++ {
			if math.Abs(a[p][q]) <= 0x1p-53*math.Sqrt(math.Abs(a[p][p]*a[q][q])) || math.Abs(a[p][q]) < 1e-300 {
				continue
			}
			rotated = true
			c, s := rotation(a[p][p], a[p][q], a[q][q])
			rotateRows(a[p], a[q], c, s)
			for _, row := range a {
				row[p], row[q] = c*row[p]-s*row[q], s*row[p]+c*row[q]
			}
			rotateRows(b[p], b[q], c, s)
		}
	}
	return rotated
}

// rotation returns cosine and sine of the rotation that makes [[app,apq],[apq,aqq]] diagonal.
func rotation(app, apq, aqq float64) (c, s float64) {
	tau := (aqq - app) / (2 * apq)
	t := 1 / (math.Abs(tau) + math.Hypot(1, tau))
	if tau < 0 {
		t = -t
	}
	c = 1 / math.Sqrt(1+t*t)
	return c, t * c
}

func rotateRows(p, q []float64, c, s float64) {
	for i := range p {
		p[i], q[i] = c*p[i]-s*q[i], s*p[i]+c*q[i]
	}
}
