package eval

import (
	"fmt"

	"github.com/reverie-go/reverie/kind"
)

// Images is a set of samples of one kind: Pix is NHWC. Those in units of a source may be in Wide
// instead, in these units and in float64: far from the origin float32 does not tell them apart.
type Images struct {
	kind.Kind
	N    int
	Pix  []float32
	Wide []float64
	// Class is of each its number among Classes, -1 for none; nil: not known.
	Class []int
	// Stored is the type of the numbers in the file that they were read from, as numpy names it;
	// "": of no file.
	Stored string
}

// OfPoints returns points as images.
func OfPoints(r Rows) Images { return Images{N: r.N, Kind: kind.OfPoints(r.D), Wide: r.X} }

// Part returns n images from number first on, which share their numbers with m.
func (m Images) Part(first, n int) Images {
	size := m.Size()
	out := Images{N: n, Kind: m.Kind}
	if m.Wide != nil {
		out.Wide = m.Wide[first*size : (first+n)*size]
	} else {
		out.Pix = m.Pix[first*size : (first+n)*size]
	}
	if m.Class != nil {
		out.Class = m.Class[first : first+n]
	}
	return out
}

// Take returns the images at the given places, copied.
func (m Images) Take(at []int) Images {
	out := Images{N: len(at), Kind: m.Kind}
	for _, i := range at {
		if m.Class != nil {
			out.Class = append(out.Class, m.Class[i])
		}
		if m.Wide == nil {
			out.Pix = append(out.Pix, m.Image(i)...)
		}
	}
	if m.Wide != nil {
		out.Wide = m.Rows().Take(at).X
	}
	return out
}

// Image returns the pixels of image i.
func (m Images) Image(i int) []float32 {
	size := m.Size()
	return m.Pix[i*size : (i+1)*size]
}

// sameSize is nil if two sets can be compared image with image.
func sameSize(a, b Images) error {
	if err := a.Comparable(b.Kind); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return nil
}

// Rows returns the samples as rows of their numbers. Wide it shares.
func (m Images) Rows() Rows {
	if m.Wide != nil {
		return Rows{m.N, m.Size(), m.Wide}
	}
	out := NewRows(m.N, m.Size())
	for i, v := range m.Pix {
		out.X[i] = float64(v)
	}
	return out
}
