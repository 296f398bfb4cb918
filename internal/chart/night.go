package chart

import (
	"image/color"
	"math"
)

// night is a scale of even steps in lightness, so that it also reads in grey.
var night = []color.NRGBA{
	{13, 8, 38, 255}, {38, 17, 82, 255}, {80, 18, 123, 255}, {125, 31, 130, 255}, {170, 46, 122, 255},
	{212, 68, 104, 255}, {242, 104, 87, 255}, {252, 155, 105, 255}, {254, 205, 140, 255}, {252, 244, 190, 255},
}

// Night is the colour of u in 0..1, from night to sand.
func Night(u float64) color.NRGBA {
	x := min(max(u, 0), 1) * float64(len(night)-1)
	i := min(int(x), len(night)-2)
	return Mix(night[i], night[i+1], x-float64(i))
}

// Mix goes from a to b as u goes from 0 to 1.
func Mix(a, b color.NRGBA, u float64) color.NRGBA {
	f := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + u*(float64(b)-float64(a)))) }
	return color.NRGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), f(a.A, b.A)}
}
