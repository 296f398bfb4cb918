package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/reverie-go/reverie/table"
)

// Moments are the mean and the covariance (with N-1 in the denominator) of a set of N rows.
type Moments struct {
	N    int
	Mean []float64
	Cov  *mat.SymDense
}

// MomentsOf takes the moments of at least two rows.
func MomentsOf(r Rows) (Moments, error) {
	if err := checkRows("covariance", r, r); err != nil {
		return Moments{}, err
	}
	if err := atLeast("covariance", 2, r.N, r.N, ""); err != nil {
		return Moments{}, err
	}
	m := Moments{N: r.N, Mean: r.means(), Cov: mat.NewSymDense(r.D, nil)}
	centred := r.minus(m.Mean)
	m.Cov.SymOuterK(1/float64(r.N-1), mat.NewDense(r.N, r.D, centred.X).T())
	return m, nil
}

// Frechet is the squared distance between two normal laws, with the ranks of their covariances.
type Frechet struct {
	Distance float64
	// Ranks of the two covariances, by eigenvalues above D times the rounding of the largest. One
	// under D means that the set spans fewer directions than there are features: the distance then
	// says nothing of the rest.
	Ranks [2]int
	D     int
}

// FrechetOf returns W2^2 between the normal laws with the given moments,
//
//	|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1^1/2 C2 C1^1/2)^1/2
//
// (Dowson & Landau 1982); of Inception's features it is the FID of Heusel et al. 2017,
// arXiv:1706.08500. Both roots are taken by the eigenvalues of symmetric matrices, of which those
// that rounding has made negative are 0: no complex numbers and nothing to add to the diagonal,
// whatever the ranks.
func FrechetOf(a, b Moments) (Frechet, error) {
	d := len(a.Mean)
	if len(b.Mean) != d {
		return Frechet{}, fmt.Errorf("eval: Frechet distance: %d features cannot be compared with %d", d, len(b.Mean))
	}
	rootA, rankA, err := root(a.Cov)
	if err != nil {
		return Frechet{}, err
	}
	valuesB, err := eigenvalues(b.Cov)
	if err != nil {
		return Frechet{}, err
	}
	var half, product mat.Dense
	half.Mul(rootA, b.Cov)
	product.Mul(&half, rootA)
	values, err := eigenvalues(symmetric(&product))
	if err != nil {
		return Frechet{}, err
	}
	f := Frechet{Distance: mat.Trace(a.Cov) + mat.Trace(b.Cov), Ranks: [2]int{rankA, rank(valuesB)}, D: d}
	for i, m := range a.Mean {
		f.Distance += (m - b.Mean[i]) * (m - b.Mean[i])
	}
	for _, v := range values {
		f.Distance -= 2 * math.Sqrt(max(0, v))
	}
	f.Distance = max(0, f.Distance)
	return f, nil
}

// FID is FrechetOf the moments of two sets of features. Each needs more rows than there are
// features: with fewer the covariance has not full rank, and the number depends on how many there
// are more than on the law.
func FID(a, b Rows) (Frechet, error) {
	if err := checkRows("FID", a, b); err != nil {
		return Frechet{}, err
	}
	if err := atLeast("FID", a.D+1, a.N, b.N, fmt.Sprintf(", one more than the %d features", a.D)); err != nil {
		return Frechet{}, err
	}
	ma, err := MomentsOf(a)
	if err != nil {
		return Frechet{}, err
	}
	mb, err := MomentsOf(b)
	if err != nil {
		return Frechet{}, err
	}
	return FrechetOf(ma, mb)
}

var errEigen = errors.New("eval: the eigenvalues of a covariance were not found: are the features finite and of like sizes?")

// root returns the symmetric square root of a positive semidefinite matrix and its rank.
func root(c *mat.SymDense) (*mat.Dense, int, error) {
	e, scale, err := factorize(c, true)
	if err != nil {
		return nil, 0, err
	}
	values := e.Values(nil)
	var v, scaled, out mat.Dense
	e.VectorsTo(&v)
	scaled.Apply(func(_, j int, x float64) float64 { return x * math.Sqrt(max(0, scale*values[j])) }, &v)
	out.Mul(&scaled, v.T())
	return &out, rank(values), nil
}

func eigenvalues(c *mat.SymDense) ([]float64, error) {
	e, scale, err := factorize(c, false)
	if err != nil {
		return nil, err
	}
	values := e.Values(nil)
	for i := range values {
		values[i] *= scale
	}
	return values, nil
}

// factorize finds the eigenvalues of c/scale. The scale is a power of 4 near c's size, so that no
// digit changes: Lapack in Go panics where numbers are so small that it would scale them itself.
func factorize(c *mat.SymDense, vectors bool) (e *mat.EigenSym, scale float64, err error) {
	scale = 1
	if most := mat.Max(c); most > 0 && !math.IsInf(most, 0) {
		scale = math.Ldexp(1, 2*int(math.Floor(math.Log2(most)/2)))
	}
	var unit mat.SymDense
	unit.ScaleSym(1/scale, c)
	e = new(mat.EigenSym)
	if !e.Factorize(&unit, vectors) {
		return nil, 0, errEigen
	}
	return e, scale, nil
}

// rank counts the eigenvalues, in ascending order, that are above the rounding of the largest.
func rank(values []float64) (n int) {
	const eps = 0x1p-52
	least := values[len(values)-1] * eps * float64(len(values))
	for _, v := range values {
		if v > least {
			n++
		}
	}
	return n
}

// symmetric is the mean of a matrix and its transpose.
func symmetric(m *mat.Dense) *mat.SymDense {
	n, _ := m.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
		}
	}
	return s
}

var fid = Plain{Base{Info: table.Info{Name: "fid", Text: "Frechet distance of features"}, Reads: ofFeatures}, measureFID}

func measureFID(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	f, err := FID(a, b)
	if err != nil {
		return nil, err
	}
	for i, set := range []*Set{c.Samples, c.Reference} {
		if f.Ranks[i] < f.D {
			c.Note("fid: the features of %s (%d) span %d of %d directions: the distance says nothing of the others", set.Name, set.N, f.Ranks[i], f.D)
		}
	}
	return []Value{{Name: "fid", X: f.Distance, Better: Less}}, nil
}
