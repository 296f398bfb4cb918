package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// codegen translates the members of a unit to the program of a loop.
type codegen struct {
	*loop
	f      *fuser
	u      *unit
	values []*value
	free   []int
	ends   map[*node]int // the last instruction that reads a member
	at     int           // of the instruction under construction
}

// operand numbers, before the registers are counted: registers from 0, loads and stores above these
// marks.
const (
	loadMark  = 1 << 16
	storeMark = 1 << 17
)

func (g *codegen) emit() {
	g.regBytes = 0
	wide := 1
	for _, n := range g.u.nodes {
		wide = max(wide, sizeOf(n.shape.DType))
		for _, x := range n.in {
			wide = max(wide, sizeOf(x.shape.DType))
		}
	}
	g.regBytes = roundUp(g.chunk*g.inner*wide, align)
	g.ends = map[*node]int{}
	for i, n := range g.u.nodes {
		for _, x := range n.in {
			base, _ := x.resolve()
			g.ends[base] = i
		}
		if g.stored(n) {
			g.ends[n] = max(g.ends[n], i)
		}
	}
	for i, n := range g.u.nodes {
		g.at = i
		if n.isReduction() {
			g.reduction(n)
			continue
		}
		g.instruction(n)
	}
	g.number()
}

// stored reports whether a member has memory.
func (g *codegen) stored(n *node) bool { return g.values[n.id] != nil && !n.isReduction() }

func (g *codegen) register() int {
	if k := len(g.free); k > 0 {
		r := g.free[k-1]
		g.free = g.free[:k-1]
		return r
	}
	g.registers++
	return g.registers - 1
}

// operand returns the operand of an input, as a scalar if that is allowed and it is one.
func (g *codegen) operand(n, x *node, scalar bool) (op int, isScalar bool) {
	base, lay := x.resolve()
	if g.f.of[base.id] == g.u {
		return g.results[base], false
	}
	lay, ok := lay.simplify().split(g.dims)
	if !ok {
		panic("simd: an operand does not fit its loop")
	}
	m := g.modeOf(lay)
	if m == uniform && !scalar {
		m = pattern
	}
	op = g.load(load{node: base, lay: lay, mode: m, dt: base.shape.DType})
	return op, m == uniform
}

// modeOf classifies an access by what one tile of it looks like.
func (l *loop) modeOf(lay layout) mode {
	same, s, contiguous := true, 1, true
	for a := len(l.dims) - 1; a >= l.split; a-- {
		d := l.dims[a]
		if a == l.split {
			d = l.chunk
		}
		if d == 1 {
			continue
		}
		same = same && lay.strides[a] == 0
		contiguous = contiguous && lay.strides[a] == s
		s *= d
	}
	switch {
	case contiguous && s > 1:
		return direct
	case same:
		return uniform
	}
	return pattern
}

func (g *codegen) load(x load) int {
	for i := range g.loads {
		y := &g.loads[i]
		if y.node == x.node && y.mode == x.mode && y.dt == x.dt && y.lay.off == x.lay.off && slices.Equal(y.lay.strides, x.lay.strides) {
			y.used = max(y.used, g.at)
			return loadMark + i
		}
	}
	x.size = sizeOf(x.dt)
	x.used = g.at
	x.row = x.lay.strides[g.split]
	tail := layout{dims: g.dims[g.split+1:], strides: x.lay.strides[g.split+1:]}
	x.move = newMove(rowMajor(tail.dims), tail, x.size)
	x.reg = -1
	if x.mode == pattern || x.mode == counter {
		g.registers++ // kept for the whole loop
		x.reg = g.registers - 1
	}
	g.loads = append(g.loads, x)
	return loadMark + len(g.loads) - 1
}

// instruction emits the kernel of an elementwise member.
func (g *codegen) instruction(n *node) {
	if n.isIota() {
		lay, _ := iotaLayout(n.shape.Dimensions, n.attr.(int)).simplify().split(g.dims)
		g.results[n] = g.load(load{lay: lay, mode: counter, dt: n.shape.DType})
		if g.stored(n) {
			g.copyOut(n)
		}
		return
	}
	k, scalars := chooseKernel(g, n)
	in := instr{k: k, dst: -1, a: -1, b: -1, c: -1, node: n}
	slots := []*int{&in.a, &in.b, &in.c}
	for i, x := range n.in {
		*slots[i], _ = g.operand(n, x, scalars[i])
	}
	in.dst = g.destination(n)
	g.results[n] = in.dst
	g.code = append(g.code, in)
}

