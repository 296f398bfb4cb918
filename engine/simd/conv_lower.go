package simd

import (
	"slices"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"

	"github.com/reverie-go/reverie/engine/simd/internal/gemm"
)

// convolve records the convolution of x [N, spatial..., C] with w [spatial..., I, O] in its best
// form. Float32 in one or two dimensions becomes one of the three canonical convolutions of package
// gemm:
//
//	forward          no input dilation
//	input gradient   input dilation, or a kernel that is contiguous only reversed and with its channels swapped
//	kernel gradient  the image's channels where the batch belongs: a product over batch and pixels
//
// Everything else runs as the general convolution.
func (b *Builder) convolve(c convolution, out shapes.Shape, x, w *node) *node {
	spatial := len(c.strides)
	if x.shape.DType != dtypes.Float32 || spatial > 2 || c.batchGroups > 1 || out.Size() == 0 || x.shape.Size() == 0 {
		return b.add(backends.OpTypeConvGeneral, out, c, x, w)
	}
	if spatial == 1 { // a plane of height 1
		planes := out.Clone()
		planes.Dimensions = slices.Insert(planes.Dimensions, 1, 1)
		y := b.convolve(c.plane(), planes, b.unsqueeze(x, 1), b.unsqueeze(w, 0))
		return b.reshape(y, out.Dimensions...)
	}
	p := planar{b: b, c: c, out: out, x: x, w: w}
	switch {
	case c.groups == 1 && p.isKernelGradient():
		return p.kernelGradient()
	case c.groups == 1 && c.undivided() && p.isInputGradient():
		return p.inputGradient()
	case slices.Max(c.inDil) == 1:
		return p.forward()
	}
	return b.add(backends.OpTypeConvGeneral, out, c, x, w)
}

// plane returns a one-dimensional convolution as one in two dimensions.
func (c convolution) plane() convolution {
	one := []int{1}
	c.strides, c.inDil, c.kerDil = slices.Concat(one, c.strides), slices.Concat(one, c.inDil), slices.Concat(one, c.kerDil)
	c.padLo = slices.Concat([]int{0}, c.padLo)
	return c
}

// undivided reports whether the convolution takes every position.
func (c convolution) undivided() bool { return slices.Max(c.strides) == 1 }

// unsqueeze inserts an axis of size 1.
func (b *Builder) unsqueeze(n *node, axis int) *node {
	return b.reshape(n, slices.Insert(slices.Clone(n.shape.Dimensions), axis, 1)...)
}

// planar is a float32 convolution in two dimensions on its way to a canonical form.
type planar struct {
	b    *Builder
	c    convolution
	out  shapes.Shape
	x, w *node
}

func isContiguous(n *node) bool {
	_, lay := n.resolve()
	return lay.contiguous()
}

// isKernelGradient recognises [C, H, W, N] made of an image and [H, W, N, K] made of a gradient.
func (p *planar) isKernelGradient() bool {
	if slices.Max(p.c.inDil) != 1 || isContiguous(p.x) || isContiguous(p.w) {
		return false
	}
	return isContiguous(p.b.transpose(p.x, 3, 1, 2, 0)) || isContiguous(p.b.transpose(p.w, 2, 0, 1, 3))
}

func (p *planar) kernelGradient() *node {
	x := p.b.contiguous(p.b.transpose(p.x, 3, 1, 2, 0))  // [N, H, W, C]
	dy := p.b.contiguous(p.b.transpose(p.w, 2, 0, 1, 3)) // [N, OH, OW, K]
	xd, yd := x.shape.Dimensions, dy.shape.Dimensions
	g := gemm.Conv{
		N: xd[0], H: xd[1], W: xd[2], C: xd[3], OH: yd[1], OW: yd[2], K: yd[3],
		KH: p.out.Dimensions[1], KW: p.out.Dimensions[2],
		StrideH: p.c.kerDil[0], StrideW: p.c.kerDil[1], DilH: p.c.strides[0], DilW: p.c.strides[1],
		PadTop: p.c.padLo[0], PadLeft: p.c.padLo[1], Groups: 1,
	}
	shape := shapes.Make(dtypes.Float32, g.KH, g.KW, g.C, g.K)
	dw := p.b.add(backends.OpTypeConvGeneral, shape, convKernelGrad{g}, x, dy)
	return p.b.transpose(dw, 2, 0, 1, 3)
}

// swapped returns the kernel reversed in space and with its channels exchanged.
func (p *planar) swapped() *node { return p.b.transpose(p.b.reverse(p.w, 0, 1), 0, 1, 3, 2) }

func (p *planar) isInputGradient() bool {
	return slices.Max(p.c.inDil) > 1 || !isContiguous(p.w) && isContiguous(p.swapped())
}

func (p *planar) inputGradient() *node {
	x, w := p.b.contiguous(p.x), p.b.contiguous(p.swapped())
	xd, wd, od := x.shape.Dimensions, w.shape.Dimensions, p.out.Dimensions
	g := gemm.Conv{
		N: xd[0], H: od[1], W: od[2], C: od[3], OH: xd[1], OW: xd[2], K: xd[3], KH: wd[0], KW: wd[1],
		StrideH: p.c.inDil[0], StrideW: p.c.inDil[1], DilH: p.c.kerDil[0], DilW: p.c.kerDil[1],
		PadTop:  (wd[0]-1)*p.c.kerDil[0] - p.c.padLo[0],
		PadLeft: (wd[1]-1)*p.c.kerDil[1] - p.c.padLo[1], Groups: 1,
	}
	return p.b.add(backends.OpTypeConvGeneral, p.out, convInputGrad{conv: g}, x, w)
}

func (p *planar) forward() *node {
	x, w := p.b.contiguous(p.x), p.b.contiguous(p.w)
	xd, wd, od := x.shape.Dimensions, w.shape.Dimensions, p.out.Dimensions
	g := gemm.Conv{
		N: xd[0], H: xd[1], W: xd[2], C: xd[3], OH: od[1], OW: od[2], K: od[3], KH: wd[0], KW: wd[1],
		StrideH: p.c.strides[0], StrideW: p.c.strides[1], DilH: p.c.kerDil[0], DilW: p.c.kerDil[1],
		PadTop: p.c.padLo[0], PadLeft: p.c.padLo[1], Groups: p.c.groups,
	}
	return p.b.add(backends.OpTypeConvGeneral, p.out, convForward{conv: g, parts: 1}, x, w)
}
