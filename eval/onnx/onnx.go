// Package onnx takes the features of images from a network in an ONNX file, such as Inception's for
// the FID that papers print.
//
//	f, err := onnx.Open(e, "inception.onnx")
//	rows, err := f.Rows(ctx, images)
//
// What is read is a list of operators (table.go): each looks at every attribute and input that a
// node has, or the node is refused by name. Nothing is computed otherwise than ONNX says.
package onnx

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

// What is refused whatever it holds.
const (
	maxFile      = 1 << 30  // bytes
	maxStructure = 16 << 20 // of which tensors' numbers do not count: memory grows with these a hundredfold
	maxNodes     = 20_000
	maxFeatures  = 1 << 14
	maxSide      = 1024 // of the images that a network asks for
)

// A Model is a network that gives features. Its methods may not be called at the same time.
type Model struct {
	path, hash string
	net        *network
	engine     *engine.Engine
	forward    *engine.Func
	weights    []*tensors.Tensor
	in         input
	features   int
}

var _ eval.Features = (*Model)(nil)

// Open reads the network in a file. It has one input of images, [N,C,H,W] or [N,H,W,C] with C 1 or
// 3, of floats (values in [-1,1]) or uint8 (0 to 255); what else the images need, such as
// ImageNet's mean and deviation, is in the file. Where the input says H and W, images are brought
// to that size, bilinear with the filter widened where they shrink, as Pillow does. The first
// output is the features, [N,D] or [N,D,1,1].
//
// float16 and bfloat16 are computed in float32. Tensors may lie in files beside the network, inside
// its folder.
//
// Refused are files over 1 GiB, tensors that are not as long as they say, nodes out of order,
// control flow, operators, attributes and operator sets that are not read, and a network that needs
// more memory than the machine has.
func Open(e *engine.Engine, path string) (m *Model, err error) {
	text, err := read(path, maxFile, "")
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	hash.Write(text)
	m, err = parse(e, text, filepath.Dir(path), hash)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.path, m.hash = path, hex.EncodeToString(hash.Sum(nil))
	return m, nil
}

// read reads a file of a bounded size; of says what of it the bound is for.
func read(path string, most int64, of string) ([]byte, error) {
	f, st, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st.Size() > most {
		return nil, fmt.Errorf("%s: %s is more than the %s%s that are read", path, humanize.IBytes(uint64(st.Size())), humanize.IBytes(uint64(most)), of)
	}
	text := make([]byte, st.Size())
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// parse makes a model of a file's contents; tensors beside the file lie in a folder, and are
// written to a hash.
func parse(e *engine.Engine, text []byte, folder string, hash io.Writer) (m *Model, err error) {
	net, err := decode(text)
	if err != nil {
		return nil, err
	}
	if err := net.loadOutside(folder, hash); err != nil {
		return nil, err
	}
	m = &Model{engine: e, net: net}
	if m.in, err = inputOf(net); err != nil {
		return nil, unsupported(err)
	}
	kernels := net.kernels()
	for _, t := range net.initializers {
		value, err := t.value(e)
		if err == nil && kernels[t.name] && len(t.dims) == 4 {
			value, err = asKernel(e, value)
		}
		if err != nil {
			return nil, err
		}
		m.weights = append(m.weights, value)
		t.raw, t.ints = nil, nil
	}
	m.forward = e.Func("features", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{m.build(g, in, net.outputs[0].name)}
	})
	return m, m.measure()
}

// decode reads the network and checks it.
func decode(text []byte) (net *network, err error) {
	if net, err = parseNetwork(text); err != nil {
		return nil, sniff.Bytes(text[:min(len(text), sniff.HeadSize)]).Refuse(err, sniff.ONNX)
	}
	if err := net.check(); err != nil {
		return nil, unsupported(err)
	}
	net.prune()
	net.hoist()
	return net, nil
}

// unsupported is the error of a sound file that is not read.
func unsupported(why error) error { return sniff.ONNX.Unsupported(why, "") }

