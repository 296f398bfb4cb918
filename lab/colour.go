package lab

import (
	"image/color"
	"math"

	"github.com/reverie-go/reverie/internal/chart"
)

// The colours of what lies on the plane, bright on densities from night to sand; that scale, and
// the colours of text and curves, are package chart's.
var (
	white = color.NRGBA{255, 255, 255, 255}
	ice   = color.NRGBA{140, 226, 255, 255} // what is learnt, and ends of paths
	lime  = color.NRGBA{190, 255, 120, 255} // what is exact, starts of paths, and what is of a class
	coral = color.NRGBA{255, 110, 90, 255}  // what is of another class
)

// shades is the number of steps in which a density is painted: few enough that its level lines show
// and that files stay small.
const shades = 24

// shade is the colour of the k-th of all shades.
func shade(k int) color.NRGBA { return chart.Night(float64(k) / (shades - 1)) }

// shadeOf returns the number of the shade for a density relative to its largest. The root shows
// thin places.
func shadeOf(p float64) int {
	if !(p > 0) {
		return 0
	}
	return min(int(math.Sqrt(p)*shades), shades-1)
}

// alpha is c, see-through.
func alpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = uint8(math.Round(255 * a))
	return c
}

// hue returns bright colours around the circle, u in turns.
func hue(u float64) color.NRGBA {
	f := func(shift float64) uint8 {
		return uint8(math.Round(150 + 105*math.Cos(2*math.Pi*(u-shift))))
	}
	return color.NRGBA{f(0), f(1. / 3), f(2. / 3), 255}
}
