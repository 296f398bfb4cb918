package onnx

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	_ "github.com/reverie-go/reverie/engine/grad" // the rules by which gradients are built
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net/classifier"
)

// A Classifier is a network in a file that says of which class clean images are, with gradients. It
// is a counterfactual.Classifier of tensors. Its methods may not be called at the same time.
type Classifier struct {
	model          *Model
	classes        []kind.Class
	odds, ends     string // the name of the value that is taken for the logits; the operator behind it
	logs, gradient *engine.Func
}

// OpenClassifier reads a network as Open does, whose first output [N,D] or [N,D,1,1] tells D
// classes apart, two at least, with their names in the file labels, see ReadLabels. Images of other
// sizes are brought to the network's as Open says, within the graph, so that gradients are of the
// images as they are given.
//
// What the output is, its last node tells, changes of shape and type put aside: behind a
// Softmax the logits are that node's input, and any other node gives the logits, LogSoftmax and Log
// of probabilities among them, which are their own log-softmax. A network that ends in Sigmoid or
// Hardmax is refused, and so is one that takes bytes or has an operator without a gradient.
func OpenClassifier(e *engine.Engine, path, labels string) (c *Classifier, err error) {
	names, err := ReadLabels(labels)
	if err != nil {
		return nil, err
	}
	m, err := Open(e, path)
	if err != nil {
		return nil, err
	}
	c = &Classifier{model: m}
	for _, name := range names {
		c.classes = append(c.classes, kind.Class{Name: name})
	}
	if err = c.read(); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	} else if len(names) != m.features {
		err = fmt.Errorf("%s: %d names, and the network in %s tells %d classes apart: expected a line for each, in the order of its outputs", labels, len(names), path, m.features)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// maxLabels bounds a file of names.
const maxLabels = 16 << 20

// byteOrderMark is what some editors begin a text with; it is no part of a name.
const byteOrderMark = "\ufeff"

// ReadLabels reads the names of classes from a file of one a line, the first that of class 0. No
// line is empty, and no name comes twice.
func ReadLabels(path string) ([]string, error) {
	text, err := read(path, maxLabels, " of names")
	if err != nil {
		return nil, err
	}
	k := kind.Kind{}
	names := strings.Split(strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(string(text), byteOrderMark), "\r\n", "\n"), "\n"), "\n")
	for i, name := range names {
		if name == "" {
			return nil, fmt.Errorf("%s: line %d is empty: expected the name of class %d", path, i+1, i)
		}
		k.Classes = append(k.Classes, kind.Class{Name: name})
	}
	if err := k.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return names, nil
}

// passing are the operators that leave probabilities what they are.
var passing = []string{"Identity", "Cast", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze"}

// end is the node that computes a value, those that only pass it on put aside; nil: an input.
func (net *network) end(name string) *node {
	i := slices.IndexFunc(net.nodes, func(n *node) bool { return slices.Contains(n.outputs, name) })
	if i < 0 {
		return nil
	}
	if n := net.nodes[i]; !slices.Contains(passing, n.op) || len(n.inputs) == 0 {
		return n
	}
	return net.end(net.nodes[i].inputs[0])
}

// read finds the logits, compiles the functions, and checks what it took them for.
func (c *Classifier) read() error {
	m := c.model
	if m.features < 2 {
		return unsupported(fmt.Errorf("its first output is of %d numbers, and classes are two at least: export it with an output for each class", m.features))
	}
	if m.in.elem == uint8Elem {
		return unsupported(fmt.Errorf("it takes bytes, to which images are rounded, and has no gradient: export it for floats in [-1,1]"))
	}
	c.odds = m.net.outputs[0].name
	if last := m.net.end(c.odds); last != nil {
		switch c.ends = last.op; c.ends {
		case "Softmax":
			c.odds = last.inputs[0]
		case "Sigmoid", "Hardmax":
			return unsupported(fmt.Errorf("it ends in %s, which gives no probabilities of classes of which an image has one: export it up to the logits", c.ends))
		}
	}
	k := len(m.weights)
	c.logs = m.engine.Func("classes", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{c.build(g, in[:k], in[k])}
	})
	c.gradient = m.engine.Func("gradient of a class", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		own := classifier.Chosen(c.build(g, in[:k], in[k]), in[k+1])
		return []*graph.Node{graph.Gradient(graph.ReduceAllSum(own), in[k])[0]} // each image's own, for images do not meet in a network
	})
	return c.check()
}

// build builds log p(y | x) of every class.
func (c *Classifier) build(g *graph.Graph, weights []*graph.Node, x *graph.Node) *graph.Node {
	odds := c.model.build(g, append(slices.Clone(weights), c.model.in.fitted(x)), c.odds)
	return graph.LogSoftmax(graph.Reshape(odds, x.Shape().Dim(0), -1))
}

// fitted builds images of the network's channels and size, as fit makes them.
func (in input) fitted(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	if d[3] < in.c {
		x = graph.Concatenate([]*graph.Node{x, x, x}, -1)
	}
	if in.h == 0 || in.h == d[1] && in.w == d[2] {
		return x
	}
	x = graph.Einsum("ah,nhwc->nawc", matrix(x.Graph(), weights(d[1], in.h), d[1]), x)
	return graph.Einsum("bw,nawc->nabc", matrix(x.Graph(), weights(d[2], in.w), d[2]), x)
}

// matrix is that of a resize from old pixels.
func matrix(g *graph.Graph, rows []taps, old int) *graph.Node {
	all := make([][]float32, len(rows))
	for i, t := range rows {
		all[i] = make([]float32, old)
		for k, f := range t.factor {
			all[i][t.first+k] = float32(f)
		}
	}
	return graph.Const(g, all)
}

