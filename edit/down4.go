package edit

import "fmt"

// block is the side of down4's blocks.
const block = 4

// down4 takes the mean of each block of 4x4 pixels: A A' = I/16.
type down4 struct{ from Shape }

func newDown4(s Shape) (Linear, error) {
	if s.H%block != 0 || s.W%block != 0 {
		return nil, fmt.Errorf("images of %dx%d are not made of blocks of %dx%d pixels: their sides must be multiples of %d", s.H, s.W, block, block, block)
	}
	return down4{s}, nil
}

// Shape is a quarter as high and wide.
func (d down4) Shape() Shape { return Shape{d.from.H / block, d.from.W / block, d.from.C} }

// Apply returns the means.
func (d down4) Apply(x []float64) []float64 {
	y := make([]float64, d.Shape().Size())
	for i, v := range x {
		y[d.under(i)] += v / (block * block)
	}
	return y
}

// Adjoint gives each pixel a sixteenth of its block's.
func (d down4) Adjoint(y []float64) []float64 {
	x := make([]float64, d.from.Size())
	for i := range x {
		x[i] = y[d.under(i)] / (block * block)
	}
	return x
}

// under is the index of the mean that number i of an image goes into.
func (d down4) under(i int) int {
	c, pixel := i%d.from.C, i/d.from.C
	row, col := pixel/d.from.W/block, pixel%d.from.W/block
	return (row*(d.from.W/block)+col)*d.from.C + c
}
