package eval

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// Distances between sets of points do not depend on where these lie: 2^27 from the origin, where
// float32 is a lattice of width 8, every metric gives what it gives at the origin. The points are
// multiples of 2^-20, so that both places hold the same ones exactly.
func TestFarFromOrigin(t *testing.T) {
	const far = 1 << 27
	sets := func(offset float64) []Images {
		var out []Images
		for i, r := range []Rows{gaussian(1, 80, 1, 0, 0), gaussian(2, 80, 1, 0.5, 0), gaussian(3, 80, 1, 0, 0)} {
			for k, v := range r.X {
				r.X[k] = math.Round(v*(1<<20))/(1<<20) + offset*float64(1+k%2)
			}
			out = append(out, OfPoints(r))
			if out[i].Rows().N != 80 {
				t.Fatal("rows lost")
			}
		}
		return out
	}
	measured := func(offset float64) *Report {
		x := sets(offset)
		e := &Evaluation{Metrics: mustChoose(t), HeldOut: NewSet("held-out", x[1], ""), Training: NewSet("training", x[2], ""), Seed: 1}
		e.Withheld = e.HeldOut
		return report(t, e, x[0])
	}
	near, there := measured(0), measured(far)
	if len(near.Rows) != len(there.Rows) || len(near.Rows) < 9 {
		t.Fatalf("%d and %d rows", len(near.Rows), len(there.Rows))
	}
	for i, row := range near.Rows {
		for k, c := range []*Cell{row.HeldOut, row.Training, row.Real} {
			d := []*Cell{there.Rows[i].HeldOut, there.Rows[i].Training, there.Rows[i].Real}[k]
			if c == nil {
				continue
			}
			// What is left is the rounding of a mean of numbers of 2^28: some of its ulp of 2^-24.
			if !(math.Abs(c.Value-d.Value) <= 1e-5*(1+math.Abs(c.Value))) {
				t.Errorf("%s, column %d: %v at the origin, %v at 2^27", row.Name, k, c.Value, d.Value)
			}
		}
		if row.Name == "w2^2" && !(row.HeldOut.Value > 0.1) {
			t.Errorf("W2^2 between different sets is %v", row.HeldOut.Value)
		}
	}
}

func mustChoose(t *testing.T) []Metric {
	t.Helper()
	m, err := Choose()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(m, func(m Metric) bool { return m.About().Classed || m.About().Subject.Fits(kind.OfPoints(2)) != nil })
}

func report(t *testing.T, e *Evaluation, x Images) *Report {
	t.Helper()
	r, err := e.Run(t.Context(), 1, drawn(x))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// drawn is a model that draws x.
func drawn(x Images) func(context.Context, int) (Images, error) {
	return func(context.Context, int) (Images, error) { return x, nil }
}
