package examine

import (
	"fmt"
	"slices"
	"testing"
)

// TestMedians: over squares whose numbers are known, and mirrored at the edges; an even ramp stays
// as it is inside, and a single odd pixel goes.
func TestMedians(t *testing.T) {
	const h, w = 7, 9
	ramp, spike := make([]float64, h*w), make([]float64, h*w)
	for i := range ramp {
		ramp[i] = float64(10*(i/w) + i%w)
	}
	spike[3*w+4] = 5
	got := medians(ramp, h, w, 5)
	for y := 2; y < h-2; y++ {
		for x := 2; x < w-2; x++ {
			near(t, fmt.Sprint("the ramp at ", y, x), got[y*w+x:y*w+x+1], ramp[y*w+x:y*w+x+1], 0)
		}
	}
	// the corner's square has rows 2 1 0 1 2 and columns 2 1 0 1 2: five numbers of row 0 lie below
	// ten of row 1, which are 10 twice, 11 and 12 four times each: 11 goes as far as the 11th, and
	// the 13th is 12
	near(t, "the corner", got[:1], []float64{12}, 0)
	if m := slices.Max(medians(spike, h, w, 3)); m != 0 {
		t.Errorf("of a single pixel %v is left", m)
	}
	near(t, "of one", medians(ramp, h, w, 1), ramp, 0)
	near(t, "of a row of one", medians([]float64{1, 5, 2}, 1, 3, 3), []float64{5, 2, 5}, 0)
	near(t, "of a pixel", medians([]float64{4}, 1, 1, 5), []float64{4}, 0)
}
