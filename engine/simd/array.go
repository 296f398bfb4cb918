package simd

import (
	"unsafe"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// array is an operand of a running step: where its memory starts and how its elements lie in it.
type array struct {
	p   unsafe.Pointer
	lay layout
	dt  dtypes.DType
}

// at returns the address of element i of the memory.
func (a array) at(i int) unsafe.Pointer { return unsafe.Add(a.p, i*sizeOf(a.dt)) }

// start returns the address of the first element.
func (a array) start() unsafe.Pointer { return a.at(a.lay.off) }

// flat returns the memory of a contiguous array.
func flat[T any](a array) []T { return view[T](a.start(), a.lay.size()) }

// move copies elements between two strided places.
type move struct {
	dims     []int
	dst, src []int // strides in elements
	size     int   // bytes of an element
}

// newMove plans the copy of an array of layout src to layout dst, which have equal dimensions.
func newMove(dst, src layout, size int) move {
	m := move{size: size}
	for i, d := range dst.dims {
		if d == 1 {
			continue
		}
		k := len(m.dims) - 1
		if k >= 0 && m.dst[k] == dst.strides[i]*d && m.src[k] == src.strides[i]*d {
			m.dims[k] *= d
			m.dst[k], m.src[k] = dst.strides[i], src.strides[i]
			continue
		}
		m.dims = append(m.dims, d)
		m.dst = append(m.dst, dst.strides[i])
		m.src = append(m.src, src.strides[i])
	}
	return m
}

// run copies; dst and src point at the first elements.
func (m move) run(dst, src unsafe.Pointer) {
	switch m.size {
	case 1:
		moveAs[uint8](m.dims, m.dst, m.src, dst, src)
	case 2:
		moveAs[uint16](m.dims, m.dst, m.src, dst, src)
	case 4:
		moveAs[uint32](m.dims, m.dst, m.src, dst, src)
	case 8:
		moveAs[uint64](m.dims, m.dst, m.src, dst, src)
	}
}

// moveAs copies over dims, the last one in the inner loop.
func moveAs[T any](dims, ds, ss []int, dst, src unsafe.Pointer) {
	var t T
	size := int(unsafe.Sizeof(t))
	switch len(dims) {
	case 0:
		*(*T)(dst) = *(*T)(src)
	case 1:
		moveRow[T](dims[0], ds[0], ss[0], dst, src)
	default:
		for i := range dims[0] { // pointers must not run past the last row: the collector checks them
			moveAs[T](dims[1:], ds[1:], ss[1:], unsafe.Add(dst, i*ds[0]*size), unsafe.Add(src, i*ss[0]*size))
		}
	}
}

func moveRow[T any](n, ds, ss int, dst, src unsafe.Pointer) {
	if n == 0 {
		return
	}
	if ds == 1 {
		switch ss {
		case 0:
			fill(view[T](dst, n), *(*T)(src))
			return
		case 1:
			copy(view[T](dst, n), view[T](src, n))
			return
		}
	}
	var t T
	size := int(unsafe.Sizeof(t))
	for i := range n {
		*(*T)(unsafe.Add(dst, i*ds*size)) = *(*T)(unsafe.Add(src, i*ss*size))
	}
}

func fill[T any](d []T, v T) {
	for i := range d {
		d[i] = v
	}
}

// fillBytes repeats the element of the given size at v over n elements at dst.
func fillBytes(dst unsafe.Pointer, n int, v unsafe.Pointer, size int) {
	switch size {
	case 1:
		fill(view[uint8](dst, n), *(*uint8)(v))
	case 2:
		fill(view[uint16](dst, n), *(*uint16)(v))
	case 4:
		fill(view[uint32](dst, n), *(*uint32)(v))
	case 8:
		fill(view[uint64](dst, n), *(*uint64)(v))
	}
}

// parallelMinimum is the number of elements below which a step is not worth waking threads for.
const parallelMinimum = 1 << 14

// copyArray copies src to dst, of equal dimensions, on all threads.
func copyArray(r *run, dst, src array) {
	m := newMove(dst.lay, src.lay, sizeOf(dst.dt))
	d, s := dst.start(), src.start()
	n := product(m.dims)
	if n == 0 {
		return
	}
	if n < parallelMinimum || len(m.dims) == 0 {
		m.run(d, s)
		return
	}
	rows := m.dims[0]
	parts := min(rows, 32)
	r.threads.For(parts, func(_, i int) {
		lo, hi := i*rows/parts, (i+1)*rows/parts
		part := m
		part.dims = append([]int{hi - lo}, m.dims[1:]...)
		part.run(unsafe.Add(d, lo*m.dst[0]*m.size), unsafe.Add(s, lo*m.src[0]*m.size))
	})
}
