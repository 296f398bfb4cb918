package simpleunet

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// A block is two convolutions and a halving or a doubling:
//
//	h = BN1(ReLU(conv1 x)) + ReLU(Linear t)
//	h = BN2(ReLU(conv2 h))
//	transform h
type block struct {
	time           net.Linear
	conv1, conv2   net.Conv2D
	transform      layer
	bnorm1, bnorm2 net.BatchNorm2D
}

// A layer is the one function that halving and doubling share.
type layer interface {
	Forward(v *net.Vars, x *graph.Node) *graph.Node
}

func newDown(s net.Scope, in, out int) block {
	return newBlock(s, in, out, func(s net.Scope) layer { return net.NewConv2D(s, out, out, 4, 2, 1) })
}

// newUp reads twice its channels: the level below and the skip.
func newUp(s net.Scope, in, out int) block {
	return newBlock(s, 2*in, out, func(s net.Scope) layer { return net.NewConvTranspose2D(s, out, out, 4, 2, 1) })
}

func newBlock(s net.Scope, in, out int, transform func(net.Scope) layer) block {
	return block{
		time:      net.NewLinear(s.In("time_mlp"), timeDim, out),
		conv1:     net.NewConv2D(s.In("conv1"), in, out, 3, 1, 1),
		conv2:     net.NewConv2D(s.In("conv2"), out, out, 3, 1, 1),
		transform: transform(s.In("transform")),
		bnorm1:    net.NewBatchNorm2D(s.In("bnorm1"), out),
		bnorm2:    net.NewBatchNorm2D(s.In("bnorm2"), out),
	}
}

// Forward maps x [N,H,W,in] and the embedded time t [N,32] to [N,H/2,W/2,out] on the way down, to
// [N,2H,2W,out] on the way up.
func (b block) Forward(v *net.Vars, x, t *graph.Node) *graph.Node {
	h := b.bnorm1.Forward(v, net.ReLU(b.conv1.Forward(v, x)))
	h = graph.Add(h, net.OverPixels(net.ReLU(b.time.Forward(v, t))))
	h = b.bnorm2.Forward(v, net.ReLU(b.conv2.Forward(v, h)))
	return b.transform.Forward(v, h)
}
