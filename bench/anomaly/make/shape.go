package main

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
)

// blob is the law of the test: the highest places of a smooth random field that falls off around
// the place, of 10 to 120 pixels of an image of 28x28 and as large a share of any other, each size
// as likely as its double.
func blob(r *rand.Rand, h, w int, at image.Point) []bool {
	unit := scale(h, w)
	area := unit * unit * 10 * math.Pow(12, r.Float64())
	noise := make([]float64, h*w)
	for i := range noise {
		noise[i] = r.NormFloat64()
	}
	const grain = 1.5 // of the field, in pixels of an image of 28x28
	field := smooth(noise, h, w, grain*unit)
	deviation := 1 / (2 * math.Sqrt(math.Pi) * grain * unit) // of white noise of variance 1 after a normal law in the plane
	for i := range field {
		dy, dx := float64(i/w-at.Y), float64(i%w-at.X)
		field[i] = field[i]/deviation - 2*(dy*dy+dx*dx)*math.Pi/area
	}
	n := min(int(math.Round(area)), len(field))
	lowest := slices.Sorted(slices.Values(field))[len(field)-n]
	in := make([]bool, len(field))
	for i, v := range field {
		in[i] = v >= lowest
	}
	return in
}

// plain is the law of training: rectangles and ellipses, upright, whose sides are 4 to 12 pixels of
// an image of 28x28, all lengths alike likely, and as large a share of any other.
func plain(r *rand.Rand, h, w int, at image.Point) []bool {
	unit := scale(h, w)
	side := func() float64 { return unit * (4 + 8*r.Float64()) / 2 }
	ry, rx, round := side(), side(), r.IntN(2) == 0
	in := make([]bool, h*w)
	for i := range in {
		dy, dx := math.Abs(float64(i/w-at.Y))/ry, math.Abs(float64(i%w-at.X))/rx
		in[i] = max(dy, dx) <= 1 && (!round || dy*dy+dx*dx <= 1)
	}
	return in
}

// scale is how much larger an image is than one of 28x28.
func scale(h, w int) float64 { return float64(min(h, w)) / 28 }

// smooth weighs the numbers around each by a normal law of that deviation, cut at three of them;
// beyond the border those at the border go on.
func smooth(v []float64, h, w int, deviation float64) []float64 {
	reach := int(math.Ceil(3 * deviation))
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i-reach) / deviation
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	pass := func(v []float64, dy, dx int) []float64 {
		dst := make([]float64, len(v))
		for i := range dst {
			for k, weight := range kernel {
				y, x := i/w+(k-reach)*dy, i%w+(k-reach)*dx
				dst[i] += weight / sum * v[min(max(y, 0), h-1)*w+min(max(x, 0), w-1)]
			}
		}
		return dst
	}
	return pass(pass(v, 1, 0), 0, 1)
}
