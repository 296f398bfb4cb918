package simpleunet

import (
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Architecture is the row of the table of architectures.
type Architecture struct {
	net.Levels

	classes int
}

var (
	_ net.Classed   = (*Architecture)(nil)
	_ net.Leveled   = (*Architecture)(nil)
	_ net.Classing  = (*Architecture)(nil)
	_ net.Inferring = (*Architecture)(nil)
)

// Row implements table.Row.
func (*Architecture) Row() table.Info {
	return table.Info{Name: Arch, Text: "the lecture's U-Net, with BatchNorm"}
}

// Class implements net.Classed.
func (*Architecture) Class() checkpoint.Class {
	return checkpoint.Class{Arch: Arch, Library: "reverie", Name: "SimpleUnet"}
}

// Fits refuses samples of a single position.
func (*Architecture) Fits(k kind.Kind) error { return net.FitsGrid(k) }

// Validate says whether there are levels enough.
func (a *Architecture) Validate() error { return net.CheckLevels(a.Channels, 2) }

// SetClasses implements net.Classing.
func (a *Architecture) SetClasses(n int) { a.classes = n }

// Layout lays the network out. It has no second set of outputs for what it sees.
func (a *Architecture) Layout(k kind.Kind, outputs int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	c := Config{Channels: a.Channels, ImageChannels: k.C, NumClassEmbeds: a.classes}
	switch {
	case outputs > k.C:
		return nil, net.ErrOneSet
	case outputs < k.C:
		c.OutChannels = outputs
	}
	m, err := New(c)
	if err != nil {
		return nil, err
	}
	return m, m.Check(k.H, k.W)
}

// Decode reads a [Config].
func (*Architecture) Decode(config []byte) (net.Network, error) {
	var c Config
	if err := net.Decode(config, &c); err != nil {
		return nil, err
	}
	return New(c)
}

// Infer implements net.Inferring; the usual network is the lecture's.
func (*Architecture) Infer(shapes map[string][]int) (net.Network, error) {
	c, inferErr := Infer(shapes)
	if inferErr != nil {
		c = Config{}
	}
	m, err := New(c)
	if err != nil {
		return nil, err
	}
	return m, inferErr
}
