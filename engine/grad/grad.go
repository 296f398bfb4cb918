// Package grad corrects the gradients of GoMLX v0.26.0. Import it for its effect:
//
//	import _ "github.com/reverie-go/reverie/engine/grad"
//
// GoMLX's own rule for convolutions is silently wrong for even kernels and lacks input dilation;
// that for products (Dot, DotGeneral) is right, but not made of products; Pad, Rsqrt, Reverse and
// some others have no rule. This package puts rules into graph.VJPRegistration that hold for every
// setting and are made of operations that have rules themselves, so that gradients of gradients
// work. They emit the dialects of convolution that backends recognise:
//
//	forward           y  = conv(x, w)           as the network wrote it
//	input gradient    dx = conv(dy, flip w)     Reverse of the kernel, kernel axes swapped, input dilation = stride
//	kernel gradient   dw = conv(x, dy)          batch and channels swapped, kernel dilation = stride, stride = dilation
//
// [ConvTranspose] is an input gradient used as a layer. The gradients of a product are two
// products.
package grad

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// A rule returns the gradient for each input of node, given v, the gradient for its output; nil
// means none.
type rule func(node, v *graph.Node) []*graph.Node

func init() {
	rules := map[graph.NodeType]rule{
		graph.NodeTypeConvGeneral: convRule,
		graph.NodeTypeDot:         dotRule,
		graph.NodeTypeDotGeneral:  dotRule,
		graph.NodeTypePad:         padRule,
		graph.NodeTypeReverse:     reverseRule,
		graph.NodeTypeRsqrt:       rsqrtRule,
		graph.NodeTypeExpm1:       expm1Rule,
		graph.NodeTypeClamp:       clampRule,
		graph.NodeTypeIdentity:    identityRule,
	}
	for _, t := range flat {
		rules[t] = zeroRule
	}
	for t, r := range rules {
		graph.VJPRegistration[t] = func(node *graph.Node, v []*graph.Node, _ shapes.Shape) []*graph.Node {
			return r(node, v[0])
		}
	}
}

// flat are the operations that are constant almost everywhere. GoMLX's own gradients of Abs, Max
// and Min contain them, so a gradient of a gradient meets them.
var flat = []graph.NodeType{
	graph.NodeTypeSign, graph.NodeTypeFloor, graph.NodeTypeCeil, graph.NodeTypeRound,
	graph.NodeTypeEqual, graph.NodeTypeNotEqual, graph.NodeTypeIsFinite, graph.NodeTypeIsNaN,
	graph.NodeTypeGreaterThan, graph.NodeTypeGreaterOrEqual, graph.NodeTypeLessThan, graph.NodeTypeLessOrEqual,
}
