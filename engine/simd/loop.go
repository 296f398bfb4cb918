package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// loop runs elementwise nodes and reductions over one index range, tile by tile.
//
// The range has dimensions dims. A tile is a run of up to chunk indices of axis split and everything
// inside it, so it is contiguous in the flat index; the axes outside and the chunks of the split axis
// form the grid, whose axes come in the order that serves the reductions.
// A program of kernels runs over each tile; its operands are registers (tile-sized scratch memory),
// memory that is read in place, and memory that is written in place.
type loop struct {
	size   int
	dims   []int
	split  int
	chunk  int // indices of the split axis in a tile
	inner  int // elements inside one index of the split axis
	grid   []gridAxis
	flat   []int // elements of the flat index from one grid index to the next
	tiles  int
	blocks int // parts that run in parallel, fixed by the shape alone
	units  int // what is divided into blocks: tiles, or the indices of the leading grid axes
	per    int // tiles of a unit

	registers int // tile-sized, of regBytes each
	regBytes  int
	loads     []load
	stores    []store
	reds      []red
	code      []instr
	results   map[*node]int // operand of a member

	partialBytes, partialAt int
}

// gridAxis is an axis that the tiles divide; axis == split stands for the chunks.
type gridAxis struct{ axis, extent int }

// mode says how a load reaches the kernels.
type mode int

const (
	direct  mode = iota // the tile is contiguous in memory: no copy
	uniform             // one element for the whole tile: the kernel takes a scalar
	pattern             // gathered into a register, once while it stays the same
	counter             // iota: the address is the value
)

// load is an operand from outside the loop.
type load struct {
	node *node
	lay  layout // over dims
	mode mode
	size int
	grid []int // elements from one grid index to the next
	reg  int   // of a pattern or counter
	used int   // the last instruction that reads it
	row  int   // stride of the split axis
	move move  // gathers what is inside one index of the split axis
	dt   dtypes.DType
}

// store is a member that has memory.
type store struct {
	node *node
	size int
	def  int // the instruction that computes it
}

// red is a reduction of a member.
type red struct {
	node    *node
	src     int // operand
	by      *reducer
	lay     layout // of the result over dims, 0 on what goes away
	grid    []int
	dims    []int // inside a tile, the split axis first
	strides []int
	acc     int  // register of the accumulator
	direct  bool // fold each tile into the result, without accumulator
	partial bool // each block has its own result
	size    int  // elements of the result
	at      int  // of the partial results in the loop's scratch
}

// instr applies a kernel to operands.
type instr struct {
	k            kern
	dst, a, b, c int
	node         *node
}

// tileElements is the target size of a tile.
const tileElements = 1024

func newLoop(f *fuser, u *unit, values []*value) *loop {
	l := &loop{size: u.size, results: map[*node]int{}}
	l.shape(f, u)
	g := &codegen{loop: l, f: f, u: u, values: values}
	g.emit()
	l.order()
	l.partition()
	return l
}

// shape finds the dimensions of the loop and its tiles.
func (l *loop) shape(f *fuser, u *unit) {
	dims := dimsOfCuts(max(u.size, 1), u.cuts)
	// Merge axes that every access treats as one.
	var all []layout
	for _, n := range u.nodes {
		for _, a := range n.accesses() {
			s, ok := a.split(dims)
			if !ok {
				panic("simd: an access does not fit its loop")
			}
			all = append(all, s)
		}
	}
	for i := len(dims) - 1; i > 0; i-- {
		mergeable := true
		for _, a := range all {
			if dims[i-1] != 1 && dims[i] != 1 && a.strides[i-1] != a.strides[i]*dims[i] {
				mergeable = false
			}
		}
		if !mergeable {
			continue
		}
		for k := range all {
			if dims[i] != 1 {
				all[k].strides[i-1] = all[k].strides[i]
			}
			all[k].strides = slices.Delete(all[k].strides, i, i+1)
		}
		dims[i-1] *= dims[i]
		dims = slices.Delete(dims, i, i+1)
	}
	l.dims = dims
	l.split, l.inner = len(dims)-1, 1
	for l.split > 0 && l.inner*dims[l.split] <= tileElements {
		l.inner *= dims[l.split]
		l.split--
	}
	most := max(tileElements/l.inner, 1)
	count := (dims[l.split] + most - 1) / most
	l.chunk = (dims[l.split] + count - 1) / count
	for a := range l.split {
		l.grid = append(l.grid, gridAxis{a, dims[a]})
	}
	l.grid = append(l.grid, gridAxis{l.split, (dims[l.split] + l.chunk - 1) / l.chunk})
	l.tiles = 1
	for _, g := range l.grid {
		l.tiles *= g.extent
	}
}

