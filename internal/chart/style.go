// Package chart is the one style of all plots: curves over axes, side by side under a title, and
// points of the plane; as SVG or as an image.
package chart

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of what is not data: dark text on white paper, and lines that stay behind it.
var (
	Paper = color.NRGBA{255, 255, 255, 255}
	Ink   = color.NRGBA{34, 34, 46, 255}
	Faint = color.NRGBA{120, 120, 135, 255}
	grid  = color.NRGBA{228, 228, 231, 255}
)

// Lines are colours of curves, told apart by those who see fewer colours, too (Okabe & Ito 2008).
var Lines = []color.NRGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}}

// The sizes of text, in points.
const (
	titleSize   = 12
	NameSize    = 9.5 // the title of one of several panels or charts
	CaptionSize = 8.5
	tickSize    = 7.5
)

// The layout of a picture, in points.
const (
	Margin   = 10
	TitleRow = 26
	LineRow  = 12 // of a caption
	Gap      = 6
)

// Label is a style of text of that size in points.
func Label(size vg.Length, c color.Color, x text.XAlignment, y text.YAlignment) draw.TextStyle {
	return draw.TextStyle{Color: c, XAlign: x, YAlign: y, Font: sans(size), Handler: plot.DefaultTextHandler}
}

// Title is the style of a picture's title.
func Title() draw.TextStyle { return Label(titleSize, Ink, draw.XLeft, draw.YTop) }

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// newPlot returns a plot without data in the style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = Paper
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 0
	p.Title.TextStyle = Label(NameSize, Ink, draw.XCenter, draw.YTop)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle = Label(CaptionSize, Ink, draw.XCenter, draw.YBottom)
		a.Tick.Label.Color, a.Color, a.Tick.Color = Faint, Faint, Faint
		a.Tick.Label.Font, a.Tick.Marker = sans(tickSize), ticks(3)
		a.LineStyle.Width, a.Tick.LineStyle.Width = .5, .5
	}
	p.Y.Tick.Label.XAlign = draw.XRight
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = grid, grid
	g.Vertical.Width, g.Horizontal.Width = .4, .4
	p.Add(g)
	return p
}
