package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Process is a process by its name, with its parameters as settings. String is how a person reads
// it: its name and what distinguishes it.
type Process interface {
	table.Row
	fmt.Stringer
	// Process makes it. A learned schedule begins as the linear one; its own is among the weights.
	Process() (reverie.Process, error)
}

// An Ended process starts from a second data set: a flow, where one is given, in place of the
// noise, a bridge always, with noise on the way.
type Ended interface {
	Process
	// WithFarEnd is the process from a second data set.
	WithFarEnd() Process
	// HasFarEnd says whether this one starts from it.
	HasFarEnd() bool
}

// Processes are those that --process chooses from.
var Processes = table.New[Process]("process", "processes", ": x_t = alpha x0 + beta x1 + sigma eps",
	&DDPM{Timesteps: 1000, Schedule: linear()},
	&VP{Schedule: linear()},
	&SubVP{defaultBetas},
	&VE{},
	&EDM{},
	&Flow{},
	&Brownian{},
	&I2SB{BetaRange: BetaRange{1e-4, 3e-4}},
	&SBVE{},
	&SBVP{BetaRange: BetaRange{1e-5, 0.02}},
	&OUVE{},
)

// suits are those of a process of continuous time: the loss of DDPM's lecture goes with none of
// them.
func suits(solver, prediction, times string) map[string]string {
	all := map[string]string{"solver": solver, "loss": "mse"}
	if prediction != "" {
		all["prediction"] = prediction
	}
	if times != "" {
		all["times"] = times
	}
	return all
}
