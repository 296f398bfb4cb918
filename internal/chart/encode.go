package chart

import (
	"bytes"
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Drawing can be painted at its own size.
type Drawing interface {
	Size() (w, h vg.Length)
	Draw(c draw.Canvas)
}

// resolution of images in dots per inch.
const resolution = 144

// Image paints d on paper, a point as 2 pixels.
func Image(d Drawing) image.Image { return ImageAt(d, resolution) }

// ImageAt paints d on paper with so many dots per inch.
func ImageAt(d Drawing, dpi int) image.Image {
	w, h := d.Size()
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(Paper))
	d.Draw(draw.New(c))
	return c.Image()
}

// SVG returns d as an SVG file, with its fonts inside where it must look the same everywhere.
func SVG(d Drawing, fonts bool) ([]byte, error) {
	w, h := d.Size()
	c := vgsvg.NewWith(vgsvg.UseWH(w, h), vgsvg.EmbedFonts(fonts))
	d.Draw(draw.New(c))
	var out bytes.Buffer
	_, err := c.WriteTo(&out)
	return out.Bytes(), err
}
