package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const transposeSignature = "func(dst, src *float32, dstStep, srcStep int)"

// transposeBegin loads the arguments: dst RDI, its step RDX; src RSI, its step RCX.
func transposeBegin() {
	Load(Param("dst"), RDI)
	Load(Param("src"), RSI)
	Load(Param("dstStep"), RDX)
	Load(Param("srcStep"), RCX)
}

// transpose16 transposes 16 x 16 floats: pairs, then quadruples within 128 bits, then the 128-bit
// lanes as a 4 x 4 matrix of lanes.
func transpose16() {
	TEXT("transposeAVX512", NOSPLIT, transposeSignature)
	Doc("transposeAVX512 is transposeGeneric for 16 x 16 floats.")
	Pragma("noescape")
	transposeBegin()
	z := avx512.vec
	for i := range 16 {
		VMOVUPS(Mem{Base: RSI}, z(i))
		if i < 15 {
			ADDQ(RCX, RSI)
		}
	}
	for i := 0; i < 16; i += 2 { // rows i, i+1 -> z16+i: elements 0,1 of each lane interleaved, z17+i: 2,3
		VUNPCKLPS(z(i+1), z(i), z(16+i))
		VUNPCKHPS(z(i+1), z(i), z(17+i))
	}
	for i := 0; i < 16; i += 4 { // z(i+e): element e of each lane of rows i..i+3
		VUNPCKLPD(z(18+i), z(16+i), z(i))
		VUNPCKHPD(z(18+i), z(16+i), z(i+1))
		VUNPCKLPD(z(19+i), z(17+i), z(i+2))
		VUNPCKHPD(z(19+i), z(17+i), z(i+3))
	}
	for e := range 4 { // lanes: rows 0-3, 4-7, 8-11, 12-15 are z(e), z(4+e), z(8+e), z(12+e)
		VSHUFF32X4(Imm(0x44), z(4+e), z(e), z(16+e))     // a0 a1 b0 b1
		VSHUFF32X4(Imm(0xee), z(4+e), z(e), z(20+e))     // a2 a3 b2 b3
		VSHUFF32X4(Imm(0x44), z(12+e), z(8+e), z(24+e))  // c0 c1 d0 d1
		VSHUFF32X4(Imm(0xee), z(12+e), z(8+e), z(28+e))  // c2 c3 d2 d3
		VSHUFF32X4(Imm(0x88), z(24+e), z(16+e), z(e))    // a0 b0 c0 d0
		VSHUFF32X4(Imm(0xdd), z(24+e), z(16+e), z(4+e))  // a1 b1 c1 d1
		VSHUFF32X4(Imm(0x88), z(28+e), z(20+e), z(8+e))  // a2 ...
		VSHUFF32X4(Imm(0xdd), z(28+e), z(20+e), z(12+e)) // a3 ...
	}
	for i := range 16 {
		VMOVUPS(z(i), Mem{Base: RDI})
		if i < 15 {
			ADDQ(RDX, RDI)
		}
	}
	VZEROUPPER()
	RET()
}

// transpose8 transposes 8 x 8 floats.
func transpose8() {
	TEXT("transposeAVX2", NOSPLIT, transposeSignature)
	Doc("transposeAVX2 is transposeGeneric for 8 x 8 floats.")
	Pragma("noescape")
	transposeBegin()
	y := avx2.vec
	for i := range 8 {
		VMOVUPS(Mem{Base: RSI}, y(i))
		if i < 7 {
			ADDQ(RCX, RSI)
		}
	}
	for i := 0; i < 8; i += 2 {
		VUNPCKLPS(y(i+1), y(i), y(8+i))
		VUNPCKHPS(y(i+1), y(i), y(9+i))
	}
	for i := 0; i < 8; i += 4 {
		VUNPCKLPD(y(10+i), y(8+i), y(i))
		VUNPCKHPD(y(10+i), y(8+i), y(i+1))
		VUNPCKLPD(y(11+i), y(9+i), y(i+2))
		VUNPCKHPD(y(11+i), y(9+i), y(i+3))
	}
	for e := range 4 {
		VPERM2F128(Imm(0x20), y(4+e), y(e), y(8+e))
		VPERM2F128(Imm(0x31), y(4+e), y(e), y(12+e))
	}
	for i := range 8 {
		VMOVUPS(y(8+i), Mem{Base: RDI})
		if i < 7 {
			ADDQ(RDX, RDI)
		}
	}
	VZEROUPPER()
	RET()
}
