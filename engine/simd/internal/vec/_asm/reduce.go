package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// accumulators is the number of vectors that a sum is kept in.
const accumulators = 8

func reductions() {
	summation("sum", []string{"x"}, func(m *machine) func(acc VecVirtual, x []VecVirtual) {
		return func(acc VecVirtual, x []VecVirtual) { VADDPS(x[0], acc, acc) }
	})
	greatest("reduceMax", math.Inf(-1), false, VMAXPS)
	greatest("reduceMin", math.Inf(1), false, VMINPS)
	greatest("maxAbs", 0, true, VMAXPS)
}

// tree combines all registers into the first, in pairs.
func tree(f func(...Op), r []VecVirtual) VecVirtual {
	for n := len(r) / 2; n > 0; n /= 2 {
		for i := range n {
			f(r[i+n], r[i], r[i])
		}
	}
	return r[0]
}

// across combines the lanes of a register into the lowest one.
func (m *machine) across(f func(...Op), v VecVirtual) Register {
	if m.wide {
		h := ZMM()
		VEXTRACTF64X4(U8(1), v, h.AsY())
		f(h.AsY(), v.AsY(), v.AsY())
	}
	x, h := v.AsX(), XMM()
	VEXTRACTF128(U8(1), v.AsY(), h)
	f(h, x, x)
	VMOVHLPS(x, x, h)
	f(h, x, x)
	VMOVSHDUP(x, h)
	f(h, x, x)
	return x
}

// zeros returns n cleared registers.
func (m *machine) zeros(n int) []VecVirtual {
	var r []VecVirtual
	for range n {
		d := m.reg()
		VXORPS(d, d, d)
		r = append(r, d)
	}
	return r
}

// summation emits a sum over the inputs of what step adds to an accumulator.
func summation(name string, in []string, form func(m *machine) func(acc VecVirtual, x []VecVirtual)) {
	for _, m := range machines {
		m.function(name)
		n := length(in[0])
		var bases []Register
		for _, s := range in {
			bases = append(bases, slice(s))
		}
		step := form(m)
		acc := m.zeros(accumulators)
		m.loop("loop", n, accumulators, func(at []place) {
			for i, p := range at {
				var x []VecVirtual
				for _, b := range bases {
					x = append(x, m.load(b, p))
				}
				step(acc[i], x)
			}
		})
		s := m.across(VADDPS, tree(VADDPS, acc))
		VCVTSS2SD(s, s, s)
		Store(s, ReturnIndex(0))
		m.end()
	}
}

// greatest emits max, min or max|x|, starting from identity; NaN if there is one, which the
// instructions would pass over.
func greatest(name string, identity float64, abs bool, f func(...Op)) {
	for _, m := range machines {
		m.function(name)
		x, n := slice("x"), length("x")
		start := m.value(m.f(identity))
		mask := m.bits(absBits)
		nan := m.newNaN()
		var acc []VecVirtual
		for range 4 {
			acc = append(acc, m.copy(start))
		}
		m.loop("loop", n, len(acc), func(at []place) {
			for i, p := range at {
				v := m.load(x, p)
				if abs {
					v = m.and(v, mask)
				}
				if p.mask != nil {
					v = m.blend(p.mask, start, v)
				}
				f(v, acc[i], acc[i])
				m.noteNaN(nan, v)
			}
		})
		r := m.across(f, tree(f, acc))
		Store(r, ReturnIndex(0))
		m.unlessNaN(nan, "done")
		quiet := XMM()
		VMOVSS(constant(0x7fc00000), quiet)
		Store(quiet, ReturnIndex(0))
		Label("done")
		m.end()
	}
}

// newNaN returns a cleared record of the lanes in which NaN was seen.
func (m *machine) newNaN() Register {
	if m.wide {
		k := K()
		KXORW(k, k, k)
		return k
	}
	return m.zeros(1)[0]
}

func (m *machine) noteNaN(nan Register, v VecVirtual) {
	seen := m.cmp(unordered, v, v)
	if m.wide {
		KORW(seen, nan, nan)
	} else {
		VORPS(seen, nan, nan)
	}
}

// unlessNaN jumps where none was seen.
func (m *machine) unlessNaN(nan Register, label string) {
	if m.wide {
		KORTESTW(nan, nan)
	} else {
		bits := GP32()
		VMOVMSKPS(nan, bits)
		TESTL(bits, bits)
	}
	JZ(LabelRef(label))
}
