package golden

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
)

// autoencoder reads diffusers' configuration and adds the likelihood.
func autoencoder(t *testing.T, kind string) (vae.Autoencoder, []string) {
	config, order := diffusersConfig(t, "vae-"+kind)
	var c vae.Config
	if err := json.Unmarshal(config, &c); err != nil {
		t.Fatal(err)
	}
	if _, err := net.New(vae.Arch, config); err != nil { // strictly, as files are read
		t.Fatal(err)
	}
	c.Kind = kind
	if kind == vae.Gaussian {
		c.Variance = vae.Fixed
		order = append(order, "log_variance")
	}
	m, err := vae.NewConv(c)
	if err != nil {
		t.Fatal(err)
	}
	return m, order
}

// eachVAE runs f for both autoencoders in both float types, with the kernels of every level that
// the machine has.
func eachVAE(t *testing.T, f func(t *testing.T, n *network, m vae.Autoencoder)) {
	configs := []string{os.Getenv(engine.EnvVar)}
	if configs[0] == "" {
		configs = nil
		for _, level := range levels(t) {
			configs = append(configs, "simd:level="+level)
		}
	}
	for _, config := range configs {
		e := open(t, config)
		for _, kind := range vae.Kinds {
			m, _ := autoencoder(t, kind)
			golden, _, err := checkpoint.ReadSafetensorsFile(filepath.Join("testdata", "vae-"+kind+".safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			for _, float := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
				t.Run(config+"/"+kind+"/"+float.String(), func(t *testing.T) {
					f(t, &network{Network: m, float: float, golden: golden, engine: e}, m)
				})
			}
		}
		e.Close()
	}
}

// TestAutoencoder compares both halves, both terms of the bound and the gradients of a loss with
// beta 2.
func TestAutoencoder(t *testing.T) {
	eachVAE(t, func(t *testing.T, n *network, m vae.Autoencoder) {
		var trained []*net.Param
		for _, p := range m.Params() {
			if p.Name != "log_variance" {
				trained = append(trained, p)
			}
		}
		f := n.engine.Func("bound", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
			params := m.Params()
			v, x, eps := net.Bind(net.Train, params, in[:len(params)]), in[len(params)], in[len(params)+1]
			mean, logVar := m.Encode(v, x)
			y := m.Decode(v, vae.Reparameterise(mean, logVar, eps))
			b := vae.ELBO(v, m, x, eps)
			loss := graph.ReduceAllMean(b.Loss(graph.ConstAsDType(g, n.float, 2), x.Shape().Size()/x.Shape().Dim(0)))
			var by []*graph.Node
			for _, p := range trained {
				by = append(by, v.Get(p))
			}
			return slices.Concat([]*graph.Node{mean, logVar, y, b.Reconstruction, b.KL, loss}, graph.Gradient(loss, by...))
		})
		out, err := f.Call(append(n.weights(t), n.input(t, "x"), n.input(t, "eps"))...)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"mean", "logvar", "y", "rec", "kl", "loss"}
		for i, name := range names {
			n.compareOne(t, name, out[i])
		}
		n.compareDict(t, "grad", trained, out[len(names):])
	})
}

// TestAutoencoderOrder: diffusers' state dict, and our variance after it.
func TestAutoencoderOrder(t *testing.T) {
	for _, kind := range vae.Kinds {
		m, want := autoencoder(t, kind)
		var got []string
		for _, p := range m.Params() {
			got = append(got, p.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: names %q, want %q", kind, got, want)
		}
	}
}
