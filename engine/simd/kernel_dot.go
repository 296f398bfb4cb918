package simd

import (
	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/engine/simd/internal/gemm"
)

// matmul multiplies [B, M, K] by [B, K, N], both of any strides.
type matmul struct {
	B, M, N int // of the result, which may have another shape
	epilogue
}

func (m matmul) kind() string { return "matmul" + m.suffix() }

// fast multiplies float32 matrices on package gemm.
func (m matmul) fast(r *run, out array, in []array) {
	x, y := in[0], in[1]
	mat := func(a array) gemm.Mat {
		// The slice reaches from the first element to the last one; strides are not negative here.
		n := 1
		for i := 1; i < 3; i++ {
			n += (a.lay.dims[i] - 1) * a.lay.strides[i]
		}
		n += (a.lay.dims[0] - 1) * a.lay.strides[0]
		return gemm.Mat{Data: view[float32](a.start(), n), RowStride: a.lay.strides[1], ColStride: a.lay.strides[2]}
	}
	c := gemm.Mat{Data: flat[float32](out), RowStride: m.N, ColStride: 1}
	gemm.BatchMatMul(r.threads, m.B, m.M, m.N, x.lay.dims[2], c, mat(x), mat(y), m.M*m.N, x.lay.strides[0], y.lay.strides[0], m.of(in[2:]))
}

func (m matmul) run(r *run, out array, in []array) {
	switch out.dt {
	case dtypes.Float32:
		m.fast(r, out, in)
	case dtypes.Float64:
		matmulAs[float64](r, out, in[0], in[1])
	case dtypes.Int8:
		matmulAs[int8](r, out, in[0], in[1])
	case dtypes.Int16:
		matmulAs[int16](r, out, in[0], in[1])
	case dtypes.Int32:
		matmulAs[int32](r, out, in[0], in[1])
	case dtypes.Int64:
		matmulAs[int64](r, out, in[0], in[1])
	case dtypes.Uint8:
		matmulAs[uint8](r, out, in[0], in[1])
	case dtypes.Uint16:
		matmulAs[uint16](r, out, in[0], in[1])
	case dtypes.Uint32:
		matmulAs[uint32](r, out, in[0], in[1])
	case dtypes.Uint64:
		matmulAs[uint64](r, out, in[0], in[1])
	}
}

// matmulAs computes every row of the result by itself, in parallel.
func matmulAs[T number](r *run, out, x, y array) {
	M, N, K := out.lay.dims[1], out.lay.dims[2], x.lay.dims[2]
	rows := out.lay.dims[0] * M
	c := view[T](out.start(), rows*N)
	xk, yk, yn := x.lay.strides[2], y.lay.strides[1], y.lay.strides[2]
	parts := min(rows, 64)
	r.threads.For(parts, func(_, part int) {
		for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
			row := c[i*N : (i+1)*N]
			clear(row)
			xat := x.lay.off + i/M*x.lay.strides[0] + i%M*x.lay.strides[1]
			yat := y.lay.off + i/M*y.lay.strides[0]
			for k := range K {
				v := *(*T)(x.at(xat + k*xk))
				for j := range row {
					row[j] += v * *(*T)(y.at(yat + k*yk + j*yn))
				}
			}
		}
	})
}
