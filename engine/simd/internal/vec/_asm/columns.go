package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A column kernel goes down all rows of a few vectors of columns with the sums in registers, then adds them to the float64 results.
type columnKernel struct {
	name  string
	out   []string // results, []float64
	in    []string // []float32 of whole rows
	shift bool     // has a parameter shift, one per column
	step  func(m *machine, acc, x []VecVirtual, shift Op)
}

var columnKernels = []columnKernel{
	{"columnSum", []string{"sum"}, []string{"x"}, false, func(m *machine, acc, x []VecVirtual, _ Op) {
		VADDPS(x[0], acc[0], acc[0])
	}},
	{"columnDot", []string{"dot"}, []string{"x", "y"}, false, func(m *machine, acc, x []VecVirtual, _ Op) {
		m.accumulate(acc[0], x[0], x[1])
	}},
	{"columnMoments", []string{"sum", "sq"}, []string{"x"}, true, func(m *machine, acc, x []VecVirtual, shift Op) {
		VSUBPS(shift, x[0], x[0])
		VADDPS(x[0], acc[0], acc[0])
		m.accumulate(acc[1], x[0], x[0])
	}},
	{"columnSumDot", []string{"sum", "dot"}, []string{"y", "x"}, true, func(m *machine, acc, x []VecVirtual, shift Op) {
		VADDPS(x[0], acc[0], acc[0])
		VSUBPS(shift, x[1], x[1])
		m.accumulate(acc[1], x[0], x[1])
	}},
}

func columns() {
	for _, k := range columnKernels {
		for _, m := range machines {
			k.emit(m)
		}
	}
}

func (k columnKernel) emit(m *machine) {
	m.function(k.name)
	var out, in []Register
	for _, s := range k.out {
		out = append(out, slice(s))
	}
	for _, s := range k.in {
		in = append(in, slice(s))
	}
	var shift Register
	if k.shift {
		shift = slice("shift")
	}
	c, total := length(k.out[0]), length(k.in[0])
	n := GP64()
	MOVQ(c, n)
	width := 8 // vectors of columns at a time: whole runs of cache lines
	if !m.wide {
		width /= len(out)
	}
	section := 0
	m.loops("columns", n, []int{width, width / 2}, func(at []place) {
		section++
		k.strip(m, fmt.Sprintf("rows%d", section), at, out, in, shift, c, total)
	})
	m.end()
}

// strip sums the rows of the columns at the given places.
func (k columnKernel) strip(m *machine, label string, at []place, out, in []Register, shift Register, c, total GPVirtual) {
	acc := make([][]VecVirtual, len(at))
	for i := range at {
		acc[i] = m.zeros(len(out))
	}
	rest := GP64()
	MOVQ(total, rest)
	var rows []Register
	for _, base := range in {
		r := GP64()
		MOVQ(base, r)
		rows = append(rows, r)
	}
	ahead := GP64() // 32 rows further on, the next call: without it every strip waits for memory
	MOVQ(c, ahead)
	SHLQ(U8(7), ahead)
	Label(label)
	for i, p := range at {
		var x []VecVirtual
		for _, r := range rows {
			x = append(x, m.load(r, p))
		}
		for _, r := range rows {
			if m.wide || i%2 == 0 { // once a cache line
				next := GP64()
				LEAQ(Mem{Base: r, Index: p.index, Scale: 4, Disp: 4 * m.lanes() * p.unit}, next)
				PREFETCHT0(Mem{Base: next, Index: ahead, Scale: 1})
			}
		}
		var centre Op
		if k.shift {
			centre = m.load(shift, p)
		}
		k.step(m, acc[i], x, centre)
	}
	for _, r := range rows {
		LEAQ(Mem{Base: r, Index: c, Scale: 4}, r)
	}
	SUBQ(c, rest)
	JG(LabelRef(label))
	for i, p := range at {
		for j, base := range out {
			m.addTo(base, p, acc[i][j])
		}
	}
}

// addTo adds a vector of float32 to float64 in memory.
func (m *machine) addTo(base Register, p place, v VecVirtual) {
	for half := range 2 {
		part := m.narrow(v)
		if half == 1 {
			h := m.reg()
			part = m.narrow(h)
			if m.wide {
				VEXTRACTF64X4(U8(1), v, part)
			} else {
				VEXTRACTF128(U8(1), v, part)
			}
		}
		d := m.reg()
		VCVTPS2PD(part, d)
		VADDPD(m.load64(base, p, half), d, d)
		m.store64(base, p, half, d)
	}
}
