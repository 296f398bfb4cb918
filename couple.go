package reverie

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/reverie-go/reverie/internal/assign"
	"github.com/reverie-go/reverie/random"
)

// Couple returns the coupling of two batches that is nearest as a whole (minibatch optimal
// transport: Tong et al. 2023, arXiv:2302.00482; Pooladian et al. 2023, arXiv:2304.14772): sample i
// of a goes with sample Couple(a, b)[i] of b, and the sum of their squared distances is the least
// of all permutations. Reorder b (noise, or the far data set) by it and give both to Pair. Batches
// of different shapes, or numbers that are not finite, panic.
func Couple[T Float](a, b Batch[T]) []int { return assign.Least(Distances(a, b)) }

// Plan returns the entropic coupling of two batches by the squared distances of their samples: row
// i says how much of sample i of a goes to each sample of b, and adds up to 1, the columns to
// len(a)/len(b), off in the mean by off, a share of that,
//
//	plan[i][j] = exp((f_i + g_j - |a_i - b_j|^2)/eps)
//
// Of eps = Pinned.Regularisation it is the Schroedinger bridge of the two sets of points over that
// reference: its coupling of their ends. off is at most tol but where eps is so much less than the
// distances that 10,000 rounds did not suffice: below that Couple is the limit. Batches of
// different shapes, numbers that are not finite, an empty batch, an eps not above 1e-9 of the range
// of the squared distances and a tol not above 0 panic.
func Plan[T Float](a, b Batch[T], eps, tol float64) (plan [][]float64, off float64) {
	return assign.Soft(Distances(a, b), eps, tol)
}

// Partners draws for each row of a plan the column that it goes to, row i by the number of stream
// s.Plus(i): pairs of the plan, in which each sample of the first batch is once, and those of the
// second as often as it comes.
func Partners(plan [][]float64, s random.Stream) []int {
	to := make([]int, len(plan))
	for i, row := range plan {
		u := s.Plus(i).Uniform()
		for to[i] = 0; to[i] < len(row)-1; to[i]++ {
			if u -= row[to[i]]; u < 0 {
				break
			}
		}
	}
	return to
}

// Distances returns the squared Euclidean distance of every sample of a (row) to every sample of b
// (column), summed in float64, on all cores and with the same bits on any number of them.
func Distances[T Float](a, b Batch[T]) [][]float64 {
	d := make([][]float64, len(a))
	if len(a) == 0 {
		return d
	}
	for _, x := range [2]Batch[T]{a, b} {
		for i := range x {
			if len(x[i]) != len(a[0]) {
				panic("reverie: Distances: samples of different sizes")
			}
		}
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(len(a), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(a); i = int(next.Add(1)) - 1 {
				d[i] = make([]float64, len(b))
				for j, y := range b {
					d[i][j] = distance(a[i], y)
				}
			}
		})
	}
	wait.Wait()
	return d
}

// distance returns the squared distance of x and y, in four sums that do not wait for one another.
func distance[T Float](x, y []T) float64 {
	var s [4]float64
	y = y[:len(x)]
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		d0, d1 := float64(x[0])-float64(y[0]), float64(x[1])-float64(y[1])
		d2, d3 := float64(x[2])-float64(y[2]), float64(x[3])-float64(y[3])
		s[0] += d0 * d0
		s[1] += d1 * d1
		s[2] += d2 * d2
		s[3] += d3 * d3
	}
	for k, v := range x {
		d := float64(v) - float64(y[k])
		s[k] += d * d
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}
