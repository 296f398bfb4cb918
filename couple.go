package reverie

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/reverie-go/reverie/internal/assign"
)

// Couple returns the coupling of two batches that is nearest as a whole (minibatch optimal
// transport: Tong et al. 2023, arXiv:2302.00482; Pooladian et al. 2023, arXiv:2304.14772): sample i
// of a goes with sample Couple(a, b)[i] of b, and the sum of their squared distances is the least
// of all permutations. Reorder b (noise, or the far data set) by it and give both to Pair. Batches
// of different shapes, or numbers that are not finite, panic.
func Couple[T Float](a, b Batch[T]) []int { return assign.Least(Distances(a, b)) }

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
