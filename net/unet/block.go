package unet

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// A level is the residual blocks at one resolution, each with its attention where the level has
// any, and the way to the next resolution.
type level struct {
	resnets    []resnet
	attentions []net.Attention // none, or one per residual block
	resample   *net.Conv2D     // nil at the last level of each way
}

// newDown is level i on the way down, which reads in channels.
func (c Config) newDown(s net.Scope, i, in int) (l level) {
	out := c.BlockOutChannels[i]
	ins := make([]int, c.LayersPerBlock)
	for j := range ins {
		ins[j], in = in, out
	}
	l = c.newLevel(s, ins, out, c.DownBlockTypes[i] == attnDown)
	if i < len(c.BlockOutChannels)-1 {
		down := net.NewConv2D(s.In("downsamplers", 0, "conv"), out, out, 3, 2, 1)
		if *c.DownsamplePadding == 0 {
			down.Pad = [2]int{0, 1}
		}
		l.resample = &down
	}
	return l
}

// newUp is the i-th level on the way up, which reads in channels and the skips, the last one first.
func (c Config) newUp(s net.Scope, i, in int, skips []int) (l level) {
	n := len(c.BlockOutChannels)
	out := c.BlockOutChannels[n-1-i]
	ins := make([]int, len(skips))
	for j := range ins {
		ins[j], in = in+skips[len(skips)-1-j], out
	}
	l = c.newLevel(s, ins, out, c.UpBlockTypes[i] == attnUp)
	if i < n-1 {
		l.resample = new(net.NewConv2D(s.In("upsamplers", 0, "conv"), out, out, 3, 1, 1))
	}
	return l
}

// newLevel has one residual block for each of ins, its input channels. PyTorch lists the attentions
// first.
func (c Config) newLevel(s net.Scope, ins []int, out int, attend bool) (l level) {
	if attend {
		for j := range ins {
			l.attentions = append(l.attentions, c.newAttention(s.In("attentions", j), out, c.NormNumGroups))
		}
	}
	for j, in := range ins {
		l.resnets = append(l.resnets, c.newResnet(s.In("resnets", j), in, out))
	}
	return l
}

// block is residual block i and its attention.
func (l level) block(v *net.Vars, i int, x, emb *graph.Node) *graph.Node {
	x = l.resnets[i].Forward(v, x, emb)
	if l.attentions != nil {
		x = l.attentions[i].Forward(v, x)
	}
	return x
}

func (c Config) newAttention(s net.Scope, width, groups int) net.Attention {
	a := net.NewAttention(s, width, c.AttentionHeadDim.of(width), groups, c.NormEps)
	if c.ZeroInit {
		a.Out = a.Out.Zero()
	}
	return a
}

// last is a convolution that ends a residual branch or the network.
func (c Config) last(conv net.Conv2D) net.Conv2D {
	if c.ZeroInit {
		return conv.Zero()
	}
	return conv
}

// A resnet is a residual block:
//
//	h = conv1 SiLU(GN1 x)
//	h = conv2 SiLU(GN2(h + Linear t))                   time "default"
//	h = conv2 SiLU(GN2(h) (1 + scale) + shift)          time "scale_shift": Linear t = [scale, shift]
//	x + h
//
// x goes through a 1x1 convolution where the widths differ. He et al. 2016, arXiv:1603.05027;
// Dhariwal & Nichol 2021, arXiv:2105.05233.
type resnet struct {
	norm1, norm2 net.GroupNorm
	conv1, conv2 net.Conv2D
	time         net.Linear
	shortcut     *net.Conv2D // or nil
	scales       bool        // time "scale_shift"
}

func (c Config) newResnet(s net.Scope, in, out int) (r resnet) {
	r.scales = c.ResnetTimeScaleShift == timeScales
	timeOut := out
	if r.scales {
		timeOut = 2 * out
	}
	r.norm1 = net.NewGroupNorm(s.In("norm1"), c.NormNumGroups, in, c.NormEps)
	r.conv1 = net.NewConv2D(s.In("conv1"), in, out, 3, 1, 1)
	r.time = net.NewLinear(s.In("time_emb_proj"), c.TimeEmbeddingDim, timeOut)
	r.norm2 = net.NewGroupNorm(s.In("norm2"), c.NormNumGroups, out, c.NormEps)
	r.conv2 = c.last(net.NewConv2D(s.In("conv2"), out, out, 3, 1, 1))
	if in != out {
		r.shortcut = new(net.NewConv2D(s.In("conv_shortcut"), in, out, 1, 1, 0))
	}
	return r
}

// Forward maps x [N,H,W,in] and the activated embedded time [N,T] to [N,H,W,out].
func (r resnet) Forward(v *net.Vars, x, emb *graph.Node) *graph.Node {
	h := r.conv1.Forward(v, net.SiLU(r.norm1.Forward(v, x)))
	t := net.OverPixels(r.time.Forward(v, emb))
	if r.scales {
		parts := graph.Split(t, 3, 2)
		h = r.norm2.Modulate(v, h, parts[0], parts[1])
	} else {
		h = r.norm2.Forward(v, graph.Add(h, t))
	}
	h = r.conv2.Forward(v, net.SiLU(h))
	if r.shortcut != nil {
		x = r.shortcut.Forward(v, x)
	}
	return graph.Add(x, h)
}
