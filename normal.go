package reverie

import "math"

// Normal fills dst with standard normal numbers, by Box and Muller's transform of two 32-bit uniforms u, v in (0, 1) into two normals:
//
//	sqrt(-2 log u) cos(2 pi v),   sqrt(-2 log u) sin(2 pi v)
//
// The largest magnitude is 6.7.
func (s Stream) Normal(dst []float64) { fillNormal(s, dst) }

// Normal32 fills dst with Normal's numbers, each rounded to float32.
func (s Stream) Normal32(dst []float32) { fillNormal(s, dst) }

func fillNormal[T Float](s Stream, dst []T) {
	i := uint32(0)
	for ; len(dst) >= 4; i, dst = i+1, dst[4:] {
		w := s.block(i)
		a, b := boxMuller(w[0], w[1])
		c, d := boxMuller(w[2], w[3])
		dst[0], dst[1], dst[2], dst[3] = T(a), T(b), T(c), T(d)
	}
	if len(dst) > 0 {
		var last [4]T
		w := s.block(i)
		a, b := boxMuller(w[0], w[1])
		c, d := boxMuller(w[2], w[3])
		last = [4]T{T(a), T(b), T(c), T(d)}
		copy(dst, last[:])
	}
}

// boxMuller turns two uniform words into two independent normal numbers.
//
// The numbers must be the same on every architecture, but Go may fuse x*y + z into one rounding where the machine has an instruction for it,
// and package math uses assembly with other last bits on some. So every product is converted explicitly, which forbids the
// fusion, and the functions are written out; math.Sqrt is correctly rounded everywhere.
func boxMuller(u, v uint32) (float64, float64) {
	r := math.Sqrt(float64(-2 * logWord(u)))
	sin, cos := sincosWord(v)
	return float64(r * cos), float64(r * sin)
}

// logWord returns log((w + 1/2)/2^32).
func logWord(w uint32) float64 {
	// x = m 2^e with m in [sqrt(1/2), sqrt(2)): the bits of sqrt(1/2) are taken off the exponent's boundary.
	const sqrtHalf = 0x3fe6a09e667f3bcd
	x := math.Float64bits(float64(w) + 0.5)
	e := int64(x-sqrtHalf) >> 52
	m := math.Float64frombits(x - uint64(e)<<52)
	// log m = 2 atanh f with |f| <= 0.172, whose series is cut where its terms are below 2^-53.
	f := (m - 1) / (m + 1)
	y := float64(f * f)
	p := 1.0 / 17
	p = float64(p*y) + 1.0/15
	p = float64(p*y) + 1.0/13
	p = float64(p*y) + 1.0/11
	p = float64(p*y) + 1.0/9
	p = float64(p*y) + 1.0/7
	p = float64(p*y) + 1.0/5
	p = float64(p*y) + 1.0/3
	p = float64(p*y) + 1
	return float64(float64(e-32)*math.Ln2) + float64(2*float64(f*p))
}

// sincosWord returns sine and cosine of 2 pi (w + 1/2)/2^32.
func sincosWord(w uint32) (sin, cos float64) {
	// A quarter turn q and the rest |x| <= pi/4 around its middle; the Taylor series are cut below 2^-53.
	q := (w + 1<<29) >> 30
	x := float64((float64(int32(w-q<<30)) + 0.5) * (math.Pi / (1 << 31)))
	y := float64(x * x)
	s := -1.0 / 1307674368000
	s = float64(s*y) + 1.0/6227020800
	s = float64(s*y) - 1.0/39916800
	s = float64(s*y) + 1.0/362880
	s = float64(s*y) - 1.0/5040
	s = float64(s*y) + 1.0/120
	s = float64(s*y) - 1.0/6
	s = x + float64(x*float64(s*y))
	c := 1.0 / 20922789888000
	c = float64(c*y) - 1.0/87178291200
	c = float64(c*y) + 1.0/479001600
	c = float64(c*y) - 1.0/3628800
	c = float64(c*y) + 1.0/40320
	c = float64(c*y) - 1.0/720
	c = float64(c*y) + 1.0/24
	c = float64(c*y) - 1.0/2
	c = float64(c*y) + 1
	turn := [4]float64{s, c, -s, -c} // sin(x + q pi/2)
	return turn[q&3], turn[(q+1)&3]
}
