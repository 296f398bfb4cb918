package lab

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A drawing can be painted at its own size.
type drawing interface {
	size() (w, h vg.Length)
	draw(c draw.Canvas)
}

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

// The figure's margins, in points.
const (
	margin   = 10
	titleRow = 26
	panelRow = 18 // a panel's title
	lineRow  = 12
	nameCol  = 18
	gap      = 6
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

func (f *figure) size() (w, h vg.Length) {
	n := vg.Length(f.columns())
	w = f.left() + n*f.side() + (n-1)*gap + margin
	h = f.head() + vg.Length(len(wrapped(f.below, w-f.left()-margin)))*lineRow + 2*margin
	for _, row := range f.rows {
		h += f.rowHeight(row)
	}
	return w, h
}

func (f *figure) draw(c draw.Canvas) {
	c.FillText(label(12, ink, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X + f.left(), Y: c.Max.Y - margin}, f.title)
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
			sty := label(9.5, ink, draw.XCenter, draw.YTop)
			sty.Rotation = 1.5707963267948966
			c.FillText(sty, vg.Point{X: c.Min.X + margin - 2, Y: y + gap + f.side()/2}, f.names[i])
		}
	}
	captions(c, wrapped(f.below, c.Max.X-c.Min.X-f.left()-margin), c.Min.X+f.left(), y)
}

// caption is the style of the lines under a picture.
func caption() draw.TextStyle { return label(8.5, faint, draw.XLeft, draw.YBottom) }

// captions paints lines below y.
func captions(c draw.Canvas, lines []string, x, y vg.Length) {
	for i, line := range lines {
		c.FillText(caption(), vg.Point{X: x, Y: y - vg.Length(i+1)*lineRow}, line)
	}
}

// wrapped breaks lines between words so that none is wider than width.
func wrapped(lines []string, width vg.Length) []string {
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

func square(x, y, side vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + side, Y: y + side}}
}

// label is a style of text.
func label(size vg.Length, c color.Color, x text.XAlignment, y text.YAlignment) draw.TextStyle {
	return draw.TextStyle{
		Color: c, XAlign: x, YAlign: y,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

// resolution of PNG files in dots per inch: a point is 2 pixels.
const resolution = 144

// The formats of pictures.
const (
	PNG = "png"
	SVG = "svg"
)

// encode paints d in the format.
func encode(d drawing, format string, comment []picture.Text) ([]byte, error) {
	w, h := d.size()
	var out bytes.Buffer
	switch format {
	case PNG:
		c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(resolution), vgimg.UseBackgroundColor(paper))
		d.draw(draw.New(c))
		if err := picture.Encode(&out, c.Image(), comment...); err != nil {
			return nil, err
		}
	case SVG:
		c := vgsvg.NewWith(vgsvg.UseWH(w, h), vgsvg.EmbedFonts(true))
		d.draw(draw.New(c))
		if _, err := c.WriteTo(&out); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("lab: unknown format %q of pictures: expected %s or %s", format, PNG, SVG)
	}
	return out.Bytes(), nil
}

// write writes a file whole or not at all.
func write(path string, data []byte) error {
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
