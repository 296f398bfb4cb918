package simd

import (
	"slices"
)

// layout says where the elements of an array lie in a flat memory:
//
//	address(i0, i1, ...) = off + i0 strides[0] + i1 strides[1] + ...     (in elements)
//
// A stride is 0 where the array is broadcast and negative where it is reversed.
type layout struct {
	off           int
	dims, strides []int
}

// rowMajor returns the layout of a contiguous array.
func rowMajor(dims []int) layout {
	strides := make([]int, len(dims))
	s := 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = s
		s *= dims[i]
	}
	return layout{dims: slices.Clone(dims), strides: strides}
}

func product(dims []int) int {
	p := 1
	for _, d := range dims {
		p *= d
	}
	return p
}

func (l layout) size() int { return product(l.dims) }

// contiguous reports whether the flat index of an element is its address.
func (l layout) contiguous() bool {
	if l.off != 0 {
		return false
	}
	s := 1
	for i := len(l.dims) - 1; i >= 0; i-- {
		if l.dims[i] != 1 && l.strides[i] != s {
			return false
		}
		s *= l.dims[i]
	}
	return true
}

// uniform reports whether all elements share one address.
func (l layout) uniform() bool {
	for i, d := range l.dims {
		if d != 1 && l.strides[i] != 0 {
			return false
		}
	}
	return true
}

func (l layout) transpose(perm []int) layout {
	t := layout{off: l.off, dims: make([]int, len(perm)), strides: make([]int, len(perm))}
	for i, p := range perm {
		t.dims[i], t.strides[i] = l.dims[p], l.strides[p]
	}
	return t
}

func (l layout) slice(starts, limits, steps []int) layout {
	t := layout{off: l.off, dims: make([]int, len(starts)), strides: make([]int, len(starts))}
	for i := range starts {
		t.off += starts[i] * l.strides[i]
		t.dims[i] = (limits[i] - starts[i] + steps[i] - 1) / steps[i]
		t.strides[i] = l.strides[i] * steps[i]
	}
	return t
}

func (l layout) reverse(axes []int) layout {
	t := layout{off: l.off, dims: slices.Clone(l.dims), strides: slices.Clone(l.strides)}
	for _, a := range axes {
		t.off += (l.dims[a] - 1) * l.strides[a]
		t.strides[a] = -l.strides[a]
	}
	return t
}

// broadcast maps axis i of l to axis axes[i] of dims; the other axes repeat.
func (l layout) broadcast(dims, axes []int) layout {
	t := layout{off: l.off, dims: slices.Clone(dims), strides: make([]int, len(dims))}
	for i, a := range axes {
		if l.dims[i] == dims[a] {
			t.strides[a] = l.strides[i]
		}
	}
	return t
}

// simplify drops axes of size 1 and merges neighbours that one stride describes.
func (l layout) simplify() layout {
	t := layout{off: l.off}
	for i, d := range l.dims {
		if d == 1 {
			continue
		}
		if k := len(t.dims) - 1; k >= 0 && t.strides[k] == l.strides[i]*d {
			t.dims[k] *= d
			t.strides[k] = l.strides[i]
			continue
		}
		t.dims = append(t.dims, d)
		t.strides = append(t.strides, l.strides[i])
	}
	return t
}

// reshape returns the layout of the same elements in the same order under other dimensions, or
// false where strides cannot express it.
func (l layout) reshape(dims []int) (layout, bool) {
	if l.size() == 0 {
		return rowMajor(dims), true
	}
	return l.simplify().split(dims)
}

// split expresses l under dims, of which runs must multiply up to the axes of l.
func (l layout) split(dims []int) (layout, bool) {
	t := layout{off: l.off, dims: slices.Clone(dims), strides: make([]int, len(dims))}
	axis := len(l.dims) - 1
	inner := 1 // the part of axis that is already covered
	for i := len(dims) - 1; i >= 0; i-- {
		if dims[i] == 1 {
			continue
		}
		if axis < 0 {
			return layout{}, false
		}
		t.strides[i] = l.strides[axis] * inner
		inner *= dims[i]
		if l.dims[axis]%inner != 0 {
			return layout{}, false
		}
		if inner == l.dims[axis] {
			axis--
			inner = 1
		}
	}
	return t, axis < 0 && inner == 1
}

// cuts returns the products of the innermost 1, 2, ... axes: the places where a flat index is
// divided.
func cuts(dims []int) []int {
	var c []int
	p := 1
	for i := len(dims) - 1; i > 0; i-- {
		p *= dims[i]
		c = append(c, p)
	}
	return c
}

// mergeCuts returns the common refinement of two divisions of a flat index, or false where there is
// none.
func mergeCuts(a, b []int) ([]int, bool) {
	c := append(slices.Clone(a), b...)
	slices.Sort(c)
	c = slices.Compact(c)
	for i := 1; i < len(c); i++ {
		if c[i]%c[i-1] != 0 {
			return nil, false
		}
	}
	return c, true
}

// dimsOfCuts returns the dimensions of an index range of the given size divided at cuts.
func dimsOfCuts(size int, c []int) []int {
	dims := make([]int, 0, len(c)+1)
	prev := 1
	for _, p := range c {
		dims = append(dims, p/prev)
		prev = p
	}
	dims = append(dims, size/prev)
	slices.Reverse(dims)
	return dims
}
