package simd

import (
	"unsafe"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// run executes the loop.
func (l *loop) run(r *run) {
	for i := range l.reds {
		red := &l.reds[i]
		red.by.init(r.ptrs[red.node.id], red.size)
		if red.partial {
			red.by.init(l.partial(r, red, 0), l.blocks*red.size)
		}
	}
	if l.size == 0 {
		return
	}
	r.threads.For(l.blocks, func(worker, b int) { l.block(r, &r.exe.scratch[worker], b) })
	for i := range l.reds {
		red := &l.reds[i]
		if !red.partial {
			continue
		}
		out := r.ptrs[red.node.id]
		for b := range l.blocks {
			red.by.combine(red.size, out, out, l.partial(r, red, b), nil)
		}
	}
}

// partial returns the result that a block has by itself.
func (l *loop) partial(r *run, red *red, block int) unsafe.Pointer {
	return unsafe.Add(r.arena, l.partialAt+red.at+block*red.size*red.by.size)
}

// maxGrid bounds the axes of a grid that need no allocation.
const maxGrid = 12

// walker is the state of one block while it walks its tiles.
type walker struct {
	*loop
	r     *run
	s     *scratch
	block int
	index []int
	ptrs  []unsafe.Pointer
	rows  int // indices of the split axis in the tile
}

// block runs a fixed part of the tiles.
func (l *loop) block(r *run, s *scratch, b int) {
	var fixed [maxGrid]int
	w := walker{loop: l, r: r, s: s, block: b, index: fixed[:0], ptrs: s.ptrs[:l.operands()]}
	for range l.grid {
		w.index = append(w.index, 0)
	}
	mem := unsafe.Pointer(unsafe.SliceData(s.mem))
	for i := range l.registers {
		w.ptrs[i] = unsafe.Add(mem, i*l.regBytes)
	}
	for i := range s.last {
		s.last[i] = -1
	}
	lo, hi := b*l.units/l.blocks*l.per, (b+1)*l.units/l.blocks*l.per
	at := lo
	for a := len(l.grid) - 1; a >= 0; a-- {
		w.index[a] = at % l.grid[a].extent
		at /= l.grid[a].extent
	}
	for t := lo; t < hi; t++ {
		w.tile()
		for a := len(w.index) - 1; a >= 0; a-- {
			if w.index[a]++; w.index[a] < l.grid[a].extent {
				break
			}
			w.index[a] = 0
		}
	}
	w.flush()
}

// dot returns the address of the grid index.
func (w *walker) dot(strides []int) int {
	a := 0
	for i, x := range w.index {
		a += x * strides[i]
	}
	return a
}

// tile runs the program on the tile at the grid index.
func (w *walker) tile() {
	l := w.loop
	w.rows = l.chunk
	for i, g := range l.grid {
		if g.axis == l.split {
			w.rows = min(l.chunk, l.dims[l.split]-w.index[i]*l.chunk)
		}
	}
	n := w.rows * l.inner
	for i := range l.loads {
		w.fetch(i)
	}
	pos := w.dot(l.flat)
	stores := w.ptrs[l.registers+len(l.loads):]
	for i := range l.stores {
		s := &l.stores[i]
		stores[i] = unsafe.Add(w.r.ptrs[s.node.id], pos*s.size)
	}
	for i := range l.code {
		c := &l.code[i]
		c.k(n, w.ptrs[c.dst], w.ptrs[c.a], w.ptrs[c.b], w.ptrs[c.c])
	}
	for i := range l.reds {
		w.reduce(i, n)
	}
}

// fetch points the operand of a load at its tile.
func (w *walker) fetch(i int) {
	x := &w.loads[i]
	off := x.lay.off + w.dot(x.grid)
	op := &w.ptrs[w.registers+i]
	if x.mode == direct || x.mode == uniform {
		*op = unsafe.Add(w.r.ptrs[x.node.id], off*x.size)
		return
	}
	*op = w.ptrs[x.reg]
	last := &w.s.last[i]
	rows := w.rows
	if x.row == 0 {
		rows = w.chunk // all rows are equal: what is gathered now serves every later tile
	}
	if *last == off && rows == w.chunk {
		return
	}
	*last = off
	if rows != w.chunk {
		*last = -1
	}
	if x.mode == counter {
		w.count(x, *op, off, rows)
		return
	}
	src := unsafe.Add(w.r.ptrs[x.node.id], off*x.size)
	bytes := w.inner * x.size
	for k := range rows {
		x.move.run(unsafe.Add(*op, k*bytes), unsafe.Add(src, k*x.row*x.size))
	}
}

// count writes the addresses of an iota's tile as its values.
func (w *walker) count(x *load, dst unsafe.Pointer, off, rows int) {
	dims := w.dims[w.split+1:]
	strides := x.lay.strides[w.split+1:]
	var index [maxGrid]int
	at := index[:len(dims)]
	i := 0
	for k := range rows {
		clear(at)
		for more := true; more; more = advance(at, dims) {
			v := off + k*x.row
			for a, j := range at {
				v += j * strides[a]
			}
			putCount(x.dt, unsafe.Add(dst, i*x.size), v)
			i++
		}
	}
}

func putCount(dt dtypes.DType, p unsafe.Pointer, v int) {
	switch dt {
	case dtypes.Float32:
		*(*float32)(p) = float32(v)
	case dtypes.Float64:
		*(*float64)(p) = float64(v)
	default:
		putInt(dt, p, int64(v))
	}
}

// reduce takes a tile into a reduction.
func (w *walker) reduce(i, n int) {
	red := &w.reds[i]
	src := w.ptrs[red.src]
	off := w.dot(red.grid)
	if red.direct {
		w.fold(red, off, src, w.rows)
		return
	}
	last := &w.s.last[len(w.loads)+i]
	acc := w.ptrs[red.acc]
	if *last != off {
		w.settle(i)
		*last, w.s.rows[i] = off, 0
		red.by.init(acc, w.chunk*w.inner)
	}
	w.s.rows[i] = max(w.s.rows[i], w.rows) // fewer than chunk where the last tile has results of its own: past them are another's
	red.by.combine(n, acc, acc, src, nil)
}

// settle folds what a reduction has accumulated into its result.
func (w *walker) settle(i int) {
	red := &w.reds[i]
	if last := w.s.last[len(w.loads)+i]; last >= 0 {
		w.fold(red, last, w.ptrs[red.acc], w.s.rows[i])
	}
}

func (w *walker) flush() {
	for i := range w.reds {
		if !w.reds[i].direct {
			w.settle(i)
		}
	}
}

// fold reduces rows of a tile into the elements of the result at off.
func (w *walker) fold(red *red, off int, src unsafe.Pointer, rows int) {
	dst := w.r.ptrs[red.node.id]
	if red.partial {
		dst = w.partial(w.r, red, w.block)
	}
	var fixed [maxGrid]int
	dims := append(fixed[:0], red.dims...)
	dims[0] = rows
	red.by.fold(dims, red.strides, unsafe.Add(dst, off*red.by.size), src)
}

// fold reduces a contiguous array of the given dimensions into the elements at strides of dst.
func (r *reducer) fold(dims, strides []int, dst, src unsafe.Pointer) {
	all := true
	for i, s := range strides {
		if s != 0 && dims[i] != 1 {
			all = false
		}
	}
	n := product(dims)
	switch {
	case all:
		r.row(dst, src, n)
	case len(dims) == 1 && strides[0] == 1:
		r.combine(n, dst, dst, src, nil)
	default:
		inner := n / dims[0]
		for i := range dims[0] {
			d, s := unsafe.Add(dst, i*strides[0]*r.size), unsafe.Add(src, i*inner*r.size)
			if len(dims) == 1 {
				r.combine(1, d, d, s, nil)
			} else {
				r.fold(dims[1:], strides[1:], d, s)
			}
		}
	}
}