// order puts the grid axes that all reductions keep outermost.
func (l *loop) order() {
	kept := func(g gridAxis) bool {
		for _, r := range l.reds {
			if r.lay.strides[g.axis] == 0 && g.extent > 1 {
				return false
			}
		}
		return true
	}
	if len(l.reds) > 0 {
		slices.SortStableFunc(l.grid, func(a, b gridAxis) int { return b2i(kept(b)) - b2i(kept(a)) })
	}
	l.units, l.per = l.tiles, 1
	lead := 1
	for _, g := range l.grid {
		if len(l.reds) == 0 || !kept(g) {
			break
		}
		lead *= g.extent
	}
	partial := lead < 8 && lead < l.tiles
	if len(l.reds) > 0 && !partial {
		l.units, l.per = lead, l.tiles/lead
	}
	l.flat = l.gridStrides(rowMajor(l.dims))
	for i := range l.loads {
		l.loads[i].grid = l.gridStrides(l.loads[i].lay)
	}
	for i := range l.reds {
		r := &l.reds[i]
		r.grid = l.gridStrides(r.lay)
		r.direct = true
		for k, s := range r.grid {
			if s == 0 && l.grid[k].extent > 1 {
				r.direct = false
			}
		}
		r.partial = partial && !r.direct
	}
}

// gridStrides returns the elements from one index of each grid axis to the next.
func (l *loop) gridStrides(lay layout) []int {
	s := make([]int, len(l.grid))
	for i, g := range l.grid {
		s[i] = lay.strides[g.axis]
		if g.axis == l.split {
			s[i] *= l.chunk
		}
	}
	return s
}

// maxPartial bounds the elements of the partial results of one reduction.
const maxPartial = 1 << 20

// partition divides the tiles into blocks, whatever the number of threads.
func (l *loop) partition() {
	l.blocks = min(l.units, 64)
	if l.size < parallelMinimum {
		l.blocks = 1
	}
	for _, r := range l.reds {
		if r.partial {
			l.blocks = min(l.blocks, 16, max(maxPartial/max(r.size, 1), 1))
		}
	}
	for i := range l.reds {
		if r := &l.reds[i]; r.partial {
			r.at = l.partialBytes
			l.partialBytes += roundUp(l.blocks*r.size*r.by.size, align)
		}
	}
}

func (l *loop) registerBytes() int { return l.registers * l.regBytes }
func (l *loop) operands() int      { return l.registers + len(l.loads) + len(l.stores) }

func (l *loop) kind() string {
	switch {
	case len(l.reds) > 0 && len(l.code) == 0:
		return "reduction"
	case len(l.reds) > 0:
		return "loop with reduction"
	case len(l.code) == 1 && l.code[0].node.op == backends.OpTypeIdentity:
		return "copy"
	}
	return "loop"
}

// replaceable returns the nodes whose memory a store may take over: those that the loop reads only
// element by element, and for the last time no later than it computes the store.
func (l *loop) replaceable(s store) []*node {
	var in []*node
	for _, x := range l.loads {
		ok := x.node != nil && x.mode == direct && x.lay.off == 0 && x.used <= s.def
		for _, y := range l.loads {
			if y.node == x.node && (y.mode != direct || y.lay.off != 0 || y.used > s.def) {
				ok = false
			}
		}
		if ok && x.node.shape.Size() == l.size {
			in = append(in, x.node)
		}
	}
	return in
}

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

// operand numbers, before the registers are counted: registers from 0, loads and stores above these marks.
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
		for i, x := range n.in {
			base, _ := x.resolve()
			if g.f.of[base.id] != g.u || g.ends[base] != g.at || slices.Contains(n.in[:i], x) {
				continue
			}
			if r := g.results[base]; r < loadMark && (sizeOf(x.shape.DType) == size) == same {
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
