package vae_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all"
	"github.com/reverie-go/reverie/net/vae"
)

// spoilt are fields of a valid configuration that make it none.
var spoilt = map[string]map[string]string{
	vae.Arch: {
		`"in_channels": -2`:                             "in_channels: -2 channels",
		`"out_channels": 1`:                             "out_channels: 1, expected in_channels, 3",
		`"block_out_channels": []`:                      "block_out_channels: 0 widths",
		`"block_out_channels": [8, 9]`:                  "norm_num_groups: 4 does not divide the width 9",
		`"block_out_channels": [8, -8]`:                 "block_out_channels: -8 channels",
		`"layers_per_block": 1000000`:                   "layers_per_block: 1000000",
		`"latent_channels": 1000000`:                    "latent_channels: 1000000 channels",
		`"norm_num_groups": -4`:                         "norm_num_groups: -4",
		`"norm_num_groups": null`:                       "norm_num_groups: null is not supported",
		`"act_fn": "gelu"`:                              "act_fn: \"gelu\" is not supported",
		`"down_block_types": ["DownBlock2D", "X"]`:      `down_block_types: "DownBlock2D" is not supported, expected "DownEncoderBlock2D"`,
		`"up_block_types": ["UpDecoderBlock2D"]`:        "up_block_types: 1 types",
		`"latents_mean": [1]`:                           "latents_mean, latents_std: not supported",
		`"scaling_factor": -1`:                          "scaling_factor: -1",
		`"shift_factor": 1e300`:                         "shift_factor: 1e+300",
		`"likelihood": "cauchy"`:                        `likelihood: "cauchy", expected one of ["gaussian" "bernoulli"]`,
		`"decoder_variance": "huge"`:                    `decoder_variance: "huge"`,
		`"decoder_sigma": -1`:                           "decoder_sigma: -1",
		`"likelihood": "bernoulli", "decoder_sigma": 1`: "a bernoulli likelihood has no variance",
		`"nonsense": 1`:                                 `unknown field "nonsense"`,
	},
	vae.DenseArch: {
		`"height": -1`: "height: -1",
		`"height": 16384, "width": 16384, "channels": 16384`: "expected at most 16384; larger ones are for architecture vae",
		`"widths": [0]`: "widths: 0 channels",
		`"widths": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]`: "widths: 17 hidden layers",
		`"latent_channels": -2`:                         "latent_channels: -2",
		`"scaling_factor": -1`:                          "scaling_factor: -1",
		`"likelihood": "x"`:                             `likelihood: "x"`,
	},
}

var valid = map[string]string{
	vae.Arch:      `"block_out_channels": [8, 16], "norm_num_groups": 4`,
	vae.DenseArch: `"latent_channels": 3`,
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

func TestValidate(t *testing.T) {
	for arch, fields := range spoilt {
		if _, err := net.New(arch, []byte("{"+valid[arch]+"}")); err != nil {
			t.Fatal(err)
		}
		for field, want := range fields {
			_, err := net.New(arch, with(t, valid[arch], field))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: got %v, want %s", arch, field, err, want)
			}
		}
	}
}

