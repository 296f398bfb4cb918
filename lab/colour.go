package lab

import (
	"image/color"
	"math"
)

// The colours of what is on the plane: densities from night to sand, what lies on them bright;
// those of text and curves are package chart's.
var (
	night = []color.NRGBA{ // a scale of even steps in lightness, so that it also reads in grey
		{13, 8, 38, 255}, {38, 17, 82, 255}, {80, 18, 123, 255}, {125, 31, 130, 255}, {170, 46, 122, 255},
		{212, 68, 104, 255}, {242, 104, 87, 255}, {252, 155, 105, 255}, {254, 205, 140, 255}, {252, 244, 190, 255},
	}
	white = color.NRGBA{255, 255, 255, 255}
	ice   = color.NRGBA{140, 226, 255, 255} // what is learnt, and ends of paths
	lime  = color.NRGBA{190, 255, 120, 255} // what is exact, starts of paths, and what is of a class
	coral = color.NRGBA{255, 110, 90, 255}  // what is of another class
)

// shades is the number of steps in which a density is painted: few enough that its level lines show
// and that files stay small.
const shades = 24

// scaleAt returns the colour of night at u in 0..1.
func scaleAt(u float64) color.NRGBA {
	x := min(max(u, 0), 1) * float64(len(night)-1)
	i := min(int(x), len(night)-2)
	return mix(night[i], night[i+1], x-float64(i))
}

// shade is the colour of the k-th of all shades.
func shade(k int) color.NRGBA { return scaleAt(float64(k) / (shades - 1)) }

// shadeOf returns the number of the shade for a density relative to its largest. The root shows
// thin places.
func shadeOf(p float64) int {
	if !(p > 0) {
		return 0
	}
	return min(int(math.Sqrt(p)*shades), shades-1)
}

// mix goes from a to b as u goes from 0 to 1.
func mix(a, b color.NRGBA, u float64) color.NRGBA {
	f := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + u*(float64(b)-float64(a)))) }
	return color.NRGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), f(a.A, b.A)}
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