// build builds the value of a name from the weights and a batch of images. The file's tensors are
// inputs, so that they are in memory once and the compiled graph holds none of them.
func (m *Model) build(g *graph.Graph, in []*graph.Node, name string) *graph.Node {
	kernels := m.net.kernels()
	c := &conversion{engine: m.engine, net: m.net, graph: g, values: map[string]*value{}}
	for i, t := range m.net.initializers {
		if kernels[t.name] && len(t.dims) == 4 {
			c.set(t.name, &value{elem: t.elem, node: graph.TransposeAllAxes(in[i], kernelBack...)})
		} else {
			c.set(t.name, weight(t.elem, in[i], m.weights[i]))
		}
	}
	c.set(m.in.name, m.in.arrange(in[len(m.weights)]))
	return graph.ConvertDType(c.run(name), dtypes.Float32)
}

// weight is a tensor of the file, which is known where it is small.
func weight(e elem, node *graph.Node, t *tensors.Tensor) *value {
	v := &value{elem: e, node: node}
	if t.Size() <= maxKnown {
		v.known = t
	}
	return v
}

// measure compiles the network for one batch of images of its own size, or of 64x64, and finds how
// many features there are and whether the memory is enough.
func (m *Model) measure() error {
	h, w := m.in.h, m.in.w
	if h == 0 {
		h, w = 64, 64
	}
	in := make([]shapes.Shape, 0, len(m.weights)+1)
	for _, t := range m.weights {
		in = append(in, t.Shape())
	}
	need, err := m.forward.Memory(append(in, shapes.Make(dtypes.Float32, m.in.batch, h, w, m.in.c))...)
	if err != nil {
		return unsupported(refused(err))
	}
	if err := memory.Check(fmt.Sprintf("the network on %d images", m.in.batch), need, "take features of a smaller one"); err != nil {
		return err
	}
	n := 1
	if m.in.fixed {
		n = m.in.batch
	}
	y, err := m.call(make([]float32, n*h*w*m.in.c), n, h, w)
	if err != nil {
		return err
	}
	defer engine.Free(y)
	d := y.Shape().Dimensions
	for len(d) > 2 && d[len(d)-1] == 1 {
		d = d[:len(d)-1]
	}
	if len(d) != 2 || d[0] != n || d[1] < 1 || d[1] > maxFeatures {
		return unsupported(fmt.Errorf("its first output is %v for %d images, expected [N,D] with D at most %d: export the layer before the classes, averaged over the pixels", y.Shape().Dimensions, n, maxFeatures))
	}
	m.features = d[1]
	return nil
}

// call runs the network on a batch of images of its size.
func (m *Model) call(x []float32, n, h, w int) (*tensors.Tensor, error) {
	in := engine.New(m.engine, x, n, h, w, m.in.c)
	defer engine.Free(in)
	return m.forward.Call1(append(slices.Clone(m.weights), in)...)
}

// Name says which file the features are from: numbers compare only for the same.
func (m *Model) Name() string {
	return fmt.Sprintf("%s, %d features, sha256 %s", filepath.Base(m.path), m.features, m.hash[:12])
}

// Rows returns the features of images. Grey ones are given to a network that takes colours as such.
func (m *Model) Rows(ctx context.Context, x eval.Images) (eval.Rows, error) {
	x, err := m.in.fit(x)
	if err != nil {
		return eval.Rows{}, err
	}
	return eval.EachBatch(ctx, x, m.in.batch, m.in.fixed, m.features, func(pix []float32, n int) (*tensors.Tensor, error) {
		return m.call(pix, n, x.H, x.W)
	})
}

// Close frees the weights and the compiled function.
func (m *Model) Close() {
	m.forward.Free()
	engine.Free(m.weights...)
}

var errShape = errors.New("its input must be one of images, [N,C,H,W] or [N,H,W,C] with 1 or 3 channels, of float32 or uint8")
