package eval

import (
	"math"

	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/kind"
)

// Gaussian returns n images drawn from the normal law with the mean and the full covariance of the
// given ones, clipped to [-1,1]: what can be known of the data without a model. With rows X of the
// centred images,
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
	out := Images{N: n, Kind: data.Kind, Pix: make([]float32, n*size)}
	parallel.For(n, func(i int) {
		x := append([]float64(nil), mean...)
		z := make([]float64, data.N)
		stream(seed, useGaussian, i).Normal(z)
		for k, z := range z {
			z /= math.Sqrt(max(1, float64(data.N-1)))
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

// Noise returns n images of independent standard normal pixels, clipped to [-1,1], of the given
// size.
func Noise(n, h, w, c int, seed uint64) Images {
	out := Images{N: n, Kind: kind.OfImages(h, w, c).Real(), Pix: make([]float32, n*h*w*c)}
	parallel.For(n, func(i int) {
		dst := out.Image(i)
		stream(seed, useNoise, i).Normal32(dst)
		for j, v := range dst {
			dst[j] = min(1, max(-1, v))
		}
	})
	return out
}
