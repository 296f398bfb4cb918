package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
	"testing"
)

// dark counts the pixels of the points' colours in the window.
func dark(img image.Image, window image.Rectangle) (n int, middle image.Point) {
	sum := image.Point{}
	for y := window.Min.Y; y < window.Max.Y; y++ {
		for x := window.Min.X; x < window.Max.X; x++ {
			if c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA); int(c.B) > int(c.R)+40 {
				n++
				sum = sum.Add(image.Pt(x, y))
			}
		}
	}
	return n, sum.Div(max(n, 1))
}

// A point is where its axes say, y upwards, two pixels wide; what is no number is left out.
func TestScatter(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := []float32{-2, -3, 2, 3, nan, 0, inf, 0} // two points within the usual span, and fill it
	img := Scatter(x, 2, nil, nil)
	p := newPlot("", "", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -4, 4, -4, 4
	_, window := paint(p)
	n, middle := dark(img, window)
	if n != 8 {
		t.Errorf("%d pixels for two points, want 8", n)
	}
	want := image.Pt((window.Min.X+window.Max.X)/2, (window.Min.Y+window.Max.Y)/2)
	if d := middle.Sub(want); max(d.X, -d.X, d.Y, -d.Y) > 2 {
		t.Errorf("the points' middle is at %v, want %v", middle, want)
	}
	right := image.Rect(want.X, window.Min.Y, window.Max.X, window.Max.Y)
	_, at := dark(img, right)
	if wx, wy := window.Min.X+window.Dx()*6/8, window.Max.Y-window.Dy()*7/8; max(at.X-wx, wx-at.X, at.Y-wy, wy-at.Y) > 2 {
		t.Errorf("(2, 3) is at %v, want (%d, %d)", at, wx, wy)
	}
	if Scatter(nil, 2, nil, nil).Bounds() != img.Bounds() || Scatter([]float32{nan}, 1, nil, nil).Bounds() != img.Bounds() {
		t.Error("no points: another size")
	}
}

// The axes show the points, wherever they lie, and keep the shape of the plane.
func TestFrame(t *testing.T) {
	line := func(lo, hi float64) (v []float64) {
		for i := range 1001 {
			v = append(v, lo+(hi-lo)*float64(i)/1000)
		}
		return v
	}
	usual := span{-4, 4}
	holds := func(s span, lo, hi float64) bool { return s.lo <= lo && s.hi >= hi && s.hi-s.lo <= 1.3*(hi-lo) }
	if s := frame(line(-2, 3), usual); s != usual {
		t.Errorf("numbers of deviation 1: %v", s)
	}
	if s := frame(line(1e6, 1e6+5), usual); !holds(s, 1e6+.05, 1e6+4.95) {
		t.Errorf("far from the origin: %v", s)
	}
	if s := frame(append(line(100, 200), 1e9, math.NaN()), usual); !holds(s, 101, 199) {
		t.Errorf("with one far off: %v", s)
	}
	if s := frame([]float64{7, 7, 7}, usual); !(s.lo < 7 && s.hi > 7) {
		t.Errorf("all the same: %v", s)
	}
	if a, b := alike(span{0, 10}, span{0, 4}); a != (span{0, 10}) || b != (span{-3, 7}) {
		t.Errorf("lengths 10 and 4 became %v, %v", a, b)
	}
	if a, b := alike(span{0, 100}, span{0, 4}); a.hi-a.lo != 100 || b.hi-b.lo != 4 {
		t.Errorf("lengths 100 and 4 became %v, %v", a, b)
	}
}

// Points of one number are bars: three at 1 stand above one at -1.
func TestHistogram(t *testing.T) {
	img := Scatter([]float32{1, 1, 1, -1}, 1, nil, nil)
	left, right := image.Rect(0, 0, 168, 250), image.Rect(168, 0, 300, 250)
	a, _ := dark(img, left)
	b, _ := dark(img, right)
	if a == 0 || b < 2*a || b > 4*a {
		t.Errorf("%d pixels of bars at -1, %d at 1", a, b)
	}
}

// A chart leaves out what it cannot draw, and a figure names the curves that its charts have, once.
func TestFigure(t *testing.T) {
	c := New("title", "x", "y").Log()
	c.Add(Curve{Name: "seen", X: []float64{1, 10, -1, math.NaN()}, Y: []float64{1, 2, 3, 4}, Color: Lines[0], Dots: true})
	c.Add(Curve{Name: "unseen", X: []float64{1}, Y: []float64{0}, Color: Lines[1]})
	c.Ticks([]int{1, 3})
	d := New("", "t", "bits")
	d.Add(Curve{Name: "bars", X: []float64{0, 1}, Y: []float64{-1, 1}, Error: []float64{.5, math.NaN()}, Color: Lines[2]})
	d.Add(Curve{Name: "seen", X: []float64{0}, Y: []float64{1}, Color: Lines[0]})
	d.Add(Curve{X: []float64{0}, Y: []float64{1}})
	f := &Figure{Title: "whole", Charts: []*Chart{c, d}, Below: []string{strings.Repeat("a caption of many words ", 20)}}
	svg, err := SVG(f, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">whole<", ">seen<", ">bars<", ">bits<", ">3<"} {
		if n := bytes.Count(svg, []byte(want)); n != 1 {
			t.Errorf("%s is %d times in the picture", want, n)
		}
	}
	if bytes.Contains(svg, []byte("unseen")) {
		t.Error("a curve without points has a name")
	}
	w, h := f.Size()
	if b := Image(f).Bounds(); b.Dx() != int(2*w+.5) && b.Dx() != int(2*w) || b.Dy() < int(2*h)-1 {
		t.Errorf("an image of %v for %v by %v points", b, w, h)
	}
}

// A bare curve is its marks alone, in the chart and in the legend.
func TestBare(t *testing.T) {
	coloured := func(bare bool) (n int) {
		c := New("", "", "")
		c.Add(Curve{Name: "marks", X: []float64{0, 1}, Y: []float64{0, 1}, Color: Lines[1], Bare: bare})
		img := Image(&Figure{Charts: []*Chart{c}})
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if r, g, b, _ := img.At(x, y).RGBA(); uint8(r>>8) == Lines[1].R && uint8(g>>8) == Lines[1].G && uint8(b>>8) == Lines[1].B {
					n++
				}
			}
		}
		return n
	}
	// Discs of radius 1.6, two, and 2.2 points, of 2 pixels each, half of them at least whole.
	if n, line := coloured(true), coloured(false); n < 60 || n > 140 || line < 5*n {
		t.Errorf("%d pixels of marks, %d of a line", n, line)
	}
}

