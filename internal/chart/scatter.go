package chart

import (
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// scatterSize is the side of a scatter in points.
const scatterSize = 150

// deep is the colour of points.
var deep = color.NRGBA{20, 50, 110, 255}

// Scatter shows points [N,D] over axes: by their first two numbers, darker where there are more;
// points of one number as a histogram. Number k of a point stands for shift[k] + scale[k] times it,
// which is what the axes say; nil: for itself. They show shift ± 4 scale where that suits the
// points, so that pictures can be compared, and else what holds all but a hundredth of them.
// Numbers that are not finite are left out.
func Scatter(x []float32, d int, shift, scale []float64) stddraw.Image {
	if d < 1 || len(x)%d != 0 {
		panic(fmt.Sprintf("chart: Scatter: %d values for points of %d", len(x), d))
	}
	u, a := column(x, d, 0, shift, scale)
	if d == 1 {
		return histogram(u, a)
	}
	v, b := column(x, d, 1, shift, scale)
	names := [2]string{}
	if d > 2 {
		names = [2]string{"number 1", fmt.Sprintf("number 2 of %d", d)}
	}
	p := newPlot("", names[0], names[1])
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(2), ticks(2)
	a, b = alike(a, b)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = a.lo, a.hi, b.lo, b.hi
	img, window := paint(p)
	shade(img, window, u, v, a, b)
	return img
}

// column is the k-th number of points of d, and what its axis shows.
func column(x []float32, d, k int, shift, scale []float64) ([]float64, span) {
	by, unit := 0.0, 1.0
	if scale != nil {
		by, unit = shift[k], scale[k]
	}
	v := make([]float64, 0, len(x)/d)
	for i := k; i < len(x); i += d {
		v = append(v, by+unit*float64(x[i]))
	}
	return v, frame(v, span{by - 4*unit, by + 4*unit})
}

// A span is what an axis shows.
type span struct{ lo, hi float64 }

// frame is the usual span where 99 in 100 of the numbers are inside and fill some of it, else one
// that holds those and a margin.
func frame(v []float64, usual span) span {
	v = slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
	if len(v) == 0 {
		return usual
	}
	slices.Sort(v)
	at := func(q float64) float64 { return v[int(math.Round(q*float64(len(v)-1)))] }
	lo, hi := at(.005), at(.995)
	switch {
	case lo >= usual.lo && hi <= usual.hi && hi-lo > (usual.hi-usual.lo)/8:
		return usual
	case hi > lo:
		return span{lo - .08*(hi-lo), hi + .08*(hi-lo)}
	}
	room := max((usual.hi-usual.lo)/8, math.Abs(lo)/10)
	return span{lo - room, hi + room}
}

// alike makes two spans equally long where their lengths are near each other, so that shapes of the
// plane keep theirs.
func alike(a, b span) (span, span) {
	la, lb := a.hi-a.lo, b.hi-b.lo
	if long := max(la, lb); long <= 3*min(la, lb) {
		grow := func(s span) span { m := (s.lo + s.hi) / 2; return span{m - long/2, m + long/2} }
		return grow(a), grow(b)
	}
	return a, b
}

// paint draws a plot's axes and returns the image with the rectangle, in pixels, that its axes
// span.
func paint(p *plot.Plot) (stddraw.Image, image.Rectangle) {
	canvas := vgimg.NewWith(vgimg.UseWH(scatterSize, scatterSize), vgimg.UseDPI(resolution), vgimg.UseBackgroundColor(Paper))
	img := canvas.Image()
	c := draw.Crop(draw.New(canvas), 3, -4, 0, -4) // room for half a tick's label
	p.Draw(c)
	r := p.DataCanvas(c).Rectangle
	px := func(l vg.Length) int { return int(math.Round(l.Dots(resolution))) }
	return img, image.Rect(px(r.Min.X), img.Bounds().Dy()-px(r.Max.Y), px(r.Max.X), img.Bounds().Dy()-px(r.Min.Y))
}

// shade paints points, two pixels wide, into the window: each point more takes half of the light
// that is left.
func shade(img stddraw.Image, window image.Rectangle, u, v []float64, a, b span) {
	counts := map[image.Point]int{}
	place := func(x float64, s span, pixels int) int { return int((x - s.lo) / (s.hi - s.lo) * float64(pixels)) }
	for i := range u {
		if !(u[i] >= a.lo && u[i] <= a.hi && v[i] >= b.lo && v[i] <= b.hi) {
			continue
		}
		at := image.Pt(window.Min.X+place(u[i], a, window.Dx()), window.Max.Y-1-place(v[i], b, window.Dy()))
		for _, step := range []image.Point{{}, {X: 1}, {Y: 1}, {X: 1, Y: 1}} {
			if q := at.Add(step); q.In(window) {
				counts[q]++
			}
		}
	}
	for q, n := range counts {
		fade := math.Exp(-.7 * float64(n))
		img.Set(q.X, q.Y, color.NRGBA{fadeTo(deep.R, fade), fadeTo(deep.G, fade), fadeTo(deep.B, fade), 255})
	}
}

// fadeTo is a channel of a colour that lets through a part of the paper.
func fadeTo(c uint8, fade float64) uint8 { return c + uint8(fade*float64(255-c)) }

// bins is the number of bars of a histogram.
const bins = 60

// histogram shows numbers as bars.
func histogram(v []float64, s span) stddraw.Image {
	h := &plotter.Histogram{FillColor: deep, Width: (s.hi - s.lo) / bins}
	for i := range bins {
		h.Bins = append(h.Bins, plotter.HistogramBin{Min: s.lo + float64(i)*h.Width, Max: s.lo + float64(i+1)*h.Width})
	}
	for _, x := range v {
		if x >= s.lo && x < s.hi {
			h.Bins[min(int((x-s.lo)/h.Width), bins-1)].Weight++
		}
	}
	p := newPlot("", "", "")
	p.X.Tick.Marker = ticks(2)
	p.Add(h)
	p.X.Min, p.X.Max, p.Y.Min = s.lo, s.hi, 0
	img, _ := paint(p)
	return img
}
