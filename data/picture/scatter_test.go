package picture

import (
	"image/color"
	"math"
	"testing"
)

// A point is where it belongs, y upwards, and what is far away or no number is left out.
func TestScatter(t *testing.T) {
	blank := color.NRGBA{255, 255, 255, 255}
	img := Scatter([]float32{2, 1, float32(math.NaN()), 0, 1e30, 0}, 2)
	// (2+4)/8 of 256 is 192 from the left, (1+4)/8 is 160 from below
	if img.NRGBAAt(192, 255-160) == blank || img.NRGBAAt(193, 255-160) == blank {
		t.Error("the point is missing")
	}
	dark := 0
	for y := range scatterSide {
		for x := range scatterSide {
			if img.NRGBAAt(x, y) != blank {
				dark++
			}
		}
	}
	if dark != 4 {
		t.Errorf("%d pixels for one point, want 4", dark)
	}
	if b := Scatter(nil, 2).Bounds(); b.Dx() != scatterSide {
		t.Errorf("no points: %v", b)
	}
}

// The square grows with the points.
func TestScatterReach(t *testing.T) {
	var x []float32
	for i := range 200 {
		x = append(x, float32(i-100), 0)
	}
	if r := reachOf(x, 2); r < 99 || r > 120 {
		t.Errorf("reach %v", r)
	}
}

// Points of one number are bars, the highest at nine tenths.
func TestHistogram(t *testing.T) {
	img := Scatter([]float32{1, 1, 1, -1}, 1)
	white := color.NRGBA{255, 255, 255, 255}
	if img.NRGBAAt(160, 255-229) == white || img.NRGBAAt(160, 255-232) != white || img.NRGBAAt(96, 255-70) == white || img.NRGBAAt(96, 255-80) != white {
		t.Error("the bars are not 9/10 and 3/10 high")
	}
}
