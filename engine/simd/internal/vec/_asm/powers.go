package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The powers are computed in float64 lanes, half as many: y log2 x needs more digits than a float32
// has.

// doubles are the machines of the kernels that work in float64.
var doubles = []*machine{{wide: true, double: true}, {wide: false, double: true}}

var table64 = map[uint64]Mem{}

// constant64 returns the memory of a 64-bit constant, 32 bytes of it.
func constant64(bits uint64) Mem {
	c, ok := table64[bits]
	if !ok {
		c = GLOBL(fmt.Sprintf("d%016x", bits), RODATA|NOPTR)
		for i := range 4 {
			DATA(8*i, U64(bits))
		}
		table64[bits] = c
	}
	return c
}

// d is a float64 constant in all lanes.
func (m *machine) d(v float64) Op { return m.bits64(math.Float64bits(v)) }

func (m *machine) bits64(b uint64) Op {
	if !m.wide {
		return constant64(b)
	}
	r := ZMM()
	VBROADCASTSD(constant64(b), r)
	return r
}

func (m *machine) ds(v []float64) []Op {
	var c []Op
	for _, x := range v {
		c = append(c, m.d(x))
	}
	return c
}

// narrow is the register half as wide.
func (m *machine) narrow(v VecVirtual) Register {
	if m.wide {
		return v.AsY()
	}
	return v.AsX()
}

// widen loads float32 as float64.
func (m *machine) widen(base Register, p place) VecVirtual {
	d := m.reg()
	switch {
	case p.mask == nil:
		VCVTPS2PD(m.at(base, p), d)
	case m.wide:
		VCVTPS2PD_Z(m.at(base, p), p.mask, d)
	default:
		half := XMM()
		VMASKMOVPS(m.at(base, p), p.mask.(VecVirtual).AsX(), half)
		VCVTPS2PD(half, d)
	}
	return d
}

// narrowStore rounds to float32 and stores.
func (m *machine) narrowStore(base Register, p place, v VecVirtual) {
	d := m.reg()
	half := m.narrow(d)
	if m.wide {
		VCVTPD2PS(v, half)
	} else {
		VCVTPD2PSY(v, half)
	}
	switch {
	case p.mask == nil:
		VMOVUPS(half, m.at(base, p))
	case m.wide:
		VMOVUPS(half, p.mask, m.at(base, p))
	default:
		VMASKMOVPS(half, p.mask.(VecVirtual).AsX(), m.at(base, p))
	}
}

// log2Parts holds the constants of the logarithm, exp2Parts those of the exponential.
type log2Parts struct {
	lift, mantissa, root, magic, shift, unit, two Op
	tail                                          []Op
}

type exp2Parts struct {
	lo, hi, magic Op
	tail          []Op
}

func (m *machine) newLog2() *log2Parts {
	root, unit := math.Float64bits(math.Sqrt2/2), math.Float64bits(1)
	return &log2Parts{
		lift: m.bits64(unit - root), mantissa: m.bits64(1<<52 - 1), root: m.bits64(root),
		magic: m.d(1 << 52), shift: m.d(1<<52 + 1023), unit: m.d(1), two: m.d(2),
		tail: m.ds(fit(atanhTail, 0, .0296, 7)),
	}
}

// value returns log2 x = n + s P(s^2) with x = 2^n f, s = (f-1)/(f+1), for normal positive x.
func (l *log2Parts) value(m *machine, x VecVirtual) VecVirtual {
	t := m.op(VPADDQ, x, l.lift)
	n := m.reg()
	VPSRLQ(U8(52), t, n)
	nf := m.op(VSUBPD, m.op(VORPD, n, l.magic), l.shift)
	f := m.op(VPADDQ, m.op(VANDPD, t, l.mantissa), l.root)
	s := m.op(VDIVPD, m.op(VSUBPD, f, l.unit), m.op(VADDPD, f, l.unit))
	p := m.poly64(m.op(VMULPD, s, s), l.tail)
	VFMADD213PD(nf, s, p)
	return p
}

func (m *machine) poly64(x Op, c []Op) VecVirtual {
	p := m.reg()
	VMOVUPD(c[len(c)-1], p)
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PD(c[i], x, p)
	}
	return p
}

func (m *machine) newExp2() *exp2Parts {
	exp2 := func(r float64) float64 { return math.Exp2(r) }
	return &exp2Parts{lo: m.d(-200), hi: m.d(200), magic: m.d(3 << 51), tail: m.ds(fit(exp2, -.5, .5, 9))}
}

// value returns 2^t for finite t; beyond 2^±200 (far outside float32) it stays there.
func (e *exp2Parts) value(m *machine, t VecVirtual) VecVirtual {
	t = m.op(VMAXPD, m.op(VMINPD, t, e.hi), e.lo)
	n := m.op(VADDPD, t, e.magic) // the integer part is in the low bits
	r := m.op(VSUBPD, t, m.op(VSUBPD, n, e.magic))
	p := m.poly64(r, e.tail)
	scale := m.reg()
	VPSLLQ(U8(52), n, scale)
	return m.op(VPADDQ, p, scale)
}

// broadcast64 returns the float32 parameter as float64 in all lanes.
func (m *machine) broadcast64(name string) VecVirtual {
	f := m.broadcast(name)
	d := m.reg()
	VCVTPS2PD(m.narrow(f), d)
	return d
}

func powers() {
	for _, m := range doubles {
		power(m, "powPositive", []string{"a", "b"}, func(l *log2Parts) func(x []VecVirtual) (y, log VecVirtual) {
			return func(x []VecVirtual) (y, log VecVirtual) { return x[1], l.value(m, x[0]) }
		})
		power(m, "powScalarPositive", []string{"a"}, func(l *log2Parts) func(x []VecVirtual) (y, log VecVirtual) {
			s := m.broadcast64("s")
			return func(x []VecVirtual) (y, log VecVirtual) { return s, l.value(m, x[0]) }
		})
		power(m, "scalarPowPositive", []string{"a"}, func(l *log2Parts) func(x []VecVirtual) (y, log VecVirtual) {
			s := l.value(m, m.broadcast64("s"))
			return func(x []VecVirtual) (y, log VecVirtual) { return x[0], s }
		})
	}
}

// power emits dst[i] = 2^(y log), where factors tells how y and log come from the inputs.
func power(m *machine, name string, in []string, factors func(l *log2Parts) func([]VecVirtual) (y, log VecVirtual)) {
	m.function(name)
	dst, n := slice("dst"), length("dst")
	var bases []Register
	for _, s := range in {
		bases = append(bases, slice(s))
	}
	l, e := m.newLog2(), m.newExp2()
	body := factors(l)
	m.loop("loop", n, 1, func(at []place) {
		var x []VecVirtual
		for _, b := range bases {
			x = append(x, m.widen(b, at[0]))
		}
		y, log := body(x)
		m.narrowStore(dst, at[0], e.value(m, m.op(VMULPD, y, log)))
	})
	m.end()
}