// destination frees the registers that n reads last and returns where n goes.
func (g *codegen) destination(n *node) int {
	size := sizeOf(n.shape.DType)
	release := func(same bool) {
		for _, base := range g.ending(n) {
			if r := g.results[base]; r < loadMark && (sizeOf(base.shape.DType) == size) == same {
				g.free = append(g.free, r)
			}
		}
	}
	if g.stored(n) {
		g.stores = append(g.stores, store{node: n, size: size, def: g.at})
		release(true)
		release(false)
		return storeMark + len(g.stores) - 1
	}
	release(true)
	r := g.register()
	release(false)
	return r
}

// ending returns the members that n reads and nothing after it, each once: n may read one under
// several views, and a register that is freed twice would be given to two values.
func (g *codegen) ending(n *node) []*node {
	var members []*node
	for _, x := range n.in {
		base, _ := x.resolve()
		if g.f.of[base.id] == g.u && g.ends[base] == g.at && !slices.Contains(members, base) {
			members = append(members, base)
		}
	}
	return members
}

// copyOut writes an operand that is no instruction's result to the member's memory.
func (g *codegen) copyOut(n *node) {
	g.stores = append(g.stores, store{node: n, size: sizeOf(n.shape.DType), def: g.at})
	dt := n.shape.DType
	g.code = append(g.code, instr{k: lookup(backends.OpTypeIdentity, dt, dt), dst: storeMark + len(g.stores) - 1, a: g.results[n], b: -1, c: -1, node: n})
}

func (g *codegen) reduction(n *node) {
	src, _ := g.operand(n, n.in[0], false)
	lay, ok := n.attr.(reduction).output(n.domain()).simplify().split(g.dims)
	if !ok {
		panic("simd: a reduction does not fit its loop")
	}
	r := red{node: n, src: src, by: lookupReducer(n.op, n.shape.DType), lay: lay, size: n.shape.Size()}
	r.dims = append([]int{0}, g.dims[g.split+1:]...)
	r.strides = slices.Clone(lay.strides[g.split:])
	r.acc = g.registers
	g.registers++
	// The operand must live to the end of the program: reductions read after the last instruction.
	base, _ := n.in[0].resolve()
	g.ends[base] = len(g.u.nodes)
	if src >= loadMark && src < storeMark {
		g.loads[src-loadMark].used = len(g.u.nodes)
	}
	g.reds = append(g.reds, r)
}

// number turns the marks into final operand numbers.
func (g *codegen) number() {
	fix := func(op *int) {
		switch {
		case *op >= storeMark:
			*op += g.registers + len(g.loads) - storeMark
		case *op >= loadMark:
			*op += g.registers - loadMark
		case *op < 0:
			*op = 0
		}
	}
	for i := range g.code {
		c := &g.code[i]
		fix(&c.dst)
		fix(&c.a)
		fix(&c.b)
		fix(&c.c)
	}
	for i := range g.reds {
		fix(&g.reds[i].src)
	}
}

// chooseKernel returns the kernel of n and which operands it takes as scalars.
func chooseKernel(g *codegen, n *node) (kern, [3]bool) {
	in, out := n.in[0].shape.DType, n.shape.DType
	var scalars [3]bool
	for i, x := range n.in {
		base, lay := x.resolve()
		if g.f.of[base.id] != g.u {
			s, _ := lay.simplify().split(g.dims)
			scalars[i] = g.modeOf(s) == uniform
		}
	}
	if k := scalarKernel(n.op, in, out, scalars); k != nil {
		return k, scalars
	}
	return lookup(n.op, in, out), [3]bool{}
}

// scalarKernel returns a kernel that takes the marked operands as scalars, or nil.
func scalarKernel(op backends.OpType, in, out dtypes.DType, scalars [3]bool) kern {
	return scalarKerns[scalarKey{kernKey{op, in, out}, scalars}]
}

type scalarKey struct {
	kernKey
	scalars [3]bool
}

var scalarKerns = map[scalarKey]kern{}
