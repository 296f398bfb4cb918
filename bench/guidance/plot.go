package main

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/internal/chart"
)

// plot draws every number but accuracy against it, a curve for each guide, into a PNG file.
func plot(path string, all []sweep) error {
	f := &chart.Figure{Title: "accuracy, and what is paid for it", Width: 340, Height: 340, Below: []string{
		"Beside each point gamma, or of a classifier its scale; all begin at the plain conditional model, gamma 1, and gamma 0 is left out. data: as many training images in the samples' place, of accuracy the held-out ones.",
	}}
	plain := plainPoint(all)
	for _, name := range numbers[1:] {
		c := chart.New(name, numbers[0], "")
		for i, s := range all {
			s.Points = append(slices.Clone(plain), s.guided()...)
			c.Add(curve(s, name, i))
		}
		if x, y := number(all[0].Points[0], numbers[0], true), number(all[0].Points[0], name, true); x != nil && y != nil {
			c.Add(chart.Curve{Name: "data", X: []float64{x.Value}, Y: []float64{y.Value}, Color: chart.Ink, Dots: true})
		}
		f.Charts = append(f.Charts, c)
	}
	return picture.Write(path, chart.Image(f))
}

// guided are the points but those of gamma 0 and 1.
func (s sweep) guided() (points []eval.Point) {
	for _, p := range s.Points {
		if s.Setting != "guidance" || p.Value != 0 && p.Value != 1 {
			points = append(points, p)
		}
	}
	return points
}

// plainPoint is the point of gamma 1, if it was measured.
func plainPoint(all []sweep) []eval.Point {
	for _, s := range all {
		for _, p := range s.Points {
			if s.Setting == "guidance" && p.Value == 1 {
				return []eval.Point{p}
			}
		}
	}
	return nil
}

// curve is one guide's, number i.
func curve(s sweep, name string, i int) chart.Curve {
	k := chart.Curve{Name: s.guide, Color: chart.Lines[i%len(chart.Lines)], Dots: true}
	for _, p := range s.Points {
		if x, y := number(p, numbers[0], false), number(p, name, false); x != nil && y != nil {
			k.X, k.Y, k.Labels = append(k.X, x.Value), append(k.Y, y.Value), append(k.Labels, fmt.Sprintf("%g", p.Value))
		}
	}
	return k
}
