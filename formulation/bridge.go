package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Brownian is the Brownian bridge to a second data set, reverie.Bridge.
type Brownian struct {
	far
	Diffusion float64 `flag:"diffusion" range:"[0,1e9]" help:"deviation of the Brownian motion" zero:"1" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*Brownian) Row() table.Info {
	return table.Info{Name: "bridge", Text: "Brownian bridge to a second data set (--from, --pairs): beta = t, sigma a multiple of sqrt(t(1-t)), De Bortoli et al. 2021"}
}

// Process implements Process.
func (b *Brownian) Process() (reverie.Process, error) { return reverie.Bridge{C: b.Diffusion}, nil }

// WithFarEnd implements Ended.
func (b *Brownian) WithFarEnd() Process { return b }

// String implements Process.
func (*Brownian) String() string { return "bridge" }

// I2SB is the bridge of that name, reverie.Symmetric.
type I2SB struct {
	far
	BetaRange
}

// Row implements table.Row.
func (*I2SB) Row() table.Info {
	return table.Info{Name: "i2sb", Text: "Schroedinger bridge to a second data set (--from, --pairs), most noise half way, Liu et al. 2023"}
}

// Process implements Process.
func (b *I2SB) Process() (reverie.Process, error) {
	return reverie.Pinned{Reference: reverie.Symmetric{BetaMin: vpSteps * b.Start, BetaMax: vpSteps * b.End}}, nil
}

// WithFarEnd implements Ended.
func (b *I2SB) WithFarEnd() Process { return b }

// String implements Process.
func (*I2SB) String() string { return "i2sb" }

// SBVE is the variance-exploding Schroedinger bridge, reverie.Geometric.
type SBVE struct {
	far
	K float64 `flag:"growth" range:"[0,1e4]" help:"by which its g grows from 0 to 1" zero:"2.6" group:"Formulation" rare:"true"`
	C float64 `flag:"sb-scale" range:"[0,1e9]" help:"of its g^2" zero:"0.4" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*SBVE) Row() table.Info {
	return table.Info{Name: "sb-ve", Text: "variance-exploding Schroedinger bridge to a second data set (--from, --pairs), Jukic et al. 2024"}
}

// Process implements Process.
func (b *SBVE) Process() (reverie.Process, error) {
	return reverie.Pinned{Reference: reverie.Geometric{K: b.K, C: b.C}}, nil
}

// WithFarEnd implements Ended.
func (b *SBVE) WithFarEnd() Process { return b }

// String implements Process.
func (*SBVE) String() string { return "sb-ve" }

// SBVP is the variance-preserving Schroedinger bridge, reverie.Preserving.
type SBVP struct {
	far
	BetaRange
	C float64 `flag:"sb-scale" range:"[0,1e9]" help:"of its g^2" zero:"0.3" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*SBVP) Row() table.Info {
	return table.Info{Name: "sb-vp", Text: "variance-preserving Schroedinger bridge to a second data set (--from, --pairs), Jukic et al. 2024"}
}

// Process implements Process.
func (b *SBVP) Process() (reverie.Process, error) {
	vp := b.vp()
	return reverie.Pinned{Reference: reverie.Preserving{BetaMin: vp.BetaMin, BetaMax: vp.BetaMax, C: b.C}}, nil
}

// WithFarEnd implements Ended.
func (b *SBVP) WithFarEnd() Process { return b }

// String implements Process.
func (*SBVP) String() string { return "sb-vp" }

// OUVE is the process of SGMSE+, reverie.OUVE.
type OUVE struct {
	far
	Theta    float64 `flag:"theta" range:"[0,1e3]" help:"pull of the far end" zero:"1.5" group:"Formulation" rare:"true"`
	SigmaMin float64 `flag:"sigma-min" range:"[0,1e9]" help:"least noise" zero:"0.05" group:"Formulation" rare:"true"`
	SigmaMax float64 `flag:"sigma-max" range:"[0,1e9]" help:"most noise" zero:"0.5" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*OUVE) Row() table.Info {
	return table.Info{Name: "ouve", Text: "drawn to a second data set (--from, --pairs) under growing noise, SGMSE+, Richter et al. 2023"}
}

// Process implements Process.
func (b *OUVE) Process() (reverie.Process, error) {
	return reverie.OUVE{Theta: b.Theta, SigmaMin: b.SigmaMin, SigmaMax: b.SigmaMax}, nil
}

// WithFarEnd implements Ended.
func (b *OUVE) WithFarEnd() Process { return b }

// Validate reports noise that does not grow.
func (b *OUVE) Validate() error { return grows(b.SigmaMin, b.SigmaMax, 0.05, 0.5) }

// String implements Process.
func (*OUVE) String() string { return "ouve" }

// far is of the processes that always have a far end: a second data set beside the noise.
type far struct{}

// HasFarEnd implements Ended.
func (far) HasFarEnd() bool { return true }

// Suits says what goes well with it.
func (far) Suits(Formulation, func(string) bool) map[string]string { return suits("ddpm", "x0", "") }

// Refuse reports a far end that is missing, and predictions that are singular where a bridge is a
// point, at its far end.
func (far) Refuse(f Formulation) error {
	name := nameOf(f.Process)
	p, err := f.Process.Process()
	switch {
	case err != nil:
		return err
	case len(f.From) == 0 && !f.HasPairs():
		return fmt.Errorf("--process %s leads from the data to a second data set, and none is given; give --from, or --pairs where each image has one of its own, or another --process", name)
	case is(f.Prediction, "v"):
		return fmt.Errorf("--prediction v is of processes without a far end; with --process %s give --prediction x0", name)
	case f.Prediction != nil && !is(f.Prediction, "x0") && reverie.PriorSigma(p) == 0:
		return fmt.Errorf("--prediction %s is singular at the far end of --process %s, which is a point; give --prediction x0", nameOf(f.Prediction), name)
	}
	return nil
}
