package sample

import (
	"context"
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
	apply := func(x0 X) X {
		s := quantiles.AbsQuantile(x0, q)
		for n := range s {
			s[n] = 1 / max(1, s[n])
		}
		return clamper.Clamp(sp.SumEach([][]float64{s}, x0), -1, 1)
	}
	t := thresholded[X]{d, apply}
	if v, ok := d.(reverie.VarianceDenoiser[X]); ok {
		return thresholdedVariance[X]{t, v}, nil
	}
	return t, nil
}

// thresholded is a Denoiser whose x0hat goes through apply.
type thresholded[X any] struct {
	d     reverie.Denoiser[X]
	apply func(X) X
}

// Denoise returns the thresholded x0hat.
func (t thresholded[X]) Denoise(ctx context.Context, x X, at float64) (X, error) {
	x0, err := t.d.Denoise(ctx, x, at)
	if err != nil {
		return x0, err
	}
	return t.apply(x0), nil
}

// thresholdedVariance is thresholded with a learned variance.
type thresholdedVariance[X any] struct {
	thresholded[X]
	v reverie.VarianceDenoiser[X]
}

// DenoiseVariance returns the thresholded x0hat, and v as it is.
func (t thresholdedVariance[X]) DenoiseVariance(ctx context.Context, x X, at float64) (x0, v X, err error) {
	if x0, v, err = t.v.DenoiseVariance(ctx, x, at); err != nil {
		return x0, v, err
	}
	return t.apply(x0), v, nil
}
