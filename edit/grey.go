package edit

import "fmt"

// luma are the shares of red, green and blue in the luminance (ITU-R BT.601), by which images are
// made grey elsewhere too.
var luma = [3]float64{.299, .587, .114}

// grey takes the luminance of RGB.
type grey struct{ from Shape }

func newGrey(s Shape) (Linear, error) {
	if s.C != len(luma) {
		return nil, fmt.Errorf("images of %d channels have no luminance to take: expected %d, red, green and blue", s.C, len(luma))
	}
	return grey{s}, nil
}

// Shape has one channel.
func (g grey) Shape() Shape { return Shape{g.from.H, g.from.W, 1} }

// Apply returns the luminance.
func (g grey) Apply(x []float64) []float64 {
	y := make([]float64, g.Shape().Size())
	for i, v := range x {
		y[i/3] += luma[i%3] * v
	}
	return y
}

// Adjoint gives each colour its share.
func (g grey) Adjoint(y []float64) []float64 {
	x := make([]float64, g.from.Size())
	for i := range x {
		x[i] = luma[i%3] * y[i/3]
	}
	return x
}
