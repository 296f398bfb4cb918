package sample

import (
	"fmt"

	"github.com/reverie-go/reverie"
)

// Threshold returns a Denoiser whose x0hat is d's under dynamic thresholding (Saharia et al. 2022,
// arXiv:2205.11487, section 2.3): with s the q-quantile of a sample's |x0hat|, at least 1,
//
//	x0hat <- clamp(x0hat, -s, s)/s
//
// so that an x0hat that guidance drove out of [-1, 1] is scaled back in place of saturating. q lies
// in (0, 1); the paper's is 0.995. The Space must be a Quantiler and a Clamper, and a Dotter for
// the vector-Jacobian product.
func Threshold[X any](sp reverie.Space[X], d reverie.Denoiser[X], q float64) (reverie.Denoiser[X], error) {
	t := threshold[X]{space: sp, q: q}
	var ok bool
	if t.quantiles, ok = sp.(reverie.Quantiler[X]); !ok {
		return nil, fmt.Errorf("sample: thresholding needs quantiles: %T lacks AbsQuantile(x, q) and AbsQuantileVJP(x, q, u)", sp)
	}
	if t.clamper, ok = sp.(reverie.Clamper[X]); !ok {
		return nil, fmt.Errorf("sample: thresholding needs to clamp: %T lacks Clamp(x, lo, hi) and ClampVJP(x, u, lo, hi)", sp)
	}
	if !(q > 0 && q < 1) {
		return nil, fmt.Errorf("sample: threshold = %v: expected a quantile between 0 and 1, such as 0.995", q)
	}
	if t.dotter, ok = sp.(reverie.Dotter[X]); !ok {
		return reverie.Map(d, t.of, nil), nil
	}
	return reverie.Map(d, t.of, t.vjp), nil
}

type threshold[X any] struct {
	space     reverie.Space[X]
	quantiles reverie.Quantiler[X]
	clamper   reverie.Clamper[X]
	dotter    reverie.Dotter[X]
	q         float64
}

// of is the thresholded x0hat.
func (t threshold[X]) of(x0 X) X {
	scaled, _ := t.scale(x0)
	return t.clamper.Clamp(scaled, -1, 1)
}

// scale returns x0/s, and each sample's 1/s.
func (t threshold[X]) scale(x0 X) (scaled X, r []float64) {
	r = t.quantiles.AbsQuantile(x0, t.q)
	for n := range r {
		r[n] = 1 / max(1, r[n])
	}
	return t.space.SumEach([][]float64{r}, x0), r
}

// vjp is, with w = u where x0/s is within [-1, 1] and 0 elsewhere,
//
//	w/s - (w'x0)/s^2 ds/dx0
//
// where ds/dx0 is the quantile's gradient, and 0 where that is below 1.
func (t threshold[X]) vjp(x0, u X) X {
	scaled, r := t.scale(x0)
	w := t.clamper.ClampVJP(scaled, u, -1, 1)
	c := t.dotter.Dot(w, scaled)
	for n := range c {
		if c[n] *= -r[n]; r[n] == 1 {
			c[n] = 0
		}
	}
	ones := make([]float64, len(r))
	for n := range ones {
		ones[n] = 1
	}
	return t.space.SumEach([][]float64{r, ones}, w, t.quantiles.AbsQuantileVJP(x0, t.q, c))
}
