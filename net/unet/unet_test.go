package unet

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/net"
)

// small is a valid configuration to spoil one field of.
const small = `"block_out_channels": [8, 16], "norm_num_groups": 4,
	"down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"]`

func TestValidate(t *testing.T) {
	if _, err := new(Architecture).Decode([]byte("{" + small + "}")); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		`"center_input_sample": true`:          "center_input_sample: true is not supported",
		`"time_embedding_type": "fourier"`:     "time_embedding_type: fourier is not supported, expected one of [positional]",
		`"mid_block_type": null`:               "mid_block_type: null is not supported",
		`"norm_num_groups": null`:              "norm_num_groups: null is not supported",
		`"mid_block_scale_factor": 1.4`:        "mid_block_scale_factor: 1.4 is not supported",
		`"downsample_padding": 2`:              "downsample_padding: 2 is not supported",
		`"downsample_type": "resnet"`:          "downsample_type: resnet is not supported",
		`"upsample_type": "resnet"`:            "upsample_type: resnet is not supported",
		`"dropout": 1`:                         "dropout: 1, expected 0 or more and less than 1",
		`"act_fn": "gelu"`:                     "act_fn: gelu is not supported, expected one of [silu swish]",
		`"resnet_time_scale_shift": "spatial"`: "resnet_time_scale_shift: spatial is not supported",
		`"class_embed_type": "projection"`:     `class_embed_type: "projection" is not supported, expected null, "timestep" or "identity"`,
		`"num_class_embeds": 0`:                "num_class_embeds: 0, expected 1 or more, or null",
		`"num_class_embeds": 1000000`:          "num_class_embeds: 1000000, expected 0 to 16384",
		`"block_out_channels": []`:             "block_out_channels: 0 widths",
		`"block_out_channels": [8, 0]`:         "block_out_channels: 0 channels, expected 1 to",
		`"block_out_channels": [8, 17]`:        "norm_num_groups: 4 does not divide the width 17",
		`"block_out_channels": [7, 16]`:        "block_out_channels: first width 7",
		`"layers_per_block": -1`:               "layers_per_block: -1",
		`"layers_per_block": 1000000`:          "layers_per_block: 1000000",
		`"down_block_types": ["DownBlock2D"]`:  "down_block_types: 1 types",
		`"up_block_types": ["UpBlock2D", "X"]`: `up_block_types: "X" is not supported`,
		`"freq_shift": 4`:                      "freq_shift: 4",
		`"freq_shift": -1`:                     "freq_shift: -1",
		`"time_embedding_dim": -4`:             "time_embedding_dim: -4 channels",
		`"norm_eps": 2`:                        "norm_eps: 2",
		`"norm_num_groups": -4`:                "norm_num_groups: -4",
		`"attn_norm_num_groups": 3`:            "attn_norm_num_groups: 3 does not divide the last width 16",
		`"attention_head_dim": 3`:              "attention_head_dim: 3 does not divide the width 16",
		`"attention_head_dim": -1`:             "attention_head_dim: -1, expected 1 or more",
		`"attention_head_dim": "8"`:            "attention_head_dim",
		`"in_channels": -2`:                    "in_channels: -2 channels, expected 1 to",
		`"out_channels": 1000000`:              "out_channels: 1000000 channels, expected 1 to",
		`"sample_size": "big"`:                 "sample_size",
		`"sample_size": [8, 5000]`:             "sample_size: [8 5000], expected 1 to 4096",
		`"sample_sizes": 3`:                    `unknown field "sample_sizes"`,
	} {
		_, err := new(Architecture).Decode(with(t, small, field))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", field, err, want)
		}
	}
}

// with is a configuration with other fields in place of its own, both without their braces.
func with(t *testing.T, config, fields string) []byte {
	t.Helper()
	merged := map[string]any{}
	for _, text := range []string{config, fields} {
		if err := json.Unmarshal([]byte("{"+text+"}"), &merged); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(merged)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Fields that a later version of diffusers added say nothing while they are empty; a network is
// run, and so without dropout.
func TestForeignFields(t *testing.T) {
	for _, field := range []string{`"new_block": null`, `"new_flag": false`, `"new_number": 0`, `"new_list": []`, `"dropout": 0.1`} {
		if _, err := new(Architecture).Decode(with(t, small, field)); err != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, field := range []string{`"new_flag": true`, `"new_number": 0.5`, `"new_block": "X"`} {
		if _, err := new(Architecture).Decode(with(t, small, field)); err == nil || !strings.Contains(err.Error(), "unknown field") {
			t.Errorf("%s: error %v", field, err)
		}
	}
}

func TestConfigRoundTrip(t *testing.T) {
	for _, extra := range []string{
		"", `, "attention_head_dim": null`, `, "sample_size": 32`, `, "sample_size": [16, 8]`, `, "_zero_init": true`,
		`, "flip_sin_to_cos": false, "add_attention": false, "downsample_padding": 0, "freq_shift": 1, "time_embedding_dim": null`,
		`, "_class_name": "UNet2DModel", "_diffusers_version": "0.35.2"`,
		`, "num_class_embeds": 11`, `, "class_embed_type": "timestep"`, `, "class_embed_type": "identity", "num_class_embeds": 3`,
	} {
		m, err := new(Architecture).Decode([]byte("{" + small + extra + "}"))
		if err != nil {
			t.Fatal(err)
		}
		saved, err := json.Marshal(m.Config())
		if err != nil {
			t.Fatal(err)
		}
		again, err := new(Architecture).Decode(saved)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Config(), m.Config()) || !reflect.DeepEqual(again.Params(), m.Params()) {
			t.Errorf("%s is not the model of %s", saved, extra)
		}
	}
}

// TestTrial: the network that was tried beforehand for preset small.
func TestTrial(t *testing.T) {
	m, err := New(Config{
		ZeroInit: true, BlockOutChannels: []int{16, 32, 64}, LayersPerBlock: 1, NormNumGroups: 8, AddAttention: new(false),
		DownBlockTypes: []string{plainDown, plainDown, plainDown}, UpBlockTypes: []string{plainUp, plainUp, plainUp},
		ResnetTimeScaleShift: timeScales,
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := net.Trainable(m); n != 650_435 { // as diffusers counts
		t.Errorf("%d parameters, want 650,435", n)
	}
	for _, size := range [][2]int{{32, 32}, {4, 64}} {
		if err := m.Check(size[0], size[1]); err != nil {
			t.Error(err)
		}
	}
	if err := m.Check(30, 32); err == nil || !strings.Contains(err.Error(), "height 28 or 32, width 32") {
		t.Error(err)
	}
}
