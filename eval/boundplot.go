package eval

import (
	"bytes"
	"encoding/csv"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A NamedBound is a bound for a table or a picture.
type NamedBound struct {
	Name  string
	Bound *Evidence
}

// Named are the three forms under their names.
func (b *Bounds) Named() []NamedBound {
	return []NamedBound{{"matching", &b.Matching}, {"consistency", &b.Consistency}, {"as printed", &b.Printed}}
}

// TermsCSV is a table of the bounds term by term, in bits a dimension with standard errors over images and draws (empty where there are
// too few):
//
//	bound,term,t,lambda,bits_per_dim,standard_error
//
// with a row for each step that was visited (its index or time t, and lambda = log(a/s) there), and the sums: reconstruction,
// prior, steps and total.
func TermsCSV(bounds []NamedBound) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	number := func(v float64) string {
		if math.IsNaN(v) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 7, 64)
	}
	row := func(name, term, t, lambda string, e Estimate) {
		_ = w.Write([]string{name, term, t, lambda, number(e.Value), number(e.SE)}) // a buffer takes all
	}
	_ = w.Write([]string{"bound", "term", "t", "lambda", "bits_per_dim", "standard_error"})
	for _, n := range bounds {
		dim := n.Bound.Dim
		row(n.Name, "reconstruction", "", "", n.Bound.Reconstruction().Bits(dim))
		for _, s := range n.Bound.Terms() {
			row(n.Name, "step", number(s.T), number(s.Lambda), Estimate{Value: s.Value, SE: s.SE}.Bits(dim))
		}
		row(n.Name, "prior", "", "", n.Bound.Prior().Bits(dim))
		row(n.Name, "steps", "", "", n.Bound.Steps().Bits(dim))
		row(n.Name, "total", "", "", n.Bound.Total().Bits(dim))
	}
	w.Flush()
	return b.Bytes()
}

// TermsSVG is a picture of the bounds' steps, in bits a dimension over t.
func TermsSVG(bounds []NamedBound) ([]byte, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Terms of the bound", "t", "bits a dimension, of each step"
	p.Legend.Top = true
	for i, n := range bounds {
		if err := addTerms(p, n, plotutil.SoftColors[i%len(plotutil.SoftColors)]); err != nil {
			return nil, err
		}
	}
	canvas := vgsvg.New(18*vg.Centimeter, 11*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var svg bytes.Buffer
	_, err := canvas.WriteTo(&svg)
	return svg.Bytes(), err
}

// addTerms draws a bound's steps, each with a bar of two standard errors either way.
func addTerms(p *plot.Plot, n NamedBound, c color.Color) error {
	var points struct {
		plotter.XYs
		plotter.YErrors
	}
	for _, s := range n.Bound.Terms() {
		e := Estimate{Value: s.Value, SE: s.SE}.Bits(n.Bound.Dim)
		if math.IsNaN(e.SE) {
			e.SE = 0
		}
		points.XYs = append(points.XYs, plotter.XY{X: s.T, Y: e.Value})
		points.YErrors = append(points.YErrors, struct{ Low, High float64 }{2 * e.SE, 2 * e.SE})
	}
	if len(points.XYs) == 0 {
		return nil
	}
	line, err := plotter.NewLine(points.XYs)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(points)
	if err != nil {
		return err
	}
	line.Color, bars.Color, bars.CapWidth = c, c, 0
	p.Add(bars, line)
	p.Legend.Add(n.Name, line)
	return nil
}
