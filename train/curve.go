package train

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/internal/chart"
)

// curvePoints is about how many points a line of the curve has.
const curvePoints = 150

// drawing is the observer that draws the curve of the losses, with each set of pictures and at the
// end. Where the last checkpoint was not saved that is what a person must know, and no curve.
func (t *Trainer) drawing(e Event) {
	switch e := e.(type) {
	case Pictures:
		if len(t.log.Records) == 0 {
			return
		}
	case End:
		if errors.Is(e.Err, ErrNotSaved) {
			return
		}
	default:
		return
	}
	if err := writeCurve(t.files, filepath.Join(t.Dir, "loss.svg"), t.log.Records); err != nil {
		t.note("loss.svg: %v", err)
	}
}

// writeCurve draws loss.svg: the loss smoothed over steps, that of each quarter of the time steps,
// and the validation loss.
func writeCurve(files checkpoint.FS, path string, records []Record) error {
	c := chart.New("", "step", "loss").FromZero()
	for q := range 4 {
		k := smooth(records, func(r Record) (float64, float64) { return r.Quartiles[q], float64(r.Counts[q]) })
		k.Name, k.Color, k.Width = fmt.Sprintf("t in quarter %d of 4", q+1), chart.Lines[2+q], .7
		c.Add(k)
	}
	all := smooth(records, func(r Record) (float64, float64) { return r.Loss, 1 })
	all.Name, all.Color = "training", chart.Lines[0]
	c.Add(all)
	val := smooth(records, func(r Record) (float64, float64) {
		if r.Val == nil {
			return 0, 0
		}
		return *r.Val, 1
	})
	val.Name, val.Color = "validation", chart.Lines[1]
	c.Add(val)
	svg, err := chart.SVG(&chart.Figure{Title: "Loss", Charts: []*chart.Chart{c}, Width: 500, Height: 290}, false)
	if err != nil {
		return err
	}
	return writeFile(files, path, svg)
}

// smooth averages value over stretches of records, weighted by its weight, so that about
// curvePoints points are left, each at the last step of its stretch.
func smooth(records []Record, value func(Record) (v, weight float64)) (k chart.Curve) {
	stretch := max(1, len(records)/curvePoints)
	for i := 0; i < len(records); i += stretch {
		part := records[i:min(i+stretch, len(records))]
		var sum, weight float64
		for _, r := range part {
			v, w := value(r)
			sum += v * w
			weight += w
		}
		if weight > 0 {
			k.X, k.Y = append(k.X, float64(part[len(part)-1].Step)), append(k.Y, sum/weight)
		}
	}
	return k
}
