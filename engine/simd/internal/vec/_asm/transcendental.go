package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func transcendental() {
	elementwise("exp", "dst", one, 1, func(m *machine) func([]VecVirtual) VecVirtual {
		e := m.newExp()
		lo, hi := m.value(m.f(-105)), m.value(m.f(89))
		return func(x []VecVirtual) VecVirtual {
			n, p := e.whole(m.maxB(lo, m.minB(hi, x[0])))
			return m.scale(p, n, e)
		}
	})
	elementwise("expm1", "dst", one, 1, expm1Form)
	elementwise("log", "dst", one, 1, func(m *machine) func([]VecVirtual) VecVirtual {
		l := m.newLog()
		return func(x []VecVirtual) VecVirtual { return l.value(x[0], nil) }
	})
	elementwise("log1p", "dst", one, 1, log1pForm)
	elementwise("tanh", "dst", one, 1, tanhForm)
	elementwise("logistic", "dst", one, 1, func(m *machine) func([]VecVirtual) VecVirtual {
		l := m.newLogistic()
		return func(x []VecVirtual) VecVirtual { return l.value(x[0]) }
	})
	elementwise("erf", "dst", one, 1, erfForm)
	elementwise("sin", "dst", one, 1, circular(0))
	elementwise("cos", "dst", one, 1, circular(1))
}

// expParts holds the constants of e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2)/2.
type expParts struct {
	m                    *machine
	perLn2, ln2Hi, ln2Lo Op
	tail                 []Op // (e^r - 1 - r) / r^2
	unit                 Op
}

func (m *machine) newExp() *expParts {
	hi, lo := split(math.Ln2, 9) // n*hi is exact for |n| < 2^9
	return &expParts{m, m.f(1 / math.Ln2), m.f(hi), m.f(lo), m.fs(fit(expTail, -.35, .35, 5)), m.f(1)}
}

// small returns n and e^r - 1.
func (e *expParts) small(x Op) (n, q VecVirtual) {
	m := e.m
	n = m.round(m.mul(x, e.perLn2), nearest)
	r := m.copy(x)
	m.deplete(r, n, e.ln2Hi)
	m.deplete(r, n, e.ln2Lo)
	p := m.poly(r, e.tail)
	q = m.copy(r)
	m.accumulate(q, m.mul(r, r), p)
	return n, q
}

// whole returns n (for scale) and e^r.
func (e *expParts) whole(x Op) (n, p VecVirtual) {
	n, q := e.small(x)
	return n, e.m.add(q, e.unit)
}

// scale returns p * 2^n, rounded once where it is denormal.
func (m *machine) scale(p, n VecVirtual, e *expParts) VecVirtual {
	if m.wide {
		return m.op(VSCALEFPS, p, n)
	}
	i := m.toInt(n)
	half := m.sar(i, 1)
	return m.mul(m.mul(p, m.power(half, e)), m.power(m.subI(i, half), e))
}

// power returns 2^n, -127 < n < 128.
func (m *machine) power(n VecVirtual, e *expParts) VecVirtual { return m.addI(m.shl(n, 23), e.unit) }

// half returns (e^x - 1) / 2 for -40 < x < 89: h q + (h - 1/2) with h = 2^(n-1).
func (e *expParts) half(x Op, half Op) VecVirtual {
	m := e.m
	n, q := e.small(x)
	h := m.addI(m.shl(m.toInt(n), 23), half)
	return m.fma(h, q, m.sub(h, half))
}

func expm1Form(m *machine) func([]VecVirtual) VecVirtual {
	e, half, abs := m.newExp(), m.f(.5), m.bits(absBits)
	lo, hi, tiny, two := m.value(m.f(-18)), m.value(m.f(89)), m.f(math.Ldexp(1, -26)), m.f(2)
	return func(x []VecVirtual) VecVirtual {
		y := m.mul(e.half(m.maxB(lo, m.minB(hi, x[0])), half), two)
		return m.blend(m.cmp(less, m.and(x[0], abs), tiny), y, x[0])
	}
}

