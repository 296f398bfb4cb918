package simd

import "github.com/reverie-go/reverie/engine/simd/internal/gemm"

// epilogue says which inputs follow those of the product, and what happens to its sums.
type epilogue struct{ bias, residual, relu bool }

// of makes the epilogue for the inputs that follow those of the product.
func (e epilogue) of(in []array) gemm.Epilogue {
	g := gemm.Epilogue{ReLU: e.relu}
	if e.bias {
		g.Bias, in = flat[float32](in[0]), in[1:]
	}
	if e.residual {
		g.Residual = flat[float32](in[0])
	}
	return g
}

// suffix names the epilogue in profiles. (It must not be called String: the descriptions by which
// nodes are shared print the whole attribute.)
func (e epilogue) suffix() string {
	s := ""
	if e.bias {
		s += "+bias"
	}
	if e.residual {
		s += "+residual"
	}
	if e.relu {
		s += "+relu"
	}
	return s
}

// convForward is a convolution: inputs are the parts of x along the channels, the kernel, the
// epilogue's.
type convForward struct {
	conv  gemm.Conv
	parts int
	epilogue
}

func (c convForward) kind() string { return "convolution" + c.suffix() }

func (c convForward) run(r *run, out array, in []array) {
	xs, xc := make([][]float32, c.parts), make([]int, c.parts)
	for i, x := range in[:c.parts] {
		xs[i], xc[i] = flat[float32](x), x.lay.dims[3]
	}
	c.conv.Forward(r.threads, flat[float32](out), xs, xc, flat[float32](in[c.parts]), c.of(in[c.parts+1:]))
}

// convInputGrad is the adjoint of a convolution in its input, and a transposed convolution: inputs
// are the gradient of the output, the kernel, the epilogue's.
type convInputGrad struct {
	conv gemm.Conv
	epilogue
}

func (c convInputGrad) kind() string { return "convolution, input gradient" + c.suffix() }

func (c convInputGrad) run(r *run, out array, in []array) {
	c.conv.InputGrad(r.threads, flat[float32](out), flat[float32](in[0]), flat[float32](in[1]), c.of(in[2:]))
}

// convKernelGrad is the adjoint of a convolution in its kernel: inputs are x and the gradient of
// the output.
type convKernelGrad struct{ conv gemm.Conv }

func (convKernelGrad) kind() string { return "convolution, kernel gradient" }

func (c convKernelGrad) run(r *run, out array, in []array) {
	c.conv.KernelGrad(r.threads, flat[float32](out), flat[float32](in[0]), flat[float32](in[1]))
}
