package counterfactual

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
)

// A Pull keeps a change small.
type Pull struct {
	L1       float64 `flag:"l1" range:"[0,1e6]" help:"weight of the sum of |x' - x| beside the classifier's loss"`
	Features float64 `flag:"features" range:"[0,1e6]" help:"weight of the distance by features beside the classifier's loss"`
}

// A Smoothing asks the classifier of clean data x' with noise of deviation Smooth added, for the
// gradient alone: of E log p(target | x' + Smooth z) in place of log p(target | x'), by the mean
// over four draws (SmoothGrad, Smilkov et al. 2017, arXiv:1706.03825). What moves log p(target |
// x') and is not seen under noise is a pattern of that one classifier; what is left moves others
// too (Kaur et al. 2019, arXiv:1910.08640).
type Smoothing struct {
	Smooth float64 `flag:"smooth" range:"[0,10]" help:"deviation of the noise under which the classifier is asked for its gradient, so that it follows what another one sees too" zero:"none"`
}

// smoothings is the number of draws.
const smoothings = 4

// guided is the Denoiser of the loss of clean data x',
//
//	L(x') = -scale log p(target | x') + l1 |x' - x|_1 + features d(x', x)
//
// whose gradient at what x_t is taken to become, carried to x_t, moves the mean of an ancestral
// step against it by its variance, as in DiME, under a solver that heeds that; under another it
// moves x0hat by s^2/a, which is the same as steps grow short.
type guided[X any] struct {
	walk  *walk[X]
	pull  Pull
	noise Smoothing
	shift bool
	// clean returns what x becomes and how a gradient there is carried to x, given the law c of x
	// and its x0hat.
	clean func(ctx context.Context, q reverie.Query[X], c reverie.Coef, x0 X) (x X, carry carrier[X], err error)
}

// A carrier carries a gradient at clean data to x_t.
type carrier[X any] func(ctx context.Context, g X) (X, error)

// draw noises the data and walks them down, guided.
func (g *guided[X]) draw(ctx context.Context, solver sample.Solver[X], strength float64) (X, error) {
	if g.pull.Features > 0 && g.walk.Distance == nil {
		return g.walk.X, fmt.Errorf("--features %v weighs the distance by features: the Problem needs a Distance", g.pull.Features)
	}
	g.shift = sample.Takes(solver).Has(reverie.WantShift)
	run := *g.walk.run
	run.Denoiser = g
	if err := run.Apply(g.walk.Clamp); err != nil {
		return g.walk.X, err
	}
	return edit.SDEdit(ctx, &run, solver, g.walk.X, g.walk.Grid, strength, g.walk.Hook)
}

// Knows returns what is known of guided data: the variance, where the model knows it.
func (g *guided[X]) Knows(w reverie.Want) error {
	of := w
	if g.shift {
		of &^= reverie.WantShift
	}
	if err := of.Beyond(reverie.WantVariance, "a denoiser that is guided to a counterfactual"); err != nil {
		return err
	}
	if err := g.walk.run.Denoiser.Knows(of); err != nil || !g.shift || w.Has(reverie.WantShift) {
		return err
	}
	return errors.New("guidance to a counterfactual shifts the mean of each step")
}

// Denoise adds the gradient.
func (g *guided[X]) Denoise(ctx context.Context, q reverie.Query[X]) (e reverie.Estimate[X], err error) {
	if err := g.Knows(q.Want); err != nil {
		return e, err
	}
	c := reverie.At(g.walk.run.Process, q.T)
	if c.Alpha == 0 {
		return e, fmt.Errorf("at t = %v nothing is left of the data: give less strength", q.T)
	}
	q.Want &^= reverie.WantShift
	if e, err = g.walk.run.Denoiser.Denoise(ctx, q); err != nil {
		return e, err
	}
	x, carry, err := g.clean(ctx, q, c, e.X0)
	if err != nil {
		return e, err
	}
	against, err := g.walk.against(ctx, x, g.pull, g.noise)
	if err == nil {
		against, err = carry(ctx, against)
	}
	switch {
	case err != nil:
		return e, err
	case g.shift:
		e.Shift = against
	default:
		e.X0 = g.walk.space.Sum([]float64{1, c.Sigma * c.Sigma / c.Alpha}, e.X0, against)
	}
	return e, nil
}

// perSignal carries a gradient as x = x_t/a would.
func (w *walk[X]) perSignal(c reverie.Coef) carrier[X] {
	return func(_ context.Context, g X) (X, error) { return w.space.Sum([]float64{1 / c.Alpha}, g), nil }
}

// against returns minus the gradient of the loss at clean data.
func (w *walk[X]) against(ctx context.Context, x X, pull Pull, noise Smoothing) (g X, err error) {
	if g, err = w.smoothed(ctx, x, noise.Smooth); err != nil {
		return g, err
	}
	if pull.L1 > 0 {
		g = w.space.Sum([]float64{1, -pull.L1}, g, w.rows(w.sign(x)))
	}
	if pull.Features > 0 {
		d, err := w.Distance.Gradient(ctx, x, w.X)
		if err != nil {
			return g, err
		}
		g = w.space.Sum([]float64{1, -pull.Features}, g, d)
	}
	return g, nil
}

// smoothed returns the scales times the gradient under noise of that deviation.
func (w *walk[X]) smoothed(ctx context.Context, x X, deviation float64) (sum X, err error) {
	if deviation == 0 || slices.Max(w.scale) == 0 {
		return w.gradient(ctx, x, w.scale)
	}
	for i := range smoothings {
		g, err := w.gradient(ctx, w.space.Sum([]float64{1, deviation}, x, w.space.Noise(x)), w.scale)
		switch {
		case err != nil:
			return sum, err
		case i == 0:
			sum = w.space.Sum([]float64{1. / smoothings}, g)
		default:
			sum = w.space.Sum([]float64{1, 1. / smoothings}, sum, g)
		}
	}
	return sum, nil
}

// gradient returns times grad log p(target | x) of each sample. Where all are 0 the classifier is
// not asked.
func (w *walk[X]) gradient(ctx context.Context, x X, times []float64) (g X, err error) {
	if slices.Max(times) == 0 {
		return w.space.Sum([]float64{0}, x), nil
	}
	if g, err = w.Classifier.Gradient(ctx, x, w.Target); err != nil {
		return g, fmt.Errorf("the classifier: %w", err)
	}
	return w.space.SumEach([][]float64{times}, g), nil
}
