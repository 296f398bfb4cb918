package onnx

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gomlx/onnx-gomlx/onnx"
	"google.golang.org/protobuf/proto"
)

// simplify takes away settings that change nothing, which onnx-gomlx v0.3.4
// refuses, and refuses what it would silently compute otherwise than ONNX says.
func simplify(net *onnx.Model) error {
	for _, n := range net.Proto.Graph.Node {
		ints := map[string][]int64{}
		for _, a := range n.Attribute {
			ints[a.Name] = a.Ints
		}
		var idle []string
		switch n.OpType {
		case "MaxPool", "AveragePool":
			if ints["strides"] == nil { // the reader would take the window's size, ONNX takes 1
				return fmt.Errorf("node %.80q, a %s, has no strides: export it with them", n.Name, n.OpType)
			}
			if !all(ints["dilations"], 1) {
				return fmt.Errorf("node %.80q, a %s, has dilations %v, which are not read", n.Name, n.OpType, ints["dilations"])
			}
			idle = []string{"dilations"}
			if all(ints["pads"], 0) {
				idle = append(idle, "count_include_pad")
			}
		case "BatchNormalization":
			idle = []string{"momentum"} // of training
		}
		kept := n.Attribute[:0]
		for _, a := range n.Attribute {
			if !slices.Contains(idle, a.Name) {
				kept = append(kept, a)
			}
		}
		n.Attribute = kept
	}
	return nil
}

// all says whether every value is v.
func all(values []int64, v int64) bool {
	return !slices.ContainsFunc(values, func(x int64) bool { return x != v })
}

// padAverages puts a Pad before each AveragePool that counts its padding, as
// PyTorch's do by default, which onnx-gomlx v0.3.4 does not read. It says whether
// there were any. A file without tensors has none to copy, and is left.
func padAverages(net *onnx.Model) (changed bool) {
	g := net.Proto.Graph
	nodes := g.Node[:0:0]
	for i, n := range g.Node {
		at := find(n.Attribute, func(a attribute) bool { return a.GetName() == "count_include_pad" && a.GetI() != 0 })
		pads := find(n.Attribute, func(a attribute) bool { return a.GetName() == "pads" })
		if n.OpType != "AveragePool" || at < 0 || pads < 0 || len(n.Attribute[pads].Ints) != 4 || len(n.Input) != 1 || len(g.Initializer) == 0 {
			nodes = append(nodes, n)
			continue
		}
		p := n.Attribute[pads].Ints
		sizes := copyOf(g.Initializer[0])
		proto.Reset(sizes)
		sizes.Name, sizes.DataType, sizes.Dims = fmt.Sprintf("reverie/pads/%d", i), int64Type, []int64{8}
		for _, v := range []int64{0, 0, p[0], p[1], 0, 0, p[2], p[3]} { // begins of N, C, H, W, then ends
			sizes.RawData = binary.LittleEndian.AppendUint64(sizes.RawData, uint64(v))
		}
		g.Initializer = append(g.Initializer, sizes)
		pad := copyOf(n)
		proto.Reset(pad)
		pad.OpType, pad.Name, pad.Output = "Pad", fmt.Sprintf("reverie/pad/%d", i), []string{fmt.Sprintf("reverie/padded/%d", i)}
		pad.Input = []string{n.Input[0], sizes.Name}
		n.Input[0] = pad.Output[0]
		kept := n.Attribute[:0]
		for k, a := range n.Attribute {
			if k != at && k != pads {
				kept = append(kept, a)
			}
		}
		n.Attribute = kept
		nodes = append(nodes, pad, n)
		changed = true
	}
	g.Node = nodes
	return changed
}

// int64Type is TensorProto.INT64.
const int64Type = 7

// An attribute is a node's: its type lies in a package that cannot be named.
type attribute interface {
	GetName() string
	GetI() int64
}

// find is slices.IndexFunc of such.
func find[A attribute](list []A, is func(attribute) bool) int {
	return slices.IndexFunc(list, func(a A) bool { return is(a) })
}

// copyOf clones a message of a type that cannot be named.
func copyOf[M proto.Message](m M) M { return proto.Clone(m).(M) }
