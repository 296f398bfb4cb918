package main

import (
	"errors"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Features is an architecture: two layers over a point and its time.
type Features struct {
	table.Info
	Width int `flag:"width" range:"[1,4096]" help:"of the hidden layers" group:"Network"`
}

func (*Features) Fits(k kind.Kind) error { return net.FitsVector(k) }

func (a *Features) Layout(k kind.Kind, outputs int) (net.Network, error) {
	if outputs != k.C {
		return nil, net.ErrOneSet
	}
	return newPerceptron(perceptronConfig{k.C, a.Width})
}

func (*Features) Decode(config []byte) (net.Network, error) {
	var c perceptronConfig
	if err := net.Decode(config, &c); err != nil {
		return nil, err
	}
	return newPerceptron(c)
}

type perceptronConfig struct{ Dim, Width int }

// A perceptron is the network itself.
type perceptron struct {
	config          perceptronConfig
	params          []*net.Param
	in, middle, out net.Linear
}

// embedded is the width of the embedding of the time.
const embedded = 32

func newPerceptron(c perceptronConfig) (*perceptron, error) {
	if err := errors.Join(net.CheckWidth("dim", c.Dim), net.CheckWidth("width", c.Width)); err != nil {
		return nil, err
	}
	s, p := net.NewScope(), &perceptron{config: c}
	p.in = net.NewLinear(s.In("in"), c.Dim+embedded, c.Width)
	p.middle = net.NewLinear(s.In("middle"), c.Width, c.Width)
	p.out = net.NewLinear(s.In("out"), c.Width, c.Dim)
	p.params = s.Params()
	return p, nil
}

func (*perceptron) Arch() string              { return "features" }
func (p *perceptron) Config() any             { return p.config }
func (p *perceptron) Params() []*net.Param    { return p.params }
func (p *perceptron) Channels() (in, out int) { return p.config.Dim, p.config.Dim }

func (*perceptron) Check(h, w int) error { return net.FitsVector(kind.OfFields(h, w, 1)) }

func (*perceptron) Takes() net.Parts { return net.Cond }

func (p *perceptron) Forward(v *net.Vars, in net.Input) *graph.Node {
	in = in.For(p)
	d := in.X.Shape().Dimensions
	x := graph.Reshape(in.X, d[0], d[3])
	y := graph.Concatenate([]*graph.Node{x, net.Sinusoid(in.Cond, embedded, 0, false)}, 1)
	y = net.SiLU(p.in.Forward(v, y))
	y = net.SiLU(p.middle.Forward(v, y))
	return graph.Reshape(p.out.Forward(v, y), d...)
}
