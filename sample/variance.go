package sample

import (
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Variance is a row of Variances.
type Variance struct {
	table.Info
	reverie.Variance
}

// Variances are the variances of DDPM's steps that a name chooses.
var Variances = table.New("variance", "variances", " of solver ddpm",
	Variance{table.Info{Name: "posterior", Text: "that of q(x_s | x_t, x0)"}, reverie.PosteriorVariance},
	Variance{table.Info{Name: "beta", Text: "that of q(x_t | x_s)"}, reverie.BetaVariance},
	Variance{table.Info{Name: "learned", Text: "between the two, learned beside the prediction, Nichol & Dhariwal 2021"}, reverie.LearnedVariance},
)
