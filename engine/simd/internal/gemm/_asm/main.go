// Command asm writes the micro-kernels of package gemm:
//
//	go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg gemm
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// machine is a register file: how many vectors of how many floats.
type machine struct {
	name  string
	lanes int
	vec   func(i int) VecPhysical
	// add, mul-add and so on have the same mnemonics on both; only broadcasts differ.
}

var (
	avx2 = machine{"AVX2", 8, func(i int) VecPhysical {
		return []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}[i]
	}}
	avx512 = machine{"AVX512", 16, func(i int) VecPhysical {
		return []VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
			Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}[i]
	}}
)

func main() {
	ConstraintExpr("!purego")
	for _, mr := range []int{1, 2, 4, 6} {
		kernel{avx2, mr, 2, false}.generate()
		kernel{avx2, mr, 2, true}.generate()
	}
	for _, mr := range []int{1, 2, 4, 8, 12, 14} {
		kernel{avx512, mr, 2, false}.generate()
		kernel{avx512, mr, 2, true}.generate()
	}
	for _, mr := range []int{1, 2, 4, 8, 12, 16, 24} {
		kernel{avx512, mr, 1, false}.generate()
		kernel{avx512, mr, 1, true}.generate()
	}
	packRows(avx512, 2)
	packRows(avx512, 1)
	packRows(avx2, 2)
	transpose16()
	transpose8()
	add(avx512)
	add(avx2)
	Generate()
}

// kernel is one micro-kernel: mr rows of nv vectors of C. With kMajor the rows of A are neighbours
// and its steps are t.step apart, otherwise the rows are t.step apart and its steps neighbours.
type kernel struct {
	machine
	mr, nv int
	kMajor bool
}

// Registers of every kernel.
var (
	args  = RAX
	b     = RBX
	count = RCX
	step  = RDX
	step3 = RSI
	runs  = RDI
	nruns = R8
	group = []GPPhysical{R9, R10, R11, R12, R13} // first rows of the groups of five, see row
)

// Offsets in struct tile.
const (
	offA = 8 * iota
	offB
	offC
	offRuns
	offNruns
	offLength
	offStep
	offCStep
	offBias
	offResidual
	offFlags
)

func field(offset int) Mem { return Mem{Base: args, Disp: offset} }

func (k kernel) acc(i, j int) VecPhysical { return k.vec(i*k.nv + j) }
func (k kernel) bvec(j int) VecPhysical   { return k.vec(k.mr*k.nv + j) }

// spare returns vectors not used by accumulators or B.
func (k kernel) spare(i int) VecPhysical {
	used := (k.mr + 1) * k.nv
	total := 16
	if k.lanes == 16 {
		total = 32
	}
	return k.vec(used + i%min(total-used, 4))
}

// row returns the address of A in row i, u steps ahead.
func (k kernel) row(i, u int) Mem {
	if k.kMajor {
		m := Mem{Base: group[0], Disp: 4 * i}
		if u > 0 {
			m.Index, m.Scale = []Register{1: step, 2: step, 3: step3}[u], []uint8{1: 1, 2: 2, 3: 1}[u]
		}
		return m
	}
	m := Mem{Base: group[i/5], Disp: 4 * u}
	switch i % 5 {
	case 1, 2, 4:
		m.Index, m.Scale = step, uint8(i%5)
	case 3:
		m.Index, m.Scale = step3, 1
	}
	return m
}

func (k kernel) groups() int {
	if k.kMajor {
		return 1
	}
	return (k.mr + 4) / 5
}

