package vae

import (
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/table"
)

// Likelihoods are the laws p(x|z) that a [Likelihood] may have.
var Likelihoods = table.New("likelihood", "likelihoods", ": p(x|z) of an autoencoder",
	table.Info{Name: Gaussian, Text: "a normal law with one learned deviation"},
	table.Info{Name: Bernoulli, Text: "a chance of white for each value"},
)

// A Coder is what all autoencoders of this package are told, and how they weight the bound that
// they learn by.
type Coder struct {
	LatentChannels int     `flag:"latent-channels" range:"[1,4096]" help:"numbers at each position of an autoencoder's latent" group:"Network"`
	Likelihood     string  `flag:"likelihood" of:"likelihood" help:"p(x|z) of an autoencoder" group:"Network"`
	Beta           float64 `flag:"beta" range:"[0,1e6]" help:"weight of an autoencoder's KL term" group:"Network"` // 1: the bound itself
	BetaWarmup     int     `flag:"beta-warmup" range:"[0,2^30]" help:"steps over which it rises from 0" group:"Network" rare:"true"`
}

// DefaultCoder is the usual one.
var DefaultCoder = Coder{LatentChannels: 4, Likelihood: Gaussian, Beta: 1}

// A Weighted architecture weights the KL term of the bound that its networks learn by with beta,
// which rises from 0 over the first steps; another's is 1.
type Weighted interface {
	net.Architecture
	KL() (beta float64, warmup int)
}

// KL implements Weighted.
func (c Coder) KL() (beta float64, warmup int) { return c.Beta, c.BetaWarmup }

// ConvArchitecture is the row of [Conv] in the table of architectures. The middle attends to itself
// where it is small enough.
type ConvArchitecture struct {
	net.Levels
	Layers int `flag:"layers" range:"[1,16]" help:"residual blocks per level" group:"Network"`
	Coder
}

var (
	_ net.Classed = (*ConvArchitecture)(nil)
	_ net.Leveled = (*ConvArchitecture)(nil)
	_ Weighted    = (*ConvArchitecture)(nil)
)

// Row implements table.Row.
func (*ConvArchitecture) Row() table.Info {
	return table.Info{Name: Arch, Text: "convolutional autoencoder of images"}
}

// Class implements net.Classed.
func (*ConvArchitecture) Class() checkpoint.Class {
	return checkpoint.Class{Arch: Arch, Library: "diffusers", Name: "AutoencoderKL", Role: checkpoint.Autoencoder}
}

// Fits refuses samples of a single position.
func (*ConvArchitecture) Fits(k kind.Kind) error { return net.FitsGrid(k) }

// Validate says whether there is a level.
func (a *ConvArchitecture) Validate() error { return net.CheckLevels(a.Channels, 1) }

// Layout lays the network out; outputs has no effect.
func (a *ConvArchitecture) Layout(k kind.Kind, _ int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	m, err := NewConv(Config{
		SampleSize: unet.Size{k.H, k.W}, InChannels: k.C, OutChannels: k.C,
		BlockOutChannels: a.Channels, LayersPerBlock: a.Layers, LatentChannels: a.LatentChannels,
		NormNumGroups: net.Groups(a.Channels), MidBlockAddAttention: new(net.Attends(k.H, k.W, len(a.Channels))),
		ScalingFactor: 1, Likelihood: Likelihood{Kind: a.Likelihood},
	})
	if err != nil {
		return nil, err
	}
	return m, m.Check(k.H, k.W)
}

// Decode reads a [Config].
func (*ConvArchitecture) Decode(config []byte) (net.Network, error) {
	c, err := decode(config)
	if err != nil {
		return nil, err
	}
	return NewConv(c)
}

// DenseArchitecture is the row of [Dense] in the table of architectures.
type DenseArchitecture struct {
	Channels []int `flag:"channels" range:"[1,8192]" help:"widths of the hidden layers" group:"Network"`
	Coder
}

var (
	_ net.Classed = (*DenseArchitecture)(nil)
	_ Weighted    = (*DenseArchitecture)(nil)
)

// Row implements table.Row.
func (*DenseArchitecture) Row() table.Info {
	return table.Info{Name: DenseArch, Text: "autoencoder without convolutions, of points or small images"}
}

// Class implements net.Classed.
func (*DenseArchitecture) Class() checkpoint.Class {
	return checkpoint.Class{Arch: DenseArch, Library: "reverie", Name: "DenseAutoencoder", Role: checkpoint.Autoencoder}
}

// Fits takes all.
func (*DenseArchitecture) Fits(kind.Kind) error { return nil }

// Validate says whether there is a level.
func (a *DenseArchitecture) Validate() error { return net.CheckLevels(a.Channels, 1) }

// Layout lays the network out; outputs has no effect.
func (a *DenseArchitecture) Layout(k kind.Kind, _ int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	return NewDense(DenseConfig{
		Height: k.H, Width: k.W, Channels: k.C, Latent: a.LatentChannels, Widths: a.Channels,
		Likelihood: Likelihood{Kind: a.Likelihood},
	})
}

// Decode reads a [DenseConfig].
func (*DenseArchitecture) Decode(config []byte) (net.Network, error) {
	var c DenseConfig
	if err := net.Decode(config, &c); err != nil {
		return nil, err
	}
	return NewDense(c)
}
