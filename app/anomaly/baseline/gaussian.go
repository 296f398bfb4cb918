package baseline

import (
	"cmp"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/table"
	"gonum.org/v1/gonum/mat"
)

// A law is a Gaussian of images, N(mu, U diag(l) U' + v (I - U U')): the largest variances as they
// are, and the same one in all other directions, their mean, which is the likeliest such law
// (Tipping & Bishop 1999, probabilistic principal component analysis).
type law struct {
	size    size
	mean    []float64
	values  []float64  // l
	vectors *mat.Dense // U', one vector a row
	rest    float64    // v
}

// leastShare is the least v, as a share of the mean variance: images that vary in fewer directions
// than there are numbers would be infinitely sure of the others.
const leastShare = 1e-6

// lawOf is that of images, with so many directions.
func lawOf(images [][]float32, channels, rank int) (*law, error) {
	s, err := sizeOf(images, channels)
	if err != nil {
		return nil, err
	}
	rank = min(rank, s.numbers, len(images)-1)
	if rank < 1 {
		return nil, fmt.Errorf("baseline: a covariance of %d images: give at least 2", len(images))
	}
	about := scatter{images, meanOf(images)}
	trace := about.trace()
	if trace == 0 {
		return nil, fmt.Errorf("baseline: the %d images are all the same, and have no covariance", len(images))
	}
	l := &law{size: s, mean: about.mean}
	if l.values, l.vectors, err = about.eigen(rank); err != nil {
		return nil, err
	}
	l.rest = trace
	for _, v := range l.values {
		l.rest -= v
	}
	l.rest = max(l.rest/float64(max(1, s.numbers-len(l.values))), leastShare*trace/float64(s.numbers))
	for i, v := range l.values {
		l.values[i] = max(v, l.rest)
	}
	return l, nil
}

// weighted returns U diag(f(l)) U'd + f(v) (d - U U'd), d = x - mu.
func (l *law) weighted(x []float32, f func(variance float64) float64) []float64 {
	d := mat.NewVecDense(len(x), nil)
	for i, v := range x {
		d.SetVec(i, float64(v)-l.mean[i])
	}
	var along, back mat.VecDense
	along.MulVec(l.vectors, d)
	rest := f(l.rest)
	for i, v := range l.values {
		along.SetVec(i, along.AtVec(i)*(f(v)-rest))
	}
	back.MulVec(l.vectors.T(), &along)
	back.AddScaledVec(&back, rest, d)
	return back.RawVector().Data
}

// A Rank says how much of the images' covariance is kept.
type Rank struct {
	Rank int `flag:"rank" range:"0|[1,4096]" help:"directions of the images' covariance that are told apart" zero:"100"`
}

// fit is the law of images.
func (r Rank) fit(images [][]float32, channels int) (*law, error) {
	return lawOf(images, channels, cmp.Or(r.Rank, 100))
}

// Gaussian is what noise of a level, taken away again by a Gaussian law of the images, takes away
// with it, on average over the noise:
//
//	map = |x - E[x0 | x_t]| = |(s/a)^2 (C + (s/a)^2 I)^-1 (x - mu)|
//
// the residual of anomaly.Recon and anomaly.OneStep for such data, in closed form. It is what a
// diffusion model has to add to. At high levels it is Mean's.
type Gaussian struct {
	Rank
	Ratio float64 `flag:"ratio" range:"[0,1e6]" help:"noise level sigma/alpha" zero:"1"`

	law *law
}

// Row describes the baseline.
func (*Gaussian) Row() table.Info {
	return table.Info{Name: "gaussian", Text: "what a Gaussian law of the images takes away after noise, in closed form"}
}

// Fit learns the law.
func (b *Gaussian) Fit(images [][]float32, channels int) (err error) {
	b.law, err = b.fit(images, channels)
	return err
}

// residual is x - E[x0 | x_t] on average over the noise.
func (b *Gaussian) residual(x []float32) ([]float64, error) {
	if err := b.law.check(x); err != nil {
		return nil, err
	}
	noise := math.Pow(cmp.Or(b.Ratio, 1), 2)
	return b.law.weighted(x, func(variance float64) float64 { return noise / (variance + noise) }), nil
}

// Heal returns E[x0 | x_t].
func (b *Gaussian) Heal(x []float32) ([]float64, error) {
	y, err := b.residual(x)
	for i, v := range y {
		y[i] = float64(x[i]) - v
	}
	return y, err
}

// Map returns |x - E[x0 | x_t]|.
func (b *Gaussian) Map(x []float32) ([]float64, error) {
	y, err := b.residual(x)
	for i, v := range y {
		y[i] = math.Abs(v)
	}
	return y, err
}

// check reports an image of another size.
func (l *law) check(x []float32) error {
	if l == nil {
		return size{}.check(x)
	}
	return l.size.check(x)
}

// Whitened is by how many deviations a number lies from what all others of the image say, under a
// Gaussian law of the images of precision P = C^-1:
//
//	map_i = |x_i - E[x_i | others]|/sd(x_i | others) = |(P (x - mu))_i|/sqrt(P_ii)
type Whitened struct {
	Rank

	law   *law
	roots []float64 // sqrt(P_ii)
}

// Row describes the baseline.
func (*Whitened) Row() table.Info {
	return table.Info{Name: "whitened", Text: "each number against what the others say, under a Gaussian law of the images"}
}

// Fit learns the law.
func (b *Whitened) Fit(images [][]float32, channels int) (err error) {
	if b.law, err = b.fit(images, channels); err != nil {
		return err
	}
	l := b.law
	b.roots = make([]float64, l.size.numbers)
	for i := range b.roots {
		p := 1 / l.rest
		for k, v := range l.values {
			u := l.vectors.At(k, i)
			p += u * u * (1/v - 1/l.rest)
		}
		b.roots[i] = math.Sqrt(p)
	}
	return nil
}

// Heal returns of each number E[x_i | others] = x_i - (P (x - mu))_i/P_ii.
func (b *Whitened) Heal(x []float32) ([]float64, error) {
	return b.by(x, func(i int, odd float64) float64 { return float64(x[i]) - odd/b.roots[i] })
}

// Map returns the deviations.
func (b *Whitened) Map(x []float32) ([]float64, error) {
	return b.by(x, func(_ int, odd float64) float64 { return math.Abs(odd) })
}

// by is f of each number's (P (x - mu))_i/sqrt(P_ii).
func (b *Whitened) by(x []float32, f func(i int, odd float64) float64) ([]float64, error) {
	if err := b.law.check(x); err != nil {
		return nil, err
	}
	y := b.law.weighted(x, func(variance float64) float64 { return 1 / variance })
	for i, v := range y {
		y[i] = f(i, v/b.roots[i])
	}
	return y, nil
}
