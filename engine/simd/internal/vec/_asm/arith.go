package main

import (
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	signBit = 0x80000000
	absBits = 0x7fffffff
)

var (
	ab  = []string{"a", "b"}
	one = []string{"a"}
)

// simple makes a form that needs no constants.
func simple(f func(m *machine, x []VecVirtual) VecVirtual) form {
	return func(m *machine) func([]VecVirtual) VecVirtual {
		return func(x []VecVirtual) VecVirtual { return f(m, x) }
	}
}

// scalar makes a form with the parameter s in all lanes.
func scalar(f func(m *machine, x, s VecVirtual) VecVirtual) form {
	return func(m *machine) func([]VecVirtual) VecVirtual {
		s := m.broadcast("s")
		return func(x []VecVirtual) VecVirtual { return f(m, x[0], s) }
	}
}

func arithmetic() {
	elementwise("add", "dst", ab, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.add(x[0], x[1]) }))
	elementwise("sub", "dst", ab, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.sub(x[0], x[1]) }))
	elementwise("mul", "dst", ab, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.mul(x[0], x[1]) }))
	elementwise("div", "dst", ab, 2, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.div(x[0], x[1]) }))
	elementwise("maximum", "dst", ab, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.extreme(m.maxB, x[0], x[1]) }))
	elementwise("minimum", "dst", ab, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.extreme(m.minB, x[0], x[1]) }))

	elementwise("addScalar", "dst", one, 4, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.add(x, s) }))
	elementwise("scalarSub", "dst", one, 4, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.sub(s, x) }))
	elementwise("mulScalar", "dst", one, 4, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.mul(x, s) }))
	elementwise("divScalar", "dst", one, 2, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.div(x, s) }))
	elementwise("scalarDiv", "dst", one, 2, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.div(s, x) }))
	elementwise("maxScalar", "dst", one, 4, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.maxB(s, x) }))
	elementwise("minScalar", "dst", one, 4, scalar(func(m *machine, x, s VecVirtual) VecVirtual { return m.minB(s, x) }))

	elementwise("neg", "dst", one, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		sign := m.bits(signBit)
		return func(x []VecVirtual) VecVirtual { return m.xor(x[0], sign) }
	})
	elementwise("abs", "dst", one, 4, func(m *machine) func([]VecVirtual) VecVirtual {
		mask := m.bits(absBits)
		return func(x []VecVirtual) VecVirtual { return m.and(x[0], mask) }
	})
	elementwise("sign", "dst", one, 2, signForm)
	elementwise("sqrt", "dst", one, 2, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.sqrt(x[0]) }))
	elementwise("rsqrt", "dst", one, 1, rsqrtForm)
	elementwise("floor", "dst", one, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.round(x[0], down) }))
	elementwise("ceil", "dst", one, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.round(x[0], up) }))
	elementwise("round", "dst", one, 4, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.round(x[0], nearest) }))
}

// extreme is maxB or minB with NaN from a as well as from b.
func (m *machine) extreme(f func(a, b Op) VecVirtual, a, b VecVirtual) VecVirtual {
	return m.blend(m.cmp(unordered, a, a), f(a, b), a)
}

// signForm gives 1 with the sign of x; x itself where it is a zero or NaN.
func signForm(m *machine) func([]VecVirtual) VecVirtual {
	sign, unit, zero := m.bits(signBit), m.f(1), m.f(0)
	ordinary := func(x VecVirtual) Op { // x < 0 or x > 0
		const notEqualOrdered = 12
		return m.cmp(notEqualOrdered, x, zero)
	}
	return func(x []VecVirtual) VecVirtual {
		return m.blend(ordinary(x[0]), x[0], m.or(m.and(x[0], sign), unit))
	}
}

// rsqrtForm is y = 1/s with s = sqrt(x), corrected for what the root and the quotient lost: y (1 +
// (1 - s y) - (x - s^2) y^2 / 2).
func rsqrtForm(m *machine) func([]VecVirtual) VecVirtual {
	unit, half := m.value(m.f(1)), m.f(.5)
	return func(x []VecVirtual) VecVirtual {
		s := m.sqrt(x[0])
		y := m.div(unit, s)
		e, d := m.copy(unit), m.copy(x[0])
		m.deplete(e, s, y)
		m.deplete(d, s, s)
		m.deplete(e, m.mul(m.mul(d, y), half), y)
		r := m.copy(y)
		m.accumulate(r, y, e)
		return m.blend(m.cmp(unordered, r, r), r, y) // x = 0, Inf
	}
}
