package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// VP is the variance-preserving SDE, by its schedule one of reverie's.
type VP struct {
	Schedule Schedule `flag:"schedule" of:"schedule" help:"noise schedule" group:"Formulation"`
}

// Row implements table.Row.
func (*VP) Row() table.Info {
	return table.Info{Name: "vp", Text: "variance-preserving SDE, the limit of ddpm, Song et al. 2021"}
}

// Process implements Process.
func (v *VP) Process() (reverie.Process, error) { return v.Schedule.VP() }

// String implements Process.
func (v *VP) String() string { return "vp, " + nameOf(v.Schedule) }

// LearnedSchedule says whether the schedule is among the weights.
func (v *VP) LearnedSchedule() bool { return is(v.Schedule, "learned") }

// MoreSignal says what leaves more of it at the end.
func (*VP) MoreSignal() string { return "a smaller --beta-end" }

// Validate reports a schedule that is no VP-SDE.
func (v *VP) Validate() error {
	_, err := v.Schedule.VP()
	return err
}

// Unused reports the betas of a schedule that has them as a table alone.
func (v *VP) Unused(flag string) error {
	if _, ok := v.Schedule.(*Sigmoid); ok && (flag == "beta-start" || flag == "beta-end") {
		return fmt.Errorf("--%s belongs to --schedule linear, and of ddpm to scaled-linear and sigmoid, not to sigmoid of vp; leave it out", flag)
	}
	return nil
}

// Suits says what goes well with it.
func (*VP) Suits(Formulation, func(string) bool) map[string]string { return suits("dpm++2m", "", "") }

// SubVP is the sub-VP SDE, reverie.SubVP.
type SubVP struct{ BetaRange }

// Row implements table.Row.
func (*SubVP) Row() table.Info {
	return table.Info{Name: "subvp", Text: "sub-VP SDE, never more variance than vp, Song et al. 2021"}
}

// Process implements Process.
func (s *SubVP) Process() (reverie.Process, error) { return reverie.SubVP(s.vp()), nil }

// String implements Process.
func (*SubVP) String() string { return "subvp" }

// Suits says what goes well with it.
func (*SubVP) Suits(Formulation, func(string) bool) map[string]string { return suits("heun", "", "") }

// MoreSignal says what leaves more of it at the end.
func (*SubVP) MoreSignal() string { return "a smaller --beta-end" }
