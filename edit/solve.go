package edit

import "math"

// solve returns w = C A'v for the v with
//
//	(A C A' + v_y I) v = b
//
// by conjugate gradients, for each sample on its own (Hestenes & Stiefel 1952). cov is C, of which
// each round takes one product. With a C that is not quite symmetric, as the Jacobian of a network
// is not, the iterates may grow worse or end: their number is bounded, and of each sample the one
// of the least residual is kept. residual is that, over |b|.
func (p Problem[X]) solve(sp spaces[X], cov func(u X) (X, error), b X, vy float64, rounds int) (w X, residual []float64, err error) {
	rr := sp.Dot(b, b)
	start, best, residual := rr, rr, repeat(1, len(rr))
	r, dir, none := b, b, repeat(0, len(rr))
	sum := sp.SumEach([][]float64{none}, p.A.Adjoint(b))
	w = sum
	for range rounds {
		c, err := cov(p.A.Adjoint(dir))
		if err != nil {
			return w, nil, err
		}
		q := sp.Sum([]float64{1, vy}, p.A.Apply(c), dir)
		alpha := stepLengths(rr, sp.Dot(dir, q))
		sum = sp.SumEach([][]float64{repeat(1, len(rr)), alpha}, sum, c)
		r = sp.SumEach([][]float64{repeat(1, len(rr)), scaled(-1, alpha)}, r, q)
		was := rr
		rr = sp.Dot(r, r)
		w, best = choose(sp, less(rr, best), sum, w), least(rr, best)
		if residual = lengths(best, start); most(residual) <= tolerance || most(alpha) == 0 {
			break
		}
		dir = sp.SumEach([][]float64{repeat(1, len(rr)), ratios(rr, was)}, r, dir)
	}
	return w, residual, nil
}

// tolerance is the residual at which an equation is solved.
const tolerance = 1e-10

// stepLengths returns rr/dq, 0 where that is not positive: there the iteration stands.
func stepLengths(rr, dq []float64) []float64 {
	alpha := make([]float64, len(rr))
	for n := range alpha {
		if a := rr[n] / dq[n]; a > 0 && !math.IsInf(a, 1) {
			alpha[n] = a
		}
	}
	return alpha
}

// ratios returns a/b, 0 where b is 0.
func ratios(a, b []float64) []float64 {
	q := make([]float64, len(a))
	for n := range q {
		if b[n] > 0 {
			q[n] = a[n] / b[n]
		}
	}
	return q
}

// less returns 1 where a < b, else 0.
func less(a, b []float64) []float64 {
	y := make([]float64, len(a))
	for n := range y {
		if a[n] < b[n] {
			y[n] = 1
		}
	}
	return y
}

// least returns the smaller of a and b.
func least(a, b []float64) []float64 {
	y := make([]float64, len(a))
	for n := range y {
		y[n] = min(a[n], b[n])
	}
	return y
}

// most returns the largest of x.
func most(x []float64) float64 {
	m := 0.
	for _, v := range x {
		m = max(m, v)
	}
	return m
}
