package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/gomlx/onnx-gomlx/onnx"
	"google.golang.org/protobuf/encoding/protowire"
)

// operators are those that a network of features may have. Left out are control
// flow and what makes a large value of a small one.
var operators = []string{
	"Abs", "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv", "Div", "Erf", "Exp", "Flatten", "Gather", "Gemm",
	"GlobalAveragePool", "Identity", "LayerNormalization", "MatMul", "Max", "MaxPool", "Min", "Mul", "Neg", "Pow", "ReduceMean", "Relu", "Reshape",
	"Shape", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze",
}

// A message is the part of ONNX's schema that scan walks: which fields of a
// message are messages, and which are a tensor's numbers.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
type message struct {
	inner   map[protowire.Number]*message
	numbers []protowire.Number
}

var (
	tensorMessage    = &message{numbers: []protowire.Number{4, 9, 10}} // float_data, raw_data, double_data
	attributeMessage = &message{inner: map[protowire.Number]*message{5: tensorMessage}}
	nodeMessage      = &message{inner: map[protowire.Number]*message{5: attributeMessage}}
	graphMessage     = &message{inner: map[protowire.Number]*message{1: nodeMessage, 5: tensorMessage}}
	modelMessage     = &message{inner: map[protowire.Number]*message{7: graphMessage}}
)

// scan bounds what decoding the file takes before it is decoded: two bytes can
// become a node of hundreds.
func scan(text []byte) error {
	structure, err := modelMessage.walk(text)
	if err != nil {
		return fmt.Errorf("is not an ONNX file: %w", err)
	}
	if structure > maxStructure {
		return fmt.Errorf("holds %s beside its tensors' numbers, at most %s are read", humanize.IBytes(uint64(structure)), humanize.IBytes(maxStructure))
	}
	return nil
}

// walk counts the bytes of a message that are not a tensor's numbers.
func (m *message) walk(text []byte) (structure int, err error) {
	for len(text) > 0 {
		number, kind, n := protowire.ConsumeField(text)
		if n < 0 {
			return 0, protowire.ParseError(n)
		}
		field := text[:n]
		text = text[n:]
		inner := m.inner[number]
		switch {
		case kind != protowire.BytesType:
			structure += n
		case inner != nil:
			_, _, tag := protowire.ConsumeTag(field)
			body, _ := protowire.ConsumeBytes(field[tag:])
			in, err := inner.walk(body)
			if err != nil {
				return 0, err
			}
			structure += n - len(body) + in
		case slices.Contains(m.numbers, number):
			structure += 16
		default:
			structure += n
		}
	}
	return structure, nil
}

// check finds what the reader would not survive or stumble over: cycles, which
// nodes out of order may make, sizes that do not fit, operators that are not in
// the list.
func check(net *onnx.Model) error {
	g := net.Proto.Graph
	if g == nil || len(g.Output) == 0 {
		return errors.New("has no graph with an output")
	}
	if len(g.Node) > maxNodes || len(g.Initializer) > maxNodes {
		return fmt.Errorf("has %d nodes and %d tensors, at most %d are read", len(g.Node), len(g.Initializer), maxNodes)
	}
	known := map[string]bool{}
	for _, in := range g.Input {
		known[in.Name] = true
	}
	for _, t := range g.Initializer {
		known[t.Name] = true
		if err := checkTensor(t.Name, t.Dims, len(t.RawData)+4*len(t.FloatData)+8*len(t.DoubleData)+8*len(t.Int64Data)+4*len(t.Int32Data)+8*len(t.Uint64Data)); err != nil {
			return err
		}
	}
	for _, n := range g.Node {
		if !slices.Contains(operators, n.OpType) {
			return fmt.Errorf("has the operator %.40q, which is not one that is read: %v", n.OpType, operators)
		}
		for _, name := range n.Input {
			if name != "" && !known[name] {
				return fmt.Errorf("node %.80q reads %.80q before it is made", n.Name, name)
			}
		}
		for _, a := range n.Attribute {
			if a.G != nil || len(a.Graphs) > 0 || a.SparseTensor != nil {
				return fmt.Errorf("node %.80q holds a graph or a sparse tensor, which are not read", n.Name)
			}
			if t := a.T; t != nil {
				if err := checkTensor(n.Name, t.Dims, len(t.RawData)+4*len(t.FloatData)+8*len(t.DoubleData)+8*len(t.Int64Data)+4*len(t.Int32Data)+8*len(t.Uint64Data)); err != nil {
					return err
				}
			}
		}
		for _, name := range n.Output {
			known[name] = true
		}
	}
	return nil
}

// checkTensor says whether a tensor of these sizes can have that many bytes: at
// least one for each element.
func checkTensor(name string, dims []int64, bytes int) error {
	size := int64(1)
	for _, d := range dims {
		if d < 0 || size > maxFile/max(d, 1) {
			return fmt.Errorf("tensor %.80q has sizes %v", name, dims)
		}
		size *= d
	}
	if size > int64(bytes) {
		return fmt.Errorf("tensor %.80q of sizes %v has %d bytes in the file; tensors beside the file are not read", name, dims, bytes)
	}
	return nil
}