// TestConfigRoundTrip: what Config gives is what New reads back.
func TestConfigRoundTrip(t *testing.T) {
	for arch, text := range map[string]string{
		vae.Arch: `{` + valid[vae.Arch] + `, "likelihood": "bernoulli"}`, vae.DenseArch: `{"widths": [], "decoder_variance": "learned", "decoder_sigma": 0.1}`,
	} {
		m, err := net.New(arch, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		m = m.(vae.Autoencoder).Scaled(0.25, 3)
		data, err := json.Marshal(m.Config())
		if err != nil {
			t.Fatal(err)
		}
		back, err := net.New(arch, data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back.Config())
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != string(again) || !reflect.DeepEqual(m.Params(), back.Params()) {
			t.Errorf("%s\n%s", data, again)
		}
		if shift, factor := back.(vae.Autoencoder).Scale(); shift != 0.25 || factor != 3 {
			t.Errorf("%s: scale %v, %v", arch, shift, factor)
		}
	}
}

func TestShapes(t *testing.T) {
	conv, err := vae.NewConv(vae.Config{BlockOutChannels: []int{2, 2, 2}, NormNumGroups: 1, LatentChannels: 5})
	if err != nil {
		t.Fatal(err)
	}
	if h, w, z := conv.Latent(32, 16); h != 8 || w != 4 || z != 5 {
		t.Errorf("latent %d %d %d, want 8 4 5", h, w, z)
	}
	if err := conv.Check(30, 16); err == nil || !strings.Contains(err.Error(), "height 28 or 32") {
		t.Error(err)
	}
	dense, err := vae.NewDense(vae.DenseConfig{Height: 3, Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := dense.Check(2, 3); err == nil || !strings.Contains(err.Error(), "expected 3x2") || dense.Check(3, 2) != nil {
		t.Error(err)
	}
	e := open(t)
	for _, m := range []vae.Autoencoder{conv, dense} {
		h, w := 16, 8
		if m == dense {
			h, w = 3, 2
		}
		f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			v := net.Bind(net.Eval, m.Params(), in[1:])
			mean, logVar := m.Encode(v, in[0])
			return []*graph.Node{vae.Reconstruct(v, m, in[0]), mean, logVar}
		})
		in := []*tensors.Tensor{engine.New(e, normal(2*h*w*3, 1), 2, h, w, 3)}
		out, err := f.Call(append(in, net.Initial(m, 1, dtypes.Float64)...)...)
		if err != nil {
			t.Fatal(err)
		}
		lh, lw, z := m.Latent(h, w)
		for i, want := range [][]int{{2, h, w, 3}, {2, lh, lw, z}, {2, lh, lw, z}} {
			if err := out[i].Shape().CheckDims(want...); err != nil {
				t.Errorf("%s: %v", m.Arch(), err)
			}
		}
	}
}

// TestOptimalVariance: in training the bound takes the batch's mean squared error for the variance,
// which no other variance beats, and the stored one moves a tenth towards it; elsewhere it takes
// the stored one.
func TestOptimalVariance(t *testing.T) {
	e := open(t)
	x := normal(4*6, 1)
	bound := func(variance string, sigma float64, mode net.Mode) (total float64, log []float64) {
		m, err := vae.NewDense(vae.DenseConfig{Channels: 6, Widths: []int{5}, Likelihood: vae.Likelihood{Variance: variance, Sigma: sigma}})
		if err != nil {
			t.Fatal(err)
		}
		f := e.Func("bound", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			v := net.Bind(mode, m.Params(), in[2:])
			b := vae.ELBO(v, m, in[0], in[1])
			_, updates := v.Updates()
			return append([]*graph.Node{graph.ReduceAllSum(b.Total()), graph.ReduceAllMean(graph.Square(graph.Sub(in[0], m.Decode(v, second(v, m, in)))))}, updates...)
		})
		in := []*tensors.Tensor{engine.New(e, x, 4, 1, 1, 6), engine.New(e, normal(4*2, 2), 4, 1, 1, 2)}
		out, err := f.Call(append(in, net.Initial(m, 1, dtypes.Float64)...)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out[1:] {
			log = append(log, floats(t, o)...)
		}
		return floats(t, out[0])[0], log
	}
	best, stored := bound(vae.Optimal, 1, net.Train)
	if len(stored) != 2 {
		t.Fatalf("training updates %d buffers, want 1", len(stored)-1)
	}
	mse := stored[0]
	if want := math.Log(0.9 + 0.1*mse); !(math.Abs(stored[1]-want) <= 1e-12) {
		t.Errorf("stored log variance %v, want %v", stored[1], want)
	}
	at, _ := bound(vae.Fixed, math.Sqrt(mse), net.Train)
	if !(math.Abs(at-best) <= 1e-9) {
		t.Errorf("bound %v, with the variance fixed at the batch's %v", best, at)
	}
	for _, factor := range []float64{0.9, 1.1} {
		if other, _ := bound(vae.Fixed, factor*math.Sqrt(mse), net.Train); !(other < best) {
			t.Errorf("%v times the deviation: bound %v, not under %v", factor, other, best)
		}
	}
	evaluated, updates := bound(vae.Optimal, 2, net.Eval)
	fixed, _ := bound(vae.Fixed, 2, net.Eval)
	if evaluated != fixed || len(updates) != 1 {
		t.Errorf("in evaluation the bound is %v, with the stored variance fixed %v; %d updates", evaluated, fixed, len(updates)-1)
	}
}

// second is the latent that ELBO draws.
func second(v *net.Vars, m vae.Autoencoder, in []*graph.Node) *graph.Node {
	mean, logVar := m.Encode(v, in[0])
	return vae.Reparameterise(mean, logVar, in[1])
}

// TestBernoulli: over all images of three binary pixels, the probabilities of one latent sum to 1,
// large logits included, and the mean is that of the pixels.
func TestBernoulli(t *testing.T) {
	e := open(t)
	m, err := vae.NewDense(vae.DenseConfig{Channels: 3, Latent: 1, Widths: []int{}, Likelihood: vae.Likelihood{Kind: vae.Bernoulli}})
	if err != nil {
		t.Fatal(err)
	}
	f := e.Func("bernoulli", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, m.Params(), in[2:])
		return []*graph.Node{vae.ELBO(v, m, in[0], in[1]).Reconstruction, vae.Mean(v, m, in[1])}
	})
	var all []float64
	for i := range 8 {
		for j := range 3 {
			all = append(all, float64(2*(i>>j&1)-1))
		}
	}
	for _, logits := range [][]float64{{0.3, -1, 2}, {800, -800, 0}} {
		in := []*tensors.Tensor{engine.New(e, all, 8, 1, 1, 3), engine.New(e, make([]float64, 8), 8, 1, 1, 1)}
		for _, p := range m.Params() {
			v := make([]float64, p.Size())
			if p.Name == "decoder.0.bias" {
				copy(v, logits)
			}
			in = append(in, engine.New(e, v, p.Shape...))
		}
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		sum, mean := 0.0, make([]float64, 3)
		for i, log := range floats(t, out[0]) {
			sum += math.Exp(log)
			for j := range mean {
				mean[j] += math.Exp(log) * all[3*i+j]
			}
		}
		if !(math.Abs(sum-1) <= 1e-12) {
			t.Errorf("logits %v: probabilities sum to %v", logits, sum)
		}
		for j, got := range floats(t, out[1])[:3] {
			if !(math.Abs(got-mean[j]) <= 1e-12) {
				t.Errorf("logits %v: mean of pixel %d is %v, want %v", logits, j, got, mean[j])
			}
		}
	}
}

