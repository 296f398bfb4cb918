package baseline

import (
	"errors"
	"math"

	"github.com/reverie-go/reverie/random"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A scatter is the images about their mean, of which the covariance is 1/N sum (x - mu)(x - mu)'.
type scatter struct {
	images [][]float32
	mean   []float64
}

// rows are how many images are held as float64 at once.
const rows = 128

// blocks calls f with the images less the mean, some at a time.
func (s scatter) blocks(f func(x *mat.Dense)) {
	d := len(s.mean)
	for from := 0; from < len(s.images); from += rows {
		part := s.images[from:min(from+rows, len(s.images))]
		x := mat.NewDense(len(part), d, nil)
		for n, image := range part {
			row := x.RawRowView(n)
			for i, v := range image {
				row[i] = float64(v) - s.mean[i]
			}
		}
		f(x)
	}
}

// trace is the sum of all variances.
func (s scatter) trace() float64 {
	sum := 0.
	s.blocks(func(x *mat.Dense) {
		for n := range x.RawMatrix().Rows {
			row := x.RawRowView(n)
			sum += floats.Dot(row, row) / float64(len(s.images))
		}
	})
	return sum
}

// times returns the products of the covariance and the rows of q.
func (s scatter) times(q *mat.Dense) *mat.Dense {
	k, d := q.Dims()
	sum := mat.NewDense(k, d, nil)
	s.blocks(func(x *mat.Dense) {
		var onto, part mat.Dense
		onto.Mul(q, x.T())
		part.Mul(&onto, x)
		sum.Add(sum, &part)
	})
	sum.Scale(1/float64(len(s.images)), sum)
	return sum
}

// exactUpTo is the dimension up to which all eigenvalues are found, and the largest taken.
const exactUpTo = 1024

// eigen returns the k largest eigenvalues of the covariance and their vectors, one a row.
func (s scatter) eigen(k int) (values []float64, vectors *mat.Dense, err error) {
	if d := len(s.mean); d <= exactUpTo {
		one := mat.NewDense(d, d, nil)
		for i := range d {
			one.Set(i, i, 1)
		}
		return top(s.times(one), one, k)
	}
	return s.iterated(k)
}

// spare are the directions that are iterated beside those asked for, rounds the most rounds, and
// growth the share by which the variance within the subspace grows in the last one.
const spare, rounds, growth = 10, 20, 1e-4

// iterated is eigen by subspace iteration from a random start (Halko et al. 2011, arXiv:0909.4061,
// algorithm 4.4). A round is two products of all images with as many vectors.
func (s scatter) iterated(k int) (values []float64, vectors *mat.Dense, err error) {
	d := len(s.mean)
	n := min(k+spare, d, len(s.images))
	q := mat.NewDense(n, d, nil)
	random.Stream{Domain: random.Evaluation, Sample: 1}.Normal(q.RawMatrix().Data)
	orthonormalise(q)
	within := 0.
	for range rounds {
		y := s.times(q)
		before := within
		within = 0
		for i := range n {
			within += floats.Dot(q.RawRowView(i), y.RawRowView(i))
		}
		if within-before <= growth*within {
			return top(project(y, q), q, k)
		}
		q = y
		orthonormalise(q)
	}
	return top(project(s.times(q), q), q, k)
}

// project is y q'.
func project(y, q *mat.Dense) *mat.Dense {
	var p mat.Dense
	p.Mul(y, q.T())
	return &p
}

// orthonormalise makes the rows of q orthonormal, by Gram and Schmidt, twice: once loses
// orthogonality where rows are nearly alike. A row that depends on those before becomes 0.
func orthonormalise(q *mat.Dense) {
	n, _ := q.Dims()
	for i := range n {
		row := q.RawRowView(i)
		size := floats.Norm(row, 2)
		for range 2 {
			for j := range i {
				before := q.RawRowView(j)
				floats.AddScaled(row, -floats.Dot(row, before), before)
			}
		}
		length := floats.Norm(row, 2)
		if length <= 1e-12*size || length == 0 {
			clear(row)
			continue
		}
		floats.Scale(1/length, row)
	}
}

// top returns the k largest eigenvalues of a symmetric matrix on the rows of q, and the vectors.
func top(of, q *mat.Dense, k int) (values []float64, vectors *mat.Dense, err error) {
	n, _ := of.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (of.At(i, j)+of.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, nil, errors.New("baseline: the covariance of the images has no eigenvalues: are their numbers finite?")
	}
	k = min(k, n)
	var own mat.Dense
	e.VectorsTo(&own)
	all := e.Values(nil) // which rise
	chosen := mat.NewDense(k, n, nil)
	for i := range k {
		values = append(values, math.Max(0, all[n-1-i]))
		for j := range n {
			chosen.Set(i, j, own.At(j, n-1-i))
		}
	}
	vectors = new(mat.Dense)
	vectors.Mul(chosen, q)
	return values, vectors, nil
}
