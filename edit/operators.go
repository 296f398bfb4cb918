package edit

import (
	"fmt"

	"github.com/reverie-go/reverie/table"
)

// A Shape is that of a sample, [H,W,C]: its number (i, j, k) is at (i W + j) C + k.
type Shape struct{ H, W, C int }

// Size is how many numbers there are.
func (s Shape) Size() int { return s.H * s.W * s.C }

// String is the shape as HxWxC.
func (s Shape) String() string { return fmt.Sprintf("%dx%dx%d", s.H, s.W, s.C) }

// A Measurement is a row of Operators: what is measured of images.
type Measurement struct {
	table.Info
	// Of returns the map for images of a shape. Known are, of a measurement that is Masked, the
	// pixels [H,W] that it keeps; of another it is nil.
	Of     func(s Shape, known []bool) (Linear, error)
	Masked bool
}

// Operators are the linear maps that a name chooses.
var Operators = table.New("operator", "operators", " of edit: what is known of the image",
	Measurement{Info: table.Info{Name: "mask", Text: "all but the pixels of --mask"}, Of: newMask, Masked: true},
	Measurement{Info: table.Info{Name: "down4", Text: "the means of blocks of 4x4 pixels"}, Of: unmasked(newDown4)},
	Measurement{Info: table.Info{Name: "blur", Text: "Gaussian blur, deviation 2 pixels, mirrored at the edges"}, Of: unmasked(newBlur)},
	Measurement{Info: table.Info{Name: "grey", Text: "the luminance of RGB"}, Of: unmasked(newGrey)},
)

// unmasked is of with a check that no mask was given.
func unmasked(of func(Shape) (Linear, error)) func(Shape, []bool) (Linear, error) {
	return func(s Shape, known []bool) (Linear, error) {
		if known != nil {
			return nil, fmt.Errorf("a mask of %d pixels for an operator that takes none", len(known))
		}
		return of(s)
	}
}
