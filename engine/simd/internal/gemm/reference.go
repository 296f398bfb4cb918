package gemm

// Number is what the reference versions compute with.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// MatMulOf is MatMul in plain Go for any type, without an epilogue, on one thread.
func MatMulOf[E Number](m, n, k int, c, a, b MatOf[E]) {
	for i := range m {
		for j := range n {
			c.Data[i*c.RowStride+j*c.ColStride] = 0
		}
		for s := range k {
			v := a.Data[i*a.RowStride+s*a.ColStride]
			if c.ColStride == 1 && b.ColStride == 1 {
				scaleAdd(c.Data[i*c.RowStride:][:n], v, b.Data[s*b.RowStride:])
				continue
			}
			for j := range n {
				c.Data[i*c.RowStride+j*c.ColStride] += v * b.Data[s*b.RowStride+j*b.ColStride]
			}
		}
	}
}

// scaleAdd is dst += v*src.
func scaleAdd[E Number](dst []E, v E, src []E) {
	for i, u := range src[:len(dst)] {
		dst[i] += v * u
	}
}

// ForwardOf is Conv.Forward in plain Go for any type: one input, no epilogue, one thread.
func ForwardOf[E Number](c Conv, y, x, w []E) {
	c = c.check()
	clear(y[:c.N*c.OH*c.OW*c.K])
	c.eachTap(func(xi, yi, wi int) {
		for ci := range c.C / c.Groups {
			scaleAdd(y[yi:][:c.K/c.Groups], x[xi+ci], w[wi+ci*c.K:])
		}
	})
}

// InputGradOf is Conv.InputGrad in plain Go for any type, without an epilogue, on one thread.
func InputGradOf[E Number](c Conv, dx, dy, w []E) {
	c = c.check()
	clear(dx[:c.N*c.H*c.W*c.C])
	c.eachTap(func(xi, yi, wi int) {
		for ci := range c.C / c.Groups {
			wrow, yrow := w[wi+ci*c.K:], dy[yi:][:c.K/c.Groups]
			for k, v := range yrow {
				dx[xi+ci] += v * wrow[k]
			}
		}
	})
}

// KernelGradOf is Conv.KernelGrad in plain Go for any type, on one thread.
func KernelGradOf[E Number](c Conv, dw, x, dy []E) {
	c = c.check()
	clear(dw[:c.KH*c.KW*c.C/c.Groups*c.K])
	c.eachTap(func(xi, yi, wi int) {
		for ci := range c.C / c.Groups {
			scaleAdd(dw[wi+ci*c.K:][:c.K/c.Groups], x[xi+ci], dy[yi:])
		}
	})
}

// eachTap calls f for every output pixel, group and tap that reads a pixel inside the image, with
// the places of the group's first channels in x and y and of the tap's first weight.
func (c Conv) eachTap(f func(xi, yi, wi int)) {
	cg, kg := c.C/c.Groups, c.K/c.Groups
	for pixel := range c.N * c.OH * c.OW {
		n, i, j := pixel/(c.OH*c.OW), pixel/c.OW%c.OH, pixel%c.OW
		for t := range c.KH * c.KW {
			a, b := t/c.KW, t%c.KW
			h, w := i*c.StrideH+a*c.DilH-c.PadTop, j*c.StrideW+b*c.DilW-c.PadLeft
			if h < 0 || h >= c.H || w < 0 || w >= c.W {
				continue
			}
			for g := range c.Groups {
				f(((n*c.H+h)*c.W+w)*c.C+g*cg, pixel*c.K+g*kg, t*cg*c.K+g*kg)
			}
		}
	}
}
