package picture

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/reverie-go/reverie/kind"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// maxName is how many characters of a row's name are shown.
const maxName = 20

// Rows shows samples [N,H,W,C] of a kind in rows of so many, each row after its name: pictures in a
// grid of that layout, of scattered samples a plot a row, its name above it.
func Rows(x []float32, k kind.Kind, columns int, names []string, l Layout) *image.NRGBA {
	if k.View() == kind.Scatter {
		var plots []image.Image
		size := columns * k.Size()
		for i, name := range names {
			plots = append(plots, Titled(One(x[i*size:min(len(x), (i+1)*size)], k), shortened(name)))
		}
		return Grid(plots, Layout{Scale: 1})
	}
	l.Columns = columns
	imgs := Each(x, k)
	return named(Grid(imgs, l), names)
}

// named puts the rows' names to the left of a grid of as many rows.
func named(grid image.Image, names []string) *image.NRGBA {
	face, b := basicfont.Face7x13, grid.Bounds()
	const pad = 4
	left := 0
	for _, name := range names {
		left = max(left, font.MeasureString(face, shortened(name)).Ceil()+2*pad)
	}
	dst := image.NewNRGBA(image.Rect(0, 0, left+b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(dst, image.Rect(left, 0, left+b.Dx(), b.Dy()), grid, b.Min, draw.Src)
	for i, name := range names {
		middle := (2*i + 1) * b.Dy() / (2 * len(names))
		d := font.Drawer{Dst: dst, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(pad, middle+face.Ascent/2)}
		d.DrawString(shortened(name))
	}
	return dst
}

// shortened is a name of maxName characters at most.
func shortened(name string) string {
	r := []rune(name)
	if len(r) <= maxName {
		return name
	}
	return string(r[:maxName-2]) + ".."
}
