package gemm

import (
	"fmt"

	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// Conv is the geometry of a two-dimensional convolution: images x [N,H,W,C], kernel w
// [KH,KW,C/Groups,K], output y [N,OH,OW,K],
//
//	y[n,i,j,k] = sum over a, b, c of x[n, i*StrideH+a*DilH-PadTop, j*StrideW+b*DilW-PadLeft, g(k)*C/Groups+c] * w[a,b,c,k]
//
// where x is zero outside the image and g(k) = k/(K/Groups). The padding below and to the right is
// what OH and OW imply; negative padding crops. Zero strides, dilations and Groups mean 1.
type Conv struct {
	N, H, W, C       int
	K, KH, KW        int
	OH, OW           int
	StrideH, StrideW int
	PadTop, PadLeft  int
	DilH, DilW       int
	Groups           int
}

// FLOP returns the number of floating-point operations of Forward, InputGrad or KernelGrad: two for
// each product.
func (c Conv) FLOP() float64 {
	c = c.normal()
	return 2 * float64(c.N*c.OH*c.OW*c.K) * float64(c.KH*c.KW*c.C/c.Groups)
}

func (c Conv) normal() Conv {
	for _, v := range []*int{&c.StrideH, &c.StrideW, &c.DilH, &c.DilW, &c.Groups} {
		if *v == 0 {
			*v = 1
		}
	}
	return c
}

// check returns the geometry with its defaults, or panics.
func (c Conv) check() Conv {
	c = c.normal()
	if min(c.N, c.H, c.W, c.C, c.K, c.KH, c.KW, c.OH, c.OW) < 0 || min(c.StrideH, c.StrideW, c.DilH, c.DilW, c.Groups) < 1 {
		panic(fmt.Sprintf("gemm: negative size in %+v", c))
	}
	if c.C%c.Groups != 0 || c.K%c.Groups != 0 {
		panic(fmt.Sprintf("gemm: %d groups do not divide %d and %d channels", c.Groups, c.C, c.K))
	}
	return c
}

func (c Conv) checkLen(name string, got, want int) {
	if got < want {
		panic(fmt.Sprintf("gemm: %s has %d elements, want %d, in %+v", name, got, want, c))
	}
}

func (c Conv) checkEpilogue(e Epilogue, columns, size int) {
	if e.Bias != nil {
		c.checkLen("Bias", len(e.Bias), columns)
	}
	if e.Residual != nil {
		c.checkLen("Residual", len(e.Residual), size)
	}
}

// Forward computes y, and then the epilogue. The input is the concatenation of xs along the
// channels; xc are their numbers of channels, which add up to C.
func (c Conv) Forward(p *par.Pool, y []float32, xs [][]float32, xc []int, w []float32, e Epilogue) {
	c = c.check()
	total := 0
	for i, x := range xs {
		c.checkLen("x", len(x), c.N*c.H*c.W*xc[i])
		total += xc[i]
	}
	if total != c.C {
		panic(fmt.Sprintf("gemm: inputs have %d channels, want %d", total, c.C))
	}
	c.checkLen("w", len(w), c.KH*c.KW*c.C/c.Groups*c.K)
	c.checkLen("y", len(y), c.N*c.OH*c.OW*c.K)
	c.checkEpilogue(e, c.K, c.N*c.OH*c.OW*c.K)
	if c.pointwise() {
		c.forwardPoints(p, y, xs, xc, w, e)
		return
	}
	ws := acquire(p.Threads())
	defer release(ws)
	x := &ws.corr
	x.n, x.h, x.w, x.xs, x.xc = c.N, c.H, c.W, xs, xc
	x.y, x.oh, x.ow, x.yc, x.e = y, c.OH, c.OW, c.K, e
	x.weights, x.tap, x.rs, x.cs = w, c.C/c.Groups*c.K, c.K, 1
	x.passes = x.passes[:0]
	ps := x.addPass()
	ps.rows.forward(c.OH, c.StrideH, c.PadTop, c.KH, c.DilH, c.H)
	ps.cols.forward(c.OW, c.StrideW, c.PadLeft, c.KW, c.DilW, c.W)
	x.kw = c.KW
	x.c, x.k = c.C/c.Groups, c.K/c.Groups
	for g := range c.Groups {
		x.c0, x.k0, x.w0 = g*x.c, g*x.k, g*x.k
		x.run(p)
	}
	x.forget()
}

// InputGrad computes the adjoint of Forward in x, and then the epilogue (whose columns are x's
// channels):
//
//	dx[n,h,w,c] = sum over a, b, k and all i, j that read (h, w) at tap (a, b) of dy[n,i,j,k] * w[a,b,c,k]
//
// This is also the transposed convolution with input dy. A stride s is done as s*s convolutions of
// stride 1, one for each phase of the position, so nothing is multiplied by the zeros between dy's
// elements.
func (c Conv) InputGrad(p *par.Pool, dx, dy, w []float32, e Epilogue) {
	c = c.check()
	c.checkLen("dx", len(dx), c.N*c.H*c.W*c.C)
	c.checkLen("dy", len(dy), c.N*c.OH*c.OW*c.K)
	c.checkLen("w", len(w), c.KH*c.KW*c.C/c.Groups*c.K)
	c.checkEpilogue(e, c.C, c.N*c.H*c.W*c.C)
	if c.pointwise() {
		MatMul(p, c.N*c.H*c.W, c.C, c.K, Mat{dx, c.C, 1}, Mat{dy, c.K, 1}, Mat{w, 1, c.K}, e)
		return
	}
	ws := acquire(p.Threads())
	defer release(ws)
	x := &ws.corr
	x.one[0], x.oneC[0] = dy, c.K
	x.n, x.h, x.w, x.xs, x.xc = c.N, c.OH, c.OW, x.one[:], x.oneC[:]
	x.y, x.oh, x.ow, x.yc, x.e = dx, c.H, c.W, c.C, e
	x.weights, x.tap, x.rs, x.cs = w, c.C/c.Groups*c.K, 1, c.K
	x.passes = x.passes[:0]
	for i := range min(c.StrideH, c.H) {
		for j := range min(c.StrideW, c.W) {
			ps := x.addPass()
			ps.rows.backward(c.H, i, c.StrideH, c.PadTop, c.KH, c.DilH, c.OH)
			ps.cols.backward(c.W, j, c.StrideW, c.PadLeft, c.KW, c.DilW, c.OW)
		}
	}
	x.kw = c.KW
	x.c, x.k = c.K/c.Groups, c.C/c.Groups
	for g := range c.Groups {
		x.c0, x.k0, x.w0 = g*x.c, g*x.k, g*x.c
		x.run(p)
	}
	x.forget()
}

// pointwise says whether the convolution is a matrix product of all pixels.
func (c Conv) pointwise() bool {
	return c.KH == 1 && c.KW == 1 && c.StrideH == 1 && c.StrideW == 1 && c.PadTop == 0 && c.PadLeft == 0 &&
		c.OH == c.H && c.OW == c.W && c.Groups == 1
}

// forwardPoints adds up one matrix product for each input.
func (c Conv) forwardPoints(p *par.Pool, y []float32, xs [][]float32, xc []int, w []float32, e Epilogue) {
	pixels, c0 := c.N*c.H*c.W, 0
	for i, x := range xs {
		part := Epilogue{Accumulate: i > 0 || e.Accumulate}
		if i == len(xs)-1 {
			part = e
			part.Accumulate = i > 0 || e.Accumulate
		}
		MatMul(p, pixels, c.K, xc[i], Mat{y, c.K, 1}, Mat{x, xc[i], 1}, Mat{w[c0*c.K:], c.K, 1}, part)
		c0 += xc[i]
	}
}
