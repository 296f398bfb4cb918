package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// loop runs elementwise nodes and reductions over one index range, tile by tile.
//
// The range has dimensions dims. A tile is a run of up to chunk indices of axis split and
// everything inside it, so it is contiguous in the flat index; the axes outside and the chunks of
// the split axis form the grid, whose axes come in the order that serves the reductions.
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
	if u.size == 0 {
		l.empty(u)
		return l
	}
	l.shape(f, u)
	g := &codegen{loop: l, f: f, u: u, values: values}
	g.emit()
	l.order()
	l.partition()
	return l
}

// empty makes l a loop over nothing, which gives each of its reductions the value that it begins
// with.
func (l *loop) empty(u *unit) {
	for _, n := range u.nodes {
		if n.isReduction() {
			l.reds = append(l.reds, red{node: n, by: lookupReducer(n.op, n.shape.DType), size: n.shape.Size()})
		}
	}
}

// shape finds the dimensions of the loop and its tiles.
func (l *loop) shape(f *fuser, u *unit) {
	dims := dimsOfCuts(u.size, u.cuts)
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
// element by element in the order of its own index, and for the last time no later than it computes
// the store. Tiles that are contiguous but lie in another order would be written over before they
// are read.
func (l *loop) replaceable(s store) []*node {
	fits := func(x load) bool { return x.mode == direct && x.lay.contiguous() && x.used <= s.def }
	var in []*node
	for _, x := range l.loads {
		ok := x.node != nil && x.node.shape.Size() == l.size
		for _, y := range l.loads {
			ok = ok && (y.node != x.node || fits(y))
		}
		if ok {
			in = append(in, x.node)
		}
	}
	return in
}
