package chart

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Chart is curves over two axes.
type Chart struct {
	plot       *plot.Plot
	logX, logY bool
	names      []entry
}

// An entry of the legend.
type entry struct {
	name   string
	colour color.Color
	bare   bool // dots
}

// New returns a chart without curves.
func New(title, x, y string) *Chart { return &Chart{plot: newPlot(title, x, y)} }

// Log makes both axes logarithmic; points that a logarithm does not have are left out.
func (c *Chart) Log() *Chart {
	c.plot.Y.Scale, c.plot.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	c.logY = true
	return c.LogX()
}

// LogX makes the x axis logarithmic, as Log does both.
func (c *Chart) LogX() *Chart {
	c.plot.X.Scale, c.plot.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	c.logX = true
	return c
}

// FromZero makes the y axis begin at 0.
func (c *Chart) FromZero() *Chart {
	c.plot.Y.Min = 0
	return c
}

// Ticks puts the x axis's labels at these numbers.
func (c *Chart) Ticks(at []int) {
	var t plot.ConstantTicks
	for _, v := range at {
		t = append(t, plot.Tick{Value: float64(v), Label: strconv.Itoa(v)})
	}
	c.plot.X.Tick.Marker = t
}

// A Curve is a named line through points.
type Curve struct {
	Name  string
	X, Y  []float64
	Error []float64 // standard errors, drawn as a band of two of them either way; nil: none
	// Labels stand beside the points; nil: none.
	Labels []string
	Color  color.NRGBA
	Width  vg.Length // points; 0: 1.4
	Dots   bool      // mark the points
	Bare   bool      // the marks alone, without the line
}

// Add adds a curve; points that are not finite are left out, and a curve that has no other.
func (c *Chart) Add(k Curve) {
	pts, errs, labels := c.points(k)
	if len(pts) == 0 {
		return
	}
	if k.Error != nil {
		c.band(pts, errs, k.Color)
	}
	line, dots, err := plotter.NewLinePoints(pts)
	if err != nil {
		return // not reached: the points are finite
	}
	if k.Width == 0 {
		k.Width = 1.4
	}
	line.Color, line.Width = k.Color, k.Width
	if !k.Bare {
		c.plot.Add(line)
	}
	if k.Dots || k.Bare {
		dots.Color, dots.Radius, dots.Shape = k.Color, 1.6, draw.CircleGlyph{}
		c.plot.Add(dots)
	}
	c.label(pts, labels)
	c.names = append(c.names, entry{k.Name, k.Color, k.Bare})
}

// label writes labels up and to the right of points.
func (c *Chart) label(pts plotter.XYs, labels []string) {
	if labels == nil {
		return
	}
	l, err := plotter.NewLabels(plotter.XYLabels{XYs: pts, Labels: labels})
	if err != nil {
		return // not reached: the points are finite
	}
	for i := range l.TextStyle {
		l.TextStyle[i] = Label(tickSize, Ink, draw.XLeft, draw.YBottom)
	}
	l.Offset = vg.Point{X: 2, Y: 2}
	c.plot.Add(l)
}

// points returns what can be drawn of a curve.
func (c *Chart) points(k Curve) (pts plotter.XYs, errs []float64, labels []string) {
	for i, x := range k.X {
		y, e := k.Y[i], 0.0
		if k.Error != nil && !math.IsNaN(k.Error[i]) {
			e = 2 * k.Error[i]
		}
		if s := x + y + e; math.IsNaN(s) || math.IsInf(s, 0) || c.logX && x <= 0 || c.logY && y-e <= 0 {
			continue
		}
		pts = append(pts, plotter.XY{X: x, Y: y})
		errs = append(errs, e)
		if k.Labels != nil {
			labels = append(labels, k.Labels[i])
		}
	}
	return pts, errs, labels
}

// band shades what lies within the errors of the points.
func (c *Chart) band(pts plotter.XYs, errs []float64, colour color.NRGBA) {
	var round plotter.XYs
	for i, p := range pts {
		round = append(round, plotter.XY{X: p.X, Y: p.Y + errs[i]})
	}
	for i := len(pts) - 1; i >= 0; i-- {
		round = append(round, plotter.XY{X: pts[i].X, Y: pts[i].Y - errs[i]})
	}
	area, err := plotter.NewPolygon(round)
	if err != nil {
		return // not reached: the points are finite
	}
	colour.A /= 4
	area.Color, area.LineStyle.Width = colour, 0
	c.plot.Add(area)
}
