package simd

import (
	"slices"
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// windows says where the windows of ReduceWindow lie; all slices have one entry an axis.
type windows struct{ size, strides, baseDil, winDil, padLo []int }

func newWindows(rank int, size, strides, baseDil, winDil []int, paddings [][2]int) windows {
	w := windows{size: orOnes(size, rank), baseDil: orOnes(baseDil, rank), winDil: orOnes(winDil, rank), padLo: make([]int, rank)}
	w.strides = slices.Clone(w.size)
	if len(strides) > 0 {
		w.strides = slices.Clone(strides)
	}
	for i, p := range paddings {
		w.padLo[i] = p[0]
	}
	return w
}

// source returns the address of element k of the window of output element at, or false in the
// padding.
func (w windows) source(x layout, at, k []int) (int, bool) {
	a := x.off
	for i := range at {
		j := at[i]*w.strides[i] + k[i]*w.winDil[i] - w.padLo[i]
		if j < 0 || j%w.baseDil[i] != 0 || j/w.baseDil[i] >= x.dims[i] {
			return 0, false
		}
		a += j / w.baseDil[i] * x.strides[i]
	}
	return a, true
}

// reduceWindow is the attribute of ReduceWindow.
type reduceWindow struct {
	windows
	combine backends.OpType
}

func (reduceWindow) kind() string { return "reduce window" }

func (w reduceWindow) run(r *run, out array, in []array) {
	red := lookupReducer(w.combine, out.dt)
	x := in[0]
	each(r, out.lay.dims, func(i int, at []int) {
		dst := out.at(out.lay.off + i)
		red.init(dst, 1)
		k := make([]int, len(at))
		for more := true; more; more = advance(k, w.size) {
			if a, ok := w.source(x.lay, at, k); ok {
				red.combine(1, dst, dst, x.at(a), nil)
			}
		}
	})
}

// selectAndScatter is the attribute of SelectAndScatterMax and Min: source elements are added to
// where the extreme element of their window is. It runs on one thread.
type selectAndScatter struct {
	windows
	isMin bool
}

func (selectAndScatter) kind() string { return "select and scatter" }

func (w selectAndScatter) run(r *run, out array, in []array) {
	x, source := in[0], in[1]
	n := out.lay.size()
	clear(view[byte](out.start(), n*sizeOf(out.dt)))
	if source.lay.size() == 0 {
		return
	}
	op := backends.OpTypeGreaterOrEqual
	if w.isMin {
		op = backends.OpTypeLessOrEqual
	}
	keep := lookup(op, out.dt, dtypes.Bool)
	add := lookup(backends.OpTypeAdd, out.dt, out.dt)
	flat := rowMajor(x.lay.dims)
	at, k := make([]int, len(x.lay.dims)), make([]int, len(x.lay.dims))
	for more := true; more; more = advance(at, source.lay.dims) {
		best, to := -1, 0
		clear(k)
		for next := true; next; next = advance(k, w.size) {
			a, ok := w.source(x.lay, at, k)
			if !ok {
				continue
			}
			kept := false
			if best >= 0 {
				keep(1, unsafe.Pointer(&kept), x.at(best), x.at(a), nil)
			}
			if !kept {
				best = a
				to, _ = w.source(flat, at, k)
			}
		}
		if best >= 0 {
			add(1, out.at(out.lay.off+to), out.at(out.lay.off+to), source.at(source.lay.address(at)), nil)
		}
	}
}

// argMinMax is the attribute of ArgMinMax.
type argMinMax struct {
	axis  int
	isMin bool
}

func (argMinMax) kind() string { return "argminmax" }

func (m argMinMax) run(r *run, out array, in []array) {
	x := in[0]
	if x.dt == dtypes.Bool {
		x.dt = dtypes.Uint8
	}
	op := backends.OpTypeGreaterThan
	if m.isMin {
		op = backends.OpTypeLessThan
	}
	better, isNaN := lookup(op, x.dt, dtypes.Bool), lookup(backends.OpTypeIsNaN, x.dt, dtypes.Bool)
	rest := layout{off: x.lay.off,
		dims:    slices.Delete(slices.Clone(x.lay.dims), m.axis, m.axis+1),
		strides: slices.Delete(slices.Clone(x.lay.strides), m.axis, m.axis+1)}
	step := x.lay.strides[m.axis]
	each(r, out.lay.dims, func(i int, at []int) {
		from := rest.address(at)
		best := 0
		for j := range x.lay.dims[m.axis] {
			var yes, nan bool
			isNaN(1, unsafe.Pointer(&nan), x.at(from+j*step), nil, nil)
			if nan { // the first NaN is the answer
				best = j
				break
			}
			better(1, unsafe.Pointer(&yes), x.at(from+j*step), x.at(from+best*step), nil)
			if yes {
				best = j
			}
		}
		putInt(out.dt, out.at(out.lay.off+i), int64(best))
	})
}
