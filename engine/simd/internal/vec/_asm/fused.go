package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func fused() {
	elementwise("mulAdd", "dst", []string{"a", "b", "c"}, 4, simple(func(m *machine, x []VecVirtual) VecVirtual {
		m.horner(x[0], x[1], x[2])
		return x[0]
	}))
	elementwise("mulAddScalar", "dst", one, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		s, t := m.broadcast("s"), m.broadcast("t")
		return func(x []VecVirtual) VecVirtual {
			m.horner(x[0], s, t)
			return x[0]
		}
	})
	elementwise("axpyTo", "dst", []string{"x", "y"}, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		alpha := m.broadcast("alpha")
		return func(x []VecVirtual) VecVirtual {
			m.accumulate(x[1], x[0], alpha)
			return x[1]
		}
	})
	elementwise("combine", "dst", ab, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		s, t := m.broadcast("s"), m.broadcast("t")
		return func(x []VecVirtual) VecVirtual {
			y := m.mul(x[1], t)
			m.accumulate(y, x[0], s)
			return y
		}
	})
	elementwise("lerp", "dst", ab, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		w := m.broadcast("w")
		return func(x []VecVirtual) VecVirtual {
			m.accumulate(x[0], m.sub(x[1], x[0]), w)
			return x[0]
		}
	})
	elementwise("reluGrad", "dst", []string{"x", "dy"}, 2, func(m *machine) func([]VecVirtual) VecVirtual {
		zero := m.value(m.f(0))
		return func(x []VecVirtual) VecVirtual { return m.blend(m.cmp(less, zero, x[0]), zero, x[1]) }
	})
	for _, m := range machines {
		adam(m)
		scaleShift(m)
	}
}

// adam emits the optimiser's step; the scalars are in the order of adamScalars.
func adam(m *machine) {
	m.function("adam")
	w, mo, v, g, n := slice("w"), slice("m"), slice("v"), slice("g"), length("w")
	c := Load(Param("c"), GP64())
	var s [9]VecVirtual
	for i := range s {
		s[i] = m.reg()
		VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, s[i])
	}
	grad, l2, lerp, beta2, sq, bias, eps, keep, step := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
	m.loop("loop", n, 1, func(at []place) {
		p := at[0]
		wx := m.load(w, p)
		d := m.mul(m.load(g, p), grad)
		m.accumulate(d, wx, l2)

		mx := m.load(mo, p)
		m.accumulate(mx, m.sub(d, mx), lerp)
		m.store(mo, p, mx)

		vx := m.mul(m.load(v, p), beta2)
		m.accumulate(vx, m.mul(d, d), sq)
		m.store(v, p, vx)

		root := m.add(m.div(m.sqrt(vx), bias), eps)
		wx = m.mul(wx, keep)
		m.deplete(wx, m.div(mx, root), step)
		m.store(w, p, wx)
	})
	m.end()
}

// scaleShift emits, row by row, dst = a*scale + shift.
func scaleShift(m *machine) {
	m.function("scaleShift")
	dst, a, scale, shift := slice("dst"), slice("a"), slice("scale"), slice("shift")
	rest, c := length("dst"), length("scale")
	TESTQ(rest, rest)
	JZ(LabelRef("end"))
	Label("row")
	n := GP64()
	MOVQ(c, n)
	m.loop("columns", n, 4, func(at []place) {
		for _, p := range at {
			x := m.load(a, p)
			m.horner(x, m.load(scale, p), m.load(shift, p))
			m.store(dst, p, x)
		}
	})
	LEAQ(Mem{Base: dst, Index: c, Scale: 4}, dst)
	LEAQ(Mem{Base: a, Index: c, Scale: 4}, a)
	SUBQ(c, rest)
	JG(LabelRef("row"))
	Label("end")
	m.end()
}
