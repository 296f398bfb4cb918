package random

import "math"

// Normal fills dst with standard normal numbers, by Box and Muller's transform of two 32-bit
// uniforms u, v in (0, 1) into two normals:
//
//	sqrt(-2 log u) cos(2 pi v),   sqrt(-2 log u) sin(2 pi v)
//
// The largest magnitude is 6.7.
func (s Stream) Normal(dst []float64) { fillNormal(s, dst) }

// Normal32 fills dst with Normal's numbers, each rounded to float32.
func (s Stream) Normal32(dst []float32) { fillNormal(s, dst) }

func fillNormal[T float32 | float64](s Stream, dst []T) {
	// In two passes over a short buffer, so that the processor overlaps the independent steps of
	// each.
	var word [64]uint32
	for first := 0; first < len(dst); first += len(word) {
		for i := 0; i < len(word); i += 4 {
			word[i], word[i+1], word[i+2], word[i+3] = s.block(uint32(first+i) / 4)
		}
		part := dst[first:min(first+len(word), len(dst))]
		for i := 0; i+1 < len(part); i += 2 {
			a, b := boxMuller(word[i], word[i+1])
			part[i], part[i+1] = T(a), T(b)
		}
		if i := len(part) - 1; i%2 == 0 {
			a, _ := boxMuller(word[i], word[i+1])
			part[i] = T(a)
		}
	}
}

// boxMuller turns two uniform words into two independent normal numbers.
//
// The numbers must be the same on every architecture, but Go may fuse x*y + z into one rounding
// where the machine has an instruction for it, and package math uses assembly with other last bits
// on some. So every product is converted explicitly, which forbids the fusion, and the functions
// are written out; math.Sqrt is correctly rounded everywhere.
func boxMuller(u, v uint32) (float64, float64) {
	r := math.Sqrt(float64(-2 * logWord(u)))
	sin, cos := sincosWord(v)
	return float64(r * cos), float64(r * sin)
}

// logWord returns log((w + 1/2)/2^32).
func logWord(w uint32) float64 {
	// x = m 2^e with m in [sqrt(1/2), sqrt(2)): the bits of sqrt(1/2) are taken off the exponent's
	// boundary.
	const sqrtHalf = 0x3fe6a09e667f3bcd
	x := math.Float64bits(float64(w) + 0.5)
	e := int64(x-sqrtHalf) >> 52
	m := math.Float64frombits(x - uint64(e)<<52)
	// log m = 2 atanh f with |f| <= 0.172, whose series is cut where its terms are below 2^-53.
	f := (m - 1) / (m + 1)
	y := float64(f * f)
	y2 := float64(y * y)
	y4 := float64(y2 * y2)
	p0 := 1 + float64(y*(1.0/3)) + float64(y2*(1.0/5+float64(y*(1.0/7))))
	p1 := 1.0/9 + float64(y*(1.0/11)) + float64(y2*(1.0/13+float64(y*(1.0/15))))
	p2 := 1.0/17 + float64(y*(1.0/19))
	p := p0 + float64(y4*(p1+float64(y4*p2)))
	return float64(float64(e-32)*math.Ln2) + float64(2*float64(f*p))
}

// sincosWord returns sine and cosine of 2 pi (w + 1/2)/2^32.
func sincosWord(w uint32) (sin, cos float64) {
	// A quarter turn q and the rest |x| <= pi/4 around its middle; the Taylor series are cut below
	// 2^-53.
	q := (w + 1<<29) >> 30
	x := float64((float64(int32(w-q<<30)) + 0.5) * (math.Pi / (1 << 31)))
	y := float64(x * x)
	y2 := float64(y * y)
	y4 := float64(y2 * y2)
	s0 := -1.0/6 + float64(y*(1.0/120)) + float64(y2*(-1.0/5040+float64(y*(1.0/362880))))
	s1 := -1.0/39916800 + float64(y*(1.0/6227020800)) + float64(y2*(-1.0/1307674368000))
	s := x + float64(float64(x*y)*(s0+float64(y4*s1)))
	c0 := 1 - float64(y*(1.0/2)) + float64(y2*(1.0/24+float64(y*(-1.0/720))))
	c1 := 1.0/40320 + float64(y*(-1.0/3628800)) + float64(y2*(1.0/479001600+float64(y*(-1.0/87178291200))))
	c := c0 + float64(y4*(c1+float64(y4*(1.0/20922789888000))))
	// sin and cos of x + q pi/2: an odd q swaps them, and bits 1 of q and q+1 are their signs.
	// Without branches, which would be mispredicted half the time.
	a, b := math.Float64bits(s), math.Float64bits(c)
	swap := (a ^ b) & -uint64(q&1)
	return math.Float64frombits(a ^ swap ^ uint64(q>>1)<<63), math.Float64frombits(b ^ swap ^ uint64((q+1)>>1)<<63)
}
