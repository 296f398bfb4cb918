package likelihood

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/parallel"
)

// reverseStep is the reverse step from t to t-1 beside what the forward chain says of the same: all
// Gaussians with diagonal covariance.
type reverseStep struct {
	data   [][]float64 // x0
	before [][]float64 // x_{t-2}
	x      [][]float64 // x_{t-1}

	x0hat, mean [][]float64 // of p(x_{t-1}|x_t)
	variance    float64     // its variance
	learned     [][]float64 // or what the network says of it
	term        reverie.ReverseTerm
	toX0        float64 // the posterior's mean less p's is toX0 (x0 - x0hat)
	posterior   float64 // the variance of q(x_{t-1}|x_t,x0)
	beta        float64 // of q(x_{t-1}|x_{t-2})
}

// reverse asks the network for p(x_{t-1}|x_t) at x_t.
func (c *chain[X]) reverse(ctx context.Context, t int, xt X) (*reverseStep, error) {
	ct, cs := c.p.At(float64(t)), c.p.At(float64(t-1))
	px, px0, _, posterior := reverie.Posterior(ct, cs)
	r := &reverseStep{data: c.data, toX0: px0, posterior: posterior, beta: c.p.Beta(t - 1)}
	x0hat, v, err := c.denoise(ctx, xt, float64(t))
	if err != nil {
		return nil, err
	}
	if r.x0hat, err = c.sp.rowsLike(x0hat, c.data); err != nil {
		return nil, err
	}
	rows, err := c.sp.rowsLike(xt, c.data)
	if err != nil {
		return nil, err
	}
	r.mean = make([][]float64, len(rows))
	for i := range rows {
		r.mean[i] = make([]float64, len(rows[i]))
		for j := range rows[i] {
			r.mean[i][j] = px*rows[i][j] + px0*r.x0hat[i][j]
		}
	}
	if v == nil {
		r.variance = c.fixed(t, posterior)
		return r, nil
	}
	r.learned, r.term = v, c.p.ReverseTerm(t)
	return r, nil
}

// fixed is the variance of the reverse step from t.
func (c *chain[X]) fixed(t int, posterior float64) float64 {
	if c.o.Variance == reverie.BetaVariance {
		return c.p.Beta(t)
	}
	return posterior
}

// denoise returns x0hat and, where the variance is learned, what the network says of it.
func (c *chain[X]) denoise(ctx context.Context, x X, t float64) (x0hat X, v [][]float64, err error) {
	q := reverie.Query[X]{X: x, T: t}
	if c.o.Variance == reverie.LearnedVariance {
		q.Want = reverie.WantVariance
	}
	e, err := c.d.Denoise(ctx, q)
	if err != nil || q.Want == 0 {
		return e.X0, nil, err
	}
	v, err = c.sp.rowsLike(e.V, c.data)
	return e.X0, v, err
}

// varianceAt is p's variance in dimension j of sample i.
func (r *reverseStep) varianceAt(i, j int) float64 {
	if r.learned != nil {
		return math.Exp(r.term.LogVariance(r.learned[i][j]))
	}
	return r.variance
}

// terms returns each sample's term: of denoising matching (form 0), the joint log ratio (1) or as
// printed (2).
func (r *reverseStep) terms(form int) []float64 {
	at := [...]func(i, j int) float64{r.matching, r.ratio, r.printed}[form]
	out := make([]float64, len(r.x))
	parallel.For(len(out), func(i int) {
		for j := range r.x[i] {
			out[i] += at(i, j)
		}
	})
	return out
}

// matching is KL(q(x_{t-1}|x_t,x0) || p(x_{t-1}|x_t)) in one dimension. The means' difference is
// taken before it is scaled, or it would cancel.
func (r *reverseStep) matching(i, j int) float64 {
	return reverie.KL(r.toX0*(r.data[i][j]-r.x0hat[i][j]), r.posterior, 0, r.varianceAt(i, j))
}

// ratio is log q(x_{t-1}|x_{t-2}) - log p(x_{t-1}|x_t).
func (r *reverseStep) ratio(i, j int) float64 {
	return logNormal(r.x[i][j], math.Sqrt(1-r.beta)*r.before[i][j], r.beta) - logNormal(r.x[i][j], r.mean[i][j], r.varianceAt(i, j))
}

// printed is KL(q(x_{t-1}|x_{t-2}) || p(x_{t-1}|x_t)).
func (r *reverseStep) printed(i, j int) float64 {
	return reverie.KL(math.Sqrt(1-r.beta)*r.before[i][j], r.beta, r.mean[i][j], r.varianceAt(i, j))
}
