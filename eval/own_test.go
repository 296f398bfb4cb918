package eval

import (
	"context"
	"math"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// drift is a metric as a program adds one of its own: how far the samples' means are from the
// reference's.
type drift struct {
	Base
	Power float64 `flag:"power" range:"[1,8]" help:"power of the distance"`
}

// Measure returns the distance of the means.
func (s *drift) Measure(_ context.Context, c *Case) ([]Value, error) {
	d := 0.0
	a, b := c.Samples.Rows().means(), c.Reference.Rows().means()
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
	}
	return []Value{{Name: "shift", X: math.Pow(d, s.Power/2), Better: Less}}, nil
}

// A metric of a program's own is a row like the others: chosen by its name, with settings, and a
// judge of checkpoints.
func TestOwnMetric(t *testing.T) {
	own := &drift{Base: Base{Info: table.Info{Name: "shift", Text: "distance of the means"}, Subject: PointsOnly}, Power: 1}
	Metrics.Add(own)
	Judges.Add(JudgeBy(own))
	metrics, err := Choose("shift", "w2")
	if err != nil || len(metrics) != 2 || metrics[1].Row().Name != "shift" {
		t.Fatalf("%v, %v", metrics, err)
	}
	if err := table.Find(table.Fields(metrics[1]), "power").Set("2"); err != nil || own.Power != 1 {
		t.Fatalf("%v, %v", own, err)
	}
	e := &Evaluation{Metrics: metrics, HeldOut: NewSet("held-out", OfPoints(Rows{2, 2, []float64{0, 0, 2, 0}}), "")}
	x := OfPoints(Rows{2, 2, []float64{4, 4, 4, 4}})
	r, err := e.Run(t.Context(), 1, drawn(x))
	if err != nil || len(r.Rows) != 2 || r.Rows[1].Metric != "shift" || r.Rows[1].HeldOut.Value != 25 {
		t.Fatalf("%+v, %v", r, err)
	}
	j, err := Judges.Find("shift")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := j.Rank(t.Context(), x, e.HeldOut.Images, 0); err != nil || v != 5 {
		t.Errorf("ranked by %v, %v", v, err)
	}
	if j.Suits(kind.OfPoints(2)) != nil || j.Suits(kind.OfImages(8, 8, 3)) == nil {
		t.Error("it ranks points alone")
	}
}
