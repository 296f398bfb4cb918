package unet

import "github.com/reverie-go/reverie/net"

// Config has the keys of diffusers' UNet2DModel and their defaults, for which the zero value of
// each field stands. What diffusers knows and this package does not build yet is an error that
// names the field.
//
// Keys that begin with an underscore are no part of diffusers' configuration, which skips them;
// `_zero_init` is ours.
type Config struct {
	ClassName  string `json:"_class_name,omitempty"`
	Version    string `json:"_diffusers_version,omitempty"`
	NameOrPath string `json:"_name_or_path,omitempty"`
	// ZeroInit starts each residual branch's last convolution, attention's output and the network's
	// output at zero, so that the network starts as the zero map and each block as (nearly) the
	// identity.
	ZeroInit bool `json:"_zero_init,omitempty"`

	// SampleSize is the size of the training images, or latents: what is sampled unless told
	// otherwise.
	SampleSize Size `json:"sample_size"`
	// InChannels and OutChannels of the images, or of an autoencoder's latents. Default 3.
	InChannels  int `json:"in_channels"`
	OutChannels int `json:"out_channels"`
	// CenterInputSample maps x to 2x-1 first: not built.
	CenterInputSample bool `json:"center_input_sample"`
	// TimeEmbeddingType is "positional", the default; no other is built.
	TimeEmbeddingType string `json:"time_embedding_type"`
	// TimeEmbeddingDim is the width of the embedded time. Default: 4 times the first width.
	TimeEmbeddingDim int `json:"time_embedding_dim,omitempty"`
	// FreqShift and FlipSinToCos (default true) shape the sinusoids, see [net.Sinusoid].
	FreqShift    float64 `json:"freq_shift"`
	FlipSinToCos *bool   `json:"flip_sin_to_cos"`
	// DownBlockTypes, one per level from the outermost: DownBlock2D or AttnDownBlock2D. Default:
	// the former, then the latter.
	DownBlockTypes []string `json:"down_block_types"`
	// MidBlockType is "UNetMidBlock2D", the default; no other is built.
	MidBlockType string `json:"mid_block_type"`
	// UpBlockTypes, one per level from the deepest: UpBlock2D or AttnUpBlock2D. Default: the
	// latter, and the former at the outermost.
	UpBlockTypes []string `json:"up_block_types"`
	// BlockOutChannels are the widths, outermost first. Default 224, 448, 672, 896.
	BlockOutChannels []int `json:"block_out_channels"`
	// LayersPerBlock is the residual blocks per level on the way down; on the way up there is one
	// more. Default 2.
	LayersPerBlock int `json:"layers_per_block"`
	// MidBlockScaleFactor is 1, the default; no other is built.
	MidBlockScaleFactor float64 `json:"mid_block_scale_factor"`
	// DownsamplePadding is 1, the default, or 0: one row and one column of zeros at the end only.
	DownsamplePadding *int `json:"downsample_padding"`
	// DownsampleType and UpsampleType are "conv", the default; no other is built.
	DownsampleType string `json:"downsample_type"`
	UpsampleType   string `json:"upsample_type"`
	// Dropout is 0 to 1. It binds nothing: networks are only run, not trained, with another's
	// configuration.
	Dropout float64 `json:"dropout"`
	// ActFn is "silu", the default, or "swish", the same.
	ActFn string `json:"act_fn"`
	// AttentionHeadDim is the channels per head. Default 8.
	AttentionHeadDim HeadDim `json:"attention_head_dim"`
	// NormNumGroups of each GroupNorm. Default 32.
	NormNumGroups int `json:"norm_num_groups"`
	// AttnNormNumGroups of the middle's attention. Default: NormNumGroups, but no normalisation
	// under "scale_shift".
	AttnNormNumGroups int `json:"attn_norm_num_groups,omitempty"`
	// NormEps of each GroupNorm. Default 1e-5.
	NormEps float64 `json:"norm_eps"`
	// ResnetTimeScaleShift is how the time enters a residual block: "default", added before the
	// second normalisation, or "scale_shift", scaling and shifting after it.
	ResnetTimeScaleShift string `json:"resnet_time_scale_shift"`
	// AddAttention, default true: attention in the middle.
	AddAttention *bool `json:"add_attention"`
	// ClassEmbedType says what becomes of the class, which is added to the embedded time: null is a
	// row of a table of NumClassEmbeds rows, and without those the network takes no class;
	// "timestep" embeds a number as the time is, by layers of its own; "identity" takes a vector of
	// TimeEmbeddingDim numbers as it is.
	ClassEmbedType *string `json:"class_embed_type"`
	// NumClassEmbeds is the number of class numbers. Of the networks that we train the last is the
	// null class.
	NumClassEmbeds *int `json:"num_class_embeds"`
	// NumTrainTimesteps belongs to learned time embeddings and binds nothing.
	NumTrainTimesteps *int `json:"num_train_timesteps,omitempty"`
}

const (
	plainDown = "DownBlock2D"
	attnDown  = "AttnDownBlock2D"
	plainUp   = "UpBlock2D"
	attnUp    = "AttnUpBlock2D"
	midBlock  = "UNetMidBlock2D"

	timeAdded  = "default"
	timeScales = "scale_shift"

	classTimestep = "timestep"
	classIdentity = "identity"
)

func (c Config) withDefaults() Config {
	orElse(&c.InChannels, 3)
	orElse(&c.OutChannels, 3)
	orElse(&c.TimeEmbeddingType, "positional")
	orElse(&c.FlipSinToCos, new(true))
	orElse(&c.MidBlockType, midBlock)
	orElse(&c.LayersPerBlock, 2)
	orElse(&c.MidBlockScaleFactor, 1)
	orElse(&c.DownsamplePadding, new(1))
	orElse(&c.DownsampleType, "conv")
	orElse(&c.UpsampleType, "conv")
	orElse(&c.ActFn, "silu")
	orElse(&c.AttentionHeadDim, 8)
	orElse(&c.NormNumGroups, 32)
	orElse(&c.NormEps, 1e-5)
	orElse(&c.ResnetTimeScaleShift, timeAdded)
	orElse(&c.AddAttention, new(true))
	if c.BlockOutChannels == nil {
		c.BlockOutChannels = []int{224, 448, 672, 896}
	}
	if c.DownBlockTypes == nil {
		c.DownBlockTypes = []string{plainDown, attnDown, attnDown, attnDown}
	}
	if c.UpBlockTypes == nil {
		c.UpBlockTypes = []string{attnUp, attnUp, attnUp, plainUp}
	}
	if c.TimeEmbeddingDim == 0 && len(c.BlockOutChannels) > 0 {
		c.TimeEmbeddingDim = 4 * c.BlockOutChannels[0]
	}
	return c
}

func orElse[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// decode reads JSON: fields that it lacks have diffusers' defaults.
func decode(data []byte) (Config, error) {
	var c Config
	err := net.DecodeForeign(data, &c, nullable...)
	return c, err
}
