package vae

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// A half is an encoder or a decoder: the levels and the middle between two convolutions, the last
// one after GroupNorm and SiLU.
type half struct {
	in, out net.Conv2D
	norm    net.GroupNorm
	levels  []level
	mid     middle
}

// A level is the residual blocks at one resolution and the way to the next.
type level struct {
	blocks   []block
	resample *net.Conv2D // nil at the last
}

// middle is residual block, attention, residual block at the smallest resolution.
type middle struct {
	first, second block
	attention     *net.Attention // or nil
}

// newEncoder maps images to mean and log variance. PyTorch lists the levels before the middle in
// both halves.
func (c Config) newEncoder(s net.Scope) (e half) {
	widths := c.BlockOutChannels
	in, last := widths[0], widths[len(widths)-1]
	e.in = net.NewConv2D(s.In("conv_in"), c.InChannels, in, 3, 1, 1)
	for i, out := range widths {
		at := s.In("down_blocks", i)
		l := c.newLevel(at, in, out, c.LayersPerBlock)
		if i < len(widths)-1 {
			down := net.NewConv2D(at.In("downsamplers", 0, "conv"), out, out, 3, 2, 0)
			down.Pad = [2]int{0, 1} // diffusers pads after the image only
			l.resample = &down
		}
		e.levels = append(e.levels, l)
		in = out
	}
	e.mid = c.newMiddle(s.In("mid_block"), last)
	e.norm = net.NewGroupNorm(s.In("conv_norm_out"), c.NormNumGroups, last, normEps)
	e.out = net.NewConv2D(s.In("conv_out"), last, 2*c.LatentChannels, 3, 1, 1)
	return e
}

// newDecoder maps latents to images.
func (c Config) newDecoder(s net.Scope) (d half) {
	widths := c.BlockOutChannels
	n := len(widths)
	in := widths[n-1]
	d.in = net.NewConv2D(s.In("conv_in"), c.LatentChannels, in, 3, 1, 1)
	for i := range widths {
		at, out := s.In("up_blocks", i), widths[n-1-i]
		l := c.newLevel(at, in, out, c.LayersPerBlock+1)
		if i < n-1 {
			l.resample = new(net.NewConv2D(at.In("upsamplers", 0, "conv"), out, out, 3, 1, 1))
		}
		d.levels = append(d.levels, l)
		in = out
	}
	d.mid = c.newMiddle(s.In("mid_block"), widths[n-1])
	d.norm = net.NewGroupNorm(s.In("conv_norm_out"), c.NormNumGroups, widths[0], normEps)
	d.out = net.NewConv2D(s.In("conv_out"), widths[0], c.OutChannels, 3, 1, 1)
	return d
}

func (c Config) newLevel(s net.Scope, in, out, blocks int) (l level) {
	for j := range blocks {
		l.blocks = append(l.blocks, c.newBlock(s.In("resnets", j), in, out))
		in = out
	}
	return l
}

// newMiddle: PyTorch lists the attention first.
func (c Config) newMiddle(s net.Scope, width int) (m middle) {
	if *c.MidBlockAddAttention {
		m.attention = new(net.NewAttention(s.In("attentions", 0), width, width, c.NormNumGroups, normEps))
	}
	m.first = c.newBlock(s.In("resnets", 0), width, width)
	m.second = c.newBlock(s.In("resnets", 1), width, width)
	return m
}

func (h half) encode(v *net.Vars, x *graph.Node) *graph.Node {
	x = h.in.Forward(v, x)
	for _, l := range h.levels {
		x = l.forward(v, x)
		if l.resample != nil {
			x = l.resample.Forward(v, x)
		}
	}
	return h.finish(v, h.mid.forward(v, x))
}

func (h half) decode(v *net.Vars, x *graph.Node) *graph.Node {
	x = h.mid.forward(v, h.in.Forward(v, x))
	for _, l := range h.levels {
		x = l.forward(v, x)
		if l.resample != nil {
			x = l.resample.ForwardUpsampled(v, x)
		}
	}
	return h.finish(v, x)
}

func (h half) finish(v *net.Vars, x *graph.Node) *graph.Node {
	return h.out.Forward(v, net.SiLU(h.norm.Forward(v, x)))
}

func (l level) forward(v *net.Vars, x *graph.Node) *graph.Node {
	for _, b := range l.blocks {
		x = b.forward(v, x)
	}
	return x
}

func (m middle) forward(v *net.Vars, x *graph.Node) *graph.Node {
	x = m.first.forward(v, x)
	if m.attention != nil {
		x = m.attention.Forward(v, x)
	}
	return m.second.forward(v, x)
}

// A block is a residual block:
//
//	x + conv2 SiLU(GN2 conv1 SiLU(GN1 x))
//
// x goes through a 1x1 convolution where the widths differ.
type block struct {
	norm1, norm2 net.GroupNorm
	conv1, conv2 net.Conv2D
	shortcut     *net.Conv2D // or nil
}

func (c Config) newBlock(s net.Scope, in, out int) (b block) {
	b.norm1 = net.NewGroupNorm(s.In("norm1"), c.NormNumGroups, in, normEps)
	b.conv1 = net.NewConv2D(s.In("conv1"), in, out, 3, 1, 1)
	b.norm2 = net.NewGroupNorm(s.In("norm2"), c.NormNumGroups, out, normEps)
	b.conv2 = net.NewConv2D(s.In("conv2"), out, out, 3, 1, 1)
	if in != out {
		b.shortcut = new(net.NewConv2D(s.In("conv_shortcut"), in, out, 1, 1, 0))
	}
	return b
}

// forward maps x [N,H,W,in] to [N,H,W,out].
func (b block) forward(v *net.Vars, x *graph.Node) *graph.Node {
	h := b.conv1.Forward(v, net.SiLU(b.norm1.Forward(v, x)))
	h = b.conv2.Forward(v, net.SiLU(b.norm2.Forward(v, h)))
	if b.shortcut != nil {
		x = b.shortcut.Forward(v, x)
	}
	return graph.Add(x, h)
}
