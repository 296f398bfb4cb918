package lab

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/internal/parallel"
)

// A box is the part of the plane that a panel shows: the square of half-width half around the
// origin.
type box struct{ half float64 }

// A panel is a square window on the plane: a title, and layers painted in order.
type panel struct {
	title  string
	note   string // a line of numbers within the window, at its foot
	layers []layer
}

// A layer paints on the panel's canvas; at places a point of the plane.
type layer func(c draw.Canvas, at func(x []float64) vg.Point)

func (p *panel) add(l ...layer) *panel {
	p.layers = append(p.layers, l...)
	return p
}

// draw paints the panel into the square canvas c.
func (p *panel) draw(c draw.Canvas, b box) {
	at := func(x []float64) vg.Point {
		return vg.Point{X: c.X((x[0]/b.half + 1) / 2), Y: c.Y((x[1]/b.half + 1) / 2)}
	}
	c.FillPolygon(shade(0), []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	for _, l := range p.layers {
		l(c, at)
	}
	if p.note != "" {
		const bar = 13
		c.FillPolygon(alpha(shade(0), .75), []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y + bar}, {X: c.Min.X, Y: c.Min.Y + bar}})
		c.FillText(chart.Label(8, white, draw.XCenter, draw.YBottom), vg.Point{X: c.X(.5), Y: c.Min.Y + 2.5}, p.note)
	}
	if p.title != "" {
		c.FillText(chart.Label(chart.NameSize, chart.Ink, draw.XCenter, draw.YBottom), vg.Point{X: c.X(.5), Y: c.Max.Y + 4}, p.title)
	}
}

// heat paints a field of n by n values, the last row at the foot, relative to its largest.
func heat(f *field) layer {
	img := f.image()
	return func(c draw.Canvas, _ func([]float64) vg.Point) { c.DrawImage(c.Rectangle, img) }
}

// dimmed paints a field as heat does, in the darker part of the scale.
func dimmed(f *field) layer {
	img := f.image()
	img.Palette = dimPalette()
	return func(c draw.Canvas, _ func([]float64) vg.Point) { c.DrawImage(c.Rectangle, img) }
}

// dots paints points as small discs.
func dots(x [][]float64, radius vg.Length, colour color.Color) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		sty := draw.GlyphStyle{Color: colour, Radius: radius, Shape: draw.CircleGlyph{}}
		for _, x := range x {
			if p := at(x); c.Contains(p) {
				c.DrawGlyph(sty, p)
			}
		}
	}
}

// rings paints points as small circles.
func rings(x [][]float64, radius vg.Length, colour color.Color) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		sty := draw.GlyphStyle{Color: colour, Radius: radius, Shape: draw.RingGlyph{}}
		for _, x := range x {
			if p := at(x); c.Contains(p) {
				c.DrawGlyph(sty, p)
			}
		}
	}
}

// trace paints a path.
func trace(x [][]float64, width vg.Length, colour color.Color) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		pts := make([]vg.Point, len(x))
		for i, x := range x {
			pts[i] = at(x)
		}
		c.StrokeLines(draw.LineStyle{Color: colour, Width: width}, c.ClipLinesXY(pts)...)
	}
}

// arrows paints a vector at each point of x, scaled so that one of length 1 is as long as the
// panel's length times size.
func arrows(x, v [][]float64, size float64, colour color.Color) layer {
	return func(c draw.Canvas, at func([]float64) vg.Point) {
		unit := vg.Length(size) * (c.Max.X - c.Min.X)
		for i, x := range x {
			arrow(c, at(x), vg.Point{X: unit * vg.Length(v[i][0]), Y: unit * vg.Length(v[i][1])}, colour)
		}
	}
}

// arrow paints an arrow whose middle is at p.
func arrow(c draw.Canvas, p, v vg.Point, colour color.Color) {
	length := vg.Length(math.Hypot(float64(v.X), float64(v.Y)))
	if length < 0.4 {
		return
	}
	tail, tip := p.Sub(v.Scale(.5)), p.Add(v.Scale(.5))
	back, side := v.Scale(.34), vg.Point{X: -v.Y, Y: v.X}.Scale(.2)
	c.StrokeLines(draw.LineStyle{Color: colour, Width: .7}, []vg.Point{tail, tip})
	c.FillPolygon(colour, []vg.Point{tip, tip.Sub(back).Add(side), tip.Sub(back).Sub(side)})
}

// A field is n by n values on the cells of a box, row 0 at the top.
type field struct {
	n      int
	values []float64
}

// newField fills a field with f at the middle of each cell.
func newField(n int, b box, f func(x []float64) float64) *field {
	v := &field{n: n, values: make([]float64, n*n)}
	parallel.For(n, func(row int) {
		x := make([]float64, 2)
		for col := range n {
			x[0], x[1] = b.cell(n, col), -b.cell(n, row)
			v.values[row*n+col] = f(x)
		}
	})
	return v
}

// cell is the coordinate of the middle of the i-th of n cells.
func (b box) cell(n, i int) float64 { return b.half * ((2*float64(i)+1)/float64(n) - 1) }

// top is the largest value.
func (f *field) top() float64 {
	top := 0.0
	for _, v := range f.values {
		top = max(top, v)
	}
	return top
}

// image paints the field in shades.
func (f *field) image() *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, f.n, f.n), shadePalette())
	top := f.top()
	for i, v := range f.values {
		img.Pix[i] = uint8(shadeOf(v / top))
	}
	return img
}

// shadePalette lists the shades.
func shadePalette() color.Palette {
	p := make(color.Palette, shades)
	for k := range p {
		p[k] = shade(k)
	}
	return p
}

// dimPalette lists the darker half of the scale in as many steps.
func dimPalette() color.Palette {
	p := make(color.Palette, shades)
	for k := range p {
		p[k] = chart.Night(.55 * float64(k) / (shades - 1))
	}
	return p
}

// coarse returns the field in steps of four shades, so that an animation stays small.
func (f *field) coarse() *field {
	const steps = shades / 4
	top := f.top()
	g := &field{n: f.n, values: make([]float64, len(f.values))}
	for i, v := range f.values {
		u := float64(shadeOf(v/top)/4) / steps
		g.values[i] = u * u
	}
	return g
}
