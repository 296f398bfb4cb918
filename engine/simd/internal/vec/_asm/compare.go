package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func comparisons() {
	for _, c := range []struct {
		name string
		pred uint8
	}{
		{"equal", equal}, {"notEqual", notEqual}, {"less", less}, {"lessEqual", lessEqual},
		{"equalScalar", equal}, {"notEqualScalar", notEqual}, {"lessScalar", less}, {"lessEqualScalar", lessEqual},
		{"greaterScalar", greater}, {"greaterEqualScalar", greaterEq},
	} {
		comparison(c.name, c.pred)
	}
	selection("selectVV")
	selection("selectVS")
	selection("selectSV")
}

// hasSlice tells whether the kernel has a slice parameter b.
func hasSecond(name string) bool { return find(name).params == "dst []bool, a, b []float32" }

// comparison emits dst[i] = a[i] o b[i], or a[i] o s.
func comparison(name string, pred uint8) {
	for _, m := range machines {
		m.function(name)
		dst, a, n := slice("dst"), slice("a"), length("dst")
		second := func(place) VecVirtual { panic("unset") }
		if hasSecond(name) {
			b := slice("b")
			second = func(p place) VecVirtual { return m.load(b, p) }
		} else {
			s := m.broadcast("s")
			second = func(place) VecVirtual { return s }
		}
		ones := XMM()
		VMOVDQU(constant(0x01010101), ones)
		m.loop("loop", n, 1, func(at []place) {
			p := at[0]
			m.storeMask(dst, p, n, m.cmp(pred, m.load(a, p), second(p)), ones)
		})
		m.end()
	}
}

// bytesAt returns the place's address in a slice of bytes.
func (m *machine) bytesAt(base Register, p place) Mem {
	return Mem{Base: base, Index: p.index, Scale: 1, Disp: m.lanes() * p.unit}
}

// storeMask writes a mask as one byte a lane.
func (m *machine) storeMask(dst Register, p place, n GPVirtual, mask Op, ones VecVirtual) {
	d := XMM()
	if m.wide {
		VMOVDQU8_Z(ones, mask, d)
		if p.mask == nil {
			VMOVDQU8(d, m.bytesAt(dst, p))
		} else {
			VMOVDQU8(d, p.mask, m.bytesAt(dst, p))
		}
		return
	}
	VEXTRACTF128(U8(1), mask, d)
	VPACKSSDW(d, mask.(VecVirtual).AsX(), d)
	VPACKSSWB(d, d, d)
	VPAND(ones, d, d)
	if p.mask == nil {
		VMOVQ(d, m.bytesAt(dst, p))
		return
	}
	bytes := GP64()
	VMOVQ(d, bytes)
	Label("bytes")
	MOVB(bytes.As8(), Mem{Base: dst, Index: p.index, Scale: 1})
	SHRQ(U8(8), bytes)
	INCQ(p.index)
	DECQ(n)
	JNZ(LabelRef("bytes"))
}

// loadBytes returns the place's bytes in the low part of a register, zeros where masked off.
func (m *machine) loadBytes(base Register, p place, n GPVirtual) VecVirtual {
	d := XMM()
	switch {
	case p.mask == nil && m.wide:
		VMOVDQU(m.bytesAt(base, p), d)
	case p.mask == nil:
		VMOVQ(m.bytesAt(base, p), d)
	case m.wide:
		VMOVDQU8_Z(m.bytesAt(base, p), p.mask, d)
	default:
		bytes, b, i := GP64(), GP64(), GP64()
		XORQ(bytes, bytes)
		MOVQ(n, i)
		end := GP64()
		LEAQ(Mem{Base: base, Index: p.index, Scale: 1, Disp: -1}, end)
		Label("gather")
		SHLQ(U8(8), bytes)
		MOVBQZX(Mem{Base: end, Index: i, Scale: 1}, b)
		ORQ(b, bytes)
		DECQ(i)
		JNZ(LabelRef("gather"))
		VMOVQ(bytes, d)
	}
	return d
}

// loadMask returns the mask of a slice of bool.
func (m *machine) loadMask(base Register, p place, n GPVirtual) Op {
	d := m.loadBytes(base, p, n)
	if m.wide {
		k := K()
		VPTESTMB(d, d, k)
		return k
	}
	w := YMM()
	VPMOVZXBD(d, w)
	return m.shl(w, 31)
}

// selection emits dst[i] = mask[i] ? a[i] : b[i], with the scalar s for a or b.
func selection(name string) {
	for _, m := range machines {
		m.function(name)
		dst, mask, n := slice("dst"), slice("mask"), length("dst")
		operand := func(param string, isScalar bool) func(place) VecVirtual {
			if isScalar {
				s := m.broadcast("s")
				return func(place) VecVirtual { return s }
			}
			base := slice(param)
			return func(p place) VecVirtual { return m.load(base, p) }
		}
		yes, no := operand("a", name == "selectSV"), operand("b", name == "selectVS")
		m.loop("loop", n, 1, func(at []place) {
			p := at[0]
			m.store(dst, p, m.blend(m.loadMask(mask, p, n), no(p), yes(p)))
		})
		m.end()
	}
}

func conversions() {
	elementwise("fromInt32", "dst", one, 2, simple(func(m *machine, x []VecVirtual) VecVirtual { return m.toFloat(x[0]) }))
	fromBytes("fromUint8")
	fromBytes("fromMask")
}

func fromBytes(name string) {
	for _, m := range machines {
		m.function(name)
		dst, a, n := slice("dst"), slice("a"), length("dst")
		m.loop("loop", n, 1, func(at []place) {
			w := m.reg()
			VPMOVZXBD(m.loadBytes(a, at[0], n), w)
			m.store(dst, at[0], m.toFloat(w))
		})
		m.end()
	}
}
