package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/table"
)

// IntraClass is the mean over the classes that occur at least twice in both sets of the mean
// distance |x - y| between the rows of two different samples of a class, of each set: how various a
// class's samples are. Neither depends on how many there are. class says of a set which rows are of
// each class.
func IntraClass(ctx context.Context, a, b Rows, class [][2][]int) (ofA, ofB float64, err error) {
	n := 0
	for _, at := range class {
		if min(len(at[0]), len(at[1])) < 2 {
			continue
		}
		n++
		ofA += pairDistance(ctx, a.Take(at[0]))
		ofB += pairDistance(ctx, b.Take(at[1]))
	}
	if n == 0 {
		return 0, 0, fmt.Errorf("eval: intra-class distance: %w: no class has two members in both sets", errTooFew)
	}
	return ofA / float64(n), ofB / float64(n), ctx.Err()
}

// pairDistance is the mean distance of two different rows.
func pairDistance(ctx context.Context, r Rows) float64 {
	sums := make([]float64, r.N)
	eachDistance(ctx, r, r, func(i int, squared []float64) {
		for j, d := range squared {
			if j != i {
				sums[i] += math.Sqrt(d)
			}
		}
	})
	return sum(sums) / float64(r.N) / float64(r.N-1)
}

var intra = Plain{Base{Info: table.Info{Name: "intra", Text: "mean distance of features within a class, beside that of the reference: how various the samples of a class are"},
	Classed: true, Reads: ofFeatures}, measureIntra}

func measureIntra(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	var class [][2][]int
	for _, k := range c.Samples.Classes {
		class = append(class, [2][]int{c.Samples.placesOf(k.Name), c.Reference.placesOf(k.Name)})
	}
	x, y, err := IntraClass(ctx, a, b, class)
	return []Value{{Name: "intra-class distance", X: x}, {Name: "that of the reference", X: y}}, err
}
