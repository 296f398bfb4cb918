package model_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// ownArchitecture is one that a program adds: two convolutions, the time between.
type ownArchitecture struct {
	Channels []int `flag:"channels" range:"[1,64]" help:"the one width"`
}

func init() { net.Register(&ownArchitecture{Channels: []int{4}}) }

func (*ownArchitecture) Row() table.Info {
	return table.Info{Name: "own", Text: "two convolutions"}
}

func (*ownArchitecture) Fits(k kind.Kind) error { return net.FitsGrid(k) }

func (a *ownArchitecture) Layout(k kind.Kind, outputs int) (net.Network, error) {
	return newOwn(ownConfig{In: k.C, Out: outputs, Width: a.Channels[0]}), nil
}

func (*ownArchitecture) Decode(text []byte) (net.Network, error) {
	var c ownConfig
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	return newOwn(c), nil
}

type ownConfig struct{ In, Out, Width int }

type ownNetwork struct {
	ownConfig
	params   []*net.Param
	in, out  net.Conv2D
	timeBias net.Linear
}

func newOwn(c ownConfig) *ownNetwork {
	s := net.NewScope()
	m := &ownNetwork{ownConfig: c}
	m.in = net.NewConv2D(s.In("in"), c.In, c.Width, 3, 1, 1)
	m.timeBias = net.NewLinear(s.In("time"), 8, c.Width)
	m.out = net.NewConv2D(s.In("out"), c.Width, c.Out, 3, 1, 1)
	m.params = s.Params()
	return m
}

func (m *ownNetwork) Arch() string            { return "own" }
func (m *ownNetwork) Config() any             { return m.ownConfig }
func (m *ownNetwork) Params() []*net.Param    { return m.params }
func (m *ownNetwork) Channels() (in, out int) { return m.In, m.Out }
func (m *ownNetwork) Check(h, w int) error    { return nil }
func (m *ownNetwork) Takes() net.Parts        { return net.Cond }

func (m *ownNetwork) Forward(v *net.Vars, in net.Input) *graph.Node {
	in = in.For(m)
	t := m.timeBias.Forward(v, net.Sinusoid(in.Cond, 8, 1, false))
	h := graph.Add(m.in.Forward(v, in.X), net.OverPixels(t))
	return m.out.Forward(v, net.SiLU(h))
}

// TestOwnArchitecture: a network that a program adds trains, is saved, loads and samples as those
// that come with reverie, also as an energy.
func TestOwnArchitecture(t *testing.T) {
	e := openEngine(t)
	for _, energy := range []bool{false, true} {
		dir := trained(t, e, func(c *config.Run) { c.Energy = energy; put(c, "arch", "own", "channels", "6") })
		m, err := model.Load(e, dir, false)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if m.Net.Arch() != "own" || m.Net.Params()[0].Shape[0] != 6 {
			t.Errorf("loaded %s of width %v", m.Net.Arch(), m.Net.Params()[0].Shape)
		}
		if _, is := m.Net.(net.Energy); is != energy {
			t.Errorf("loaded as an energy: %v", is)
		}
		x, err := m.Sample(context.Background(), model.Options{N: 2, Seed: 1, Steps: 3})
		if err != nil || len(x) == 0 || slices.Min(x) == slices.Max(x) {
			t.Errorf("%d numbers, %v", len(x), err)
		}
	}
	if names := net.Fitting(kind.OfImages(8, 8, 3), checkpoint.Denoiser); !slices.Contains(names, "own") {
		t.Errorf("for images there are %s", strings.Join(names, ", "))
	}
}
