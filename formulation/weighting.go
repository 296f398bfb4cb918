package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Weighting is the weight of a time in the loss, by its name.
type Weighting interface {
	table.Row
	// Weighting makes it for the formulation that it is part of; nil is 1 on the network's own
	// target.
	Weighting(Formulation) reverie.Weighting
}

// The weightings without settings.
var (
	Simple     Weighting = simple{table.Info{Name: "simple", Text: "1 on the network's own target"}}
	ELBO       Weighting = elbo{table.Info{Name: "elbo", Text: "the evidence lower bound"}}
	MinSNR     Weighting = fixed{table.Info{Name: "min-snr", Text: "min(SNR, 5), Hang et al. 2023"}, reverie.MinSNR{}}
	Likelihood Weighting = fixed{table.Info{Name: "likelihood", Text: "g^2/2 on the score's error, Song et al. 2021"}, reverie.Likelihood{}}
	SNR        Weighting = fixed{table.Info{Name: "snr", Text: "1 on the noise's error, sigma^2 on the score's, Song & Ermon 2019"}, reverie.SNRWeight{}}
)

// Weightings are those that --weighting chooses from.
var Weightings = table.New("weighting", "weightings", " over time, on |x0hat - x0|^2 but for simple", Simple, ELBO, MinSNR, Likelihood, Weighting(&EDMWeight{}), SNR)

type simple struct{ table.Info }

func (simple) Weighting(Formulation) reverie.Weighting { return nil }

// elbo depends on the variance of the reverse steps.
type elbo struct{ table.Info }

func (elbo) Weighting(f Formulation) reverie.Weighting { return reverie.ELBO{Variance: f.variance()} }

type fixed struct {
	table.Info
	weighting reverie.Weighting
}

func (w fixed) Weighting(Formulation) reverie.Weighting { return w.weighting }

// EDMWeight is reverie.EDMWeight.
type EDMWeight struct {
	SigmaData float64 `flag:"sigma-data" range:"[0,1e9]" help:"deviation of the data" zero:"0.5" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*EDMWeight) Row() table.Info { return table.Info{Name: "edm", Text: "Karras et al. 2022"} }

// Weighting implements Weighting.
func (w *EDMWeight) Weighting(Formulation) reverie.Weighting {
	return reverie.EDMWeight{SD: w.SigmaData}
}

// variance is that of the reverse steps, the posterior's where none is named.
func (s Spec) variance() reverie.Variance {
	v, err := sample.Variances.Find(s.Variance)
	if err != nil {
		return reverie.PosteriorVariance
	}
	return v.Variance
}

// validateVariance reports what a learned variance, whose loss is a bound beside the mean square,
// does not go with.
func (f Formulation) validateVariance() error {
	if f.variance() != reverie.LearnedVariance {
		return nil
	}
	switch _, chain := f.Process.(interface{ Chain() (*reverie.DDPM, error) }); {
	case f.Energy:
		return fmt.Errorf("--energy makes a prediction of the input's shape the gradient of a scalar; it does not go with --variance learned")
	case !chain:
		return fmt.Errorf("--variance learned lies between the two variances of a table of betas; give --process ddpm, or leave it out")
	case !is(f.Loss, "mse") || !is(f.Way, "denoise"):
		return fmt.Errorf("--variance learned adds the bound to a mean square; give --loss mse and --objective denoise")
	case !unbiased(f.Times):
		return fmt.Errorf("--variance learned minimises the bound, over all times alike; give --times uniform, stratified or importance, not %s", nameOf(f.Times))
	}
	return nil
}
