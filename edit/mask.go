package edit

import "fmt"

// mask keeps the known pixels, and makes the others 0: A = A' = A A.
type mask struct {
	shape Shape
	known []bool
}

func newMask(s Shape, known []bool) (Linear, error) {
	if len(known) != s.H*s.W {
		return nil, fmt.Errorf("a mask of %d pixels for images of %dx%d", len(known), s.H, s.W)
	}
	return mask{s, known}, nil
}

// Shape is the image's.
func (m mask) Shape() Shape { return m.shape }

// Apply returns x with 0 in place of what is not known.
func (m mask) Apply(x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range y {
		if m.known[i/m.shape.C] {
			y[i] = x[i]
		}
	}
	return y
}

// Adjoint is Apply.
func (m mask) Adjoint(y []float64) []float64 { return m.Apply(y) }
