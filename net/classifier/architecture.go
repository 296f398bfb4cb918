package classifier

import (
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Architecture is the row of the table of architectures: convolutions, of points dense layers.
type Architecture struct {
	Channels []int `flag:"channels" range:"[1,8192]" help:"widths of the network's levels, from full resolution down" group:"Network"`
	Features int   `flag:"features" range:"[1,8192]" help:"numbers in a classifier's last layer but one" group:"Network" rare:"true"`
	Noised   bool  `flag:"noised" help:"a classifier of the noised samples of --process, to guide with; else of the samples themselves, to judge with" group:"Network"`
}

var (
	_ net.Classed = (*Architecture)(nil)
	_ net.Suiting = (*Architecture)(nil)
)

// Row implements table.Row.
func (*Architecture) Row() table.Info {
	return table.Info{Name: Arch, Text: "says of which class samples are, clean or (--noised) at every noise level, to judge or to guide"}
}

// Class implements net.Classed.
func (*Architecture) Class() checkpoint.Class {
	return checkpoint.Class{Arch: Arch, Library: "reverie", Name: "Classifier", Role: checkpoint.Classifier}
}

// Fits takes all.
func (*Architecture) Fits(kind.Kind) error { return nil }

// Suits gives points, which have no levels, blocks of one width.
func (*Architecture) Suits(k kind.Kind) map[string]string {
	if isDense(k) {
		return map[string]string{"channels": "128,128,128"}
	}
	return nil
}

// Validate says whether there is a level.
func (a *Architecture) Validate() error { return net.CheckLevels(a.Channels, 1) }

// Layout lays the network out for the classes of k; outputs has no effect.
func (a *Architecture) Layout(k kind.Kind, _ int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	c := Config{
		ImageChannels: k.C, Classes: len(k.Classes), Channels: a.Channels, Embedding: a.Features,
		Dense: isDense(k), Noised: a.Noised, Kind: k,
	}
	return New(c)
}

// isDense says whether samples of a kind are numbers without an arrangement.
func isDense(k kind.Kind) bool { return net.FitsVector(k) == nil && net.FitsGrid(k) != nil }

// Decode reads a [Config].
func (*Architecture) Decode(config []byte) (net.Network, error) {
	var c Config
	if err := net.Decode(config, &c); err != nil {
		return nil, err
	}
	return New(c)
}
