package eval

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/chart"
)

// Image shows each number, but those of one class, against accuracy where that was measured, each
// point with its value, and else against the value; what data reach in the samples' place beside.
func (s *Sweep) Image() image.Image {
	const across = "accuracy"
	f := &chart.Figure{Title: fmt.Sprintf("%s: %s", s.Model, s.Setting), Width: 290, Height: 260}
	against := slices.Contains(s.names(), across)
	for _, name := range s.names() {
		if name == across && against || strings.Contains(name, ": ") {
			continue
		}
		if against {
			f.Charts = append(f.Charts, s.against(name, across))
		} else {
			f.Charts = append(f.Charts, s.overValues(name))
		}
	}
	if against && len(f.Charts) == 0 {
		f.Charts = append(f.Charts, s.overValues(across))
	}
	f.Below = []string{"Arrows say which way is better. data: as many training samples in the samples' place, of accuracy the held-out ones."}
	return chart.Image(f)
}

// against is the chart of one number over another, a point for each value.
func (s *Sweep) against(name, across string) *chart.Chart {
	c := chart.New(s.title(name), s.title(across), "")
	k := chart.Curve{Name: "samples, by " + s.Setting, Color: chart.Lines[0], Dots: true}
	for _, p := range s.Points {
		if x, y := p.cell(across), p.cell(name); x != nil && y != nil {
			k.X, k.Y, k.Labels = append(k.X, x.Value), append(k.Y, y.Value), append(k.Labels, fmt.Sprint(p.Value))
		}
	}
	c.Add(k)
	if x, y := s.real(across), s.real(name); x != nil && y != nil {
		c.Add(chart.Curve{Name: "data", X: []float64{x.Value}, Y: []float64{y.Value}, Color: chart.Lines[1], Dots: true})
	}
	return c
}

// overValues is the chart of one number over the values.
func (s *Sweep) overValues(name string) *chart.Chart {
	c := chart.New(s.title(name), s.Setting, "")
	k := chart.Curve{Name: "samples", Color: chart.Lines[0], Dots: true}
	d := chart.Curve{Name: "data", Color: chart.Lines[1]}
	for _, p := range s.Points {
		if y := p.cell(name); y != nil {
			k.X, k.Y = append(k.X, p.Value), append(k.Y, y.Value)
		}
		if y := s.real(name); y != nil {
			d.X, d.Y = append(d.X, p.Value), append(d.Y, y.Value)
		}
	}
	c.Add(k)
	c.Add(d)
	return c
}
