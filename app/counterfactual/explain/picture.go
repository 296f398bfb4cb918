package explain

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

// A Case is an image and what became of it, to be shown.
type Case struct {
	H, W, C  int
	X, Made  []float32 // [H,W,C] in [-1,1], of 1, 3 or 4 channels
	Mask     []bool    // [H,W]
	Opinions []Opinion // of the classifier, and of a judge
}

// An Opinion is what a classifier says of both images.
type Opinion struct {
	Of            string
	Classes       []string
	Before, After []float64 // p(y | x) of every class
}

// Before is the image.
func (c Case) Before() *image.NRGBA { return picture.FromFloat(c.X, c.H, c.W, c.C) }

// After is what became of it.
func (c Case) After() *image.NRGBA { return picture.FromFloat(c.Made, c.H, c.W, c.C) }

// The colours of what became darker and brighter.
var darker, brighter = chart.Lines[0], chart.Lines[1]

// Difference shows the mean over a pixel's channels of how it changed: blue where it became darker,
// orange where it became brighter, the stronger, the more, white where it is as it was. The
// strongest is the largest change of the image.
func (c Case) Difference() *image.NRGBA {
	change, most := make([]float64, c.H*c.W), 0.
	for i, v := range c.X {
		change[i/c.C] += float64(c.Made[i]-v) / float64(c.C)
	}
	for _, d := range change {
		most = max(most, math.Abs(d))
	}
	img := image.NewNRGBA(image.Rect(0, 0, c.W, c.H))
	for i, d := range change {
		shade := chart.Paper
		switch {
		case d < 0:
			shade = chart.Mix(chart.Paper, darker, -d/most)
		case d > 0:
			shade = chart.Mix(chart.Paper, brighter, d/most)
		}
		img.SetNRGBA(i%c.W, i/c.W, shade)
	}
	return img
}

// Within is the mask, white where the image was free to change.
func (c Case) Within() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.W, c.H))
	for i, yes := range c.Mask {
		img.Set(i%c.W, i/c.W, map[bool]color.Color{false: color.Black, true: color.White}[yes])
	}
	return img
}

// The bars of an opinion, in pixels.
const (
	barsWide  = 200
	nameWide  = 70
	barHigh   = 5
	classHigh = 15
	shown     = 4 // classes
)

// bars draws what a classifier says: of the classes that are most probable before or after two
// bars, pale for before and dark for after, with the probability after.
func (o Opinion) bars() *image.NRGBA {
	order := make([]int, len(o.Classes))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := max(o.Before[i], o.After[i]), max(o.Before[j], o.After[j])
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	order = order[:min(shown, len(order))]
	img := image.NewNRGBA(image.Rect(0, 0, barsWide, classHigh*len(order)))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: img, Src: image.NewUniform(chart.Ink), Face: basicfont.Face7x13}
	const room = barsWide - nameWide - 40
	for i, k := range order {
		top := i * classHigh
		d.Dot = fixed.P(2, top+11)
		d.DrawString(cut(o.Classes[k], nameWide/7-1))
		for j, p := range []float64{o.Before[k], o.After[k]} {
			to := image.Rect(nameWide, top+2+j*barHigh, nameWide+int(math.Round(min(max(p, 0), 1)*room)), top+2+(j+1)*barHigh)
			draw.Draw(img, to, image.NewUniform([]color.NRGBA{chart.Mix(chart.Paper, chart.Faint, 0.5), chart.Ink}[j]), image.Point{}, draw.Src)
		}
		d.Dot = fixed.P(nameWide+room+6, top+11)
		d.DrawString(fmt.Sprintf("%.2f", o.After[k]))
	}
	return img
}

// cut is a text of at most n letters.
func cut(text string, n int) string {
	if all := []rune(text); len(all) > n {
		return string(all[:n-1]) + "."
	}
	return text
}

// Sheet shows cases one below the other, each under its title: the image, what became of it, the
// difference, the mask, and what classifiers say of both.
func Sheet(cases []Case, titles []string) *image.NRGBA {
	var all []image.Image
	for i, c := range cases {
		cells := []image.Image{
			picture.Titled(picture.Sized(c.Before()), "before"), picture.Titled(picture.Sized(c.After()), "after"),
			picture.Titled(picture.Sized(c.Difference()), "difference"), picture.Titled(picture.Sized(c.Within()), "free to change"),
		}
		var said []image.Image
		for _, o := range c.Opinions {
			said = append(said, picture.Titled(o.bars(), cut(o.Of, barsWide/7)))
		}
		all = append(all, picture.Titled(beside(picture.Strip(cells, picture.Layout{Scale: 1}), picture.Stacked(said...)), titles[i]))
	}
	return picture.Stacked(all...)
}

// beside puts two pictures side by side, each as wide as it is.
func beside(a, b image.Image) *image.NRGBA {
	left, right := a.Bounds(), b.Bounds()
	img := image.NewNRGBA(image.Rect(0, 0, left.Dx()+right.Dx(), max(left.Dy(), right.Dy())))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, left.Dx(), left.Dy()), a, left.Min, draw.Src)
	draw.Draw(img, image.Rect(left.Dx(), 0, img.Rect.Dx(), right.Dy()), b, right.Min, draw.Src)
	return img
}