// TestBitsPerDim: 8-bit images drawn evenly have density 1/2 on [-1,1] but for the ends' bins, and
// 8 bits; Bernoulli pixels of even chances have one, as has a point of density 1/2.
func TestBitsPerDim(t *testing.T) {
	for _, c := range []struct {
		kind   string
		levels int
		nats   float64 // an element
		want   float64
	}{
		{vae.Gaussian, 256, -math.Log(256 / 127.5), 8},
		{vae.Gaussian, 0, -math.Ln2, 1},
		{vae.Bernoulli, 256, -math.Ln2, 1},
		{vae.Bernoulli, 0, -math.Ln2, 1},
	} {
		spread := vae.Likelihood{Kind: c.kind}.Spreads(c.levels)
		if got := vae.BitsPerDim(10*c.nats, 10, spread); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("%s, %d levels: %v bits, want %v", c.kind, c.levels, got, c.want)
		}
	}
	l := vae.Likelihood{} // the zero value is Gaussian
	if !l.Spreads(256) || l.Spreads(0) {
		t.Error("what has levels is spread over them, and nothing else")
	}
}

// TestClampedLogVariance: an encoder that has gone astray gives finite numbers.
func TestClampedLogVariance(t *testing.T) {
	e := open(t)
	m, err := vae.NewDense(vae.DenseConfig{Channels: 2, Latent: 1, Widths: []int{}})
	if err != nil {
		t.Fatal(err)
	}
	f := e.Func("encode", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		_, logVar := m.Encode(net.Bind(net.Eval, m.Params(), in[1:]), in[0])
		return []*graph.Node{logVar}
	})
	for bias, want := range map[float64]float64{1e6: 20, -1e6: -30, 3: 3} {
		in := []*tensors.Tensor{engine.New(e, []float64{0, 0}, 1, 1, 1, 2)}
		for _, p := range m.Params() {
			v := make([]float64, p.Size())
			if p.Name == "encoder.0.bias" {
				v[1] = bias
			}
			in = append(in, engine.New(e, v, p.Shape...))
		}
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		if got := floats(t, out[0])[0]; got != want {
			t.Errorf("log variance %v, want %v", got, want)
		}
	}
}
