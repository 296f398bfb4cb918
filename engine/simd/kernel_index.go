package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
)

// gather is the attribute of Gather, see backends.StandardOps.
type gather struct {
	vector                          int
	offsets, collapsed, axes, sizes []int
}

func (gather) kind() string { return "gather" }

func (g gather) run(r *run, out array, in []array) {
	x, index := in[0], in[1]
	// Axes of the output are either offsets into the slice or axes of the indices.
	offset := layout{dims: slices.Clone(out.lay.dims), strides: make([]int, len(out.lay.dims))}
	batch := layout{off: index.lay.off, dims: slices.Clone(out.lay.dims), strides: make([]int, len(out.lay.dims))}
	operandAxis, indexAxis := 0, 0
	for a := range out.lay.dims {
		if slices.Contains(g.offsets, a) {
			for slices.Contains(g.collapsed, operandAxis) {
				operandAxis++
			}
			offset.strides[a] = x.lay.strides[operandAxis]
			operandAxis++
			continue
		}
		if indexAxis == g.vector {
			indexAxis++
		}
		batch.strides[a] = index.lay.strides[indexAxis]
		indexAxis++
	}
	size := sizeOf(out.dt)
	each(r, out.lay.dims, func(i int, at []int) {
		from := x.lay.off + offset.address(at)
		start := batch.address(at)
		for k, axis := range g.axes {
			j := getInt(index.dt, index.at(start+k*index.lay.strides[g.vector]))
			from += min(max(j, 0), x.lay.dims[axis]-g.sizes[axis]) * x.lay.strides[axis]
		}
		copyElement(out.at(out.lay.off+i), x.at(from), size)
	})
}

// each calls f for every multi-index of dims, in parallel over parts of them.
func each(r *run, dims []int, f func(i int, at []int)) {
	n := product(dims)
	parts := min(n, 32)
	if n < parallelMinimum/8 {
		parts = min(n, 1)
	}
	r.threads.For(parts, func(_, part int) {
		at := make([]int, len(dims))
		lo, hi := part*n/parts, (part+1)*n/parts
		unravel(lo, dims, at)
		for i := lo; i < hi; i++ {
			f(i, at)
			advance(at, dims)
		}
	})
}

// scatter is the attribute of the Scatter operations, see backends.StandardOps. It runs on one
// thread, in the order of the updates.
type scatter struct {
	combine                backends.OpType
	vector                 int
	window, inserted, axes []int
}

func (scatter) kind() string { return "scatter" }

func (s scatter) run(r *run, out array, in []array) {
	x, index, updates := in[0], in[1], in[2]
	copyArray(r, out, x)
	n := updates.lay.size()
	if n == 0 {
		return
	}
	rank := len(updates.lay.dims)
	target := layout{off: out.lay.off, strides: make([]int, rank)}
	batch := layout{off: index.lay.off, strides: make([]int, rank)}
	window := make([]int, len(out.lay.dims)) // sizes of the window on the axes of the operand
	for a := range window {
		window[a] = 1
	}
	operandAxis, indexAxis := 0, 0
	for a := range rank {
		if slices.Contains(s.window, a) {
			for slices.Contains(s.inserted, operandAxis) {
				operandAxis++
			}
			target.strides[a] = out.lay.strides[operandAxis]
			window[operandAxis] = updates.lay.dims[a]
			operandAxis++
			continue
		}
		if indexAxis == s.vector {
			indexAxis++
		}
		batch.strides[a] = index.lay.strides[indexAxis]
		indexAxis++
	}
	combine := lookupReducer(s.combine, out.dt).combine
	at := make([]int, rank)
	for more := true; more; more = advance(at, updates.lay.dims) {
		to := target.address(at)
		start := batch.address(at)
		inside := true
		for k, axis := range s.axes {
			j := getInt(index.dt, index.at(start+k*index.lay.strides[s.vector]))
			// An update whose window leaves the operand is dropped, as XLA defines it.
			inside = inside && j >= 0 && j <= out.lay.dims[axis]-window[axis]
			to += j * out.lay.strides[axis]
		}
		if inside {
			combine(1, out.at(to), out.at(to), updates.at(updates.lay.address(at)), nil)
		}
	}
}
