package chart

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks labels multiples of 1, 2 or 5 times a power of ten, about so many of them on an axis or up
// to 2.5 times as many, and marks quarters or fifths between them. (Those of package plot are three
// or so, at numbers such as -0.5, 1.5 and 3.5.)
type ticks int

// Ticks implements plot.Ticker.
func (n ticks) Ticks(lo, hi float64) (all []plot.Tick) {
	step, parts := round((hi - lo) / float64(n))
	if !(step > 0) || math.IsInf(step, 0) {
		return nil
	}
	part := step / float64(parts)
	for k := math.Ceil(lo/part - 1e-9); k*part <= hi+1e-9*step; k++ {
		t := plot.Tick{Value: k * part}
		if math.Mod(k, float64(parts)) == 0 {
			t.Value = k / float64(parts) * step
			t.Label = label(t.Value, step)
		}
		all = append(all, t)
	}
	return all
}

// round is the largest of 1, 2 and 5 times a power of ten that is not over x, and into how many
// parts it is divided.
func round(x float64) (step float64, parts int) {
	ten := math.Pow(10, math.Floor(math.Log10(x)+1e-9))
	switch r := x / ten * (1 + 1e-9); {
	case r >= 5:
		return 5 * ten, 5
	case r >= 2:
		return 2 * ten, 4
	}
	return ten, 5
}

// label writes a multiple of step, a large or tiny one in powers of ten.
func label(v, step float64) string {
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	if v != 0 && (math.Abs(v) >= 1e6 || digits > 5) {
		return strconv.FormatFloat(v, 'g', 2+int(max(0, math.Log10(math.Abs(v)/step))), 64)
	}
	return strconv.FormatFloat(v+0, 'f', min(digits, 5), 64) // + 0: no -0
}
