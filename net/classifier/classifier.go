// Package classifier is a small residual network that says which class an image is of, and whose
// last layer but one gives an image's features. It sees a number beside the image, as the denoisers
// do: 0 for clean images, and for noised ones the process's Cond(t), so that the same network can
// guide.
package classifier

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// Arch is the architecture's name.
const Arch = "classifier"

// Config describes the network. Of the zero value only Classes must be set.
type Config struct {
	ImageChannels int   `json:"image_channels"` // 0: 3
	Classes       int   `json:"classes"`        // at least 2
	Channels      []int `json:"channels"`       // width of each level, each at half the last one's size, multiples of 8; empty: 16, 32, 64, 128
	Embedding     int   `json:"embedding"`      // features; 0: 64
}

const (
	groups     = 8     // of every normalisation
	eps        = 1e-5  // likewise
	timeWidth  = 32    // of the embedded number
	maxLevels  = 8     // more would halve any image away
	maxClasses = 10000 // bounds the last layer
)

func (c Config) withDefaults() Config {
	if c.ImageChannels == 0 {
		c.ImageChannels = 3
	}
	if len(c.Channels) == 0 {
		c.Channels = []int{16, 32, 64, 128}
	}
	if c.Embedding == 0 {
		c.Embedding = 64
	}
	c.Channels = slices.Clone(c.Channels)
	return c
}

// Validate returns an error for the first field that no network can be made with.
func (c Config) Validate() error {
	c = c.withDefaults()
	if err := net.CheckWidth("image_channels", c.ImageChannels); err != nil {
		return err
	}
	if c.Classes < 2 || c.Classes > maxClasses {
		return fmt.Errorf("classes: %d, expected 2 to %d", c.Classes, maxClasses)
	}
	if len(c.Channels) > maxLevels {
		return fmt.Errorf("channels: %d levels, expected 1 to %d", len(c.Channels), maxLevels)
	}
	for _, w := range c.Channels {
		if err := net.CheckWidth("channels", w); err != nil {
			return err
		}
		if w%groups != 0 {
			return fmt.Errorf("channels: %d is no multiple of %d", w, groups)
		}
	}
	return net.CheckWidth("embedding", c.Embedding)
}

// Model is the network's architecture.
type Model struct {
	config Config
	params []*net.Param

	convIn       net.Conv2D
	time1, time2 net.Linear
	blocks       []block
	downs        []net.Conv2D // between the blocks
	normOut      net.GroupNorm
	embedding    net.Linear
	head         net.Linear
}

var _ net.Network = (*Model)(nil)

// New lays the network out.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", Arch, err)
	}
	c = c.withDefaults()
	s, in := net.NewScope(), c.Channels[0]
	m := &Model{config: c}
	m.convIn = net.NewConv2D(s.In("conv_in"), c.ImageChannels, in, 3, 1, 1)
	m.time1 = net.NewLinear(s.In("time_embedding", "linear_1"), timeWidth, timeWidth)
	m.time2 = net.NewLinear(s.In("time_embedding", "linear_2"), timeWidth, timeWidth)
	for i, out := range c.Channels {
		if i > 0 {
			m.downs = append(m.downs, net.NewConv2D(s.In("downsamplers", i-1), in, out, 3, 2, 1))
		}
		m.blocks = append(m.blocks, newBlock(s.In("blocks", i), out))
		in = out
	}
	m.normOut = net.NewGroupNorm(s.In("norm_out"), groups, in, eps)
	m.embedding = net.NewLinear(s.In("embedding"), in, c.Embedding)
	m.head = net.NewLinear(s.In("head"), c.Embedding, c.Classes)
	m.params = s.Params()
	return m, nil
}

// Arch is "classifier".
func (m *Model) Arch() string { return Arch }

// Config is the [Config] with the defaults filled in.
func (m *Model) Config() any { return m.config }

// Params lists the parameters; there are no buffers.
func (m *Model) Params() []*net.Param { return m.params }

// Channels are the image channels, and the classes.
func (m *Model) Channels() (in, out int) { return m.config.ImageChannels, m.config.Classes }

// Features is the length of what Embed gives.
func (m *Model) Features() int { return m.config.Embedding }

// Check says whether images of that size can be taken: all can.
func (m *Model) Check(h, w int) error { return net.CheckMultiple(Arch, h, w, 1) }

// Forward gives the logarithms of the classes' odds, [N,1,1,classes], from images x [N,H,W,C] and
// the number cond [N] that goes with each.
func (m *Model) Forward(v *net.Vars, x, cond *graph.Node) *graph.Node {
	return net.OverPixels(m.head.Forward(v, net.SiLU(m.Embed(v, x, cond))))
}

// Embed gives the features [N,D] of images: the layer before the last, without its activation, so
// that they lie on both sides of 0.
func (m *Model) Embed(v *net.Vars, x, cond *graph.Node) *graph.Node {
	t := net.Sinusoid(cond, timeWidth, 1, false)
	t = net.SiLU(m.time2.Forward(v, net.SiLU(m.time1.Forward(v, t))))
	x = m.convIn.Forward(v, x)
	for i, b := range m.blocks {
		if i > 0 {
			x = m.downs[i-1].Forward(v, x)
		}
		x = b.forward(v, x, t)
	}
	x = graph.ReduceMean(net.SiLU(m.normOut.Forward(v, x)), 1, 2)
	return m.embedding.Forward(v, x)
}

// A block is
//
//	x + conv2 SiLU(GN(conv1 SiLU(GN x)) (1 + scale) + shift),  [scale, shift] = Linear t,
//
// with conv2 and the linear layer zero at first.
type block struct {
	norm1, norm2 net.GroupNorm
	conv1, conv2 net.Conv2D
	time         net.Linear
}

func newBlock(s net.Scope, width int) block {
	return block{
		norm1: net.NewGroupNorm(s.In("norm1"), groups, width, eps),
		conv1: net.NewConv2D(s.In("conv1"), width, width, 3, 1, 1),
		time:  net.NewLinear(s.In("time_emb_proj"), timeWidth, 2*width).Zero(),
		norm2: net.NewGroupNorm(s.In("norm2"), groups, width, eps),
		conv2: net.NewConv2D(s.In("conv2"), width, width, 3, 1, 1).Zero(),
	}
}

func (b block) forward(v *net.Vars, x, t *graph.Node) *graph.Node {
	h := b.conv1.Forward(v, net.SiLU(b.norm1.Forward(v, x)))
	parts := graph.Split(net.OverPixels(b.time.Forward(v, t)), 3, 2)
	h = b.norm2.Modulate(v, h, parts[0], parts[1])
	return graph.Add(x, b.conv2.Forward(v, net.SiLU(h)))
}
