package points_test

import (
	"math"
	"slices"
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
	u := points.Standardise(x)
	near(t, "first", u.FromUnits(x[0])[0], -math.Sqrt2) // variance 1/2
	near(t, "constant", u.FromUnits(x[0])[1], 0)
	near(t, "third", u.FromUnits(x[1])[2], math.Sqrt2)
}

// TestRescale checks that one factor serves all numbers.
func TestRescale(t *testing.T) {
	c := draw(t, "unbalanced", 500)
	u := points.Rescale(c.X)
	if u.Scale[0] != u.Scale[1] {
		t.Errorf("scales %v", u.Scale)
	}
	var sum, squares float64
	for _, y := range u.FromUnits(slices.Concat(c.X...)) {
		sum += y
		squares += y * y
	}
	near(t, "mean", sum/1000, 0)
	near(t, "variance", squares/1000, 1)
	one := points.Rescale(reverie.Batch[float64]{{0.1, 5}, {0.1, 5}, {0.1, 5}})
	if one.Scale[0] != 1 || one.Shift[0] != 0.1 {
		t.Errorf("points that are all one: %v", one)
	}
}