// check finds whether there is a gradient, and memory for it, and whether probabilities of a
// Softmax are those of the classes.
func (c *Classifier) check() error {
	m := c.model
	h, w := m.in.h, m.in.w
	if h == 0 {
		h, w = 64, 64
	}
	in := make([]shapes.Shape, 0, len(m.weights)+2)
	for _, t := range m.weights {
		in = append(in, t.Shape())
	}
	need, err := c.gradient.Memory(append(in, shapes.Make(dtypes.Float32, m.in.batch, h, w, m.in.c), shapes.Make(dtypes.Float32, m.in.batch))...)
	if err != nil {
		return unsupported(fmt.Errorf("it has no gradient: %w", refused(err)))
	}
	if err := memory.Check(fmt.Sprintf("the gradient of the network on %d images", m.in.batch), need, "take a smaller one"); err != nil || c.ends != "Softmax" {
		return err
	}
	x := make([]float32, m.in.batch*h*w*m.in.c)
	y, err := m.call(x, m.in.batch, h, w)
	if err != nil {
		return err
	}
	defer engine.Free(y)
	logs, err := c.rows(x, m.in.batch, h, w, m.in.c)
	if err != nil {
		return err
	}
	for i, p := range tensors.MustCopyFlatData[float32](y) {
		if q := math.Exp(logs[i/m.features][i%m.features]); !(math.Abs(q-float64(p)) <= 1e-4) {
			return unsupported(fmt.Errorf("it ends in Softmax, which is not over the classes: export it up to the logits"))
		}
	}
	return nil
}

// Name says which file the network is from, and what of it is taken for what.
func (c *Classifier) Name() string {
	how := "its output is the logits"
	if c.ends == "Softmax" {
		how = "the input of its Softmax is the logits"
	}
	return fmt.Sprintf("%s; %s", strings.Replace(c.model.Name(), "features", "classes", 1), how)
}

// Classes are the classes, by their numbers.
func (c *Classifier) Classes() []kind.Class { return c.classes }

// LogProbabilities returns log p(y | x) of every class y, a row for each of the images x [N,H,W,C],
// float32 in [-1,1]. Grey ones are given to a network that takes colours as such.
func (c *Classifier) LogProbabilities(ctx context.Context, x *tensors.Tensor) (all [][]float64, err error) {
	err = c.each(ctx, x, func(pix []float32, n, h, w, ch int) error {
		rows, err := c.rows(pix, n, h, w, ch)
		all = append(all, rows...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all[:x.Shape().Dim(0)], nil
}

// rows are the log probabilities of images of the network's batch.
func (c *Classifier) rows(pix []float32, n, h, w, ch int) (all [][]float64, err error) {
	x := engine.New(c.model.engine, pix, n, h, w, ch)
	defer engine.Free(x)
	y, err := c.logs.Call1(append(slices.Clone(c.model.weights), x)...)
	if err != nil {
		return nil, refused(err)
	}
	defer engine.Free(y)
	for row := range slices.Chunk(tensors.MustCopyFlatData[float32](y), c.model.features) {
		wide := make([]float64, len(row))
		for i, v := range row {
			wide[i] = float64(v)
		}
		all = append(all, wide)
	}
	return all, nil
}

// Gradient returns grad_x log p(class | x) of each image, [N,H,W,C] as x is. It is the caller's.
func (c *Classifier) Gradient(ctx context.Context, x *tensors.Tensor, class []int) (*tensors.Tensor, error) {
	if n := x.Shape().Dim(0); len(class) != n {
		return nil, fmt.Errorf("onnx: %d classes for %d images: expected one for each", len(class), n)
	}
	var all []float32
	first := 0
	err := c.each(ctx, x, func(pix []float32, n, h, w, ch int) error {
		numbers := make([]float64, n)
		for i := range min(n, len(class)-first) {
			k := class[first+i]
			if k < 0 || k >= len(c.classes) {
				return fmt.Errorf("onnx: class %d of image %d: the network knows 0 to %d", k, first+i, len(c.classes)-1)
			}
			numbers[i] = float64(k)
		}
		first += n
		in, told := engine.New(c.model.engine, pix, n, h, w, ch), engine.Vector(c.model.engine, numbers)
		defer engine.Free(in, told)
		y, err := c.gradient.Call1(append(slices.Clone(c.model.weights), in, told)...)
		if err != nil {
			return refused(err)
		}
		defer engine.Free(y)
		all = append(all, tensors.MustCopyFlatData[float32](y)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return engine.New(c.model.engine, all[:x.Shape().Size()], x.Shape().Dimensions...), nil
}

// each calls f with the images, a batch of the network's at a time, the last one filled up with
// zeros where a batch may not be another.
func (c *Classifier) each(ctx context.Context, x *tensors.Tensor, f func(pix []float32, n, h, w, ch int) error) error {
	d := x.Shape().Dimensions
	in := c.model.in
	if x.DType() != dtypes.Float32 || len(d) != 4 || d[3] != in.c && d[3] != 1 {
		return fmt.Errorf("onnx: %s: expected images [N,H,W,%d] of float32", x.Shape(), in.c)
	}
	pix, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		return err
	}
	size := d[1] * d[2] * d[3]
	for part := range slices.Chunk(pix, in.batch*size) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := len(part) / size
		if in.fixed && n < in.batch {
			part, n = append(slices.Clone(part), make([]float32, (in.batch-n)*size)...), in.batch
		}
		if err := f(part, n, d[1], d[2], d[3]); err != nil {
			return err
		}
	}
	return nil
}

// Close frees the weights and the compiled functions.
func (c *Classifier) Close() {
	for _, f := range []*engine.Func{c.logs, c.gradient} {
		if f != nil {
			f.Free()
		}
	}
	c.model.Close()
}
