package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Titled puts a line of text above a picture, black on white. A picture that is narrower than the
// text cuts it.
func Titled(img image.Image, text string) *image.NRGBA {
	face, b := basicfont.Face7x13, img.Bounds()
	const pad = 2
	top := face.Height + 2*pad
	dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()+top))
	draw.Draw(dst, image.Rect(0, 0, b.Dx(), top), image.White, image.Point{}, draw.Src)
	draw.Draw(dst, image.Rect(0, top, b.Dx(), top+b.Dy()), img, b.Min, draw.Src)
	d := font.Drawer{Dst: dst, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(pad, pad+face.Ascent)}
	d.DrawString(text)
	return dst
}
