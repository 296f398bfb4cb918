// Package show makes pictures and files of what an examination for anomalies found: the map in
// colours with a legend, the image under the map, and a sheet of both beside what the model would
// have instead and the mask.
package show

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/chart"
)

// A Case is an image and what was found in it, all of one size.
type Case struct {
	H, W, C int
	X       []float32 // [H,W,C] in [-1,1], of 1, 3 or 4 channels
	Healed  []float32 // [H,W,C]; nil: there is none
	Map     []float64 // [H,W], from 0 on
	Mask    []bool    // [H,W]: which pixels are lesion; nil: not known
	Top     float64   // the number that has the brightest colour, as what is above it; 0: the map's largest
}

// Check is nil if the parts of a case are of its size, and numbers.
func (c Case) Check() error {
	n := c.H * c.W
	switch {
	case min(c.H, c.W) < 1 || !slices.Contains([]int{1, 3, 4}, c.C):
		return fmt.Errorf("show: an image of %dx%dx%d: expected at least 1x1 and 1, 3 or 4 channels", c.H, c.W, c.C)
	case len(c.X) != n*c.C || c.Healed != nil && len(c.Healed) != n*c.C || len(c.Map) != n:
		return fmt.Errorf("show: %d, %d and %d numbers of an image of %dx%dx%d, healed, and its map: expected %d, %[7]d and %d", len(c.X), len(c.Healed), len(c.Map), c.H, c.W, c.C, n*c.C, n)
	case c.Mask != nil && len(c.Mask) != n:
		return fmt.Errorf("show: a mask of %d pixels of an image of %dx%d: expected %d", len(c.Mask), c.H, c.W, n)
	case !(c.Top >= 0) || math.IsInf(c.Top, 1):
		return fmt.Errorf("show: top %v: expected a number from 0 on", c.Top)
	}
	for i, v := range c.Map {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("show: number %d of the map is %v: expected finite ones", i, v)
		}
	}
	return nil
}

// top is the number that has the brightest colour.
func (c Case) top() float64 {
	if c.Top > 0 {
		return c.Top
	}
	return max(0, slices.Max(c.Map))
}

// share is the part of the scale of a number of the map.
func share(v, top float64) float64 {
	if top == 0 {
		return 0
	}
	return min(max(v/top, 0), 1)
}

// Heat is the map in colours, from night at 0 to sand at the top.
func (c Case) Heat() *image.NRGBA {
	img, top := image.NewNRGBA(image.Rect(0, 0, c.W, c.H)), c.top()
	for i, v := range c.Map {
		img.SetNRGBA(i%c.W, i/c.W, chart.Night(share(v, top)))
	}
	return img
}

// veil is how much of the image the brightest colour hides.
const veil = 0.8

// Overlay is the image in grey, under the colours of the map: the more, the larger its numbers.
func (c Case) Overlay() *image.NRGBA {
	img, top := image.NewNRGBA(image.Rect(0, 0, c.W, c.H)), c.top()
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, img.Rect, c.Input(), image.Point{}, draw.Over)
	for i, v := range c.Map {
		x, y, u := i%c.W, i/c.W, share(v, top)
		level := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y
		img.SetNRGBA(x, y, chart.Mix(color.NRGBA{level, level, level, 255}, chart.Night(u), veil*u))
	}
	return img
}

// Input is the image.
func (c Case) Input() *image.NRGBA { return picture.FromFloat(c.X, c.H, c.W, c.C) }

// Better is what the model would have instead, and grey where it has nothing.
func (c Case) Better() *image.NRGBA {
	if c.Healed == nil {
		return c.unknown()
	}
	return picture.FromFloat(c.Healed, c.H, c.W, c.C)
}

// unknown is grey.
func (c Case) unknown() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.W, c.H))
	draw.Draw(img, img.Rect, image.NewUniform(chart.Faint), image.Point{}, draw.Src)
	return img
}

// Lesion is the mask, white where there is a lesion, and grey where that is not known.
func (c Case) Lesion() *image.NRGBA {
	img := c.unknown()
	for i, yes := range c.Mask {
		img.Set(i%c.W, i/c.W, map[bool]color.Color{false: color.Black, true: color.White}[yes])
	}
	return img
}

// The legend below a map, in pixels.
const (
	barHeight = 8
	leastWide = 128 // at least, for its numbers
)

// Legend puts a picture of the map, of whatever size, over the scale of its colours with the
// numbers at both ends.
func (c Case) Legend(img image.Image) *image.NRGBA {
	face, b := basicfont.Face7x13, img.Bounds()
	w := max(b.Dx(), leastWide)
	dst := image.NewNRGBA(image.Rect(0, 0, w, b.Dy()+2+barHeight+face.Height))
	draw.Draw(dst, dst.Rect, image.NewUniform(chart.Paper), image.Point{}, draw.Src)
	draw.Draw(dst, image.Rect(0, 0, b.Dx(), b.Dy()), img, b.Min, draw.Src)
	for x := range w {
		for y := range barHeight {
			dst.SetNRGBA(x, b.Dy()+2+y, chart.Night(float64(x)/float64(w-1)))
		}
	}
	d := font.Drawer{Dst: dst, Src: image.NewUniform(chart.Ink), Face: face}
	text := fmt.Sprintf("%.3g", c.top())
	foot := b.Dy() + 2 + barHeight + face.Ascent
	d.Dot = fixed.P(0, foot)
	d.DrawString("0")
	d.Dot = fixed.P(w-d.MeasureString(text).Ceil(), foot)
	d.DrawString(text)
	return dst
}
