package points_test

import (
	"math"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/points"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*(1+math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestStandardise(t *testing.T) {
	x := reverie.Batch[float64]{{1, 0.1, 100}, {3, 0.1, 500}, {2, 0.1, 300}, {2, 0.1, 300}}
	a := points.Standardise(x)
	y := a.Apply(x)
	near(t, "first", y[0][0], -math.Sqrt2) // variance 1/2
	near(t, "constant", y[0][1], 0)
	near(t, "third", y[1][2], math.Sqrt2)
	back := a.Undo(y)
	for i := range x {
		for j := range x[i] {
			near(t, "back", back[i][j], x[i][j])
		}
	}
}

// TestRescale checks that one factor serves all numbers.
func TestRescale(t *testing.T) {
	c := draw(t, "unbalanced", 500)
	a := points.Rescale(c.X)
	if a.Scale[0] != a.Scale[1] {
		t.Errorf("scales %v", a.Scale)
	}
	var sum, squares float64
	for _, y := range a.Apply(c.X) {
		sum += y[0] + y[1]
		squares += y[0]*y[0] + y[1]*y[1]
	}
	near(t, "mean", sum/1000, 0)
	near(t, "variance", squares/1000, 1)
	one := points.Rescale(reverie.Batch[float64]{{0.1, 5}, {0.1, 5}, {0.1, 5}})
	if one.Scale[0] != 1 || one.Shift[0] != 0.1 {
		t.Errorf("points that are all one: %v", one)
	}
}