func (k kernel) generate() {
	kind := "rows"
	if k.kMajor {
		kind = "cols"
	}
	name := fmt.Sprintf("%s%s_%dx%d", kind, k.name, k.mr, k.nv*k.lanes)
	TEXT(name, NOSPLIT, "func(t *uint)")
	Doc(fmt.Sprintf("%s is %s for mr = %d, nr = %d.", name, map[bool]string{false: "rowsGeneric", true: "colsGeneric"}[k.kMajor], k.mr, k.nv*k.lanes))
	Pragma("noescape")
	Load(Param("t"), args)
	MOVQ(field(offB), b)
	MOVQ(field(offRuns), runs)
	MOVQ(field(offNruns), nruns)
	MOVQ(field(offStep), step)
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, step3)
	for i := range k.mr {
		for j := range k.nv {
			k.zero(k.acc(i, j))
		}
	}
	k.prefetch()
	TESTQ(nruns, nruns)
	JZ(LabelRef("end"))

	Label("run")
	MOVQ(field(offA), group[0])
	ADDQ(Mem{Base: runs}, group[0])
	ADDQ(Imm(8), runs)
	for g := 1; g < k.groups(); g++ { // 5 steps on
		LEAQ(Mem{Base: group[g-1], Index: step, Scale: 4}, group[g])
		ADDQ(step, group[g])
	}
	MOVQ(field(offLength), count)
	SUBQ(Imm(4), count)
	JL(LabelRef("tail"))

	Label("four")
	for u := range 4 {
		k.multiply(u)
	}
	k.advance(4)
	SUBQ(Imm(4), count)
	JGE(LabelRef("four"))

	Label("tail")
	ADDQ(Imm(4), count)
	JZ(LabelRef("next"))
	Label("one")
	k.multiply(0)
	k.advance(1)
	DECQ(count)
	JNZ(LabelRef("one"))

	Label("next")
	DECQ(nruns)
	JNZ(LabelRef("run"))
	Label("end")
	k.finish()
	VZEROUPPER()
	RET()
}

// prefetch asks for the lines of C, which are wanted only at the end.
func (k kernel) prefetch() {
	MOVQ(field(offC), group[0])
	MOVQ(field(offCStep), count)
	for i := range k.mr {
		for offset := 0; offset < 4*k.nv*k.lanes; offset += 64 {
			PREFETCHT0(Mem{Base: group[0], Disp: offset})
		}
		if i < k.mr-1 {
			ADDQ(count, group[0])
		}
	}
}

