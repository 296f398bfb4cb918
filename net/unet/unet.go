// Package unet is the modern residual U-Net: GroupNorm, SiLU, the time into every residual block,
// attention where asked for, and a skip from every block on the way down to one on the way up. Ho
// et al. 2020, arXiv:2006.11239; Nichol & Dhariwal 2021, arXiv:2102.09672.
//
// Configuration keys, parameter names and layout are those of diffusers' UNet2DModel, so that
// either side reads the other's files.
package unet

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// Arch is the architecture's name.
const Arch = "unet"

// Model is the network's architecture.
type Model struct {
	config Config
	params []*net.Param

	convIn       net.Conv2D
	time1, time2 net.Linear
	class        class
	downs, ups   []level
	mid1, mid2   resnet
	midAttn      *net.Attention // or nil
	normOut      net.GroupNorm
	convOut      net.Conv2D
}

var _ net.Conditioned = (*Model)(nil)

// New lays the network out.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	c.BlockOutChannels = slices.Clone(c.BlockOutChannels)
	s, widths := net.NewScope(), c.BlockOutChannels
	m := &Model{config: c}
	m.convIn = net.NewConv2D(s.In("conv_in"), c.InChannels, widths[0], 3, 1, 1)
	m.time1 = net.NewLinear(s.In("time_embedding", "linear_1"), widths[0], c.TimeEmbeddingDim)
	m.time2 = net.NewLinear(s.In("time_embedding", "linear_2"), c.TimeEmbeddingDim, c.TimeEmbeddingDim)
	m.class = c.newClass(s.In("class_embedding"))
	skips := m.addDowns(s)
	m.addUps(s, skips)
	m.addMid(s.In("mid_block"))
	m.normOut = net.NewGroupNorm(s.In("conv_norm_out"), c.NormNumGroups, widths[0], c.NormEps)
	m.convOut = c.last(net.NewConv2D(s.In("conv_out"), widths[0], c.OutChannels, 3, 1, 1))
	m.params = s.Params()
	return m, nil
}

// addDowns returns the channels of all skips, outermost first.
func (m *Model) addDowns(s net.Scope) (skips []int) {
	c := m.config
	in := c.BlockOutChannels[0]
	skips = []int{in}
	for i, out := range c.BlockOutChannels {
		d := c.newDown(s.In("down_blocks", i), i, in)
		m.downs = append(m.downs, d)
		for range d.resnets {
			skips = append(skips, out)
		}
		if d.resample != nil {
			skips = append(skips, out)
		}
		in = out
	}
	return skips
}

// addUps takes the skips from the innermost on.
func (m *Model) addUps(s net.Scope, skips []int) {
	c := m.config
	in := c.BlockOutChannels[len(c.BlockOutChannels)-1]
	for i := range c.BlockOutChannels {
		taken := skips[len(skips)-c.LayersPerBlock-1:]
		skips = skips[:len(skips)-len(taken)]
		m.ups = append(m.ups, c.newUp(s.In("up_blocks", i), i, in, taken))
		in = c.BlockOutChannels[len(c.BlockOutChannels)-1-i]
	}
}

func (m *Model) addMid(s net.Scope) {
	c := m.config
	w := c.BlockOutChannels[len(c.BlockOutChannels)-1]
	if *c.AddAttention {
		groups := c.AttnNormNumGroups
		if groups == 0 && c.ResnetTimeScaleShift == timeAdded {
			groups = c.NormNumGroups
		}
		m.midAttn = new(c.newAttention(s.In("attentions", 0), w, groups))
	}
	m.mid1 = c.newResnet(s.In("resnets", 0), w, w)
	m.mid2 = c.newResnet(s.In("resnets", 1), w, w)
}

// Arch is "unet".
func (m *Model) Arch() string { return Arch }

// String is the configuration in a line.
func (m *Model) String() string {
	c := m.config
	return fmt.Sprintf("widths %s, blocks a level %d, channels in %d, channels out %d",
		net.Words(c.BlockOutChannels), c.LayersPerBlock, c.InChannels, c.OutChannels)
}

// Config is the [Config] with the defaults filled in.
func (m *Model) Config() any { return m.config }

// Params lists the parameters; there are no buffers.
func (m *Model) Params() []*net.Param { return m.params }

// Channels are the image channels.
func (m *Model) Channels() (in, out int) { return m.config.InChannels, m.config.OutChannels }

// Size is the size of the training images, 0 where it is not known.
func (m *Model) Size() (h, w int) { return m.config.SampleSize[0], m.config.SampleSize[1] }

// Check says whether both sides can be halved between all levels.
func (m *Model) Check(h, w int) error {
	return net.CheckMultiple(Arch, h, w, 1<<(len(m.config.BlockOutChannels)-1))
}

// Takes is the time, and the class where one is embedded.
func (m *Model) Takes() net.Parts {
	if m.class != nil {
		return net.Cond | net.Class
	}
	return net.Cond
}

// Forward predicts from images x [N,H,W,C] and times [N], and from classes where it takes any.
func (m *Model) Forward(v *net.Vars, in net.Input) *graph.Node {
	in = in.For(m)
	emb := m.embed(v, in)
	x := m.convIn.Forward(v, in.X)
	skips := []*graph.Node{x}
	for _, d := range m.downs {
		for i := range d.resnets {
			x = d.block(v, i, x, emb)
			skips = append(skips, x)
		}
		if d.resample != nil {
			x = d.resample.Forward(v, x)
			skips = append(skips, x)
		}
	}
	x = m.mid1.Forward(v, x, emb)
	if m.midAttn != nil {
		x = m.midAttn.Forward(v, x)
	}
	x = m.mid2.Forward(v, x, emb)
	for _, u := range m.ups {
		for i := range u.resnets {
			skip := skips[len(skips)-1]
			skips = skips[:len(skips)-1]
			x = u.block(v, i, graph.Concatenate([]*graph.Node{x, skip}, 3), emb)
		}
		if u.resample != nil {
			x = u.resample.ForwardUpsampled(v, x)
		}
	}
	return m.convOut.Forward(v, net.SiLU(m.normOut.Forward(v, x)))
}

// embed is the time after its two linear layers, with what stands for the class added, and after
// the activation with which every residual block begins to read it.
func (m *Model) embed(v *net.Vars, in net.Input) *graph.Node {
	e := m.time2.Forward(v, net.SiLU(m.time1.Forward(v, m.config.sinusoid(in.Cond))))
	if m.class != nil {
		e = graph.Add(e, m.class.forward(v, m.config, in.Class))
	}
	return net.SiLU(e)
}

// sinusoid is a number per image as waves, [N,w] for the first width w.
func (c Config) sinusoid(t *graph.Node) *graph.Node {
	return net.Sinusoid(t, c.BlockOutChannels[0], c.FreqShift, *c.FlipSinToCos)
}
