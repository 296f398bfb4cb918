package simd

import (
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// convolution is the general convolution of an input [N, spatial..., C] and a kernel [spatial...,
// C/groups, K] of any strides to a contiguous [N/batchGroups, spatial..., K]:
//
//	out[n, p, k] = sum over q, c of in[n, (p stride + q kerDil - padLo) / inDil, c] kernel[q, c, k]
//
// over the terms where the division is exact and falls inside the input.
// It is the reference for the special kernels and runs what they do not cover.
type convolution struct {
	strides, padLo, inDil, kerDil []int
	groups, batchGroups           int
}

func (convolution) kind() string { return "convolution (general)" }

func (c convolution) run(r *run, out array, in []array) {
	switch out.dt {
	case dtypes.Float32:
		convolveAs[float32](r, c, out, in[0], in[1])
	case dtypes.Float64:
		convolveAs[float64](r, c, out, in[0], in[1])
	case dtypes.Int8:
		convolveAs[int8](r, c, out, in[0], in[1])
	case dtypes.Int16:
		convolveAs[int16](r, c, out, in[0], in[1])
	case dtypes.Int32:
		convolveAs[int32](r, c, out, in[0], in[1])
	case dtypes.Int64:
		convolveAs[int64](r, c, out, in[0], in[1])
	case dtypes.Uint8:
		convolveAs[uint8](r, c, out, in[0], in[1])
	case dtypes.Uint16:
		convolveAs[uint16](r, c, out, in[0], in[1])
	case dtypes.Uint32:
		convolveAs[uint32](r, c, out, in[0], in[1])
	case dtypes.Uint64:
		convolveAs[uint64](r, c, out, in[0], in[1])
	}
}

// convolveAs computes every output pixel by itself, in parallel.
func convolveAs[T number](r *run, c convolution, out, x, w array) {
	rank := len(out.lay.dims)
	spatial := rank - 2
	K := out.lay.dims[rank-1]
	pixels := out.lay.dims[:rank-1]
	n := product(pixels)
	taps := w.lay.dims[:spatial]
	y := view[T](out.start(), n*K)
	parts := min(n, 64)
	r.threads.For(parts, func(_, part int) {
		pixel := make([]int, rank-1)
		tap := make([]int, spatial)
		for i := part * n / parts; i < (part+1)*n/parts; i++ {
			unravel(i, pixels, pixel)
			row := y[i*K : (i+1)*K]
			clear(row)
			if product(taps) == 0 {
				continue
			}
			clear(tap)
			for more := true; more; more = advance(tap, taps) {
				if at, ok := c.source(x.lay, pixel, tap); ok {
					convolveTap[T](c, row, pixel[0], pixels[0], x, at, w, tap)
				}
			}
		}
	})
}

// unravel turns a flat index into a multi-index.
func unravel(i int, dims, index []int) {
	for a := len(dims) - 1; a >= 0; a-- {
		index[a] = i % dims[a]
		i /= dims[a]
	}
}

// source returns the address of the pixel of x that meets a tap of the kernel at an output pixel,
// without batch and channel, or false outside.
func (c convolution) source(x layout, pixel, tap []int) (int, bool) {
	at := x.off
	for s := range tap {
		j := pixel[s+1]*c.strides[s] + tap[s]*c.kerDil[s] - c.padLo[s]
		if j < 0 || j%c.inDil[s] != 0 {
			return 0, false
		}
		j /= c.inDil[s]
		if j >= x.dims[s+1] {
			return 0, false
		}
		at += j * x.strides[s+1]
	}
	return at, true
}

// convolveTap adds one tap of the kernel to all channels of an output pixel.
func convolveTap[T number](c convolution, row []T, image, images int, x array, at int, w array, tap []int) {
	rank := len(x.lay.dims)
	I := w.lay.dims[rank-2]
	K := len(row)
	wk, wi := w.lay.strides[rank-1], w.lay.strides[rank-2]
	wat := w.lay.address(tap)
	xs := x.lay.strides[rank-1]
	per, perBatch := K/c.groups, K/c.batchGroups
	for k := range row {
		from := at + (image+k/perBatch*images)*x.lay.strides[0] + k/per*I*xs
		var s T
		for i := range I {
			s += *(*T)(x.at(from + i*xs)) * *(*T)(w.at(wat + i*wi + k*wk))
		}
		row[k] += s
	}
}
