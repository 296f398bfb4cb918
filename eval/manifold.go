package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/reverie-go/reverie/table"
)

// PrecisionRecall compares what two sets of features cover. The zero value is the paper's, K = 3.
type PrecisionRecall struct {
	K    int // neighbour whose distance is a ball's radius; 0: 3
	Seed uint64
}

// Measure returns the share of samples within the reference's manifold (precision: how many look
// real) and of the reference within the samples' (recall: how much of the variety is there). A
// set's manifold is the union of balls around its members, each reaching to its K-th nearest other
// (Kynkaanniemi et al. 2019, arXiv:1904.06991, eqs. 1 and 2).
//
// Both depend on the sizes, so equally many of each are compared, as in the paper: where one set is
// larger, the means over its disjoint parts of the other's size are returned, up to 32. Each set
// needs K+1 members.
func (p PrecisionRecall) Measure(ctx context.Context, samples, reference Rows) (precision, recall float64, err error) {
	if err := checkRows("precision and recall", samples, reference); err != nil {
		return 0, 0, err
	}
	if p.K == 0 {
		p.K = 3
	}
	if p.K < 1 {
		return 0, 0, fmt.Errorf("eval: precision and recall: neighbour %d: give 1 or more", p.K)
	}
	if err := atLeast("precision and recall", p.K+1, samples.N, reference.N, fmt.Sprintf(", for %d neighbours", p.K)); err != nil {
		return 0, 0, err
	}
	n := min(samples.N, reference.N)
	s, r := p.parts(samples, n, 0), p.parts(reference, n, 1)
	count := max(len(s), len(r))
	for i := 0; i < count && ctx.Err() == nil; i++ {
		a, b := s[min(i, len(s)-1)], r[min(i, len(r)-1)]
		precision += covered(ctx, a, b, radii(ctx, b, p.K)) / float64(count)
		recall += covered(ctx, b, a, radii(ctx, a, p.K)) / float64(count)
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err // what was counted since it ended is not whole
	}
	return precision, recall, nil
}

// maxParts bounds the parts that a larger set is cut into.
const maxParts = 32

// parts cuts rows at random into parts of n.
func (p PrecisionRecall) parts(r Rows, n, which int) []Rows {
	if r.N == n {
		return []Rows{r}
	}
	order := stream(p.Seed, useShuffle, which).Perm(r.N)
	var out []Rows
	for len(order) >= n && len(out) < maxParts {
		out = append(out, r.Take(order[:n]))
		order = order[n:]
	}
	return out
}

// radii are the squared distances of the rows to their k-th nearest others.
func radii(ctx context.Context, r Rows, k int) []float64 {
	out := make([]float64, r.N)
	eachDistance(ctx, r, r, func(i int, d []float64) {
		d[i] = math.Inf(1) // itself comes last
		slices.Sort(d)
		out[i] = d[k-1]
	})
	return out
}

// covered is the share of the rows of x that lie in a ball around a row of centres.
func covered(ctx context.Context, x, centres Rows, squaredRadii []float64) float64 {
	in := make([]float64, x.N)
	eachDistance(ctx, x, centres, func(i int, d []float64) {
		for j, v := range d {
			if v <= squaredRadii[j] {
				in[i] = 1
				return
			}
		}
	})
	return mean(in)
}

var precisionRecall = Plain{Base{Info: table.Info{Name: "pr", Text: "precision and recall of features, 3 neighbours"}, Reads: ofFeatures}, measurePR}

func measurePR(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	p, r, err := PrecisionRecall{Seed: c.Seed}.Measure(ctx, a, b)
	n := min(a.N, b.N)
	for _, x := range []struct {
		name  string
		share float64
	}{{"precision", p}, {"recall", r}} {
		if err == nil && (x.share == 0 || x.share == 1) {
			c.Note("%s of %s to %s is at its end, %v: at %s of each it tells no more; give a larger -n, or other --features", x.name, c.Samples.Name, c.Reference.Name,
				x.share, humanize.Comma(int64(n)))
		}
	}
	return []Value{{Name: "precision", X: p, Better: More}, {Name: "recall", X: r, Better: More}}, err
}
