package model

import (
	"math"
	"slices"
	"testing"
)

// TestWalk: both ends are the latents themselves; the sphere is kept to, where there is one.
func TestWalk(t *testing.T) {
	half := func(path string, a, b []float32) []float32 {
		p, err := Paths.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		c := Codes{N: 2, Mean: slices.Concat(a, b), LogVar: slices.Concat(a, b)}.Walk(p, 3)
		if c.N != 3 || c.LogVar != nil {
			t.Errorf("%+v", c)
		}
		return c.Mean
	}
	a, b := []float32{3, 0, 0}, []float32{0, 3, 0}
	z := half("spherical", a, b)
	want := []float32{3, 0, 0, float32(3 / math.Sqrt2), float32(3 / math.Sqrt2), 0, 0, 3, 0}
	for i := range z {
		if !(math.Abs(float64(z[i]-want[i])) <= 1e-6) {
			t.Fatalf("%v, want %v", z, want)
		}
	}
	for _, c := range [][2][]float32{{{1, 2}, {1, 2}}, {{1, 2}, {-1, -2}}, {{0, 0}, {4, 2}}} {
		z := half("spherical", c[0], c[1])
		for i, got := range z[2:4] {
			if want := (c[0][i] + c[1][i]) / 2; !(math.Abs(float64(got-want)) <= 1e-6) {
				t.Errorf("from %v to %v: half way %v, want %v", c[0], c[1], z[2:4], want)
			}
		}
	}
	if z := half("linear", a, b); z[3] != 1.5 || z[4] != 1.5 {
		t.Errorf("straight: %v", z)
	}
}
