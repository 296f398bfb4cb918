package picture

import (
	"image"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// TestRows: the grid is as without names, after a margin that has ink beside every row, the
// narrower the shorter the names are.
func TestRows(t *testing.T) {
	k := kind.OfImages(4, 4, 1)
	x := make([]float32, 6*k.Size())
	for i := range x {
		x[i] = float32(i)/float32(len(x)) - 0.5
	}
	l := Layout{Scale: 8}
	grid := Grid(Each(x, k), Layout{Scale: 8, Columns: 2})
	short, long := Rows(x, k, 2, []string{"a", "b", "c"}, l), Rows(x, k, 2, []string{"a", strings.Repeat("long", 30), "c"}, l)
	for name, img := range map[string]*image.NRGBA{"short": short, "long": long} {
		left := img.Rect.Dx() - grid.Rect.Dx()
		if left < 7 || left > 7*maxName+8 || img.Rect.Dy() != grid.Rect.Dy() {
			t.Fatalf("%s names: %v beside a grid of %v", name, img.Rect, grid.Rect)
		}
		for y := range grid.Rect.Dy() {
			for x := range grid.Rect.Dx() {
				if img.NRGBAAt(left+x, y) != grid.NRGBAAt(x, y) {
					t.Fatalf("%s names: pixel %d,%d differs", name, x, y)
				}
			}
		}
		for row := range 3 {
			ink := false
			for y := row * img.Rect.Dy() / 3; y < (row+1)*img.Rect.Dy()/3; y++ {
				for x := range left {
					ink = ink || img.NRGBAAt(x, y).R < 128
				}
			}
			if !ink {
				t.Errorf("%s names: row %d has none", name, row)
			}
		}
	}
	if short.Rect.Dx() >= long.Rect.Dx() {
		t.Error("short names take as much room as long ones")
	}
	points := Rows([]float32{0, 0, 1, 1, 0, 1, 1, 0}, kind.OfPoints(2), 2, []string{"a", "b"}, Layout{})
	if one := One([]float32{0, 0, 1, 1}, kind.OfPoints(2)).Bounds(); points.Rect.Dx() < 2*one.Dx() {
		t.Errorf("two plots of %v side by side in %v", one, points.Rect)
	}
}
