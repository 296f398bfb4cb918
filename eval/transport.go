package eval

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/assign"
	"github.com/reverie-go/reverie/table"
)

// maxAssigned bounds the rows of an exact assignment, whose time grows with the cube.
const maxAssigned = 2048

// Transport is the Wasserstein distance between two sets of points, each of the same weight in its
// set. The zero value takes all of both sets where their sizes have a common multiple of 2048 at
// most, such as equal ones; else as many of the larger one, drawn at random, as the smaller has,
// 2048 at most.
type Transport struct {
	N    int    // points drawn of each set; 0: as said
	Seed uint64 // draws them
}

// Measure returns
//
//	W2^2 = min over couplings of mean |x - y|^2
//
// of the points that it takes, exactly up to rounding: by an assignment of squared distances, a
// point being there as often as makes the numbers equal. taken is how many points it took of each
// set, where it did not take all of both, else 0. Between two sets of one law W2^2 is not 0 but a
// floor that falls with their sizes.
func (t Transport) Measure(ctx context.Context, x, y Rows) (squared float64, taken int, err error) {
	if err := checkRows("W2", x, y); err != nil {
		return 0, 0, err
	}
	n := t.N
	if all := multiple(x.N, y.N); n == 0 && all <= maxAssigned {
		n = all
	} else if n == 0 {
		n = min(x.N, y.N, maxAssigned)
	}
	if n < max(x.N, y.N) || t.N > 0 {
		if err := atLeast("W2", n, x.N, y.N, ""); err != nil {
			return 0, 0, err
		}
		if n < max(x.N, y.N) {
			taken = n
		}
	}
	x, y = take(x, n, t.Seed, 2), take(y, n, t.Seed, 3)
	cost := reverie.Distances(x.batch(n), y.batch(n))
	if err := ctx.Err(); err != nil {
		return 0, 0, err // the assignment takes about a second more
	}
	for i, j := range assign.Least(cost) {
		squared += cost[i][j] / float64(n)
	}
	return squared, taken, nil
}

// multiple is the least common multiple of two sizes.
func multiple(n, m int) int {
	a, b := n, m
	for b > 0 {
		a, b = b, a%b
	}
	return n / a * m
}

// take returns n of the rows, in their order if that is all, else drawn by seed. which keeps apart
// the sets of one measurement.
func take(r Rows, n int, seed uint64, which int) Rows {
	if r.N <= n {
		return r
	}
	return r.Take(choose(stream(seed, useShuffle, which), n, r.N))
}

// takeImages is take of images.
func takeImages(m Images, n int, seed uint64, which int) Images {
	if m.N <= n {
		return m
	}
	return m.Take(choose(stream(seed, useShuffle, which), n, m.N))
}

var w2 = Plain{Base{Info: table.Info{Name: "w2", Text: "squared Wasserstein distance by an exact assignment, of 2,048 points at most"}, Subject: PointsOnly}, measureW2}

func measureW2(ctx context.Context, c *Case) ([]Value, error) {
	d, taken, err := Transport{Seed: c.Seed}.Measure(ctx, c.Samples.Rows(), c.Reference.Rows())
	if taken > 0 {
		c.noteTaken("w2", taken)
	}
	return []Value{{Name: "w2^2", X: d, Better: Less, Most: taken}}, err
}
