package sample

import (
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Clamp is a row of Clamps: what of a walk is kept to [-1,1], where the data lie.
type Clamp struct {
	table.Info
	X0       bool    // x0hat
	Quantile float64 // x0hat to this quantile of each sample, see Threshold; 0: element by element
	X        bool    // x after each step
}

// Clamps are the clamps that a name chooses.
var Clamps = table.New("clamp", "clamps", " to [-1,1] while sampling",
	Clamp{Info: table.Info{Name: "x0", Text: "what the network takes the data to be"}, X0: true},
	Clamp{Info: table.Info{Name: "dynamic", Text: "the same, to its 99.5% quantile, Saharia et al. 2022"}, X0: true, Quantile: 0.995},
	Clamp{Info: table.Info{Name: "x", Text: "the image after each step"}, X: true},
	Clamp{Info: table.Info{Name: "none", Text: "nothing"}},
)

// Apply clamps what a run walks by. The Space must be able to: see reverie.Clamp and Threshold.
func (r *Run[X]) Apply(c Clamp) (err error) {
	switch {
	case c.Quantile > 0:
		r.Denoiser, err = Threshold(r.Space, r.Denoiser, c.Quantile)
	case c.X0:
		r.Denoiser, err = reverie.Clamp(r.Space, r.Denoiser, -1, 1)
	}
	if c.X {
		r.Clamp = 1
	}
	return err
}