// The legend takes another row where the names do not fit into one.
func TestLegendWraps(t *testing.T) {
	c := New("", "", "")
	for i := range 9 {
		c.Add(Curve{Name: fmt.Sprint("a curve with a long name, ", i), X: []float64{0, 1}, Y: []float64{0, float64(i)}, Color: Lines[0]})
	}
	f := &Figure{Charts: []*Chart{c}}
	for _, p := range f.legend() {
		if end := p.at.X + dash + 4 + legendText().Width(p.name); end > f.width()-Margin {
			t.Errorf("%q ends at %v of %v", p.name, end, f.width())
		}
	}
	if f.legendHeight() < 3*legendRow {
		t.Errorf("the legend is %v high", f.legendHeight())
	}
}

// Labels stand at round numbers within the axis, evenly, as many as can be read, and say what they
// stand at.
func TestTicks(t *testing.T) {
	for _, s := range []span{{-4, 4}, {0, 1.86}, {-.7, 3.6}, {0, 600}, {140, 197.3}, {1e9, 1e9 + 7}, {-3e-7, 2e-7}, {-1e30, 3e30}, {.9999, 1.0001}} {
		var at []float64
		for _, k := range (ticks(3)).Ticks(s.lo, s.hi) {
			if room := 1e-6 * (s.hi - s.lo); k.Value < s.lo-room || k.Value > s.hi+room {
				t.Errorf("%v: a mark at %v", s, k.Value)
			}
			if k.Label == "" {
				continue
			}
			if v, err := strconv.ParseFloat(k.Label, 64); err != nil || math.Abs(v-k.Value) > 1e-6*(s.hi-s.lo) || k.Label == "-0" {
				t.Errorf("%v: %q at %v", s, k.Label, k.Value)
			}
			at = append(at, k.Value)
		}
		if len(at) < 3 || len(at) > 8 {
			t.Errorf("%v: labels at %v", s, at)
		}
	}
	if got := (ticks(3)).Ticks(2, 2); got != nil {
		t.Errorf("an empty axis has %v", got)
	}
}

// Points in units of their own are the same picture, but for the numbers at the axes.
func TestScatterInUnits(t *testing.T) {
	x := []float32{-2, -3, 2, 3, .5, 0, -1, 1}
	pure, own := Scatter(x, 2, nil, nil), Scatter(x, 2, []float64{170, 65}, []float64{10, 10})
	p := newPlot("", "", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 130, 210, 25, 105
	_, window := paint(p)
	n, middle := dark(own, window)
	m, want := dark(pure, pure.Bounds())
	if d := middle.Sub(want); n != m || max(d.X, -d.X, d.Y, -d.Y) > 8 { // the window moves by the width of the labels
		t.Errorf("%d pixels around %v, want %d around %v", n, middle, m, want)
	}
	label := image.Rect(0, 0, window.Min.X-4, own.Bounds().Dy())
	same := true
	for y := label.Min.Y; y < label.Max.Y; y++ {
		for x := label.Min.X; x < label.Max.X; x++ {
			same = same && own.At(x, y) == pure.At(x, y)
		}
	}
	if same {
		t.Error("the axis has the numbers of the network's units")
	}
}
