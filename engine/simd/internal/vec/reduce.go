package vec

import "math"

// reduceBlock is the number of elements whose sum is kept in float32 lanes (64 or more of them, so
// at most 32 additions a lane); the blocks are added in float64. The order is fixed: it depends on
// the length and on the level alone.
const reduceBlock = 2048

// blocks adds f over consecutive blocks of [0, n).
func blocks(n int, f func(lo, hi int) float64) float64 {
	var s float64
	for lo := 0; lo < n; lo += reduceBlock {
		s += f(lo, min(lo+reduceBlock, n))
	}
	return s
}

// Sum returns the sum of x in a fixed order; 0 for none. A tile's sum is a float64 so that the sums
// of tiles can be added without loss.
func Sum(x []float32) float64 {
	return blocks(len(x), func(lo, hi int) float64 { return sum(x[lo:hi]) })
}

// ReduceMax returns the greatest element of x, NaN if there is one, -Inf for none.
func ReduceMax(x []float32) float32 {
	if len(x) == 0 {
		return float32(math.Inf(-1))
	}
	return reduceMax(x)
}

// ReduceMin returns the least element of x, NaN if there is one, +Inf for none.
func ReduceMin(x []float32) float32 {
	if len(x) == 0 {
		return float32(math.Inf(1))
	}
	return reduceMin(x)
}
