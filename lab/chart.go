package lab

import (
	"image/color"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A chart is curves over logarithmic axes.
type chart struct {
	plot  *plot.Plot
	names []entry
}

// An entry of the legend.
type entry struct {
	name   string
	colour color.Color
}

func newChart(title, x, y string) *chart {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 0
	p.Title.TextStyle = label(9.5, ink, draw.XCenter, draw.YTop)
	p.X.Label.TextStyle, p.Y.Label.TextStyle = label(8.5, ink, draw.XCenter, draw.YBottom), label(8.5, ink, draw.XCenter, draw.YBottom)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Scale, a.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		a.Tick.Label.Color, a.Color, a.Tick.Color = faint, faint, faint
		a.Tick.Label.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 7.5}
		a.LineStyle.Width, a.Tick.LineStyle.Width = .5, .5
	}
	p.Y.Tick.Label.XAlign = draw.XRight
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = mix(faint, paper, .8), mix(faint, paper, .8)
	grid.Vertical.Width, grid.Horizontal.Width = .4, .4
	p.Add(grid)
	return &chart{plot: p}
}

// line adds a named curve in the k-th colour; points that a logarithm does not have are left out.
func (c *chart) line(name string, k int, x, y []float64) {
	var pts plotter.XYs
	for i := range x {
		if x[i] > 0 && y[i] > 0 {
			pts = append(pts, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	if len(pts) == 0 {
		return
	}
	l, s, err := plotter.NewLinePoints(pts)
	if err != nil {
		return // NaN or infinite: nothing to draw
	}
	l.Color, l.Width = lines[k%len(lines)], 1.4
	s.Color, s.Radius, s.Shape = l.Color, 1.6, draw.CircleGlyph{}
	c.plot.Add(l, s)
	c.names = append(c.names, entry{name, l.Color})
}

// charts are side by side under a title.
type charts struct {
	title  string
	charts []*chart
	below  []string
}

// The size of a chart, and of the line of the legend, that of the first.
const (
	legendRow   = 20
	chartWidth  = 330
	chartHeight = 250
)

func (f *charts) size() (w, h vg.Length) {
	w = 2*margin + vg.Length(len(f.charts))*(chartWidth+gap) - gap
	return w, 2*margin + titleRow + legendRow + chartHeight + gap + vg.Length(len(wrapped(f.below, w-2*margin)))*lineRow
}

func (f *charts) draw(c draw.Canvas) {
	c.FillText(label(12, ink, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X + margin, Y: c.Max.Y - margin}, f.title)
	f.legend(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: c.Min, Max: vg.Point{X: c.Max.X, Y: c.Max.Y - margin - titleRow}}})
	y := c.Max.Y - margin - titleRow - legendRow - chartHeight
	for i, chart := range f.charts {
		x := c.Min.X + margin + vg.Length(i)*(chartWidth+gap)
		chart.plot.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + chartWidth, Y: y + chartHeight}}})
	}
	captions(c, wrapped(f.below, c.Max.X-c.Min.X-2*margin), c.Min.X+margin, y-gap)
}

// legend paints the names of the first chart's curves in a row at the top of c.
func (f *charts) legend(c draw.Canvas) {
	x, y := c.Min.X+margin, c.Max.Y-6
	for _, e := range f.charts[0].names {
		c.StrokeLines(draw.LineStyle{Color: e.colour, Width: 2.4}, []vg.Point{{X: x, Y: y}, {X: x + 14, Y: y}})
		sty := label(8.5, ink, draw.XLeft, draw.YCenter)
		c.FillText(sty, vg.Point{X: x + 18, Y: y}, e.name)
		x += 18 + sty.Width(e.name) + 18
	}
}

// ticks puts the x axis's labels at these numbers.
func (c *chart) ticks(at []int) {
	var t plot.ConstantTicks
	for _, v := range at {
		t = append(t, plot.Tick{Value: float64(v), Label: strconv.Itoa(v)})
	}
	c.plot.X.Tick.Marker = t
}
