package vae

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// Arch is the name of [Conv].
const Arch = "vae"

// Conv is the convolutional autoencoder of latent diffusion: residual blocks of GroupNorm, SiLU and
// 3x3 convolutions, halved between levels, with attention in the middle. Configuration keys,
// parameter names and layout are those of diffusers' AutoencoderKL, so that either side reads the
// other's files; the variance of a Gaussian likelihood, log_variance, is one tensor more. Rombach
// et al. 2022, arXiv:2112.10752.
type Conv struct {
	config Config
	params []*net.Param

	encoder, decoder half
	quant, postQuant *net.Conv2D // or nil
}

var _ Autoencoder = (*Conv)(nil)

// NewConv lays the network out.
func NewConv(c Config) (*Conv, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Conv{config: c.withDefaults()}
	c, s := m.config, net.NewScope()
	m.encoder = c.newEncoder(s.In("encoder"))
	m.decoder = c.newDecoder(s.In("decoder"))
	z := c.LatentChannels
	if *c.UseQuantConv {
		m.quant = new(net.NewConv2D(s.In("quant_conv"), 2*z, 2*z, 1, 1, 0))
	}
	if *c.UsePostQuantConv {
		m.postQuant = new(net.NewConv2D(s.In("post_quant_conv"), z, z, 1, 1, 0))
	}
	m.config.Likelihood = c.Likelihood.in(s)
	m.params = s.Params()
	return m, nil
}

// Arch is "vae".
func (m *Conv) Arch() string { return Arch }

// String is the configuration in a line.
func (m *Conv) String() string {
	c := m.config
	return fmt.Sprintf("widths %s, blocks a level %d, channels in %d, channels out %d, latent channels %d",
		net.Words(c.BlockOutChannels), c.LayersPerBlock, c.InChannels, c.OutChannels, c.LatentChannels)
}

// Config is the [Config] with the defaults filled in.
func (m *Conv) Config() any { return m.config }

// Params lists the parameters, and the variance of a Gaussian likelihood.
func (m *Conv) Params() []*net.Param { return m.params }

// Channels are the image channels, of input and output alike.
func (m *Conv) Channels() (in, out int) { return m.config.InChannels, m.config.OutChannels }

// factor is how many times smaller than the image's the latent's sides are.
func (m *Conv) factor() int { return 1 << (len(m.config.BlockOutChannels) - 1) }

// Check says whether both sides can be halved between all levels.
func (m *Conv) Check(h, w int) error { return net.CheckMultiple(Arch, h, w, m.factor()) }

// Size is the size of the training images.
func (m *Conv) Size() (h, w int) { return m.config.SampleSize[0], m.config.SampleSize[1] }

// Latent is the shape of the latent of an h x w image.
func (m *Conv) Latent(h, w int) (lh, lw, z int) {
	return h / m.factor(), w / m.factor(), m.config.LatentChannels
}

// Encode maps [N,H,W,C] to mean and log variance, [N,h,w,z].
func (m *Conv) Encode(v *net.Vars, x *graph.Node) (mean, logVar *graph.Node) {
	h := m.encoder.encode(v, x)
	if m.quant != nil {
		h = m.quant.Forward(v, h)
	}
	return gaussian(h)
}

// Decode maps [N,h,w,z] to [N,H,W,C].
func (m *Conv) Decode(v *net.Vars, z *graph.Node) *graph.Node {
	if m.postQuant != nil {
		z = m.postQuant.Forward(v, z)
	}
	return m.decoder.decode(v, z)
}

// Likelihood is p(x|z).
func (m *Conv) Likelihood() Likelihood { return m.config.Likelihood }

// Scale is how a diffusion sees a latent.
func (m *Conv) Scale() (shift, factor float64) { return m.config.ShiftFactor, m.config.ScalingFactor }

// Scaled returns the model with another Scale.
func (m *Conv) Scaled(shift, factor float64) Autoencoder {
	d := *m
	d.config.ShiftFactor, d.config.ScalingFactor = shift, factor
	return &d
}
