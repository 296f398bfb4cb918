package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A machine emits the vector operations that the kernels are written in, for AVX-512 (wide) or
// AVX2. Every operation that returns a value puts it into a fresh register; operands may be
// registers, and the last one in an operation's formula also memory.
type machine struct {
	wide   bool
	double bool          // the loop's lanes are float64
	hoist  map[uint32]Op // constants in registers, in the function being emitted (wide only)
}

// suffix ends the function's name.
func (m *machine) suffix() string {
	if m.wide {
		return "AVX512"
	}
	return "AVX2"
}

// lanes is the number of elements in a register.
func (m *machine) lanes() int {
	n := 8
	if m.wide {
		n *= 2
	}
	if m.double {
		n /= 2
	}
	return n
}

func (m *machine) reg() VecVirtual {
	if m.wide {
		return ZMM()
	}
	return YMM()
}

// table holds the constants of the file, a whole register of each.
var table = map[uint32]Mem{}

// constant returns the memory of a constant, 64 bytes of it.
func constant(bits uint32) Mem {
	c, ok := table[bits]
	if !ok {
		c = GLOBL(fmt.Sprintf("c%08x", bits), RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(bits))
		}
		table[bits] = c
	}
	return c
}

// bits returns a constant as an operand: a register filled before the loop, or memory. To be called
// before the loop begins.
func (m *machine) bits(b uint32) Op {
	if !m.wide {
		return constant(b)
	}
	if c, ok := m.hoist[b]; ok {
		return c
	}
	c := ZMM()
	VBROADCASTSS(constant(b), c)
	m.hoist[b] = c
	return c
}

// f is a float constant; see bits.
func (m *machine) f(v float64) Op { return m.bits(math.Float32bits(float32(v))) }

// fs are several; see bits.
func (m *machine) fs(v []float64) []Op {
	var c []Op
	for _, x := range v {
		c = append(c, m.f(x))
	}
	return c
}

// memory are float constants that stay in memory, where registers are short.
func memory(v []float64) []Op {
	var c []Op
	for _, x := range v {
		c = append(c, constant(math.Float32bits(float32(x))))
	}
	return c
}

// op emits d = a o b.
func (m *machine) op(f func(...Op), a, b Op) VecVirtual {
	d := m.reg()
	f(b, a, d)
	return d
}

func (m *machine) add(a, b Op) VecVirtual { return m.op(VADDPS, a, b) }
func (m *machine) sub(a, b Op) VecVirtual { return m.op(VSUBPS, a, b) }
func (m *machine) mul(a, b Op) VecVirtual { return m.op(VMULPS, a, b) }
func (m *machine) div(a, b Op) VecVirtual { return m.op(VDIVPS, a, b) }

// maxB is a > b ? a : b: b where either is NaN. minB is a < b ? a : b.
func (m *machine) maxB(a, b Op) VecVirtual { return m.op(VMAXPS, a, b) }
func (m *machine) minB(a, b Op) VecVirtual { return m.op(VMINPS, a, b) }

func (m *machine) addI(a, b Op) VecVirtual { return m.op(VPADDD, a, b) }
func (m *machine) subI(a, b Op) VecVirtual { return m.op(VPSUBD, a, b) }
func (m *machine) minI(a, b Op) VecVirtual { return m.op(VPMINSD, a, b) }

// and, or, xor work on bits.
func (m *machine) and(a, b Op) VecVirtual { return m.op(VANDPS, a, b) }
func (m *machine) or(a, b Op) VecVirtual  { return m.op(VORPS, a, b) }
func (m *machine) xor(a, b Op) VecVirtual { return m.op(VXORPS, a, b) }

// copy returns a register of its own with the value of a.
func (m *machine) copy(a Op) VecVirtual {
	d := m.reg()
	VMOVUPS(a, d)
	return d
}

// value returns a in a register.
func (m *machine) value(a Op) Op {
	if _, ok := a.(Mem); ok {
		return m.copy(a)
	}
	return a
}

// horner sets p = p*x + c.
func (m *machine) horner(p, x, c Op) { VFMADD213PS(c, x, p) }

// accumulate sets acc = acc + a*b.
func (m *machine) accumulate(acc, a, b Op) { VFMADD231PS(b, a, acc) }

// deplete sets acc = acc - a*b.
func (m *machine) deplete(acc, a, b Op) { VFNMADD231PS(b, a, acc) }

// fma returns a*b + c; b or c may be memory, not both.
func (m *machine) fma(a, b, c Op) VecVirtual {
	if _, ok := b.(Mem); ok {
		d := m.copy(c)
		m.accumulate(d, a, b)
		return d
	}
	d := m.copy(a)
	m.horner(d, b, c)
	return d
}

// poly returns the polynomial c[0] + c[1]*x + ... by Horner's rule.
func (m *machine) poly(x Op, c []Op) VecVirtual {
	p := m.copy(c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		m.horner(p, x, c[i])
	}
	return p
}

// shift amounts: left, logical right and arithmetic right.
func (m *machine) shl(a Op, n uint8) VecVirtual { d := m.reg(); VPSLLD(U8(n), a, d); return d }
func (m *machine) sar(a Op, n uint8) VecVirtual { d := m.reg(); VPSRAD(U8(n), a, d); return d }

// toInt rounds to the nearest int32, ties to even; toFloat is the way back.
func (m *machine) toInt(a Op) VecVirtual   { d := m.reg(); VCVTPS2DQ(a, d); return d }
func (m *machine) toFloat(a Op) VecVirtual { d := m.reg(); VCVTDQ2PS(a, d); return d }
func (m *machine) sqrt(a Op) VecVirtual    { d := m.reg(); VSQRTPS(a, d); return d }

// The modes of round.
const (
	nearest = 8
	down    = 9
	up      = 10
)

func (m *machine) round(a Op, mode uint8) VecVirtual {
	d := m.reg()
	if m.wide {
		VRNDSCALEPS(U8(mode), a, d)
	} else {
		VROUNDPS(U8(mode), a, d)
	}
	return d
}

// The predicates of cmp: a o b. The ordered ones are false, and notEqual is true, where either is
// NaN.
const (
	equal     = 0
	less      = 17
	lessEqual = 18
	unordered = 3
	notEqual  = 4
	greater   = 30
	greaterEq = 29
)

// cmp returns a mask for blend: an opmask register, or lanes of ones.
func (m *machine) cmp(pred uint8, a, b Op) Op {
	if m.wide {
		k := K()
		VCMPPS(U8(pred), b, a, k)
		return k
	}
	d := m.reg()
	VCMPPS(U8(pred), b, a, d)
	return d
}

// odd returns the mask of the lanes whose lowest bit is set.
func (m *machine) odd(a, one Op) Op {
	if m.wide {
		k := K()
		VPTESTMD(one, a, k)
		return k
	}
	return m.shl(a, 31)
}

// blend returns yes where the mask is set, else no.
func (m *machine) blend(mask Op, no, yes Op) VecVirtual {
	if m.wide {
		d := m.copy(no) // avo takes VBLENDMPS to read d, which would keep a register from before the loop on
		VMOVUPS(yes, mask, d)
		return d
	}
	d := m.reg()
	VBLENDVPS(mask, yes, m.value(no), d)
	return d
}

// broadcast returns the float32 parameter in all lanes.
func (m *machine) broadcast(name string) VecVirtual {
	d := m.reg()
	addr, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(addr.Addr, d)
	return d
}
