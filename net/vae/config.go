package vae

import (
	"fmt"
	"math"
	"slices"

	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/unet"
)

// Config has the keys of diffusers' AutoencoderKL and their defaults, for which the zero value of
// each field stands, and those of a [Likelihood], which diffusers passes over. What diffusers knows
// and this package does not build is an error that names the field.
type Config struct {
	ClassName  string `json:"_class_name,omitempty"`
	Version    string `json:"_diffusers_version,omitempty"`
	NameOrPath string `json:"_name_or_path,omitempty"`

	// SampleSize is the size of the training images. It binds nothing.
	SampleSize unet.Size `json:"sample_size"`
	// InChannels and OutChannels of the images, both the same. Default 3.
	InChannels  int `json:"in_channels"`
	OutChannels int `json:"out_channels"`
	// DownBlockTypes and UpBlockTypes, one per width: all DownEncoderBlock2D and UpDecoderBlock2D,
	// the default; no others are built.
	DownBlockTypes []string `json:"down_block_types"`
	UpBlockTypes   []string `json:"up_block_types"`
	// BlockOutChannels are the widths, outermost first. Between two the images are halved. Default
	// 64 alone.
	BlockOutChannels []int `json:"block_out_channels"`
	// LayersPerBlock is the residual blocks per level of the encoder; the decoder has one more.
	// Default 1.
	LayersPerBlock int `json:"layers_per_block"`
	// ActFn is "silu", the default; no other is built.
	ActFn string `json:"act_fn"`
	// LatentChannels z of the latent. Default 4.
	LatentChannels int `json:"latent_channels"`
	// NormNumGroups of each GroupNorm. Default 32.
	NormNumGroups int `json:"norm_num_groups"`
	// MidBlockAddAttention, default true: attention in the middle of both halves.
	MidBlockAddAttention *bool `json:"mid_block_add_attention"`
	// UseQuantConv and UsePostQuantConv, default true: a 1x1 convolution at either side of the
	// latent.
	UseQuantConv     *bool `json:"use_quant_conv"`
	UsePostQuantConv *bool `json:"use_post_quant_conv"`
	// ScalingFactor and ShiftFactor are the Scale. Defaults 0.18215 and 0.
	ScalingFactor float64 `json:"scaling_factor"`
	ShiftFactor   float64 `json:"shift_factor"`
	// LatentsMean and LatentsStd, a scale for each channel: not built.
	LatentsMean []float64 `json:"latents_mean"`
	LatentsStd  []float64 `json:"latents_std"`
	// ForceUpcast belongs to 16-bit weights and binds nothing.
	ForceUpcast *bool `json:"force_upcast"`
	Likelihood
}

const (
	downBlock = "DownEncoderBlock2D"
	upBlock   = "UpDecoderBlock2D"
	normEps   = 1e-6
)

// maxLevels and maxLayers bound how many blocks a configuration can ask for.
const (
	maxLevels = 12
	maxLayers = 64
)

func (c Config) withDefaults() Config {
	orElse(&c.InChannels, 3)
	orElse(&c.OutChannels, 3)
	if c.BlockOutChannels == nil {
		c.BlockOutChannels = []int{64}
	}
	c.BlockOutChannels = slices.Clone(c.BlockOutChannels)
	if c.DownBlockTypes == nil {
		c.DownBlockTypes = slices.Repeat([]string{downBlock}, len(c.BlockOutChannels))
	}
	if c.UpBlockTypes == nil {
		c.UpBlockTypes = slices.Repeat([]string{upBlock}, len(c.BlockOutChannels))
	}
	orElse(&c.LayersPerBlock, 1)
	orElse(&c.ActFn, "silu")
	orElse(&c.LatentChannels, 4)
	orElse(&c.NormNumGroups, 32)
	orElse(&c.MidBlockAddAttention, new(true))
	orElse(&c.UseQuantConv, new(true))
	orElse(&c.UsePostQuantConv, new(true))
	orElse(&c.ForceUpcast, new(true))
	orElse(&c.ScalingFactor, 0.18215)
	c.Likelihood = c.Likelihood.withDefaults()
	return c
}

func orElse[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// Validate names the first field that cannot be used, or is not built.
func (c Config) Validate() error {
	c = c.withDefaults()
	for _, check := range []func() error{c.checkLevels, c.checkChannels, c.checkGroups, c.Likelihood.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	if c.ActFn != "silu" {
		return fmt.Errorf("act_fn: %q is not supported, expected silu", c.ActFn)
	}
	if c.LatentsMean != nil || c.LatentsStd != nil {
		return fmt.Errorf("latents_mean, latents_std: not supported, expected null; scaling_factor and shift_factor are")
	}
	return checkScale(c.ScalingFactor, c.ShiftFactor)
}

func (c Config) checkLevels() error {
	n := len(c.BlockOutChannels)
	if n < 1 || n > maxLevels {
		return fmt.Errorf("block_out_channels: %d widths %v, expected 1 to %d", n, c.BlockOutChannels, maxLevels)
	}
	if c.LayersPerBlock < 1 || c.LayersPerBlock > maxLayers {
		return fmt.Errorf("layers_per_block: %d, expected 1 to %d", c.LayersPerBlock, maxLayers)
	}
	for _, f := range []struct {
		name, want string
		types      []string
	}{{"down_block_types", downBlock, c.DownBlockTypes}, {"up_block_types", upBlock, c.UpBlockTypes}} {
		if len(f.types) != n {
			return fmt.Errorf("%s: %d types %q for %d widths", f.name, len(f.types), f.types, n)
		}
		for _, t := range f.types {
			if t != f.want {
				return fmt.Errorf("%s: %q is not supported, expected %q", f.name, t, f.want)
			}
		}
	}
	return nil
}

func (c Config) checkChannels() error {
	for _, w := range c.BlockOutChannels {
		if err := net.CheckWidth("block_out_channels", w); err != nil {
			return err
		}
	}
	if err := net.CheckWidth("in_channels", c.InChannels); err != nil {
		return err
	}
	if c.OutChannels != c.InChannels {
		return fmt.Errorf("out_channels: %d, expected in_channels, %d", c.OutChannels, c.InChannels)
	}
	return net.CheckWidth("latent_channels", c.LatentChannels)
}

// checkGroups says which width the groups do not divide.
func (c Config) checkGroups() error {
	if c.NormNumGroups < 1 {
		return fmt.Errorf("norm_num_groups: %d, expected 1 or more", c.NormNumGroups)
	}
	for _, w := range c.BlockOutChannels {
		if w%c.NormNumGroups != 0 {
			return fmt.Errorf("norm_num_groups: %d does not divide the width %d of block_out_channels", c.NormNumGroups, w)
		}
	}
	return nil
}

func checkScale(factor, shift float64) error {
	if !(factor > 1e-6 && factor < 1e6) {
		return fmt.Errorf("scaling_factor: %v, expected 1e-6 to 1e6", factor)
	}
	if !(math.Abs(shift) < 1e6) {
		return fmt.Errorf("shift_factor: %v, expected -1e6 to 1e6", shift)
	}
	return nil
}
