package sample

import (
	"fmt"

	"github.com/reverie-go/reverie"
)

// Threshold returns a Denoiser whose x0hat is d's under dynamic thresholding (Saharia et al. 2022, arXiv:2205.11487, section 2.3): with s the
// q-quantile of a sample's |x0hat|, at least 1,
//
//	x0hat <- clamp(x0hat, -s, s)/s
//
// so that an x0hat that guidance drove out of [-1, 1] is scaled back in place of saturating. q lies in (0, 1); the paper's is 0.995. The Space
// must be a Quantiler and a Clamper. A learned variance stays learned.
func Threshold[X any](sp reverie.Space[X], d reverie.Denoiser[X], q float64) (reverie.Denoiser[X], error) {
	quantiles, ok := sp.(reverie.Quantiler[X])
	if !ok {
		return nil, fmt.Errorf("sample: thresholding needs quantiles: %T lacks AbsQuantile(x, q)", sp)
	}
	clamper, ok := sp.(reverie.Clamper[X])
	if !ok {
		return nil, fmt.Errorf("sample: thresholding needs to clamp: %T lacks Clamp(x, lo, hi)", sp)
	}
	if !(q > 0 && q < 1) {
		return nil, fmt.Errorf("sample: threshold = %v: expected a quantile between 0 and 1, such as 0.995", q)
	}
	return reverie.Map(d, func(x0 X) X {
		s := quantiles.AbsQuantile(x0, q)
		for n := range s {
			s[n] = 1 / max(1, s[n])
		}
		return clamper.Clamp(sp.SumEach([][]float64{s}, x0), -1, 1)
	}), nil
}
