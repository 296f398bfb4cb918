// Package simpleunet is the lecture's network: a U-Net of five widths whose skips carry the output
// of each level *after* it was halved, BatchNorm after the activation, and the time added once per
// block.
//
// With the default widths and colour images it has 62,438,883 parameters. Names and layout are
// those of the lecture's PyTorch module, so its saved weights load.
package simpleunet

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// Arch is the architecture's name.
const Arch = "simpleunet"

// timeDim is the width of the time embedding.
const timeDim = 32

// Config is what config.json holds. The zero value is the lecture's.
type Config struct {
	// Channels are the widths from the outermost down to the deepest, two or more, mirrored on the
	// way up. Default 64, 128, 256, 512, 1024.
	Channels []int `json:"channels"`
	// ImageChannels of the input. Default 3.
	ImageChannels int `json:"image_channels"`
	// OutChannels of the output, where they are others. Default ImageChannels.
	OutChannels int `json:"out_channels,omitempty"`
	// NumClassEmbeds is how many class numbers the network knows, of which the last is the null
	// class; 0: it takes no class, as the lecture's does not. What stands for the class is added to
	// the embedded time.
	NumClassEmbeds int `json:"num_class_embeds,omitempty"`
}

func (c Config) withDefaults() Config {
	if c.Channels == nil {
		c.Channels = []int{64, 128, 256, 512, 1024}
	}
	if c.ImageChannels == 0 {
		c.ImageChannels = 3
	}
	return c
}

// maxLevels bounds the number of widths: with more, no image is large enough.
const maxLevels = 16

// Validate names the first field that cannot be used.
func (c Config) Validate() error {
	c = c.withDefaults()
	if len(c.Channels) < 2 || len(c.Channels) > maxLevels {
		return fmt.Errorf("channels: %d widths %v, expected 2 to %d", len(c.Channels), c.Channels, maxLevels)
	}
	for _, n := range c.Channels {
		if err := net.CheckWidth("channels", n); err != nil {
			return err
		}
	}
	if err := net.CheckClasses("num_class_embeds", c.NumClassEmbeds); err != nil {
		return err
	}
	if err := net.CheckWidth("image_channels", c.ImageChannels); err != nil {
		return err
	}
	return net.CheckWidth("out_channels", c.outputs())
}

// outputs are the channels of the output.
func (c Config) outputs() int { return cmp.Or(c.OutChannels, c.ImageChannels) }

// Model is the network's architecture.
type Model struct {
	config Config
	params []*net.Param

	time       net.Linear
	class      *net.Embedding // or nil
	conv0      net.Conv2D
	downs, ups []block
	output     net.Conv2D
}

var _ net.Conditioned = (*Model)(nil)

// New lays the network out.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	c.Channels = slices.Clone(c.Channels)
	s, widths := net.NewScope(), c.Channels
	m := &Model{config: c}
	m.time = net.NewLinear(s.In("time_mlp", 1), timeDim, timeDim)
	if c.NumClassEmbeds > 0 {
		m.class = new(net.NewEmbedding(s.In("class_embedding"), c.NumClassEmbeds, timeDim))
	}
	m.conv0 = net.NewConv2D(s.In("conv0"), c.ImageChannels, widths[0], 3, 1, 1)
	for i := range len(widths) - 1 {
		m.downs = append(m.downs, newDown(s.In("downs", i), widths[i], widths[i+1]))
	}
	for i := range len(widths) - 1 {
		j := len(widths) - 1 - i
		m.ups = append(m.ups, newUp(s.In("ups", i), widths[j], widths[j-1]))
	}
	m.output = net.NewConv2D(s.In("output"), widths[0], c.outputs(), 1, 1, 0)
	m.params = s.Params()
	return m, nil
}

// Arch is "simpleunet".
func (m *Model) Arch() string { return Arch }

// String is the configuration in a line.
func (m *Model) String() string {
	return fmt.Sprintf("widths %s, image channels %d", net.Words(m.config.Channels), m.config.ImageChannels)
}

// Config is the [Config] with the defaults filled in.
func (m *Model) Config() any { return m.config }

// Params lists the parameters and buffers.
func (m *Model) Params() []*net.Param { return m.params }

// Channels are the image channels.
func (m *Model) Channels() (in, out int) { return m.config.ImageChannels, m.config.outputs() }

// Check says whether both sides can be halved once per level.
func (m *Model) Check(h, w int) error {
	return net.CheckMultiple(Arch, h, w, 1<<(len(m.config.Channels)-1))
}

// ClampsX says that the lecture's samplers keep x itself to [-1,1], after each step, where nothing
// is known of how the weights were trained.
func (m *Model) ClampsX() bool { return true }

// Takes is the time, as the index of its code, and the class where the network knows any.
func (m *Model) Takes() net.Parts {
	if m.class != nil {
		return net.Cond | net.Class
	}
	return net.Cond
}

// Classes are the class numbers.
func (m *Model) Classes() net.Classes { return net.Classes{Numbers: m.config.NumClassEmbeds} }

// Forward predicts from images x [N,H,W,C] and code indices [N].
func (m *Model) Forward(v *net.Vars, in net.Input) *graph.Node {
	in = in.For(m)
	t := net.ReLU(m.time.Forward(v, net.Sinusoid(in.Cond, timeDim, 1, false)))
	if m.class != nil {
		t = graph.Add(t, m.class.Forward(v, in.Class))
	}
	x := m.conv0.Forward(v, in.X)
	var skips []*graph.Node
	for _, down := range m.downs {
		x = down.Forward(v, x, t)
		skips = append(skips, x)
	}
	for i, up := range m.ups {
		popped := skips[len(skips)-1-i]
		x = up.Forward(v, graph.Concatenate([]*graph.Node{x, popped}, 3), t)
	}
	return m.output.Forward(v, x)
}
