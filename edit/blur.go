package edit

import "math"

// The Gaussian of the blur: its deviation in pixels, and how far it reaches.
const (
	blurSD    = 2.
	blurReach = 6
)

// blur convolves each channel with a Gaussian that sums to 1, first along the rows and then along
// the columns. Beyond an edge the image is its mirror image, the pixels at the edge twice: with
// such edges it is symmetric, A = A'.
type blur struct {
	shape  Shape
	kernel []float64 // of 0, 1, .. blurReach pixels away
}

func newBlur(s Shape) (Linear, error) {
	k, sum := make([]float64, blurReach+1), 0.
	for i := range k {
		k[i] = math.Exp(-float64(i*i) / (2 * blurSD * blurSD))
		if sum += k[i]; i > 0 {
			sum += k[i]
		}
	}
	return blur{s, scaled(1/sum, k)}, nil
}

// Shape is the image's.
func (b blur) Shape() Shape { return b.shape }

// Apply returns x blurred.
func (b blur) Apply(x []float64) []float64 {
	s := b.shape
	return b.along(b.along(x, s.W, s.C), s.H, s.W*s.C)
}

// Adjoint is Apply.
func (b blur) Adjoint(y []float64) []float64 { return b.Apply(y) }

// along blurs along an axis of n places that lie stride numbers apart.
func (b blur) along(x []float64, n, stride int) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		at := i / stride % n
		for d := -blurReach; d <= blurReach; d++ {
			y[i] += b.kernel[max(d, -d)] * x[i+(mirrored(at+d, n)-at)*stride]
		}
	}
	return y
}

// mirrored is the place in 0..n-1 that i stands for.
func mirrored(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	return min(i, 2*n-1-i)
}
