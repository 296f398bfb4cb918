package picture

import (
	"image"
	"image/color"
	"testing"
)

// The picture stands whole below its title, which is there and differs from another.
func TestTitled(t *testing.T) {
	big := Grid([]image.Image{FromFloat([]float32{-1, -1, -1, 1, 1, 1}, 1, 2, 3)}, Layout{Pad: -1, Scale: 30})
	raw, ema := Titled(big, "raw"), Titled(big, "EMA")
	top := raw.Rect.Dy() - 30
	if raw.Rect.Dx() != 60 || top < 10 {
		t.Fatalf("%v", raw.Rect)
	}
	for y := range 30 {
		for x := range 60 {
			if raw.NRGBAAt(x, top+y) != big.NRGBAAt(x, y) {
				t.Fatalf("the picture differs at %d, %d", x, y)
			}
		}
	}
	ink := func(m *image.NRGBA) (n int) {
		for y := range top {
			for x := range 60 {
				if m.NRGBAAt(x, y) == (color.NRGBA{A: 255}) {
					n++
				}
			}
		}
		return n
	}
	if ink(raw) < 20 || ink(ema) < 20 || ink(raw) == ink(ema) {
		t.Errorf("%d and %d dark pixels", ink(raw), ink(ema))
	}
}
