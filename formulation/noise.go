package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie/noise"
)

// validateNoise reports what is stated for the standard normal law of eps alone, see package noise.
func (f Formulation) validateNoise() error {
	if noise.Standard(f.Noise) {
		return nil
	}
	name := noise.Name(f.Noise)
	switch {
	case len(f.From) > 0:
		return fmt.Errorf("--from puts a second data set in the place of the noise, and --noise %s says what noise is; leave one out", name)
	case f.HasPairs() && f.WithEnds().Between():
		return fmt.Errorf("--process %s leads to the other one of each pair under Brownian motion, and --noise %s is none; give --noise gaussian, or a --process from noise", nameOf(f.Process), name)
	case f.LearnedSchedule():
		return fmt.Errorf("--schedule learned minimises a bound that is stated for the standard normal, and --noise %s is another; give another --schedule, or --noise gaussian", name)
	case f.Learned():
		return fmt.Errorf("--variance learned minimises a bound that is stated for the standard normal, and --noise %s is another; give another --variance, or --noise gaussian", name)
	case f.Energy:
		return fmt.Errorf("--energy makes -eps/sigma the gradient of a scalar, the log density, which it is of the standard normal alone, not of --noise %s; leave one out", name)
	case is(f.Prediction, "score"):
		return fmt.Errorf("--prediction score is -eps/sigma, which is the score of the standard normal alone, not of --noise %s; give --prediction eps, v or x0, or --noise gaussian", name)
	case is(f.Weighting, "elbo"), is(f.Weighting, "likelihood"):
		return fmt.Errorf("--weighting %s makes the loss a bound that is stated for the standard normal, and --noise %s is another; give another --weighting, or --noise gaussian", nameOf(f.Weighting), name)
	}
	return nil
}
