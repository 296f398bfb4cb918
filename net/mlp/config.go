package mlp

import (
	"fmt"

	"github.com/reverie-go/reverie/net"
)

// Config is what config.json holds. The zero value of a field is its default.
type Config struct {
	// Dim is D, the numbers of a point. Default 2.
	Dim int `json:"dim"`
	// Out is how many numbers come of a point. Default Dim; 2 Dim for a learned variance, and as
	// many as another network that this one is a part of wants.
	Out int `json:"out"`
	// Width of the hidden layers. Default 128.
	Width int `json:"width"`
	// Depth is the number of residual blocks, of two layers each. Default 3.
	Depth int `json:"depth"`
	// Embed is the width of the embedding of the time, even. Default 64.
	Embed int `json:"embed"`
	// Waves is how many octaves of sines and cosines of each number are seen beside it, from 1.5
	// radians on. Default none. For points of unit variance with sharp edges: on the checkerboard 2
	// octaves bring the error beyond the best possible loss to a third; on smooth densities and for
	// an energy they gain nothing.
	Waves int `json:"waves"`
	// NumClassEmbeds is how many class numbers the network knows, of which the last is the null
	// class; 0: it takes no class.
	NumClassEmbeds int `json:"num_class_embeds,omitempty"`
}

// Bounds of a configuration.
const (
	maxDim   = 1 << 12
	maxDepth = 64
	maxWaves = 8
)

func (c Config) withDefaults() Config {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.Dim, 2)
	set(&c.Out, c.Dim)
	set(&c.Width, 128)
	set(&c.Depth, 3)
	set(&c.Embed, 64)
	return c
}

// Validate names the first field that cannot be used.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Dim < 1 || c.Dim > maxDim:
		return fmt.Errorf("dim: %d, expected 1 to %d", c.Dim, maxDim)
	case c.Out < 1 || c.Out > max(2*maxDim, net.MaxWidth):
		return fmt.Errorf("out: %d, expected 1 to %d", c.Out, max(2*maxDim, net.MaxWidth))
	case c.Depth < 1 || c.Depth > maxDepth:
		return fmt.Errorf("depth: %d, expected 1 to %d", c.Depth, maxDepth)
	case c.Waves < 0 || c.Waves > maxWaves:
		return fmt.Errorf("waves: %d, expected 0 to %d", c.Waves, maxWaves)
	case c.Embed < 4 || c.Embed > net.MaxWidth || c.Embed%2 != 0:
		return fmt.Errorf("embed: %d, expected an even number from 4 to %d", c.Embed, net.MaxWidth)
	}
	if err := net.CheckClasses("num_class_embeds", c.NumClassEmbeds); err != nil {
		return err
	}
	return net.CheckWidth("width", c.Width)
}