// tanhForm is tanh|x| = h / (h+1) with h = (e^(2|x|) - 1)/2, and the sign of x.
func tanhForm(m *machine) func([]VecVirtual) VecVirtual {
	e, half, sign := m.newExp(), m.f(.5), m.bits(signBit)
	limit := m.value(m.f(10))
	return func(x []VecVirtual) VecVirtual {
		s := m.and(x[0], sign)
		a := m.minB(limit, m.xor(x[0], s))
		h := e.half(m.add(a, a), half)
		return m.or(m.div(h, m.add(h, e.unit)), s)
	}
}

// logistic holds the constants of 1 / (1 + e^-x).
type logistic struct {
	*expParts
	sign, limit, zero Op
}

func (m *machine) newLogistic() *logistic {
	return &logistic{m.newExp(), m.bits(signBit), m.value(m.f(-logisticLimit)), m.f(0)}
}

// logisticLimit is an x at which even x e^-x is 0 in float32.
const logisticLimit = 110

// parts returns n and p with z = 2^n p = e^-|x|, z, and the mask of x < 0.
func (l *logistic) parts(x Op) (n, p, z VecVirtual, negative Op) {
	m := l.m
	n, p = l.whole(m.maxB(l.limit, m.or(x, l.sign)))
	return n, p, m.scale(p, n, l.expParts), m.cmp(less, x, l.zero)
}

// value divides z (x < 0) or 1 by 1 + z, so that nothing overflows and small values keep their
// precision.
func (l *logistic) value(x Op) VecVirtual {
	_, _, z, negative := l.parts(x)
	return l.m.div(l.m.blend(negative, l.m.value(l.unit), z), l.m.add(z, l.unit))
}

// logParts holds the constants of log x = e ln 2 + log(1+f), sqrt(1/2) <= 1+f < sqrt(2).
type logParts struct {
	m                                  *machine
	root, mantissa, unit, ln2Hi, ln2Lo Op
	minusHalf                          Op
	tail                               []Op // (log(1+f) - f + f^2/2) / f^3
	normal, lift, liftBits, zero, inf  Op
	minusInf, nan                      Op
}

func (m *machine) newLog() *logParts {
	hi, lo := split(math.Ln2, 9)
	root := math.Float32bits(float32(math.Sqrt2 / 2))
	return &logParts{
		m: m, root: m.bits(root), mantissa: m.bits(0x007fffff), unit: m.f(1), ln2Hi: m.f(hi), ln2Lo: m.f(lo),
		minusHalf: m.f(-.5), tail: m.fs(fit(logTail, math.Sqrt2/2-1, math.Sqrt2-1, 8)),
		normal: m.f(math.Ldexp(1, -126)), lift: m.f(1 << 23), liftBits: m.bits(23), zero: m.f(0), inf: m.f(math.Inf(1)),
		minusInf: m.f(math.Inf(-1)), nan: m.bits(0x7fc00000),
	}
}

// value returns log(x), or log(x+c) for a correction c much smaller than x.
func (l *logParts) value(x VecVirtual, c Op) VecVirtual {
	m := l.m
	y := x
	var denormal Op
	if c == nil {
		denormal = m.cmp(less, x, l.normal)
		y = m.blend(denormal, x, m.mul(x, l.lift))
	}
	ix := m.subI(y, l.root)
	n := m.sar(ix, 23)
	if c == nil {
		n = m.subI(n, m.blend(denormal, m.value(l.zero), l.liftBits))
	}
	f := m.sub(m.addI(m.and(ix, l.mantissa), l.root), l.unit)
	if c != nil {
		m.accumulate(f, m.inverse(n, l), c)
	}
	nf := m.toFloat(n)
	p := m.poly(f, l.tail)
	m.horner(p, f, l.minusHalf)
	low := m.mul(m.mul(f, f), p)
	m.accumulate(low, nf, l.ln2Lo)
	r := m.add(f, low)
	m.accumulate(r, nf, l.ln2Hi)
	return l.special(x, r)
}

