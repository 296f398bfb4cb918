package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Flow is flow matching on straight paths, reverie.Flow.
type Flow struct {
	Between bool // its far end is a second data set in place of the noise
}

// Row implements table.Row.
func (*Flow) Row() table.Info {
	return table.Info{Name: "flow", Text: "flow matching on straight paths: alpha = 1-t, sigma = t, Lipman et al. 2023; with --from between two data sets"}
}

// Process implements Process.
func (f *Flow) Process() (reverie.Process, error) { return reverie.Flow{Between: f.Between}, nil }

// WithFarEnd implements Ended.
func (f *Flow) WithFarEnd() Process { return &Flow{Between: true} }

// HasFarEnd implements Ended.
func (f *Flow) HasFarEnd() bool { return f.Between }

// String implements Process.
func (f *Flow) String() string {
	if f.Between {
		return "flow between two data sets"
	}
	return "flow"
}

// Suits says what goes well with it.
func (*Flow) Suits(Formulation, func(string) bool) map[string]string {
	return suits("heun", "velocity", "")
}

// Refuse reports predictions that leave the data open where a flow is all noise, and what asks for
// a noise level where there is none.
func (*Flow) Refuse(f Formulation) error {
	between := len(f.From) > 0
	switch {
	case between && is(f.Prediction, "score"):
		return fmt.Errorf("--prediction score: a flow between two data sets has none; give --prediction velocity or x0")
	case between && f.Weighting != nil && !is(f.Weighting, "simple"):
		return fmt.Errorf("--weighting %s weights a noise level, and a flow between two data sets has none; give --weighting simple", nameOf(f.Weighting))
	case is(f.Prediction, "eps") || is(f.Prediction, "score"):
		return fmt.Errorf("--prediction %s does not determine x0 where a flow is all noise, at t = 1; give --prediction velocity, v or x0", nameOf(f.Prediction))
	}
	return nil
}
