package sample

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
)

// paramNames are the names that golden files and tests have for params.
var (
	paramNames = []string{"eps", "x0", "v", "velocity", "score", "edm"}
	params     = []reverie.Param{reverie.Eps, reverie.X0, reverie.V, reverie.Velocity, reverie.Score, reverie.EDMParam(0.5)}
)

// paramOf is the prediction of a name.
func paramOf(name string) (reverie.Param, error) {
	if i := slices.Index(paramNames, name); i >= 0 {
		return params[i], nil
	}
	return nil, fmt.Errorf("no prediction %q", name)
}

// scheduleNames are the names that golden files and tests have for tables of betas.
var scheduleNames = []string{"linear", "scaled-linear", "sigmoid", "cosine"}

// betasOf is the table of a schedule.
func betasOf(schedule string, T int, start, end float64) []float64 {
	switch schedule {
	case "linear":
		return reverie.LinearBetas(T, start, end)
	case "scaled-linear":
		return reverie.ScaledLinearBetas(T, start, end)
	case "sigmoid":
		return reverie.SigmoidBetas(T, start, end)
	}
	return reverie.CosineBetas(T)
}
