package chart

import (
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Figure is charts side by side under a title, with one legend, which has each name once.
type Figure struct {
	Title         string
	Charts        []*Chart
	Below         []string  // a caption, broken into lines as there is room
	Width, Height vg.Length // of each chart, in points; 0: 330 and 250
}

// legendRow is the height of a line of the legend.
const legendRow = 16

func (f *Figure) chartSize() (w, h vg.Length) {
	w, h = f.Width, f.Height
	if w == 0 {
		w = 330
	}
	if h == 0 {
		h = 250
	}
	return w, h
}

// width is the whole picture's.
func (f *Figure) width() vg.Length {
	w, _ := f.chartSize()
	return 2*Margin + vg.Length(len(f.Charts))*(w+Gap) - Gap
}

// Size implements Drawing.
func (f *Figure) Size() (w, h vg.Length) {
	_, h = f.chartSize()
	w = f.width()
	return w, 2*Margin + TitleRow + f.legendHeight() + h + Gap + vg.Length(len(Wrapped(f.Below, w-2*Margin)))*LineRow
}

// Draw implements Drawing.
func (f *Figure) Draw(c draw.Canvas) {
	c.FillText(Title(), vg.Point{X: c.Min.X + Margin, Y: c.Max.Y - Margin}, f.Title)
	top := c.Max.Y - Margin - TitleRow
	for _, p := range f.legend() {
		at := vg.Point{X: c.Min.X + p.at.X, Y: top - p.at.Y}
		p.mark(c, at)
		c.FillText(legendText(), vg.Point{X: at.X + dash + 4, Y: at.Y}, p.name)
	}
	w, h := f.chartSize()
	y := top - f.legendHeight() - h
	for i, chart := range f.Charts {
		x := c.Min.X + Margin + vg.Length(i)*(w+Gap)
		chart.plot.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + w, Y: y + h}}})
	}
	Captions(c, Wrapped(f.Below, f.width()-2*Margin), c.Min.X+Margin, y-Gap)
}

// dash is the length of a line in the legend.
const dash = 14

// mark paints what an entry's curve looks like, from at on to the right.
func (e entry) mark(c draw.Canvas, at vg.Point) {
	if e.bare {
		c.DrawGlyph(draw.GlyphStyle{Color: e.colour, Radius: 2.2, Shape: draw.CircleGlyph{}}, vg.Point{X: at.X + dash/2, Y: at.Y})
		return
	}
	c.StrokeLines(draw.LineStyle{Color: e.colour, Width: 2.4}, []vg.Point{at, {X: at.X + dash, Y: at.Y}})
}

func legendText() draw.TextStyle { return Label(CaptionSize, Ink, draw.XLeft, draw.YCenter) }

// A placed entry of the legend: at is its place from the left, and down from under the title.
type placed struct {
	entry
	at vg.Point
}

// names are those of all curves that have one, each once.
func (f *Figure) names() (all []entry) {
	told := map[string]bool{"": true}
	for _, c := range f.Charts {
		for _, e := range c.names {
			if !told[e.name] {
				told[e.name] = true
				all = append(all, e)
			}
		}
	}
	return all
}

// legend places the names in as many rows as they take.
func (f *Figure) legend() []placed {
	var out []placed
	at := vg.Point{X: Margin, Y: 6}
	for _, e := range f.names() {
		w := dash + 4 + legendText().Width(e.name)
		if at.X > Margin && at.X+w > f.width()-Margin {
			at = vg.Point{X: Margin, Y: at.Y + legendRow}
		}
		out = append(out, placed{e, at})
		at.X += w + dash
	}
	return out
}

func (f *Figure) legendHeight() vg.Length {
	l := f.legend()
	if len(l) == 0 {
		return 0
	}
	return l[len(l)-1].at.Y + legendRow - 2
}

// caption is the style of the lines under a picture.
func caption() draw.TextStyle { return Label(CaptionSize, Faint, draw.XLeft, draw.YBottom) }

// Captions paints lines of a caption below y.
func Captions(c draw.Canvas, lines []string, x, y vg.Length) {
	for i, line := range lines {
		c.FillText(caption(), vg.Point{X: x, Y: y - vg.Length(i+1)*LineRow}, line)
	}
}

// Wrapped breaks the lines of a caption between words so that none is wider than width.
func Wrapped(lines []string, width vg.Length) []string {
	sty := caption()
	var out []string
	for _, line := range lines {
		now := ""
		for _, word := range strings.Fields(line) {
			if next := strings.TrimSpace(now + " " + word); sty.Width(next) <= width || now == "" {
				now = next
				continue
			}
			out, now = append(out, now), word
		}
		out = append(out, now)
	}
	return out
}
