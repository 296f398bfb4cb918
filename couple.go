package reverie

// Couple returns the coupling of two batches that is nearest as a whole (minibatch optimal transport: Tong et al. 2023, arXiv:2302.00482; Pooladian et al.
// 2023, arXiv:2304.14772): sample i of a goes with sample Couple(a, b)[i] of b, and the sum of their squared distances is the least of all
// permutations. Reorder b (noise, or the far data set) by it and give both to Pair. Batches of different shapes, or numbers that are
// not finite, panic.
func Couple[T Float](a, b Batch[T]) []int { return Assign(Distances(a, b)) }

// Distances returns the squared Euclidean distance of every sample of a (row) to every sample of b (column), summed in float64.
func Distances[T Float](a, b Batch[T]) [][]float64 {
	d := make([][]float64, len(a))
	for i, x := range a {
		d[i] = make([]float64, len(b))
		for j, y := range b {
			d[i][j] = distance(x, y)
		}
	}
	return d
}

// distance returns the squared distance of x and y.
func distance[T Float](x, y []T) float64 {
	if len(x) != len(y) {
		panic("reverie: Distances: samples of different sizes")
	}
	sum := 0.0
	for k, v := range x {
		d := float64(v) - float64(y[k])
		sum += d * d
	}
	return sum
}
