package classifier

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

func open(t *testing.T) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func normals(e *engine.Engine, seed uint64, dims ...int) *tensors.Tensor {
	return engine.Fill(e, func(flat []float32) { random.Stream{Seed: seed, Domain: 200}.Normal32(flat) }, dims...)
}

// weights are initial ones with every constant replaced, so that no branch is zero.
func weights(e *engine.Engine, m *Model) []*tensors.Tensor {
	w := net.Initial(m, 1, dtypes.Float32)
	for i, p := range m.Params() {
		if p.Init.Lo == p.Init.Hi {
			c := float32(p.Init.Lo)
			w[i] = engine.Fill(e, func(flat []float32) {
				random.Stream{Seed: 2, Domain: 200, Sample: uint64(i)}.Normal32(flat)
				for j, z := range flat {
					flat[j] = c + 0.1*z
				}
			}, p.EngineShape()...)
		}
	}
	return w
}

func forward(t *testing.T, e *engine.Engine, m *Model, w []*tensors.Tensor, x, cond *tensors.Tensor) (odds, features []float32) {
	n := len(w)
	f := e.Func("both", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, m.Params(), in[:n])
		return []*graph.Node{m.Forward(v, in[n], in[n+1]), m.Embed(v, in[n], in[n+1])}
	})
	defer f.Free()
	out, err := f.Call(append(append([]*tensors.Tensor{}, w...), x, cond)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, classes := m.Channels(); out[0].Shape().Dim(3) != classes || out[1].Shape().Dim(1) != m.Features() {
		t.Fatalf("shapes %v, %v", out[0].Shape(), out[1].Shape())
	}
	if odds, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		t.Fatal(err)
	}
	if features, err = tensors.CopyFlatData[float32](out[1]); err != nil {
		t.Fatal(err)
	}
	return odds, features
}

// Images of any size are taken, each image's result is its own, and the number that goes with it is
// seen.
func TestForward(t *testing.T) {
	e := open(t)
	m, err := New(Config{Classes: 4, Channels: []int{16, 32}, Embedding: 5, ImageChannels: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := weights(e, m)
	for _, size := range [][2]int{{1, 1}, {7, 10}, {16, 16}} {
		h, wide := size[0], size[1]
		if err := m.Check(h, wide); err != nil {
			t.Fatal(err)
		}
		one, _ := forward(t, e, m, w, normals(e, 3, 1, h, wide, 1), engine.New(e, []float32{0}, 1))
		both, _ := forward(t, e, m, w, normals(e, 3, 2, h, wide, 1), engine.New(e, []float32{0, 0}, 2))
		noised, _ := forward(t, e, m, w, normals(e, 3, 1, h, wide, 1), engine.New(e, []float32{500}, 1))
		for i, v := range one {
			if d := math.Abs(float64(both[i] - v)); !(d <= 1e-4) {
				t.Errorf("%v: class %d is %v alone and %v in a batch", size, i, v, both[i])
			}
			if math.Abs(float64(noised[i]-v)) < 1e-4 {
				t.Errorf("%v: class %d does not depend on the number beside the image", size, i)
			}
		}
	}
}

// The classes' odds are a linear map of SiLU of the features.
func TestFeatures(t *testing.T) {
	e := open(t)
	m, err := New(Config{Classes: 3, Channels: []int{8}, Embedding: 6})
	if err != nil {
		t.Fatal(err)
	}
	w := weights(e, m)
	odds, features := forward(t, e, m, w, normals(e, 1, 2, 8, 8, 3), engine.New(e, []float32{0, 0}, 2))
	dict, err := net.Export(m.Params(), w)
	if err != nil {
		t.Fatal(err)
	}
	imported, err := net.Import(m.Params(), dict, dtypes.Float64)
	if err != nil {
		t.Fatal(err)
	}
	n := len(imported)
	weight, err := tensors.CopyFlatData[float64](imported[n-2])
	if err != nil {
		t.Fatal(err)
	}
	bias, err := tensors.CopyFlatData[float64](imported[n-1])
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		for k := range 3 {
			want := bias[k]
			for j := range 6 {
				f := float64(features[i*6+j])
				want += weight[k*6+j] * f / (1 + math.Exp(-f))
			}
			if got := float64(odds[i*3+k]); !(math.Abs(got-want) <= 1e-5*(1+math.Abs(want))) {
				t.Errorf("image %d class %d: %v, want %v", i, k, got, want)
			}
		}
	}
}

// A configuration comes back from its JSON; one that cannot be is refused with the field's name.
func TestConfig(t *testing.T) {
	m, err := New(Config{Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m.Config())
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := net.Decode(text, &c); err != nil {
		t.Fatal(err)
	}
	again, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if net.Trainable(again) != net.Trainable(m) || m.Features() != 64 {
		t.Errorf("%d parameters, then %d; %d features", net.Trainable(m), net.Trainable(again), m.Features())
	}
	for field, c := range map[string]Config{
		"classes":        {Classes: 1},
		"image_channels": {Classes: 2, ImageChannels: -2},
		"channels":       {Classes: 2, Channels: []int{12}},
		"embedding":      {Classes: 2, Embedding: -1},
		"levels":         {Classes: 2, Channels: make([]int, 9)},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestConfigRefused: what a network cannot be laid out of, or is not of.
func TestConfigRefused(t *testing.T) {
	two := []kind.Class{{Name: "a"}, {Name: "b"}}
	for want, c := range map[string]Config{
		"blocks of a network of points are of one width":              {ImageChannels: 2, Classes: 2, Dense: true, Channels: []int{16, 32}},
		"12 is no multiple of 8":                                      {ImageChannels: 3, Classes: 2, Channels: []int{8, 12}},
		"classes: 1, expected 2 to 10000":                             {ImageChannels: 3, Classes: 1, Channels: []int{8}},
		"9 levels, expected 1 to 8":                                   {ImageChannels: 3, Classes: 2, Channels: slices.Repeat([]int{8}, 9)},
		"kind: 1 channels and 2 classes, and the network has 3 and 2": {ImageChannels: 3, Classes: 2, Channels: []int{8}, Kind: kind.OfImages(8, 8, 1).Labelled(two)},
		"kind: 3 channels and 2 classes, and the network has 3 and 3": {ImageChannels: 3, Classes: 3, Channels: []int{8}, Kind: kind.OfImages(8, 8, 3).Labelled(two)},
		`kind: class 1: "a" comes twice`:                              {ImageChannels: 3, Classes: 2, Channels: []int{8}, Kind: kind.OfImages(8, 8, 3).Labelled([]kind.Class{{Name: "a"}, {Name: "a"}})},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
