package reverie

// Weighting is the weight of a time t in the loss. All but Simple are stated on |x0hat - x0|^2 and take the loss MSE: on the network's
// own target they are times out^2, so that they mean the same whatever the network predicts.
type Weighting int

const (
	// Simple is 1 on the network's own target, that is 1/out^2 on |x0hat - x0|^2 (Ho et al. 2020, arXiv:2006.11239, eq. 14).
	Simple Weighting = iota
	// ELBO is the weight of the evidence lower bound: for a DDPM DDPM.ELBO, for other processes -SNR'/2 (Kingma et al. 2021,
	// arXiv:2107.00630, eq. 17).
	ELBO
	// MinSNR is min(SNR, 5) (Hang et al. 2023, arXiv:2303.09556, gamma = 5).
	MinSNR
	// Likelihood is g^2/2 on the squared error of the score (Song et al. 2021, arXiv:2101.09258, theorem 1), that is g^2 a^2/(2 s^4) =
	// -SNR'/2: for continuous processes that is ELBO's; for a DDPM it is the chain's of infinitely small steps, whatever the Variance.
	Likelihood
	// EDMWeight is (k^2 + sd^2)/(k sd)^2, k = s/a and sd the data's deviation (Karras et al. 2022, arXiv:2206.00364, sec. 5), 1 on the target of EDMParam(sd).
	EDMWeight
	// SNRWeight is SNR, that is s^2 on the squared error of the score (Song & Ermon 2019, arXiv:1907.05600, eq. 6) and 1 on that of eps: what
	// Simple is for Eps, whatever the network predicts.
	SNRWeight
)

var weightings = []string{"simple", "elbo", "min-snr", "likelihood", "edm", "snr"}

// String returns the name under which ParseWeighting knows w.
func (w Weighting) String() string { return nameOf(weightings, int(w)) }

// WeightingNames returns the names that ParseWeighting knows.
func WeightingNames() []string { return append([]string(nil), weightings...) }

// ParseWeighting returns the weighting named simple, elbo, min-snr, likelihood, edm or snr.
func ParseWeighting(name string) (Weighting, error) {
	i, err := parse("weighting", weightings, name)
	return Weighting(i), err
}

// minSNR is Hang et al.'s gamma.
const minSNR = 5

// Weight returns the weight of the loss on the network's own target at t.
func (o Objective) Weight(t float64) float64 {
	if o.Weighting == Simple {
		return 1
	}
	c := o.Process.At(t)
	_, _, out, _ := o.Param(c)
	return o.dataWeight(t, c) * out * out
}

// dataWeight returns the weight of |x0hat - x0|^2 at t, whose law is c; not for Simple.
func (o Objective) dataWeight(t float64, c Coef) float64 {
	switch o.Weighting {
	case MinSNR:
		return min(c.SNR(), minSNR)
	case SNRWeight:
		return c.SNR()
	case EDMWeight: // written so that it holds where a = 0
		sd := or(o.SD, 0.5)
		return (c.Sigma/sd*c.Sigma/sd + c.Alpha*c.Alpha) / (c.Sigma * c.Sigma)
	case ELBO:
		if p, ok := o.Process.(interface {
			ELBO(float64, Variance) float64
		}); ok {
			return p.ELBO(t, o.Variance)
		}
	}
	return -c.DSNR() / 2
}
