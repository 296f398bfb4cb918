package formulation

import (
	"cmp"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// VE is the variance-exploding SDE, reverie.VE.
type VE struct {
	SigmaMin float64 `flag:"sigma-min" range:"[0,1e9]" help:"least noise" zero:"0.01" group:"Formulation" rare:"true"`
	SigmaMax float64 `flag:"sigma-max" range:"[0,1e9]" help:"most noise" zero:"50" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*VE) Row() table.Info {
	return table.Info{Name: "ve", Text: "variance-exploding SDE, the limit of NCSN: alpha = 1, sigma geometric in t, Song et al. 2021"}
}

// Process implements Process.
func (v *VE) Process() (reverie.Process, error) {
	return reverie.VE{SigmaMin: v.SigmaMin, SigmaMax: v.SigmaMax}, nil
}

// String implements Process.
func (*VE) String() string { return "ve" }

// Validate reports noise that does not grow.
func (v *VE) Validate() error { return grows(v.SigmaMin, v.SigmaMax, 0.01, 50) }

// Suits says what goes well with it.
func (*VE) Suits(Formulation, func(string) bool) map[string]string {
	return suits("heun", "edm", "")
}

// MoreSignal says what leaves more of it at the end.
func (*VE) MoreSignal() string { return "a smaller --sigma-max" }

// EDM is the process whose time is sigma itself, reverie.EDM.
type EDM struct {
	SigmaMin float64 `flag:"sigma-min" range:"[0,1e9]" help:"least noise" zero:"0.002" group:"Formulation" rare:"true"`
	SigmaMax float64 `flag:"sigma-max" range:"[0,1e9]" help:"most noise" zero:"80" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*EDM) Row() table.Info {
	return table.Info{Name: "edm", Text: "alpha = 1, the time is sigma itself, Karras et al. 2022"}
}

// Process implements Process.
func (e *EDM) Process() (reverie.Process, error) {
	return reverie.EDM{SigmaMin: e.SigmaMin, SigmaMax: e.SigmaMax}, nil
}

// String implements Process.
func (*EDM) String() string { return "edm" }

// Validate reports noise that does not grow.
func (e *EDM) Validate() error { return grows(e.SigmaMin, e.SigmaMax, 0.002, 80) }

// Suits says what goes well with it: uniform in sigma, nearly all times would be noise.
func (*EDM) Suits(Formulation, func(string) bool) map[string]string {
	return suits("heun", "edm", "log-normal")
}

// MoreSignal says what leaves more of it at the end.
func (*EDM) MoreSignal() string { return "a smaller --sigma-max" }

// grows reports a least noise that is not under the most; 0 is the paper's.
func grows(least, most, paperLeast, paperMost float64) error {
	if cmp.Or(least, paperLeast) < cmp.Or(most, paperMost) {
		return nil
	}
	return fmt.Errorf("--sigma-min %v is not under --sigma-max %v (0: the paper's, %v and %v)", least, most, paperLeast, paperMost)
}
