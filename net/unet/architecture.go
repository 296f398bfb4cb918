package unet

import (
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Architecture is the row of the table of architectures: the residual U-Net as we train it. The
// time scales and shifts, every residual branch starts at zero, and the middle attends to itself
// where it is small enough.
type Architecture struct {
	net.Levels
	Layers int `flag:"layers" range:"[1,16]" help:"residual blocks per level" group:"Network"`

	classes int
}

var (
	_ net.Classed  = (*Architecture)(nil)
	_ net.Leveled  = (*Architecture)(nil)
	_ net.Suiting  = (*Architecture)(nil)
	_ net.Classing = (*Architecture)(nil)
)

// Row implements table.Row.
func (*Architecture) Row() table.Info {
	return table.Info{Name: Arch, Text: "residual U-Net with attention in the middle"}
}

// Class implements net.Classed.
func (*Architecture) Class() checkpoint.Class {
	return checkpoint.Class{Arch: Arch, Library: "diffusers", Name: "UNet2DModel"}
}

// Fits refuses samples of a single position.
func (*Architecture) Fits(k kind.Kind) error { return net.FitsGrid(k) }

// Suits gives latents, which are small already, fewer levels and wider ones.
func (*Architecture) Suits(k kind.Kind) map[string]string {
	if k.Form == kind.Latents {
		return map[string]string{"channels": "32,64,64"}
	}
	return nil
}

// SetClasses implements net.Classing.
func (a *Architecture) SetClasses(n int) { a.classes = n }

// Validate says whether there are levels enough.
func (a *Architecture) Validate() error { return net.CheckLevels(a.Channels, 2) }

// Layout lays the network out.
func (a *Architecture) Layout(k kind.Kind, outputs int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	levels, groups := len(a.Channels), net.Groups(a.Channels)
	c := Config{
		InChannels: k.C, OutChannels: outputs,
		BlockOutChannels: a.Channels, LayersPerBlock: a.Layers,
		DownBlockTypes: slices.Repeat([]string{plainDown}, levels), UpBlockTypes: slices.Repeat([]string{plainUp}, levels),
		NormNumGroups: groups, ResnetTimeScaleShift: timeScales,
		AddAttention: new(net.Attends(k.H, k.W, levels)), AttnNormNumGroups: groups, ZeroInit: true,
	}
	if a.classes > 0 {
		c.NumClassEmbeds = new(a.classes)
	}
	m, err := New(c)
	if err != nil {
		return nil, err
	}
	return m, m.Check(k.H, k.W)
}

// Decode reads a [Config].
func (*Architecture) Decode(config []byte) (net.Network, error) {
	c, err := decode(config)
	if err != nil {
		return nil, err
	}
	return New(c)
}