// inverse returns 2^-n; 2^-126 for greater n, where the correction is 0.
func (m *machine) inverse(n VecVirtual, l *logParts) VecVirtual {
	return m.subI(m.value(l.unit), m.shl(m.minI(n, m.bits(126)), 23))
}

// special puts in the values outside the positive numbers: log 0 = -Inf, log Inf = Inf, NaN for NaN
// and below 0.
func (l *logParts) special(x, r VecVirtual) VecVirtual {
	m := l.m
	const notLess = 21 // true for NaN
	r = m.blend(m.cmp(notLess, x, l.inf), r, x)
	r = m.blend(m.cmp(equal, x, l.zero), r, l.minusInf)
	return m.blend(m.cmp(less, x, l.zero), r, l.nan)
}

// log1pForm is log(u + c) with u = 1 + x rounded and c what the rounding lost; the result has the
// sign of x.
func log1pForm(m *machine) func([]VecVirtual) VecVirtual {
	l, sign := m.newLog(), m.bits(signBit)
	m.bits(126)
	return func(x []VecVirtual) VecVirtual {
		u := m.add(x[0], l.unit)
		great, less := m.maxB(x[0], l.unit), m.minB(x[0], l.unit)
		c := m.sub(less, m.sub(u, great))
		return m.or(l.value(u, c), m.and(x[0], sign))
	}
}

// erfForm is x + x P(x^2) below 1, and 1 - e^-g with g(|x|) = -log erfc|x| above.
func erfForm(m *machine) func([]VecVirtual) VecVirtual {
	e, sign, limit := m.newExp(), m.bits(signBit), m.value(m.f(4))
	near := memory(fit(erfTail, 0, 1, 7))
	minusG := func(a float64) float64 { return math.Log(math.Erfc(a)) }
	far := m.fs(fit(minusG, 1, 4, 10))
	return func(x []VecVirtual) VecVirtual {
		s := m.and(x[0], sign)
		a := m.xor(x[0], s)
		q := m.poly(m.mul(a, a), near)
		y := m.copy(a)
		m.accumulate(y, a, q)

		n, t := e.small(m.poly(m.minB(limit, a), far))
		z := m.addI(m.shl(m.toInt(n), 23), m.add(t, e.unit))
		y = m.blend(m.cmp(less, a, e.unit), m.sub(m.value(e.unit), z), y)
		return m.or(y, s)
	}
}

// circular is the sine (quarter 0) or cosine (quarter 1): x = n pi/2 + r with pi/2 in three parts;
// the quadrant chooses series and sign.
func circular(quarter uint32) form {
	return func(m *machine) func([]VecVirtual) VecVirtual {
		c1, rest := split(math.Pi/2, 1) // rounded down: positive parts keep the sign of x = -0
		c2, _ := split(rest, 2)
		perHalfPi, p1, p2, p3 := m.f(2/math.Pi), m.f(c1), m.f(c2), m.f(halfPiRest(c1, c2))
		unit, minusHalf := m.f(1), m.f(-.5)
		oneI, twoI := m.bits(1), m.bits(2)
		sine, cosine := m.fs(fit(sinTail, 0, .7, 4)), m.fs(fit(cosTail, 0, .7, 4))
		return func(x []VecVirtual) VecVirtual {
			n := m.toInt(m.mul(x[0], perHalfPi))
			nf := m.toFloat(n)
			r := m.copy(x[0])
			m.deplete(r, nf, p1)
			m.deplete(r, nf, p2)
			m.deplete(r, nf, p3)
			s := m.mul(r, r)
			sin := m.poly(s, sine)
			m.horner(sin, s, unit)
			sin = m.mul(sin, r)
			cos := m.poly(s, cosine)
			m.horner(cos, s, minusHalf)
			m.horner(cos, s, unit)
			if quarter != 0 {
				n = m.addI(n, oneI)
			}
			y := m.blend(m.odd(n, oneI), sin, cos)
			return m.xor(y, m.shl(m.and(n, twoI), 30))
		}
	}
}
