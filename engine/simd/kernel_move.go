package simd

import (
	"slices"
	"unsafe"
)

// concatenate joins its inputs along an axis.
type concatenate struct{ axis int }

func (concatenate) kind() string { return "concatenate" }

func (c concatenate) run(r *run, out array, in []array) {
	at := 0
	for _, x := range in {
		part := array{out.p, out.lay, out.dt}
		part.lay.dims = slices.Clone(out.lay.dims)
		part.lay.dims[c.axis] = x.lay.dims[c.axis]
		part.lay.off += at * out.lay.strides[c.axis]
		copyArray(r, part, x)
		at += x.lay.dims[c.axis]
	}
}

// pad writes element i of its first input to lo + i step of an array of its second input.
type pad struct{ lo, step []int }

func (pad) kind() string { return "pad" }

func (p pad) run(r *run, out array, in []array) {
	size := sizeOf(out.dt)
	n := out.lay.size()
	if n == 0 {
		return
	}
	parts := 1
	if n >= parallelMinimum {
		parts = 32
	}
	r.threads.For(parts, func(_, i int) {
		lo, hi := i*n/parts, (i+1)*n/parts
		fillBytes(out.at(lo), hi-lo, in[1].start(), size)
	})
	src, dst := in[0], out
	dst.lay = layout{off: out.lay.off}
	src.lay = layout{off: src.lay.off}
	for a, step := range p.step {
		// The elements of the input that fall into the output.
		d, limit := in[0].lay.dims[a], out.lay.dims[a]
		first := max(0, (-p.lo[a]+step-1)/step)
		last := d - 1
		if over := p.lo[a] + last*step - (limit - 1); over > 0 {
			last -= (over + step - 1) / step
		}
		if last < first {
			return
		}
		src.lay.off += first * in[0].lay.strides[a]
		src.lay.strides = append(src.lay.strides, in[0].lay.strides[a])
		src.lay.dims = append(src.lay.dims, last-first+1)
		dst.lay.off += (p.lo[a] + first*step) * out.lay.strides[a]
		dst.lay.strides = append(dst.lay.strides, step*out.lay.strides[a])
		dst.lay.dims = append(dst.lay.dims, last-first+1)
	}
	copyArray(r, dst, src)
}

// bitcast copies the bits of its contiguous input.
type bitcast struct{}

func (bitcast) kind() string { return "bitcast" }

func (bitcast) run(r *run, out array, in []array) {
	n := out.lay.size() * sizeOf(out.dt)
	copy(view[byte](out.start(), n), view[byte](in[0].start(), n))
}

// starts clamps the start of a part of the given size to where it fits in lay.
func startOf(lay layout, size []int, index []array) int {
	off := lay.off
	for a, s := range index {
		i := getInt(s.dt, s.start())
		off += min(max(i, 0), lay.dims[a]-size[a]) * lay.strides[a]
	}
	return off
}

// dynamicSlice copies a part of its first input that starts at the others.
type dynamicSlice struct{}

func (dynamicSlice) kind() string { return "dynamic slice" }

func (dynamicSlice) run(r *run, out array, in []array) {
	src := in[0]
	src.lay.off = startOf(in[0].lay, out.lay.dims, in[1:])
	src.lay.dims = out.lay.dims
	copyArray(r, out, src)
}

// dynamicUpdate writes its second input over its first one at the others.
type dynamicUpdate struct{}

func (dynamicUpdate) kind() string { return "dynamic update" }

func (dynamicUpdate) run(r *run, out array, in []array) {
	copyArray(r, out, in[0])
	dst := out
	dst.lay.off = startOf(out.lay, in[1].lay.dims, in[2:])
	dst.lay.dims = in[1].lay.dims
	copyArray(r, dst, in[1])
}

// advance steps a multi-index; it reports false after the last one.
func advance(index, dims []int) bool {
	for i := len(dims) - 1; i >= 0; i-- {
		index[i]++
		if index[i] < dims[i] {
			return true
		}
		index[i] = 0
	}
	return false
}

// address returns the address of a multi-index.
func (l layout) address(index []int) int {
	a := l.off
	for i, x := range index {
		a += x * l.strides[i]
	}
	return a
}

// copyElement copies one element of the given size.
func copyElement(dst, src unsafe.Pointer, size int) {
	copy(view[byte](dst, size), view[byte](src, size))
}
