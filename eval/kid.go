package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/table"
)

// KID is the kernel distance of Binkowski et al. 2018, arXiv:1801.01401. The zero value is the
// paper's setting: 100 subsets of 1000 of each set, or of all that the smaller has.
type KID struct {
	Subsets int // 0: 100
	Size    int // 0: 1000, at most what the smaller set has
	Seed    uint64
}

// leastKID is the smallest subset that is drawn where Size is left open.
const leastKID = 10

// Measure returns the mean and the deviation, over subsets drawn without replacement, of the
// unbiased MMD^2 with the kernel (<x,y>/D + 1)^3. The mean is unbiased whatever the sizes of the
// sets, which FID is not; it may be negative. Subsets of one set overlap, so the deviation is that
// of a subset, not of the mean.
func (k KID) Measure(ctx context.Context, a, b Rows) (value, deviation float64, err error) {
	if err := checkRows("KID", a, b); err != nil {
		return 0, 0, err
	}
	need, why := max(2, k.Size), fmt.Sprintf(", a subset of %d", k.Size)
	if k.Size == 0 {
		need, why = leastKID, ""
		k.Size = min(1000, a.N, b.N)
	}
	if err := atLeast("KID", need, a.N, b.N, why); err != nil {
		return 0, 0, err
	}
	if k.Subsets == 0 {
		k.Subsets = 100
	}
	if k.Size == a.N && k.Size == b.N {
		k.Subsets = 1 // all are the whole
	}
	kernel := Polynomial(3, 1/float64(a.D), 1)
	values := make([]float64, k.Subsets)
	for i := range values {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		x := a.Take(choose(stream(k.Seed, useSubsets, 2*i), k.Size, a.N))
		y := b.Take(choose(stream(k.Seed, useSubsets, 2*i+1), k.Size, b.N))
		values[i] = discrepancy(sum(kernelSums(ctx, kernel, x, x, true)), sum(kernelSums(ctx, kernel, y, y, true)), sum(kernelSums(ctx, kernel, x, y, false)), x.N, y.N)
	}
	return mean(values), math.Sqrt(spread(values)), ctx.Err()
}

var kid = Plain{Base{Info: table.Info{Name: "kid", Text: "kernel distance of features, times 1000"}, Subject: ImagesOnly, Reads: ofFeatures}, measureKID}

// fewKID is the size of a subset below which kid is said to vary.
const fewKID = 100

func measureKID(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	v, _, err := KID{Seed: c.Seed}.Measure(ctx, a, b)
	if n := min(a.N, b.N); err == nil && n < fewKID {
		c.Note("kid to %s is of subsets of %d, which vary much; the paper's have 1,000", c.Reference.Name, n)
	}
	return []Value{{Name: "kid x1000", X: 1000 * v, Better: Less}}, err
}
