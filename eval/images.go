package eval

import (
	"fmt"
)

// Images is a set of images of one size: Pix is NHWC. Points, which are images of 1x1 pixels, may be in Wide instead, in float64: far from
// the origin float32 does not tell them apart.
type Images struct {
	N, H, W, C int
	Pix        []float32
	Wide       []float64
	Levels     int // that a number may have, 0 where they are real numbers: see kind.Kind
}

// OfPoints returns points as images.
func OfPoints(r Rows) Images { return Images{N: r.N, H: 1, W: 1, C: r.D, Wide: r.X} }

// Part returns n images from number first on, which share their numbers with m.
func (m Images) Part(first, n int) Images {
	size := m.H * m.W * m.C
	out := Images{N: n, H: m.H, W: m.W, C: m.C, Levels: m.Levels}
	if m.Wide != nil {
		out.Wide = m.Wide[first*size : (first+n)*size]
	} else {
		out.Pix = m.Pix[first*size : (first+n)*size]
	}
	return out
}

// Take returns the images at the given places, copied.
func (m Images) Take(at []int) Images {
	out := Images{N: len(at), H: m.H, W: m.W, C: m.C, Levels: m.Levels}
	if m.Wide != nil {
		out.Wide = m.Rows().Take(at).X
		return out
	}
	for _, i := range at {
		out.Pix = append(out.Pix, m.Image(i)...)
	}
	return out
}

// Image returns the pixels of image i.
func (m Images) Image(i int) []float32 {
	size := m.H * m.W * m.C
	return m.Pix[i*size : (i+1)*size]
}

// sameSize is nil if two sets can be compared image with image.
func sameSize(a, b Images) error {
	if a.H != b.H || a.W != b.W || a.C != b.C {
		return fmt.Errorf("eval: images of %dx%dx%d cannot be compared with images of %dx%dx%d", a.H, a.W, a.C, b.H, b.W, b.C)
	}
	return nil
}

// Rows returns the images as rows of their pixels: of images of 1x1 pixels,
// which is how points are carried, the points. Wide it shares.
func (m Images) Rows() Rows {
	if m.Wide != nil {
		return Rows{m.N, m.C, m.Wide}
	}
	out := NewRows(m.N, m.H*m.W*m.C)
	for i, v := range m.Pix {
		out.X[i] = float64(v)
	}
	return out
}

// Points says whether the set is one of points: images of 1x1 pixels.
func (m Images) Points() bool { return m.H == 1 && m.W == 1 }
