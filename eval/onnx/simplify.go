package onnx

import (
	"fmt"
	"slices"

	"github.com/gomlx/onnx-gomlx/onnx"
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
