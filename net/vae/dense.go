package vae

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// DenseArch is the name of [Dense].
const DenseArch = "vae-mlp"

// DenseConfig describes a [Dense] autoencoder. Its zero value is one for points of two coordinates.
type DenseConfig struct {
	// Height, Width and Channels of the images. Defaults 1, 1 and, for points, 2.
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
	// Latent is the size z of the latent [N,1,1,z]. Default 2.
	Latent int `json:"latent_channels"`
	// Widths of the encoder's hidden layers; the decoder has them in reverse. nil is 128, 128; an
	// empty list makes both halves linear.
	Widths []int `json:"widths"`
	// ScalingFactor and ShiftFactor are the Scale. Defaults 1 and 0.
	ScalingFactor float64 `json:"scaling_factor"`
	ShiftFactor   float64 `json:"shift_factor"`
	Likelihood
}

// maxDense bounds the elements of an image of a Dense autoencoder, and its hidden layers.
const (
	maxDense  = net.MaxWidth
	maxHidden = 16
)

func (c DenseConfig) withDefaults() DenseConfig {
	orElse(&c.Height, 1)
	orElse(&c.Width, 1)
	if c.Channels == 0 {
		c.Channels = 3
		if c.Height*c.Width == 1 {
			c.Channels = 2
		}
	}
	orElse(&c.Latent, 2)
	orElse(&c.ScalingFactor, 1)
	if c.Widths == nil {
		c.Widths = []int{128, 128}
	}
	c.Widths = slices.Clone(c.Widths)
	c.Likelihood = c.Likelihood.withDefaults()
	return c
}

// Validate names the first field that cannot be used.
func (c DenseConfig) Validate() error {
	c = c.withDefaults()
	for _, f := range []struct {
		name  string
		value int
	}{{"height", c.Height}, {"width", c.Width}, {"channels", c.Channels}, {"latent_channels", c.Latent}} {
		if err := net.CheckWidth(f.name, f.value); err != nil {
			return err
		}
	}
	if n := c.Height * c.Width * c.Channels; n > maxDense {
		return fmt.Errorf("height, width, channels: %d elements an image, expected at most %d; larger ones are for architecture %s", n, maxDense, Arch)
	}
	if len(c.Widths) > maxHidden {
		return fmt.Errorf("widths: %d hidden layers, expected at most %d", len(c.Widths), maxHidden)
	}
	for _, w := range c.Widths {
		if err := net.CheckWidth("widths", w); err != nil {
			return err
		}
	}
	if err := checkScale(c.ScalingFactor, c.ShiftFactor); err != nil {
		return err
	}
	return c.Likelihood.validate()
}

// Dense is an autoencoder of linear layers with SiLU between, over points and small images of one
// size, whose elements it takes in the order [H,W,C].
type Dense struct {
	config           DenseConfig
	params           []*net.Param
	encoder, decoder []net.Linear
}

var _ Autoencoder = (*Dense)(nil)

// NewDense lays the network out.
func NewDense(c DenseConfig) (*Dense, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Dense{config: c.withDefaults()}
	c, s := m.config, net.NewScope()
	size := c.Height * c.Width * c.Channels
	m.encoder = layers(s.In("encoder"), slices.Concat([]int{size}, c.Widths, []int{2 * c.Latent}))
	back := slices.Clone(c.Widths)
	slices.Reverse(back)
	m.decoder = layers(s.In("decoder"), slices.Concat([]int{c.Latent}, back, []int{size}))
	m.config.Likelihood = c.Likelihood.in(s)
	m.params = s.Params()
	return m, nil
}

// layers are linear layers between the given widths, named as those of torch.nn.Sequential with an
// activation between.
func layers(s net.Scope, widths []int) (all []net.Linear) {
	for i := range widths[1:] {
		all = append(all, net.NewLinear(s.In(2*i), widths[i], widths[i+1]))
	}
	return all
}

// Arch is "vae-mlp".
func (m *Dense) Arch() string { return DenseArch }

// String is the configuration in a line.
func (m *Dense) String() string {
	c := m.config
	return fmt.Sprintf("widths %s, samples of %dx%dx%d, latent channels %d", net.Words(c.Widths), c.Height, c.Width, c.Channels, c.Latent)
}

// Config is the [DenseConfig] with the defaults filled in.
func (m *Dense) Config() any { return m.config }

// Params lists the parameters, and the variance of a Gaussian likelihood.
func (m *Dense) Params() []*net.Param { return m.params }

// Channels are the image channels, of input and output alike.
func (m *Dense) Channels() (in, out int) { return m.config.Channels, m.config.Channels }

// Check says whether images have the one size that the network was made for.
func (m *Dense) Check(h, w int) error {
	if c := m.config; h != c.Height || w != c.Width {
		return fmt.Errorf("%s: image of %dx%d (height x width), expected %dx%d", DenseArch, h, w, c.Height, c.Width)
	}
	return nil
}

// Size is the one size that images have.
func (m *Dense) Size() (h, w int) { return m.config.Height, m.config.Width }

// Latent is 1, 1 and the size of the latent.
func (m *Dense) Latent(h, w int) (lh, lw, z int) { return 1, 1, m.config.Latent }

// Encode maps [N,H,W,C] to mean and log variance, [N,1,1,z].
func (m *Dense) Encode(v *net.Vars, x *graph.Node) (mean, logVar *graph.Node) {
	n := x.Shape().Dim(0)
	h := through(v, m.encoder, graph.Reshape(x, n, -1))
	return gaussian(graph.Reshape(h, n, 1, 1, 2*m.config.Latent))
}

// Decode maps [N,1,1,z] to [N,H,W,C].
func (m *Dense) Decode(v *net.Vars, z *graph.Node) *graph.Node {
	c, n := m.config, z.Shape().Dim(0)
	return graph.Reshape(through(v, m.decoder, graph.Reshape(z, n, -1)), n, c.Height, c.Width, c.Channels)
}

func through(v *net.Vars, layers []net.Linear, x *graph.Node) *graph.Node {
	for i, l := range layers {
		if i > 0 {
			x = net.SiLU(x)
		}
		x = l.Forward(v, x)
	}
	return x
}

// Likelihood is p(x|z).
func (m *Dense) Likelihood() Likelihood { return m.config.Likelihood }

// Scale is how a diffusion sees a latent.
func (m *Dense) Scale() (shift, factor float64) { return m.config.ShiftFactor, m.config.ScalingFactor }

// Scaled returns the model with another Scale.
func (m *Dense) Scaled(shift, factor float64) Autoencoder {
	d := *m
	d.config.ShiftFactor, d.config.ScalingFactor = shift, factor
	return &d
}
