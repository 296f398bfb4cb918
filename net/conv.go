package net

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/engine/grad" // and every network's gradients are the corrected ones
)

// Conv2D is a 2-D convolution with bias, torch.nn.Conv2d (which, as all of the field, means
// correlation).
type Conv2D struct {
	Weight *Param // [out,in,k,k]
	Bias   *Param // [out]
	Stride int
	// Pad is the zero rows and columns before and after the image.
	Pad [2]int
}

// NewConv2D adds the weight and bias of a k x k convolution to s, drawn uniformly on +-1/sqrt(in k
// k). pad zeros go around the image.
func NewConv2D(s Scope, in, out, k, stride, pad int) Conv2D {
	init := fanIn(in * k * k)
	return Conv2D{
		Weight: s.Add(Param{Name: "weight", Shape: []int{out, in, k, k}, Layout: HWIO, Init: init}),
		Bias:   s.Add(Param{Name: "bias", Shape: []int{out}, Init: init}),
		Stride: stride,
		Pad:    [2]int{pad, pad},
	}
}

// Zero makes the layer start as the zero map.
func (c Conv2D) Zero() Conv2D {
	c.Weight.Init, c.Bias.Init = Init{}, Init{}
	return c
}

// Forward maps x [N,H,W,in] to [N,H',W',out].
func (c Conv2D) Forward(v *Vars, x *graph.Node) *graph.Node {
	y := graph.ConvGeneral(x, v.Get(c.Weight), nhwc.Clone(),
		[]int{c.Stride, c.Stride}, [][2]int{c.Pad, c.Pad}, nil, nil, 1, 1)
	return graph.Add(y, perChannel(v.Get(c.Bias), 4))
}

// ConvTranspose2D is the adjoint of a strided convolution, with bias, torch.nn.ConvTranspose2d.
type ConvTranspose2D struct {
	Weight      *Param // [in,out,k,k]
	Bias        *Param // [out]
	Stride, Pad int
}

// NewConvTranspose2D adds the weight and bias of a k x k transposed convolution to s, drawn
// uniformly on +-1/sqrt(out k k): PyTorch takes the second axis of the weight for the inputs, which
// here are the outputs.
func NewConvTranspose2D(s Scope, in, out, k, stride, pad int) ConvTranspose2D {
	init := fanIn(out * k * k)
	return ConvTranspose2D{
		Weight: s.Add(Param{Name: "weight", Shape: []int{in, out, k, k}, Layout: HWIO, Init: init}),
		Bias:   s.Add(Param{Name: "bias", Shape: []int{out}, Init: init}),
		Stride: stride,
		Pad:    pad,
	}
}

// Forward maps x [N,H,W,in] to [N,(H-1)s+k-2p,(W-1)s+k-2p,out].
func (c ConvTranspose2D) Forward(v *Vars, x *graph.Node) *graph.Node {
	y := grad.ConvTranspose(x, v.Get(c.Weight), grad.Transposed{Stride: c.Stride, Pad: c.Pad})
	return graph.Add(y, perChannel(v.Get(c.Bias), 4))
}

// nhwc are the axes of images NHWC and kernels HWIO.
var nhwc = backends.ConvolveAxesConfig{
	InputBatch: 0, InputChannels: 3, InputSpatial: []int{1, 2},
	KernelInputChannels: 2, KernelOutputChannels: 3, KernelSpatial: []int{0, 1},
	OutputBatch: 0, OutputChannels: 3, OutputSpatial: []int{1, 2},
}

// ForwardUpsampled is the 3x3 convolution of stride 1 and padding 1 of the image with each pixel
// doubled in both directions (the nearest interpolation), as one transposed convolution:
// neighbouring taps that meet the same pixel are added first. That is 4 multiplications per output
// and channel pair instead of 9.
func (c Conv2D) ForwardUpsampled(v *Vars, x *graph.Node) *graph.Node {
	s := c.Weight.Shape
	out, in := s[0], s[1]
	if s[2] != 3 || s[3] != 3 || c.Stride != 1 || c.Pad != [2]int{1, 1} {
		panic(fmt.Sprintf("net: %s: only a 3x3 convolution of stride 1 and padding 1 can take in the doubling", c.Weight.Name))
	}
	w := graph.Reshape(v.Get(c.Weight), 9, in*out)
	w = graph.Dot(graph.ConstAsDType(w.Graph(), w.DType(), doubling()), w)
	w = graph.TransposeAllAxes(graph.Reshape(w, 4, 4, in, out), 0, 1, 3, 2)
	y := grad.ConvTranspose(x, w, grad.Transposed{Stride: 2, Pad: 1})
	return graph.Add(y, perChannel(v.Get(c.Bias), 4))
}

// doubling is the matrix [16,9] from the taps of a 3x3 kernel K to those of the 4x4 kernel W of
// ForwardUpsampled, along each axis
//
//	W[m] = K[2-m] + K[3-m],  m = 0 .. 3, K zero outside 0 .. 2.
//
// Pixel i of the doubled image is pixel i/2 of the image, so y[i] = sum over d of K[d]
// x[(i+d-1)/2]; the transposed convolution has y[i] = sum over j of x[j] W[i-2j+1].
func doubling() [][]float64 {
	along := func(m, d int) float64 {
		if d == 2-m || d == 3-m {
			return 1
		}
		return 0
	}
	a := make([][]float64, 16)
	for m := range a {
		a[m] = make([]float64, 9)
		for d := range a[m] {
			a[m][d] = along(m/4, d/3) * along(m%4, d%3)
		}
	}
	return a
}
