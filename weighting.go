package reverie

import "fmt"

// A Weighting is the weight of a time in the loss: of |x0hat - x0|^2 at the time t of p, whose law
// there is c. It is one of a mean square; on the network's own target it is times out^2, so that it
// means the same whatever the network predicts. A Weighting that does not go with every process, or
// has parameters that may be out of range, has a method Validate(Process) error beside.
//
// Without a Weighting, nil, the weight is 1 on the network's own target, that is 1/out^2 on
// |x0hat - x0|^2 (Ho et al. 2020, arXiv:2006.11239, eq. 14), and the loss need not be a square.
type Weighting interface {
	Weight(p Process, t float64, c Coef) float64
}

// ELBO is the weight of the evidence lower bound: for a DDPM DDPM.ELBO for that variance of its
// reverse steps, for other processes -SNR'/2 (Kingma et al. 2021, arXiv:2107.00630, eq. 17).
type ELBO struct{ Variance Variance }

// MinSNR is min(SNR, 5) (Hang et al. 2023, arXiv:2303.09556, gamma = 5).
type MinSNR struct{}

// Likelihood is g^2/2 on the squared error of the score (Song et al. 2021, arXiv:2101.09258,
// theorem 1), that is g^2 a^2/(2 s^4) = -SNR'/2: for continuous processes that is ELBO's; for a
// DDPM it is the chain's of infinitely small steps, whatever the Variance.
type Likelihood struct{}

// EDMWeight is (k^2 + sd^2)/(k sd)^2, k = s/a and sd the data's deviation, 0 for 0.5 (Karras et al.
// 2022, arXiv:2206.00364, sec. 5), 1 on the target of EDMParam(sd).
type EDMWeight struct{ SD float64 }

// SNRWeight is SNR, that is s^2 on the squared error of the score (Song & Ermon 2019,
// arXiv:1907.05600, eq. 6) and 1 on that of eps: what no weighting is for Eps, whatever the network
// predicts.
type SNRWeight struct{}

// Weight implements Weighting.
func (w ELBO) Weight(p Process, t float64, c Coef) float64 {
	if p, ok := p.(interface {
		ELBO(float64, Variance) float64
	}); ok {
		return p.ELBO(t, w.Variance)
	}
	return -c.DSNR() / 2
}

// Validate reports a process without a score, and a learned variance, whose bound is no weighted
// error.
func (w ELBO) Validate(p Process) error {
	if w.Variance < PosteriorVariance || w.Variance > LearnedVariance {
		return fmt.Errorf("variance %d: unknown", w.Variance)
	}
	if w.Variance == LearnedVariance {
		return fmt.Errorf("weighting elbo with a learned variance: its bound is no weighted error, use no weighting")
	}
	return needsScore("elbo", p)
}

// Weight implements Weighting.
func (MinSNR) Weight(_ Process, _ float64, c Coef) float64 { return min(c.SNR(), 5) }

// Weight implements Weighting.
func (Likelihood) Weight(_ Process, _ float64, c Coef) float64 { return -c.DSNR() / 2 }

// Validate reports a process without a score.
func (Likelihood) Validate(p Process) error { return needsScore("likelihood", p) }

// Weight implements Weighting. It is written so that it holds where a = 0.
func (w EDMWeight) Weight(_ Process, _ float64, c Coef) float64 {
	sd := or(w.SD, 0.5)
	return (c.Sigma/sd*c.Sigma/sd + c.Alpha*c.Alpha) / (c.Sigma * c.Sigma)
}

// Validate reports a deviation that is none.
func (w EDMWeight) Validate(Process) error {
	if w.SD < 0 || !finite(w.SD) {
		return fmt.Errorf("the data's deviation is %v: expected a positive number, or 0 for 0.5", w.SD)
	}
	return nil
}

// Weight implements Weighting.
func (SNRWeight) Weight(_ Process, _ float64, c Coef) float64 { return c.SNR() }

// needsScore reports a process that has no score, which the weighting of that name is stated on.
func needsScore(weighting string, p Process) error {
	if err := HasScore(p); err != nil {
		return fmt.Errorf("weighting %s: %w; and no weighting", weighting, err)
	}
	return nil
}

// Weight returns the weight of the loss on the network's own target at t.
func (o Objective) Weight(t float64) float64 {
	if o.Weighting == nil {
		return 1
	}
	c := o.Process.At(t)
	_, _, out, _ := o.Param(c)
	return o.Weighting.Weight(o.Process, t, c) * out * out
}
