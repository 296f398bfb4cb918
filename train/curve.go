package train

import (
	"bytes"
	"fmt"
	"image/color"

	"github.com/reverie-go/reverie/checkpoint"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// curvePoints is about how many points a line of the curve has.
const curvePoints = 400

// writeCurve draws loss.svg: the loss smoothed over steps, that of each
// quarter of the time steps, and the validation loss.
func writeCurve(files checkpoint.FS, path string, records []Record) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Loss", "step", "loss"
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, 11*vg.Centimeter // thumbnails first: a wider font has room
	p.Y.Min = 0
	for q := range 4 {
		name := fmt.Sprintf("t in quarter %d of 4", q+1)
		pts := smooth(records, func(r Record) (float64, float64) { return r.Quartiles[q], float64(r.Counts[q]) })
		if err := addLine(p, name, pts, plotutil.SoftColors[q], vg.Points(0.7)); err != nil {
			return err
		}
	}
	all := smooth(records, func(r Record) (float64, float64) { return r.Loss, 1 })
	if err := addLine(p, "training", all, color.Black, vg.Points(1.5)); err != nil {
		return err
	}
	val := smooth(records, func(r Record) (float64, float64) {
		if r.Val == nil {
			return 0, 0
		}
		return *r.Val, 1
	})
	if err := addLine(p, "validation", val, color.RGBA{R: 200, A: 255}, vg.Points(1.5)); err != nil {
		return err
	}
	canvas := vgsvg.New(18*vg.Centimeter, 11*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	return writeFile(files, path, svg.Bytes())
}

// addLine adds a named line to the plot; one without points is left out.
func addLine(p *plot.Plot, name string, pts plotter.XYs, c color.Color, width vg.Length) error {
	if len(pts) == 0 {
		return nil
	}
	line, err := plotter.NewLine(pts)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, width
	p.Add(line)
	p.Legend.Add(name, line)
	return nil
}

// smooth averages value over stretches of records, weighted by its weight, so
// that about curvePoints points are left, each at the last step of its stretch.
func smooth(records []Record, value func(Record) (v, weight float64)) plotter.XYs {
	stretch := max(1, len(records)/curvePoints)
	var pts plotter.XYs
	for i := 0; i < len(records); i += stretch {
		part := records[i:min(i+stretch, len(records))]
		var sum, weight float64
		for _, r := range part {
			v, w := value(r)
			sum += v * w
			weight += w
		}
		if weight > 0 {
			pts = append(pts, plotter.XY{X: float64(part[len(part)-1].Step), Y: sum / weight})
		}
	}
	return pts
}
