package gemm

// copyRows copies n rows of the padded image from row r0 (0 is what the first output reads first) to the padded copy buf, where they
// become rows row.. of its image at.
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
	step := cb // from pixel to pixel in dst
	if x.interleave {
		step *= x.images
	}
	left := min(max(-x.cols.low, 0), x.bw)        // the first pixel inside
	right := max(min(x.w-x.cols.low, x.bw), left) // and the first one right of the image
	if iy < 0 || iy >= x.h {
		left, right = x.bw, x.bw
	}
	clearPixels(dst, 0, left, step, cb)
	clearPixels(dst, right, x.bw, step, cb)
	first := (image*x.h+iy)*x.w + x.cols.low + left
	lo := x.c0 + c // in the concatenation
	begin := 0
	for i, src := range x.xs {
		from, to := max(lo, begin), min(lo+cb, begin+x.xc[i])
		if from < to && left < right {
			copyPixels(dst[left*step+from-lo:], src[first*x.xc[i]+from-begin:], right-left, to-from, step, x.xc[i])
		}
		begin += x.xc[i]
	}
}

// clearPixels sets n floats of the pixels from..to, step apart, to zero.
func clearPixels(dst []float32, from, to, step, n int) {
	if step == n {
		clear(dst[from*step : to*step])
		return
	}
	for i := from; i < to; i++ {
		clear(dst[i*step:][:n])
	}
}

// copyPixels copies n floats of each of several pixels that are dstStep and srcStep apart.
func copyPixels(dst, src []float32, pixels, n, dstStep, srcStep int) {
	if n == dstStep && n == srcStep {
		copy(dst[:pixels*n], src)
		return
	}
	for i := range pixels {
		copy(dst[i*dstStep:][:n], src[i*srcStep:])
	}
}
