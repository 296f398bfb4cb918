// Package net holds the networks' common ground: what a parameter is, what a model is, how a
// model's parameters meet a graph, and the layers that models are written with. One architecture
// per folder below it, each a row of [Architectures]; package net/all registers those that come
// with reverie.
//
// Images are NHWC with values in [-1,1], convolution kernels HWIO; the names and layouts of PyTorch
// are met at the border only ([Export], [Import]). A network runs in the float type of its input
// and weights.
//
// Graph building panics, as GoMLX does, with errors that name the parameter.
package net

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
)

// A Network is an architecture laid out: which parameters it has, and what it takes. It holds no
// weights. How outputs are computed from them differs: see [Model], and packages vae and
// classifier.
type Network interface {
	// Arch is the name that the network's package registered.
	Arch() string
	// Config is the effective configuration: marshalled to JSON it is what [New] reads back.
	Config() any
	// Params lists the parameters and buffers in PyTorch's state-dict order. The pointers are the
	// same at every call.
	Params() []*Param
	// Channels are the image channels of the input and of the output.
	Channels() (in, out int)
	// Check says whether images of h rows and w columns can be taken; the error names the next
	// sizes that can.
	Check(h, w int) error
}

// A Model is a network that predicts from noised samples, as a denoiser is made of it.
type Model interface {
	Network
	// Takes are the parts of an input that Forward takes beside x.
	Takes() Parts
	// Forward builds the graph of the prediction, [N,H,W,C']. It panics with [CheckParts]' error
	// for an input that the network does not take.
	Forward(v *Vars, in Input) *graph.Node
}

// A Param is one named tensor of a model's state: a trained parameter, or a buffer such as
// BatchNorm's running mean.
type Param struct {
	// Name in PyTorch's state dict.
	Name string
	// Shape as PyTorch has it.
	Shape []int
	// Layout is how the engine holds it.
	Layout Layout
	// Init is the law it is drawn from before training.
	Init Init
	// Buffer: kept and saved but not trained.
	Buffer bool
	// DType of a buffer that is not of the network's float type; the zero value means that it is.
	DType dtypes.DType
}

// A Layout is how the engine holds a tensor that PyTorch holds in its own order.
type Layout int

const (
	// AsTorch is PyTorch's own order.
	AsTorch Layout = iota
	// HWIO is a convolution's kernel with the spatial axes first. PyTorch's [out,in,kh,kw] becomes
	// [kh,kw,in,out]; a transposed convolution's [in,out,kh,kw] becomes [kh,kw,out,in], the kernel
	// of the convolution whose adjoint it is.
	HWIO
)

// EngineShape is the shape that the engine holds the parameter in.
func (p *Param) EngineShape() []int {
	if p.Layout != HWIO {
		return append([]int{}, p.Shape...)
	}
	s := p.Shape
	return []int{s[2], s[3], s[1], s[0]}
}

// Size is the number of elements.
func (p *Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Type is the parameter's element type in a network of the given float type.
func (p *Param) Type(float dtypes.DType) dtypes.DType {
	if p.DType != dtypes.InvalidDType {
		return p.DType
	}
	return float
}

// An Init is the law of a parameter before training: uniform on [Lo,Hi), or the constant Lo where
// both are equal, or normal of mean 0, or given values. The zero value is the constant 0.
type Init struct {
	Lo, Hi float64
	SD     float64   // 0, or the standard deviation of a normal law
	Values []float64 // nil, or one for each element
}

// A Mode says which statistics BatchNorm normalises by. Other layers do not depend on it.
type Mode int

const (
	// Eval normalises by the running statistics.
	Eval Mode = iota
	// Train normalises by the batch's statistics and updates the running ones.
	Train
	// PerImage normalises each image by its own statistics and updates nothing.
	PerImage
)

// String is the mode's name, such as eval.
func (m Mode) String() string {
	switch m {
	case Eval:
		return "eval"
	case Train:
		return "train"
	case PerImage:
		return "per-image"
	}
	return fmt.Sprintf("Mode(%d)", int(m))
}

// Vars binds a model's parameters to the nodes of one graph, and collects the values that buffers
// are to take after the step.
type Vars struct {
	mode    Mode
	params  []*Param
	nodes   map[*Param]*graph.Node
	updates map[*Param]*graph.Node
}

// Bind pairs params with nodes of the same order, whose shapes are the params' engine shapes.
func Bind(mode Mode, params []*Param, nodes []*graph.Node) *Vars {
	if len(params) != len(nodes) {
		panic(fmt.Sprintf("net: %d parameters, %d nodes", len(params), len(nodes)))
	}
	v := &Vars{mode: mode, params: params, nodes: map[*Param]*graph.Node{}, updates: map[*Param]*graph.Node{}}
	for i, p := range params {
		if err := nodes[i].Shape().CheckDims(p.EngineShape()...); err != nil {
			panic(fmt.Sprintf("net: parameter %q: %v", p.Name, err))
		}
		v.nodes[p] = nodes[i]
	}
	return v
}

// Mode is the mode the graph is built in.
func (v *Vars) Mode() Mode { return v.mode }

// Get is the node of p.
func (v *Vars) Get(p *Param) *graph.Node {
	n, ok := v.nodes[p]
	if !ok {
		panic(fmt.Sprintf("net: parameter %q is not bound", p.Name))
	}
	return n
}

// Set records the value that buffer p takes after this step.
func (v *Vars) Set(p *Param, value *graph.Node) {
	if !p.Buffer {
		panic(fmt.Sprintf("net: parameter %q is trained, not a buffer", p.Name))
	}
	v.updates[p] = value
}

// Updates are the buffers that the forward pass has set, in the order of the bound parameters, and
// their new values. Only mode Train makes any.
func (v *Vars) Updates() (params []*Param, values []*graph.Node) {
	for _, p := range v.params {
		if u, ok := v.updates[p]; ok {
			params, values = append(params, p), append(values, u)
		}
	}
	return params, values
}

// Trainable is the number of trained parameters, buffers not counted.
func Trainable(m Network) int {
	n := 0
	for _, p := range m.Params() {
		if !p.Buffer {
			n += p.Size()
		}
	}
	return n
}

// Describe is a network in a line: its architecture, of a fmt.Stringer what it says of itself, and
// the classes that it takes.
func Describe(n Network) string {
	text := n.Arch()
	if s, ok := n.(fmt.Stringer); ok {
		text += ", " + s.String()
	}
	if m, ok := n.(Model); ok {
		if c, ok := ClassesOf(m); ok {
			text += ", " + c.String()
		}
	}
	return text
}

// Words are numbers in a line, with blanks between.
func Words(n []int) string { return strings.Trim(fmt.Sprint(n), "[]") }
