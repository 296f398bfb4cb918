// Package guide steers sampling: a guide makes a Denoiser of a Denoiser, whose x0hat is drawn to
// where the guide wants it. A guide is a row of Guides that is the guide itself with its settings:
//
//	type Towards struct {
//		Weight float64 `flag:"weight" range:"[0,1]" help:"how far x0hat is drawn"`
//	}
//
//	func (*Towards) Row() table.Info { return table.Info{Name: "towards", Text: "draw x0hat to 0"} }
//
//	func (g *Towards) Guide(s guide.Setup, d guide.Denoiser) (guide.Denoiser, error) {
//		draw := func(x guide.Tensor) guide.Tensor { return s.Space.Sum([]float64{1 - g.Weight}, x) }
//		return reverie.Map(d, draw, func(_, u guide.Tensor) guide.Tensor { return draw(u) }), nil
//	}
//
// [reverie.Map] keeps what the denoiser knows beside x0hat; a guide that is no map of x0hat passes
// on the query, and refuses in Knows by [reverie.Want.Beyond] what it cannot keep.
package guide

import (
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/table"
)

// Tensor is a batch [N,H,W,C] of what the process works on: images, points or latents.
type Tensor = *tensors.Tensor

// Denoiser is what is guided.
type Denoiser = reverie.Denoiser[Tensor]

// A Space is that of a walk, which frees what its methods return once it is of no use any more.
type Space interface {
	reverie.Space[Tensor]
	// Own makes x one of those tensors: for what a guide's own functions return. It returns x.
	Own(x Tensor) Tensor
}

// A Setup is what a guide may use of the model that samples.
type Setup struct {
	Engine  *engine.Engine  // compiles a guide's own functions
	Space   Space           // of this walk
	Process reverie.Process // under which is sampled
}

// A Guide is a row of Guides, with its settings.
type Guide interface {
	table.Row
	// Guide returns d guided, for one walk. An error says which setting, or what of the setup, does
	// not do.
	Guide(s Setup, d Denoiser) (Denoiser, error)
}

// Guides are the guides that a name chooses. A program adds its own:
//
//	guide.Guides.Add(new(Towards))
var Guides = table.New[Guide]("guide", "guides", " of what is sampled")

// Apply guides d by all the guides, the first one innermost: a later one sees what those before
// made of x0hat. Settings that were changed are checked.
func Apply(s Setup, d Denoiser, guides ...Guide) (Denoiser, error) {
	for _, g := range guides {
		var err error
		if d, err = apply(s, d, g); err != nil {
			return nil, fmt.Errorf("guide %s: %w", g.Row().Name, err)
		}
	}
	return d, nil
}

func apply(s Setup, d Denoiser, g Guide) (Denoiser, error) {
	for _, f := range table.Fields(g) {
		if err := f.Check(); err != nil {
			return nil, err
		}
	}
	return g.Guide(s, d)
}
