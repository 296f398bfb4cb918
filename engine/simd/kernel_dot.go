package simd

import (
	"unsafe"

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

// matmulAs computes every row of the result by itself, in parallel; each element's products are
// added in the order of k.
func matmulAs[T number](r *run, out, x, y array) {
	M, N, K := out.lay.dims[1], out.lay.dims[2], x.lay.dims[2]
	rows := out.lay.dims[0] * M
	c := view[T](out.start(), rows*N)
	parts := min(rows, 64)
	r.threads.For(parts, func(_, part int) {
		left, right := make([]T, K), make([]T, N)
		for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
			row := c[i*N : (i+1)*N]
			xat := x.lay.off + i/M*x.lay.strides[0] + i%M*x.lay.strides[1]
			yat := y.lay.off + i/M*y.lay.strides[0]
			multiplyRow(row, line(x, left, xat, x.lay.strides[2]), y, right, yat)
		}
	})
}

// multiplyRow sets row to x times the matrix of y that begins at an element. right is room for a
// row of it.
func multiplyRow[T number](row, x []T, y array, right []T, at int) {
	clear(row)
	if len(x) == 0 {
		return
	}
	yk, yn := y.lay.strides[1], y.lay.strides[2]
	if yk == 1 && yn != 1 { // a transposed matrix: its columns lie together
		column := func(j int) []T { return view[T](y.at(at+j*yn), len(x)) }
		j := 0
		for ; j+4 <= len(row); j += 4 {
			row[j], row[j+1], row[j+2], row[j+3] = dots(x, column(j), column(j+1), column(j+2), column(j+3))
		}
		for ; j < len(row); j++ {
			row[j], _, _, _ = dots(x, column(j), x[:0], x[:0], x[:0])
		}
		return
	}
	k := 0
	if yn == 1 { // four rows of the matrix at a time
		for ; k+4 <= len(x); k += 4 {
			addRows(row, x[k:k+4], line(y, right, at+k*yk, 1), line(y, right, at+(k+1)*yk, 1), line(y, right, at+(k+2)*yk, 1), line(y, right, at+(k+3)*yk, 1))
		}
	}
	for ; k < len(x); k++ {
		v := x[k]
		for j, w := range line(y, right, at+k*yk, yn) {
			row[j] += v * w
		}
	}
}

// dots returns the inner products of x with four others, whose sums do not wait for each other; or
// with a alone.
func dots[T number](x, a, b, c, d []T) (p, q, r, s T) {
	a = a[:len(x)]
	if len(b) == 0 {
		for k, v := range x {
			p += v * a[k]
		}
		return
	}
	b, c, d = b[:len(x)], c[:len(x)], d[:len(x)]
	for k, v := range x {
		p += v * a[k]
		q += v * b[k]
		r += v * c[k]
		s += v * d[k]
	}
	return
}

// addRows adds x[0] a + .. + x[3] d to row, in this order.
func addRows[T number](row, x, a, b, c, d []T) {
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	a, b, c, d = a[:len(row)], b[:len(row)], c[:len(row)], d[:len(row)]
	for j, sum := range row {
		sum += x0 * a[j]
		sum += x1 * b[j]
		sum += x2 * c[j]
		row[j] = sum + x3*d[j]
	}
}

// line returns the len(room) elements of a from at on, stride apart: where they lie together
// themselves, else copied into room.
func line[T number](a array, room []T, at, stride int) []T {
	if len(room) == 0 {
		return room
	}
	if stride == 1 {
		return view[T](a.at(at), len(room))
	}
	size := sizeOf(a.dt)
	for i := range room {
		room[i] = *(*T)(unsafe.Add(a.p, (at+i*stride)*size))
	}
	return room
}
