package unet

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/net"
)

// maxLevels and maxLayers bound how many blocks a configuration can ask for.
const (
	maxLevels = 16
	maxLayers = 64
)

// maxSide bounds the images that a configuration can ask for.
const maxSide = 4096

// Validate names the first field that cannot be used, or is not built yet.
func (c Config) Validate() error {
	c = c.withDefaults()
	for _, check := range []func() error{c.checkSupported, c.checkLevels, c.checkTime, c.checkGroups, c.checkHeads} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkSupported refuses what diffusers has and this package has not.
func (c Config) checkSupported() error {
	for _, f := range []struct {
		name      string
		got       any
		supported []any
	}{
		{"center_input_sample", c.CenterInputSample, []any{false}},
		{"time_embedding_type", c.TimeEmbeddingType, []any{"positional"}},
		{"mid_block_type", c.MidBlockType, []any{midBlock}},
		{"mid_block_scale_factor", c.MidBlockScaleFactor, []any{1.0}},
		{"downsample_padding", *c.DownsamplePadding, []any{1, 0}},
		{"downsample_type", c.DownsampleType, []any{"conv"}},
		{"upsample_type", c.UpsampleType, []any{"conv"}},
		{"act_fn", c.ActFn, []any{"silu", "swish"}},
		{"resnet_time_scale_shift", c.ResnetTimeScaleShift, []any{timeAdded, timeScales}},
	} {
		if !slices.Contains(f.supported, f.got) {
			return fmt.Errorf("%s: %v is not supported, expected one of %v", f.name, f.got, f.supported)
		}
	}
	if s := c.SampleSize; min(s[0], s[1]) < 0 || max(s[0], s[1]) > maxSide {
		return fmt.Errorf("sample_size: %v, expected 1 to %d", s, maxSide)
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return fmt.Errorf("dropout: %v, expected 0 or more and less than 1", c.Dropout)
	}
	return c.checkClass()
}

// checkClass looks at how a class is embedded.
func (c Config) checkClass() error {
	if kind := c.ClassEmbedType; kind != nil && *kind != classTimestep && *kind != classIdentity {
		return fmt.Errorf("class_embed_type: %q is not supported, expected null, %q or %q", *kind, classTimestep, classIdentity)
	}
	switch n := c.NumClassEmbeds; {
	case n == nil:
		return nil
	case *n < 1:
		return fmt.Errorf("num_class_embeds: %d, expected 1 or more, or null", *n)
	default:
		return net.CheckClasses("num_class_embeds", *n)
	}
}

// checkLevels looks at the widths and the blocks' types.
func (c Config) checkLevels() error {
	n := len(c.BlockOutChannels)
	if n < 1 || n > maxLevels {
		return fmt.Errorf("block_out_channels: %d widths %v, expected 1 to %d", n, c.BlockOutChannels, maxLevels)
	}
	for _, w := range c.BlockOutChannels {
		if err := net.CheckWidth("block_out_channels", w); err != nil {
			return err
		}
	}
	if c.LayersPerBlock < 1 || c.LayersPerBlock > maxLayers {
		return fmt.Errorf("layers_per_block: %d, expected 1 to %d", c.LayersPerBlock, maxLayers)
	}
	if err := checkTypes("down_block_types", c.DownBlockTypes, n, plainDown, attnDown); err != nil {
		return err
	}
	if err := checkTypes("up_block_types", c.UpBlockTypes, n, plainUp, attnUp); err != nil {
		return err
	}
	if err := net.CheckWidth("in_channels", c.InChannels); err != nil {
		return err
	}
	return net.CheckWidth("out_channels", c.OutChannels)
}

func checkTypes(field string, types []string, n int, known ...string) error {
	if len(types) != n {
		return fmt.Errorf("%s: %d types %q for %d widths", field, len(types), types, n)
	}
	for _, t := range types {
		if !slices.Contains(known, t) {
			return fmt.Errorf("%s: %q is not supported, expected one of %q", field, t, known)
		}
	}
	return nil
}

// checkTime looks at the time embedding.
func (c Config) checkTime() error {
	w := c.BlockOutChannels[0]
	if w%2 != 0 {
		return fmt.Errorf("block_out_channels: first width %d, expected an even one: it is the sinusoids' number", w)
	}
	if !(c.FreqShift >= 0 && c.FreqShift < float64(w/2)) {
		return fmt.Errorf("freq_shift: %v, expected 0 or more and under half the first width, %d", c.FreqShift, w/2)
	}
	return net.CheckWidth("time_embedding_dim", c.TimeEmbeddingDim)
}

// checkGroups says which width the groups do not divide.
func (c Config) checkGroups() error {
	if c.NormNumGroups < 1 {
		return fmt.Errorf("norm_num_groups: %d, expected 1 or more", c.NormNumGroups)
	}
	if !(c.NormEps > 0 && c.NormEps < 1) {
		return fmt.Errorf("norm_eps: %v, expected between 0 and 1", c.NormEps)
	}
	for _, w := range c.BlockOutChannels {
		if w%c.NormNumGroups != 0 {
			return fmt.Errorf("norm_num_groups: %d does not divide the width %d of block_out_channels", c.NormNumGroups, w)
		}
	}
	last := c.BlockOutChannels[len(c.BlockOutChannels)-1]
	if g := c.AttnNormNumGroups; g < 0 || g > 0 && last%g != 0 {
		return fmt.Errorf("attn_norm_num_groups: %d does not divide the last width %d of block_out_channels", g, last)
	}
	return nil
}

// checkHeads says which width with attention the heads do not divide.
func (c Config) checkHeads() error {
	if c.AttentionHeadDim < 1 && c.AttentionHeadDim != SingleHead {
		return fmt.Errorf("attention_head_dim: %d, expected 1 or more", c.AttentionHeadDim)
	}
	n := len(c.BlockOutChannels)
	for i, w := range c.BlockOutChannels {
		attends := c.DownBlockTypes[i] == attnDown || c.UpBlockTypes[n-1-i] == attnUp || i == n-1 && *c.AddAttention
		if attends && w%c.AttentionHeadDim.of(w) != 0 {
			return fmt.Errorf("attention_head_dim: %d does not divide the width %d of block_out_channels", c.AttentionHeadDim, w)
		}
	}
	return nil
}
