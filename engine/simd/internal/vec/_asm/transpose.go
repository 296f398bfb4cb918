package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// eight is the addresses of eight rows: base and base + 4 strides, with 0 to 3 strides each.
type eight struct{ low, high, stride, three GPVirtual }

func newEight(base Register, stride GPVirtual) eight {
	e := eight{GP64(), GP64(), stride, GP64()}
	MOVQ(base, e.low)
	LEAQ(Mem{Base: e.low, Index: stride, Scale: 4}, e.high)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, e.three)
	return e
}

// row is the address of row i, plus an offset in bytes.
func (e eight) row(i, disp int) Mem {
	base := e.low
	if i >= 4 {
		base = e.high
	}
	switch i % 4 {
	case 1:
		return Mem{Base: base, Index: e.stride, Scale: 1, Disp: disp}
	case 2:
		return Mem{Base: base, Index: e.stride, Scale: 2, Disp: disp}
	case 3:
		return Mem{Base: base, Index: e.three, Scale: 1, Disp: disp}
	}
	return Mem{Base: base, Disp: disp}
}

// transposes emits the same code for both levels: 8x8 blocks, whose shuffles stay within 128-bit halves because the halves are
// joined by the loads.
func transposes() {
	for _, m := range machines {
		m.function("transposeBlocks")
		dst, src := slice("dst"), slice("src")
		rows, cols := Load(Param("rows"), GP64()), Load(Param("cols"), GP64())
		dstStride := Load(Param("dstStride"), GP64()).(GPVirtual)
		srcStride := Load(Param("srcStride"), GP64()).(GPVirtual)
		SHLQ(U8(2), dstStride)
		SHLQ(U8(2), srcStride)
		Label("rows")
		in, out := newEight(src, srcStride), newEight(dst, dstStride)
		n := GP64()
		MOVQ(cols, n)
		Label("block")
		block(in, out, 0)
		block(in, out, 4)
		ADDQ(U8(32), in.low)
		ADDQ(U8(32), in.high)
		LEAQ(Mem{Base: out.low, Index: dstStride, Scale: 8}, out.low)
		LEAQ(Mem{Base: out.high, Index: dstStride, Scale: 8}, out.high)
		SUBQ(U8(8), n)
		JNZ(LabelRef("block"))
		LEAQ(Mem{Base: src, Index: srcStride, Scale: 8}, src)
		ADDQ(U8(32), dst)
		SUBQ(U8(8), rows)
		JNZ(LabelRef("rows"))
		m.end()
	}
}

// block transposes columns first to first+3 of eight rows.
func block(in, out eight, first int) {
	var y [4]VecVirtual
	for i := range y {
		y[i] = YMM()
		VMOVUPS(in.row(i, 4*first), y[i].AsX())
		VINSERTF128(U8(1), in.row(i+4, 4*first), y[i], y[i])
	}
	var t [4]VecVirtual
	for i := range t {
		t[i] = YMM()
	}
	VUNPCKLPS(y[1], y[0], t[0])
	VUNPCKHPS(y[1], y[0], t[1])
	VUNPCKLPS(y[3], y[2], t[2])
	VUNPCKHPS(y[3], y[2], t[3])
	for i := range 4 {
		r := YMM()
		if i%2 == 0 {
			VUNPCKLPD(t[2+i/2], t[i/2], r)
		} else {
			VUNPCKHPD(t[2+i/2], t[i/2], r)
		}
		VMOVUPS(r, out.row(first+i, 0))
	}
}
