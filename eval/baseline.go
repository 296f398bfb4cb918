package eval

import (
	"math"
	"math/rand/v2"
)

// Gaussian returns n images drawn from the normal law with the mean and the
// full covariance of the given ones, clipped to [-1,1]: what can be known of
// the data without a model. With rows X of the centred images,
//
//	x = mean + X' z / sqrt(N-1),  z ~ N(0, I_N),  has covariance X'X/(N-1)
//
// A set of one image has no covariance: its mean is returned.
func Gaussian(data Images, n int, seed uint64) Images {
	size := data.H * data.W * data.C
	mean := make([]float64, size)
	for i := range data.N {
		for j, v := range data.Image(i) {
			mean[j] += float64(v) / float64(data.N)
		}
	}
	out := Images{n, data.H, data.W, data.C, make([]float32, n*size)}
	parallel(n, func(i int) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		x := append([]float64(nil), mean...)
		for k := range data.N {
			z := rng.NormFloat64() / math.Sqrt(max(1, float64(data.N-1)))
			for j, v := range data.Image(k) {
				x[j] += z * (float64(v) - mean[j])
			}
		}
		dst := out.Image(i)
		for j, v := range x {
			dst[j] = float32(min(1, max(-1, v)))
		}
	})
	return out
}

// Noise returns n images of independent standard normal pixels, clipped to
// [-1,1], of the given size.
func Noise(n, h, w, c int, seed uint64) Images {
	out := Images{n, h, w, c, make([]float32, n*h*w*c)}
	parallel(n, func(i int) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		dst := out.Image(i)
		for j := range dst {
			dst[j] = float32(min(1, max(-1, rng.NormFloat64())))
		}
	})
	return out
}

// Nearest returns for each query the index of the image of data with the least
// squared distance in pixels, itself or mirrored left to right: what a model
// that memorises would have copied.
func Nearest(query, data Images) []int {
	best := make([]int, query.N)
	parallel(query.N, func(i int) {
		least := math.Inf(1)
		for k := range data.N {
			if d := min(data.squaredDistance(k, query.Image(i), false), data.squaredDistance(k, query.Image(i), true)); d < least {
				best[i], least = k, d
			}
		}
	})
	return best
}

// squaredDistance is |image k - x|^2, with image k mirrored if asked.
func (m Images) squaredDistance(k int, x []float32, mirrored bool) (sum float64) {
	img := m.Image(k)
	for p := range m.H * m.W {
		q := p
		if mirrored {
			q = p - p%m.W + m.W - 1 - p%m.W
		}
		for c := range m.C {
			d := float64(x[p*m.C+c] - img[q*m.C+c])
			sum += d * d
		}
	}
	return sum
}
