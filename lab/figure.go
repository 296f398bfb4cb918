package lab

import (
	"bytes"
	"fmt"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/chart"
)

// A figure is a table of panels under a title.
type figure struct {
	title  string
	below  []string // lines under the table
	names  []string // of the rows, at their left; none where empty
	rows   [][]*panel
	box    box
	window vg.Length // side of a panel; 0: 128 points
	bare   bool      // without a title and its row
}

// The figure's rows and margins, in points.
const (
	margin   = chart.Margin
	titleRow = chart.TitleRow
	panelRow = 18 // a panel's title
	nameCol  = 18
	gap      = chart.Gap
)

func (f *figure) side() vg.Length {
	if f.window == 0 {
		return 128
	}
	return f.window
}

// columns is the number of panels in the longest row.
func (f *figure) columns() int {
	n := 0
	for _, r := range f.rows {
		n = max(n, len(r))
	}
	return n
}

// head is the height of the title.
func (f *figure) head() vg.Length {
	if f.bare {
		return 0
	}
	return titleRow
}

// left is where the panels begin.
func (f *figure) left() vg.Length {
	if len(f.names) > 0 {
		return margin + nameCol
	}
	return margin
}

// titled reports whether a panel of the row has a title.
func titled(row []*panel) bool {
	for _, p := range row {
		if p != nil && p.title != "" {
			return true
		}
	}
	return false
}

// rowHeight is a row's height with its panels' titles and the gap below.
func (f *figure) rowHeight(row []*panel) vg.Length {
	if titled(row) {
		return f.side() + panelRow + gap
	}
	return f.side() + gap
}

// Size implements chart.Drawing.
func (f *figure) Size() (w, h vg.Length) {
	n := vg.Length(f.columns())
	w = f.left() + n*f.side() + (n-1)*gap + margin
	h = f.head() + vg.Length(len(chart.Wrapped(f.below, w-f.left()-margin)))*chart.LineRow + 2*margin
	for _, row := range f.rows {
		h += f.rowHeight(row)
	}
	return w, h
}

// Draw implements chart.Drawing.
func (f *figure) Draw(c draw.Canvas) {
	c.FillText(chart.Title(), vg.Point{X: c.Min.X + f.left(), Y: c.Max.Y - margin}, f.title)
	y := c.Max.Y - margin - f.head() + 4
	for i, row := range f.rows {
		y -= f.rowHeight(row)
		for j, p := range row {
			if p == nil {
				continue
			}
			x := c.Min.X + f.left() + vg.Length(j)*(f.side()+gap)
			p.draw(draw.Canvas{Canvas: c.Canvas, Rectangle: square(x, y+gap, f.side())}, f.box)
		}
		if i < len(f.names) {
			sty := chart.Label(chart.NameSize, chart.Ink, draw.XCenter, draw.YTop)
			sty.Rotation = 1.5707963267948966
			c.FillText(sty, vg.Point{X: c.Min.X + margin - 2, Y: y + gap + f.side()/2}, f.names[i])
		}
	}
	chart.Captions(c, chart.Wrapped(f.below, c.Max.X-c.Min.X-f.left()-margin), c.Min.X+f.left(), y)
}

func square(x, y, side vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + side, Y: y + side}}
}

// The formats of pictures.
const (
	PNG = "png"
	SVG = "svg"
)

// encode paints d in the format.
func encode(d chart.Drawing, format string, comment []picture.Text) ([]byte, error) {
	switch format {
	case PNG:
		var out bytes.Buffer
		err := picture.Encode(&out, chart.Image(d), comment...)
		return out.Bytes(), err
	case SVG:
		return chart.SVG(d, true)
	}
	return nil, fmt.Errorf("lab: unknown format %q of pictures: expected %s or %s", format, PNG, SVG)
}

// write writes a file whole or not at all.
func write(path string, data []byte) error {
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
