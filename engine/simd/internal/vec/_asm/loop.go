package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A place is where in the slices the body of a loop works: vector number unit after index, all
// lanes or those of a mask.
type place struct {
	index GPVirtual
	unit  int
	mask  Op // nil: all lanes
}

// at returns the element's address in a slice of float32.
func (m *machine) at(base Register, p place) Mem {
	return Mem{Base: base, Index: p.index, Scale: 4, Disp: 4 * m.lanes() * p.unit}
}

// load returns the vector at p, zeros in the lanes that are masked off.
func (m *machine) load(base Register, p place) VecVirtual {
	d := m.reg()
	switch {
	case p.mask == nil:
		VMOVUPS(m.at(base, p), d)
	case m.wide:
		VMOVUPS_Z(m.at(base, p), p.mask, d)
	default:
		VMASKMOVPS(m.at(base, p), p.mask, d)
	}
	return d
}

// store writes the vector at p.
func (m *machine) store(base Register, p place, v Op) {
	switch {
	case p.mask == nil:
		VMOVUPS(v, m.at(base, p))
	case m.wide:
		VMOVUPS(v, p.mask, m.at(base, p))
	default:
		VMASKMOVPS(v, p.mask, m.at(base, p))
	}
}

// tails is 8 words of ones and 8 of zeros: a window onto it is the mask of the first n of 8 lanes.
var tails Mem

func tailTable() Mem {
	if tails.Symbol.Name == "" {
		tails = GLOBL("tails", RODATA|NOPTR)
		for i := range 16 {
			v := U32(0)
			if i < 8 {
				v = 0xffffffff
			}
			DATA(4*i, v)
		}
	}
	return tails
}

// tail returns the mask of the first n lanes, 0 < n < lanes.
func (m *machine) tail(n GPVirtual) Op {
	if m.wide {
		bits := GP32()
		MOVL(I32(-1), bits)
		BZHIL(n.As32(), bits, bits)
		k := K()
		KMOVW(bits, k)
		return k
	}
	addr := GP64()
	LEAQ(tailTable(), addr)
	off := GP64()
	MOVQ(n, off)
	NEGQ(off)
	d := YMM()
	VMOVUPS(Mem{Base: addr, Index: off, Scale: 4, Disp: 32}, d)
	return d
}

// loop emits body for all places of n elements: unroll vectors at a time, then one, then the masked
// rest. index starts at 0.
func (m *machine) loop(label string, n GPVirtual, unroll int, body func(at []place)) {
	m.loops(label, n, []int{unroll}, body)
}

// loops is loop with several decreasing numbers of vectors at a time.
func (m *machine) loops(label string, n GPVirtual, unroll []int, body func(at []place)) {
	index := GP64()
	XORQ(index, index)
	for _, u := range unroll {
		if u > 1 {
			m.whole(fmt.Sprintf("%s%d", label, u), n, index, u, body)
		}
	}
	m.whole(label+"1", n, index, 1, body)
	TESTQ(n, n)
	JZ(LabelRef(label + "_done"))
	body([]place{{index: index, mask: m.tail(n)}})
	Label(label + "_done")
}

// whole emits the loop over groups of unroll full vectors.
func (m *machine) whole(label string, n, index GPVirtual, unroll int, body func(at []place)) {
	step := unroll * m.lanes()
	SUBQ(U32(step), n)
	JL(LabelRef(label + "_end"))
	Label(label)
	var at []place
	for u := range unroll {
		at = append(at, place{index: index, unit: u})
	}
	body(at)
	ADDQ(U32(step), index)
	SUBQ(U32(step), n)
	JGE(LabelRef(label))
	Label(label + "_end")
	ADDQ(U32(step), n)
}

// function begins a kernel: name, signature from the table.
func (m *machine) function(name string) {
	m.hoist = map[uint32]Op{}
	TEXT(name+m.suffix(), NOSPLIT, signature(name))
}

// end returns to Go, whose code may use SSE.
func (m *machine) end() {
	VZEROUPPER()
	RET()
}

// slice loads the address of a slice parameter.
func slice(name string) Register { return Load(Param(name).Base(), GP64()) }

// length loads a slice's length.
func length(name string) GPVirtual { return Load(Param(name).Len(), GP64()).(GPVirtual) }

// A form is how a kernel's body is made: called once before the loop (constants), it returns what
// computes a vector.
type form func(m *machine) func(x []VecVirtual) VecVirtual

// elementwise emits dst[i] = f(in[0][i], in[1][i], ...) for both machines.
func elementwise(name, dst string, in []string, unroll int, f form) {
	for _, m := range machines {
		m.function(name)
		out, n := slice(dst), length(dst)
		var bases []Register
		for _, s := range in {
			bases = append(bases, slice(s))
		}
		body := f(m)
		m.loop("loop", n, unroll, func(at []place) {
			var r []VecVirtual
			for _, p := range at {
				var x []VecVirtual
				for _, b := range bases {
					x = append(x, m.load(b, p))
				}
				r = append(r, body(x))
			}
			for i, p := range at {
				m.store(out, p, r[i])
			}
		})
		m.end()
	}
}

var machines = []*machine{{wide: true}, {wide: false}}
