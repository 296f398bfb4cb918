package simpleunet

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for text, want := range map[string]string{
		`{"channels": [64]}`:                                "channels: 1 widths [64], expected 2 to 16",
		`{"channels": []}`:                                  "channels: 0 widths",
		`{"channels": [64, 0]}`:                             "channels: 0 channels, expected 1 to",
		`{"channels": [64, 1000000000000]}`:                 "channels: 1000000000000 channels",
		`{"channels": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}`: "channels: 17 widths",
		`{"image_channels": -1}`:                            "image_channels: -1",
		`{"num_class_embeds": -1}`:                          "num_class_embeds: -1, expected 0 to 16384",
	} {
		_, err := new(Architecture).Decode([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestConfigRoundTrip(t *testing.T) {
	for _, text := range []string{``, `{"channels": [8, 4], "image_channels": 4}`, `{"num_class_embeds": 4}`} {
		m, err := new(Architecture).Decode([]byte(text))
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
			t.Errorf("%s is not the model it was", saved)
		}
	}
}

func TestInfer(t *testing.T) {
	for _, c := range []Config{
		{Channels: []int{64, 128, 256, 512, 1024}, ImageChannels: 3},
		{Channels: []int{8, 4}, ImageChannels: 1},
		{Channels: []int{8, 16, 8}, ImageChannels: 4},
		{Channels: []int{8, 4}, ImageChannels: 3, NumClassEmbeds: 5},
	} {
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		shapes := map[string][]int{}
		for _, p := range m.Params() {
			shapes[p.Name] = p.Shape
		}
		got, err := Infer(shapes)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("got %v, %v, want %v", got, err, c)
		}
	}
}

func TestInferFaults(t *testing.T) {
	for want, shapes := range map[string]map[string][]int{
		`missing "conv0.weight"`:                 {},
		`"conv0.weight" has shape [8 3]`:         {"conv0.weight": {8, 3}},
		`missing "downs.0.conv1.weight"`:         {"conv0.weight": {8, 3, 3, 3}},
		`"downs.0.conv1.weight" has shape [1 2]`: {"conv0.weight": {8, 3, 3, 3}, "downs.0.conv1.weight": {1, 2}},
		`image_channels: -1 channels`:            {"conv0.weight": {8, 0, 3, 3}, "downs.0.conv1.weight": {8, 8, 3, 3}},
	} {
		if _, err := Infer(shapes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", shapes, err, want)
		}
	}
}
