//go:build !purego

package gemm

import "github.com/reverie-go/reverie/engine/simd/internal/isa"

var levels = map[isa.Level][]*variant{
	isa.Generic: {genericVariant()},
	isa.AVX2:    {avx2Variant()},
	isa.AVX512:  {avx512Wide(), avx512Narrow()},
}

func choose(l isa.Level) {
	variants = levels[l]
	switch l {
	case isa.AVX512:
		packRows, transposeBlock, blockSize, add = packRows512, transpose512, 16, add512
	case isa.AVX2:
		packRows, transposeBlock, blockSize, add = packRows2, transpose2, 8, add2
	default:
		packRows, transposeBlock, blockSize, add = packGeneric, transposeGeneric, 8, addGeneric
	}
}

// cycles estimates a step of a kernel of mr rows and nv vectors on a core with two multipliers and
// two loads a cycle; below about five cycles the latency of the multipliers and the level-2 cache,
// where B is, are the limit. The rest is the tile's begin and end.
func cycles(mr, nv int) float64 {
	loads := mr + nv
	if nv == 1 {
		loads = mr + 2 // and not quite all of them
	}
	return max(float64(mr*nv)/2, float64(loads)/2, 4.7) + 0.5
}

func avx2Variant() *variant {
	v := newVariant(16, []int{1, 2, 4, 6}, func(mr int) float64 { return cycles(mr, 2) })
	v.rows[1], v.rows[2], v.rows[4], v.rows[6] = rowsAVX2_1x16, rowsAVX2_2x16, rowsAVX2_4x16, rowsAVX2_6x16
	v.cols[1], v.cols[2], v.cols[4], v.cols[6] = colsAVX2_1x16, colsAVX2_2x16, colsAVX2_4x16, colsAVX2_6x16
	return v
}

func avx512Wide() *variant {
	v := newVariant(32, []int{1, 2, 4, 8, 12, 14}, func(mr int) float64 { return cycles(mr, 2) })
	v.rows[1], v.rows[2], v.rows[4] = rowsAVX512_1x32, rowsAVX512_2x32, rowsAVX512_4x32
	v.rows[8], v.rows[12], v.rows[14] = rowsAVX512_8x32, rowsAVX512_12x32, rowsAVX512_14x32
	v.cols[1], v.cols[2], v.cols[4] = colsAVX512_1x32, colsAVX512_2x32, colsAVX512_4x32
	v.cols[8], v.cols[12], v.cols[14] = colsAVX512_8x32, colsAVX512_12x32, colsAVX512_14x32
	return v
}

func avx512Narrow() *variant {
	v := newVariant(16, []int{1, 2, 4, 8, 12, 16, 24}, func(mr int) float64 { return cycles(mr, 1) })
	v.rows[1], v.rows[2], v.rows[4], v.rows[8] = rowsAVX512_1x16, rowsAVX512_2x16, rowsAVX512_4x16, rowsAVX512_8x16
	v.rows[12], v.rows[16], v.rows[24] = rowsAVX512_12x16, rowsAVX512_16x16, rowsAVX512_24x16
	v.cols[1], v.cols[2], v.cols[4], v.cols[8] = colsAVX512_1x16, colsAVX512_2x16, colsAVX512_4x16, colsAVX512_8x16
	v.cols[12], v.cols[16], v.cols[24] = colsAVX512_12x16, colsAVX512_16x16, colsAVX512_24x16
	return v
}

func packRows512(dst, src []float32, rows, nr, dstStep, srcStep, panels, panelStep int) {
	_, _ = src[(rows-1)*srcStep+panels*nr-1], dst[(panels-1)*panelStep+(rows-1)*dstStep+nr-1]
	if nr == 32 {
		packAVX512_32(&dst[0], &src[0], rows, dstStep*4, srcStep*4, panels, panelStep*4)
	} else {
		packAVX512_16(&dst[0], &src[0], rows, dstStep*4, srcStep*4, panels, panelStep*4)
	}
}

func packRows2(dst, src []float32, rows, nr, dstStep, srcStep, panels, panelStep int) {
	_, _ = src[(rows-1)*srcStep+panels*nr-1], dst[(panels-1)*panelStep+(rows-1)*dstStep+nr-1]
	packAVX2_16(&dst[0], &src[0], rows, dstStep*4, srcStep*4, panels, panelStep*4)
}

func add512(dst, src []float32) {
	n := len(dst) &^ 15
	if n > 0 {
		_ = src[n-1]
		addAVX512(&dst[0], &src[0], n)
	}
	addGeneric(dst[n:], src[n:])
}

func add2(dst, src []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		_ = src[n-1]
		addAVX2(&dst[0], &src[0], n)
	}
	addGeneric(dst[n:], src[n:])
}

func transpose512(dst, src []float32, n, dstStep, srcStep int) {
	_, _ = src[(n-1)*srcStep+n-1], dst[(n-1)*dstStep+n-1]
	transposeAVX512(&dst[0], &src[0], dstStep*4, srcStep*4)
}

func transpose2(dst, src []float32, n, dstStep, srcStep int) {
	_, _ = src[(n-1)*srcStep+n-1], dst[(n-1)*dstStep+n-1]
	transposeAVX2(&dst[0], &src[0], dstStep*4, srcStep*4)
}
