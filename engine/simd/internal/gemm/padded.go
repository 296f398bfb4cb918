package gemm

// copyRows copies n rows of the padded image from row r0 (0 is what the first output reads first)
// to the padded copy buf, where they become rows row.. of its image at.
func (x *correlation) copyRows(buf []float32, image, at, row, r0, n int) {
	for r := range n {
		for blk := range x.nblocks {
			c, cb := x.channels(blk)
			dst := buf[x.images*x.bh*x.bw*c+x.pixel(at, row+r, 0)*cb:]
			x.copyRow(dst, image, x.rows.low+r0+r, c, cb)
		}
	}
}

// copyRow copies channels c..c+cb of row iy of an image, zero where it is outside.
func (x *correlation) copyRow(dst []float32, image, iy, c, cb int) {
	left := min(max(-x.cols.low, 0), x.bw)        // the first pixel inside
	right := max(min(x.w-x.cols.low, x.bw), left) // and the first one right of the image
	if iy < 0 || iy >= x.h {
		left, right = x.bw, x.bw
	}
	x.clearPixels(dst, 0, left, cb)
	x.clearPixels(dst, right, x.bw, cb)
	first := (image*x.h+iy)*x.w + x.cols.low + left
	lo := x.c0 + c // in the concatenation
	begin := 0
	for i, src := range x.xs {
		from, to := max(lo, begin), min(lo+cb, begin+x.xc[i])
		if from < to && left < right {
			x.copyPixels(dst, src[first*x.xc[i]+from-begin:], left, right, from-lo, to-lo, cb, x.xc[i])
		}
		begin += x.xc[i]
	}
}

// clearPixels sets the pixels from..to of a row to zero.
func (x *correlation) clearPixels(dst []float32, from, to, cb int) {
	if !x.interleave {
		clear(dst[from*cb : to*cb])
		return
	}
	for i := from; i < to; i++ {
		clear(dst[x.pixel(0, 0, i)*cb:][:cb])
	}
}

// copyPixels copies channels c0..c1 of the pixels from..to of a row, which are srcStep apart in
// src.
func (x *correlation) copyPixels(dst, src []float32, from, to, c0, c1, cb, srcStep int) {
	n := c1 - c0
	switch {
	case x.interleave:
		for i := range to - from {
			copy(dst[x.pixel(0, 0, from+i)*cb+c0:][:n], src[i*srcStep:])
		}
	case n == cb && n == srcStep:
		copy(dst[from*cb:to*cb], src)
	case n%16 == 0:
		packRows(dst[from*cb+c0:], src, to-from, 16, cb, srcStep, n/16, 16)
	default:
		dst = dst[from*cb+c0:]
		for i := range to - from {
			copy(dst[i*cb:][:n], src[i*srcStep:])
		}
	}
}