func (k kernel) zero(v VecPhysical) {
	if k.lanes == 16 {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// multiply adds a[i]*b[j] to every accumulator, u steps ahead.
func (k kernel) multiply(u int) {
	size := 4 * k.lanes
	for j := range k.nv {
		VMOVUPS(Mem{Base: b, Disp: (u*k.nv + j) * size}, k.bvec(j))
	}
	for i := range k.mr {
		if k.nv == 1 {
			VFMADD231PS_BCST(k.row(i, u), k.bvec(0), k.acc(i, 0))
			continue
		}
		a := k.spare(i)
		VBROADCASTSS(k.row(i, u), a)
		for j := range k.nv {
			VFMADD231PS(k.bvec(j), a, k.acc(i, j))
		}
	}
}

func (k kernel) advance(steps int) {
	ADDQ(I32(steps*k.nv*k.lanes*4), b)
	if k.kMajor {
		LEAQ(Mem{Base: group[0], Index: step, Scale: uint8(steps)}, group[0])
		return
	}
	for g := range k.groups() {
		ADDQ(Imm(uint64(steps*4)), group[g])
	}
}

// finish adds what the flags ask for and stores the tile.
func (k kernel) finish() {
	flags, cstep, p := count, step, b
	MOVQ(field(offFlags), flags)
	MOVQ(field(offCStep), cstep)

	k.when(flags, 0, "accumulate", func() { k.addMatrix(offC, cstep, p) })
	k.when(flags, 1, "bias", func() {
		MOVQ(field(offBias), p)
		for j := range k.nv {
			VMOVUPS(Mem{Base: p, Disp: j * 4 * k.lanes}, k.bvec(j))
		}
		for i := range k.mr {
			for j := range k.nv {
				VADDPS(k.bvec(j), k.acc(i, j), k.acc(i, j))
			}
		}
	})
	k.when(flags, 2, "residual", func() { k.addMatrix(offResidual, cstep, p) })
	k.when(flags, 3, "relu", func() {
		z := k.bvec(0)
		k.zero(z)
		for i := range k.mr {
			for j := range k.nv {
				VMAXPS(k.acc(i, j), z, k.acc(i, j)) // of a NaN and zero the last operand: NaN
			}
		}
	})
	MOVQ(field(offC), p)
	for i := range k.mr {
		for j := range k.nv {
			VMOVUPS(k.acc(i, j), Mem{Base: p, Disp: j * 4 * k.lanes})
		}
		if i < k.mr-1 {
			ADDQ(cstep, p)
		}
	}
}

func (k kernel) when(flags GPPhysical, bit int, label string, body func()) {
	BTQ(Imm(uint64(bit)), flags)
	JCC(LabelRef("no_" + label))
	body()
	Label("no_" + label)
}

func (k kernel) addMatrix(offset int, cstep, p GPPhysical) {
	MOVQ(field(offset), p)
	for i := range k.mr {
		for j := range k.nv {
			VADDPS(Mem{Base: p, Disp: j * 4 * k.lanes}, k.acc(i, j), k.acc(i, j))
		}
		if i < k.mr-1 {
			ADDQ(cstep, p)
		}
	}
}

// packRows copies n rows of some panels of nv vectors, from rows step bytes apart to rows dstStep
// bytes apart of panels panelStep bytes apart. Row by row, so that far-apart rows are read once.
func packRows(m machine, nv int) {
	name := fmt.Sprintf("pack%s_%d", m.name, nv*m.lanes)
	TEXT(name, NOSPLIT, "func(dst, src *float32, n, dstStep, step, panels, panelStep int)")
	Doc(name + fmt.Sprintf(" is packGeneric for n, panels > 0 and nr = %d, steps in bytes.", nv*m.lanes))
	Pragma("noescape")
	size := 4 * nv * m.lanes
	dst, src, n, step, panels, panelStep, dstStep := RDI, RSI, RCX, RDX, R8, R9, RBX
	Load(Param("dst"), dst)
	Load(Param("src"), src)
	Load(Param("n"), n)
	Load(Param("dstStep"), dstStep)
	Load(Param("step"), step)
	Load(Param("panels"), panels)
	Load(Param("panelStep"), panelStep)
	from, to, left := R10, R11, RAX
	Label("row")
	MOVQ(src, from)
	MOVQ(dst, to)
	MOVQ(panels, left)
	Label("panel")
	for j := range nv {
		VMOVUPS(Mem{Base: from, Disp: j * 4 * m.lanes}, m.vec(j))
	}
	for j := range nv {
		VMOVUPS(m.vec(j), Mem{Base: to, Disp: j * 4 * m.lanes})
	}
	ADDQ(I32(size), from)
	ADDQ(panelStep, to)
	DECQ(left)
	JNZ(LabelRef("panel"))
	ADDQ(step, src)
	ADDQ(dstStep, dst)
	DECQ(n)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// add adds vectors of src to dst.
func add(m machine) {
	name := "add" + m.name
	TEXT(name, NOSPLIT, "func(dst, src *float32, n int)")
	Doc(fmt.Sprintf("%s is for i := range n { dst[i] += src[i] } for n > 0, a multiple of %d.", name, m.lanes))
	Pragma("noescape")
	Load(Param("dst"), RDI)
	Load(Param("src"), RSI)
	Load(Param("n"), RCX)
	Label("loop")
	VMOVUPS(Mem{Base: RSI}, m.vec(0))
	VADDPS(Mem{Base: RDI}, m.vec(0), m.vec(0))
	VMOVUPS(m.vec(0), Mem{Base: RDI})
	ADDQ(I32(4*m.lanes), RSI)
	ADDQ(I32(4*m.lanes), RDI)
	SUBQ(I32(m.lanes), RCX)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
