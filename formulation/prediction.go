package formulation

import (
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Prediction is what a network says, by its name.
type Prediction interface {
	table.Row
	Param() reverie.Param
}

// The predictions without settings.
var (
	Eps      Prediction = plain{table.Info{Name: "eps", Text: "the noise"}, reverie.Eps}
	X0       Prediction = plain{table.Info{Name: "x0", Text: "the data"}, reverie.X0}
	V        Prediction = plain{table.Info{Name: "v", Text: "alpha eps - sigma x0, Salimans & Ho 2022"}, reverie.V}
	Velocity Prediction = plain{table.Info{Name: "velocity", Text: "dx/dt of the probability flow"}, reverie.Velocity}
	Score    Prediction = score{plain{table.Info{Name: "score", Text: "gradient of the log density, -eps/sigma"}, reverie.Score}}
)

// Predictions are those that --prediction chooses from.
var Predictions = table.New("prediction", "predictions", ": what the network says", Eps, X0, V, Velocity, Score, Prediction(&Preconditioned{}))

// plain is a prediction without settings.
type plain struct {
	table.Info
	param reverie.Param
}

func (p plain) Param() reverie.Param { return p.param }

// score is the prediction of the score, of which all that would count are the lowest noise levels,
// were its errors weighted alike.
type score struct{ plain }

// Suits says what goes well with it where it is regressed on.
func (score) Suits(f Formulation, given func(flag string) bool) map[string]string {
	if !is(f.Way, "denoise") || given("weighting") || given("loss") && !is(f.Loss, "mse") {
		return nil
	}
	return map[string]string{"loss": "mse", "weighting": "snr"}
}

// Preconditioned is x0 preconditioned by the noise level, reverie.EDMParam.
type Preconditioned struct {
	SigmaData float64 `flag:"sigma-data" range:"[0,1e9]" help:"deviation of the data" zero:"0.5" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*Preconditioned) Row() table.Info {
	return table.Info{Name: "edm", Text: "x0 preconditioned by the noise level, Karras et al. 2022"}
}

// Param implements Prediction.
func (p *Preconditioned) Param() reverie.Param { return reverie.EDMParam(p.SigmaData) }
