package eval

import "github.com/reverie-go/reverie"

// maxAssigned bounds the rows of an exact assignment, whose time grows with the
// cube.
const maxAssigned = 2048

// Transport is the exact Wasserstein distance between two sets of points. The
// zero value takes all of up to 2048 points.
type Transport struct {
	N    int    // points taken of each set; 0: as many as the smaller has, 2048 at most
	Seed uint64 // chooses them where a set has more
}

// Measure returns
//
//	W2^2 = min over permutations p of mean_i |x_i - y_p(i)|^2
//
// and the number n of points of each set that it was taken over. Between two
// sets of one law it is not 0 but a floor that falls with n.
func (t Transport) Measure(x, y Rows) (squared float64, n int, err error) {
	if err := checkRows("W2", x, y); err != nil {
		return 0, 0, err
	}
	n = t.N
	if n == 0 {
		n = min(x.N, y.N, maxAssigned)
	}
	if err := atLeast("W2", n, x.N, y.N, ""); err != nil {
		return 0, 0, err
	}
	x, y = take(x, n, t.Seed, 2), take(y, n, t.Seed, 3)
	cost := reverie.Distances(x.batch(), y.batch())
	for i, j := range reverie.Assign(cost) {
		squared += cost[i][j] / float64(n)
	}
	return squared, n, nil
}

// take returns n of the rows, in their order if that is all, else drawn by
// seed. which keeps apart the sets of one measurement.
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
