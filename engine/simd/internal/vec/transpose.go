package vec

// Transpose writes the transposed rows x cols matrix, src with srcStride elements from row to row, dst with dstStride:
//
//	dst[c*dstStride+r] = src[r*srcStride+c]
//
// dst and src must not overlap. It panics if a slice is too short or a stride smaller than a row.
func Transpose(dst, src []float32, rows, cols, dstStride, srcStride int) {
	if !checkTranspose(len(dst), len(src), rows, cols, dstStride, srcStride) {
		return
	}
	r8, c8 := rows&^7, cols&^7
	if r8 > 0 && c8 > 0 {
		transposeBlocks(dst, src, r8, c8, dstStride, srcStride)
	}
	if c8 < cols {
		transposeLoop(dst[c8*dstStride:], src[c8:], r8, cols-c8, dstStride, srcStride)
	}
	if r8 < rows {
		transposeLoop(dst[r8:], src[r8*srcStride:], rows-r8, cols, dstStride, srcStride)
	}
}

// TransposeOf is Transpose for any element type.
func TransposeOf[T any](dst, src []T, rows, cols, dstStride, srcStride int) {
	if checkTranspose(len(dst), len(src), rows, cols, dstStride, srcStride) {
		transposeLoop(dst, src, rows, cols, dstStride, srcStride)
	}
}

// checkTranspose tells whether there is anything to do.
func checkTranspose(dst, src, rows, cols, dstStride, srcStride int) bool {
	if rows <= 0 || cols <= 0 {
		return false
	}
	if dstStride < rows || srcStride < cols || (cols-1)*dstStride+rows > dst || (rows-1)*srcStride+cols > src {
		panic("vec: transpose: slice or stride too small for the matrix")
	}
	return true
}

// transposeTile is the side of the square tiles that transposeLoop goes through.
const transposeTile = 16

func transposeLoop[T any](dst, src []T, rows, cols, dstStride, srcStride int) {
	for r0 := 0; r0 < rows; r0 += transposeTile {
		r1 := min(r0+transposeTile, rows)
		for c := 0; c < cols; c++ {
			out := dst[c*dstStride:]
			for r := r0; r < r1; r++ {
				out[r] = src[r*srcStride+c]
			}
		}
	}
}
