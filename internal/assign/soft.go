package assign

import (
	"fmt"
	"math"
)

// Soft returns the plan of least cost less eps times its entropy, of rows and columns that all have
// one unit: plan[i][j] is how much of row i goes to column j, the rows add up to 1, and the columns
// to len(cost)/len(cost[0]), off in the mean by off, a share of that, at most tol unless 10,000
// rounds were not enough, as with an eps of a thousandth of the costs' range and less. The rows
// always add up. Costs are at most 1e300, eps at least 1e-9 of their range, tol is above 0; else it
// panics.
//
// It is Sinkhorn's iteration in the logarithm's domain (Cuturi 2013, arXiv:1306.0895; Peyre &
// Cuturi 2019, arXiv:1803.00567, sec. 4.4), from a large eps down, so that no plan underflows and
// that of a small eps starts near: the potentials take what is far from 0, and between that
// products do.
func Soft(cost [][]float64, eps, tol float64) (plan [][]float64, off float64) {
	s := newSoft(cost, eps, tol)
	for s.eps = s.spread; s.eps > eps; s.eps /= 4 {
		s.solve(max(tol, 0.01), 100)
	}
	s.eps = eps
	off = s.solve(tol, 10000)
	for i, row := range s.kernel {
		for j := range row {
			row[j] *= s.u[i] * s.v[j]
		}
	}
	return s.kernel, off
}

// soft is a plan with its potentials: exp((f[i] + g[j] - cost[i][j])/eps) u[i] v[j].
type soft struct {
	cost        [][]float64
	eps, spread float64
	column      float64 // what each column is to add up to
	f, g, u, v  []float64
	kernel      [][]float64 // exp((f[i] + g[j] - cost[i][j])/made)
	made        float64     // the eps of the kernel and its factors
	sums        []float64   // of the kernel's columns, times u
	next, top   []float64   // for rows and absorb
}

func newSoft(cost [][]float64, eps, tol float64) *soft {
	n := len(cost)
	if n == 0 || len(cost[0]) == 0 {
		panic("assign: no costs")
	}
	m := len(cost[0])
	lo, hi := math.Inf(1), math.Inf(-1)
	s := &soft{cost: cost, column: float64(n) / float64(m), f: make([]float64, n), g: make([]float64, m), u: make([]float64, n), v: make([]float64, m),
		kernel: make([][]float64, n), sums: make([]float64, m), next: make([]float64, n), top: make([]float64, m)}
	for i := range s.u {
		s.u[i] = 1
	}
	for i, row := range cost {
		if len(row) != m {
			panic(fmt.Sprintf("assign: row %d has %d costs of %d", i, len(row), m))
		}
		s.kernel[i] = make([]float64, m)
		for j, c := range row {
			if !(math.Abs(c) <= 1e300) {
				panic(fmt.Sprintf("assign: cost %d, %d is %v: expected at most 1e300", i, j, c))
			}
			lo, hi = min(lo, c), max(hi, c)
		}
	}
	s.spread = hi - lo
	if !(eps > 0 && eps >= 1e-9*s.spread) || !(tol > 0) || math.IsInf(eps, 1) {
		panic(fmt.Sprintf("assign: eps = %v, tol = %v: expected an eps from 1e-9 of the costs' range %v, a tol above 0", eps, tol, s.spread))
	}
	return s
}

// solve iterates at one eps until the columns are off by at most tol, and returns by how much they
// are.
func (s *soft) solve(tol float64, rounds int) (off float64) {
	s.absorb()
	for range rounds {
		if off = s.columns(); off <= tol {
			break
		}
		if !s.rows() {
			s.absorb()
		}
	}
	return off
}

// columns adds up the columns and returns by how much they are off.
func (s *soft) columns() (off float64) {
	clear(s.sums)
	for i, row := range s.kernel {
		u := s.u[i]
		for j, k := range row {
			s.sums[j] += k * u
		}
	}
	for j, k := range s.sums {
		off += math.Abs(k*s.v[j]/s.column-1) / float64(len(s.sums))
	}
	return off
}

// rows makes the columns add up, then the rows, and reports whether all factors are of a size to go
// on with; else it leaves those of the rows.
func (s *soft) rows() bool {
	const most = 1e60
	for j, k := range s.sums {
		if s.v[j] = s.column / k; !(s.v[j] > 1/most && s.v[j] < most) {
			return false
		}
	}
	for i, row := range s.kernel {
		sum := 0.0
		for j, k := range row {
			sum += k * s.v[j]
		}
		if s.next[i] = 1 / sum; !(s.next[i] > 1/most && s.next[i] < most) {
			return false
		}
	}
	s.u, s.next = s.next, s.u
	return true
}

// absorb takes the rows' factors into their potentials, of which all else follows: it makes the
// columns and then the rows add up, by logarithms alone, and the kernel anew.
func (s *soft) absorb() {
	for j := range s.g {
		s.top[j], s.sums[j] = math.Inf(-1), 0
	}
	for i, row := range s.cost {
		s.f[i] += s.made * math.Log(s.u[i])
		for j, c := range row {
			s.top[j] = max(s.top[j], (s.f[i]-c)/s.eps)
		}
	}
	for i, row := range s.cost {
		for j, c := range row {
			s.sums[j] += math.Exp((s.f[i]-c)/s.eps - s.top[j])
		}
	}
	for j := range s.g {
		s.g[j], s.v[j] = -s.eps*(s.top[j]+math.Log(s.sums[j]/s.column)), 1
	}
	for i, row := range s.cost {
		top, sum := math.Inf(-1), 0.0
		for j, c := range row {
			s.kernel[i][j] = (s.g[j] - c) / s.eps
			top = max(top, s.kernel[i][j])
		}
		for j, e := range s.kernel[i] {
			s.kernel[i][j] = math.Exp(e - top)
			sum += s.kernel[i][j]
		}
		for j := range s.kernel[i] {
			s.kernel[i][j] /= sum
		}
		s.f[i], s.u[i] = -s.eps*(top+math.Log(sum)), 1
	}
	s.made = s.eps
}
