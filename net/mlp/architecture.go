package mlp

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Architecture is the row of the table of architectures.
type Architecture struct {
	Channels []int `flag:"channels" range:"[1,8192]" help:"widths of the blocks, all alike" group:"Network"`

	classes int
}

var _ net.Classing = (*Architecture)(nil)

// Row implements table.Row.
func (*Architecture) Row() table.Info {
	return table.Info{Name: Arch, Text: "residual network of points, and of latents that are points"}
}

// Fits refuses samples of more than one position.
func (*Architecture) Fits(k kind.Kind) error { return net.FitsVector(k) }

// Validate says whether there is a block, and all are of one width.
func (a *Architecture) Validate() error {
	if err := net.CheckLevels(a.Channels, 1); err != nil {
		return err
	}
	if slices.ContainsFunc(a.Channels, func(w int) bool { return w != a.Channels[0] }) {
		return &table.Error{Flag: "channels", Text: fmt.Sprintf("%v: the blocks of %s are of one width, such as 128,128,128", a.Channels, Arch)}
	}
	return nil
}

// SetClasses implements net.Classing.
func (a *Architecture) SetClasses(n int) { a.classes = n }

// Layout lays the network out.
func (a *Architecture) Layout(k kind.Kind, outputs int) (net.Network, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	m, err := New(Config{Dim: k.C, Out: outputs, Width: a.Channels[0], Depth: len(a.Channels), NumClassEmbeds: a.classes})
	if err != nil {
		return nil, err
	}
	return m, m.Check(k.H, k.W)
}

// Decode reads a [Config]. Older files say in it that the network is within a [net.Energy], which
// is now said beside the process.
func (*Architecture) Decode(config []byte) (net.Network, error) {
	var c struct {
		Config
		Energy bool `json:"energy"`
	}
	if err := net.Decode(config, &c); err != nil {
		return nil, err
	}
	m, err := New(c.Config)
	if err != nil || !c.Energy {
		return m, err
	}
	return net.NewEnergy(m)
}
