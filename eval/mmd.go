package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/table"
)

// A Kernel is k(x, y) as a function of one number: of the squared distance |x-y|^2, which is the
// same wherever the two lie, or else of the inner product <x, y>.
type Kernel struct {
	Distance func(squared float64) float64
	Product  func(xy float64) float64 // where Distance is nil
}

// RBF is the mean of Gaussian kernels of the given bandwidths,
//
//	k(x, y) = mean over s of exp(-|x-y|^2 / (2 s^2)),
//
// each of which alone makes MMD a distance between laws (Gretton et al. 2012, "A kernel two-sample
// test"); several see structure of several sizes.
func RBF(bandwidths ...float64) Kernel {
	return Kernel{Distance: func(d float64) float64 {
		sum := 0.0
		for _, s := range bandwidths {
			sum += math.Exp(-d / (2 * s * s))
		}
		return sum / float64(len(bandwidths))
	}}
}

// Polynomial is the kernel (scale <x, y> + offset)^degree. KID's is Polynomial(3, 1/D, 1).
func Polynomial(degree int, scale, offset float64) Kernel {
	return Kernel{Product: func(xy float64) float64 {
		v, p := scale*xy+offset, 1.0
		for range degree {
			p *= v
		}
		return p
	}}
}

// octaves are the multiples of the median distance that Bandwidths gives.
var octaves = [...]float64{0.25, 0.5, 1, 2, 4}

// medianRows is how many rows the median distance is taken over at most.
const medianRows = 1000

// Bandwidths returns the median distance between different rows of r (of 1000 drawn by seed, if
// there are more) times 1/4, 1/2, 1, 2 and 4. The error says that the rows are all the same.
func Bandwidths(ctx context.Context, r Rows, seed uint64) ([]float64, error) {
	if err := checkRows("bandwidth", r, r); err != nil {
		return nil, err
	}
	if r.N > medianRows {
		r = r.Take(choose(stream(seed, useBandwidth, 0), medianRows, r.N))
	}
	all := make([][]float64, r.N)
	eachDistance(ctx, r, r, func(i int, d []float64) { all[i] = slices.Clone(d[:i]) })
	if err := ctx.Err(); err != nil {
		return nil, err // what was computed since it ended is not whole
	}
	d := slices.Concat(all...)
	slices.Sort(d)
	d = d[:len(d):len(d)]
	if len(d) == 0 || !(d[len(d)/2] > 0) {
		return nil, fmt.Errorf("eval: bandwidth: %w: half of the distances among %d rows are 0, and their median gives no scale", ErrUnfit, r.N)
	}
	median := math.Sqrt(d[len(d)/2])
	out := make([]float64, len(octaves))
	for i, f := range octaves {
		out[i] = f * median
	}
	return out, nil
}

// MMD returns the unbiased estimate of the squared maximum mean discrepancy
//
//	MMD^2 = E k(x,x') + E k(y,y') - 2 E k(x,y),  x != x', y != y'
//
// between the laws of x and y, which may be negative, and its standard error by the jackknife over
// both sets: right where the laws differ by more than the sets can hide, too large by up to sqrt(2)
// where they are the same (Gretton et al. 2012, lemma 6; Efron & Stein 1981). It needs 3 rows of
// each.
func MMD(ctx context.Context, k Kernel, x, y Rows) (mmd, se float64, err error) {
	if err := checkRows("MMD", x, y); err != nil {
		return 0, 0, err
	}
	if err := atLeast("MMD", 3, x.N, y.N, ""); err != nil {
		return 0, 0, err
	}
	xx, yy := kernelSums(ctx, k, x, x, true), kernelSums(ctx, k, y, y, true)
	xy, yx := kernelSums(ctx, k, x, y, false), kernelSums(ctx, k, y, x, false)
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	mmd = discrepancy(sum(xx), sum(yy), sum(xy), x.N, y.N)
	variance := func(own, cross []float64, other float64, n, m int) float64 {
		values := make([]float64, n)
		a, c := sum(own), sum(cross)
		for i := range values {
			values[i] = discrepancy(a-2*own[i], other, c-cross[i], n-1, m)
		}
		return spread(values) * float64(n-1) * float64(n-1) / float64(n)
	}
	v := variance(xx, xy, sum(yy), x.N, y.N) + variance(yy, yx, sum(xx), y.N, x.N)
	return mmd, math.Sqrt(v), nil
}

// discrepancy is MMD^2 of n and m rows from the sums of the kernel over pairs.
func discrepancy(xx, yy, xy float64, n, m int) float64 {
	return xx/(float64(n)*float64(n-1)) + yy/(float64(m)*float64(m-1)) - 2*xy/(float64(n)*float64(m))
}

// kernelSums returns for each row of a the sum of k over the rows of b, without its own if they are
// the same set.
func kernelSums(ctx context.Context, k Kernel, a, b Rows, same bool) []float64 {
	each, value := eachDistance, k.Distance
	if value == nil {
		each, value = eachDot, k.Product
	}
	out := make([]float64, a.N)
	each(ctx, a, b, func(i int, v []float64) {
		for j, v := range v {
			if !same || j != i {
				out[i] += value(v)
			}
		}
	})
	return out
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

// spread is the variance of v with n-1 in the denominator, 0 for fewer than two.
func spread(v []float64) (s float64) {
	if len(v) < 2 {
		return 0
	}
	m := mean(v)
	for _, x := range v {
		s += (x - m) * (x - m)
	}
	return s / float64(len(v)-1)
}

var mmd = Plain{Base{Info: table.Info{Name: "mmd", Text: "squared maximum mean discrepancy of the values, times 1000: Gaussian kernels of 1/4 to 4 times the median distance of the reference"}}, measureMMD}

// maxKernelRows bounds the rows of each set that the kernels of mmd compare, all with all.
const maxKernelRows = 5000

func measureMMD(ctx context.Context, c *Case) ([]Value, error) {
	most := 0
	if max(c.Samples.N, c.Reference.N) > maxKernelRows {
		most = maxKernelRows
		c.noteTaken("mmd", most)
	}
	reference := takeImages(c.Reference.Images, maxKernelRows, c.Seed, 4).Rows()
	b, err := Bandwidths(ctx, reference, c.Seed)
	if err != nil {
		return nil, err
	}
	v, se, err := MMD(ctx, RBF(b...), takeImages(c.Samples.Images, maxKernelRows, c.Seed, 5).Rows(), reference)
	return []Value{{Name: "mmd^2 x1000", X: 1000 * v, Error: 1000 * se, Better: Less, Most: most}}, err
}
