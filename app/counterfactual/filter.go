package counterfactual

import (
	"context"

	"github.com/reverie-go/reverie"
)

// A filter is F(x), what DDIM without fresh noise makes of the noised data over falling times, of
// which the last is Clean:
//
//	x_t = a x + s eps,   x_s = k x_t + c x0hat(x_t),   k and c those of reverie.Move
type filter[X any] struct {
	walk  *walk[X]
	times []float64
}

// filterOf is the filter of times from a grid's: the first, and then, of so many steps, those that
// are spaced evenly; of 0 or more steps than there are, all.
func (w *walk[X]) filterOf(tail []float64, steps int) filter[X] {
	if steps == 0 || steps >= len(tail) {
		return filter[X]{w, tail}
	}
	var times []float64
	for i := range steps {
		times = append(times, tail[i*(len(tail)-1)/steps])
	}
	return filter[X]{w, append(times, reverie.Clean)}
}

// at is the law of the i-th time.
func (f filter[X]) at(i int) reverie.Coef { return reverie.At(f.walk.run.Process, f.times[i]) }

// step is DDIM's from the i-th time.
func (f filter[X]) step(i int) reverie.Step { return reverie.Move(f.at(i), f.at(i+1), 0) }

// walked returns F(x) with the states on the way to it.
func (f filter[X]) walked(ctx context.Context, x, eps X) (states []X, out X, err error) {
	sp, c := f.walk.space, f.at(0)
	out = sp.Sum([]float64{c.Alpha, c.Sigma}, x, eps)
	for i := range len(f.times) - 1 {
		x0, err := reverie.Denoise(ctx, f.walk.run.Denoiser, out, f.times[i])
		if err != nil {
			return nil, out, err
		}
		m := f.step(i)
		states = append(states, out)
		out = sp.Sum([]float64{m.X, m.X0}, out, x0)
	}
	return states, out, nil
}

// gradient returns the gradient at x of log p(target | F(x)), by a vector-Jacobian product for each
// step.
func (f filter[X]) gradient(ctx context.Context, x, eps X) (g X, err error) {
	states, out, err := f.walked(ctx, x, eps)
	if err != nil {
		return g, err
	}
	if g, err = f.walk.gradient(ctx, out, f.walk.ones()); err != nil {
		return g, err
	}
	sp := f.walk.space
	for i := len(states) - 1; i >= 0; i-- {
		e, err := f.walk.run.Denoiser.Denoise(ctx, reverie.Query[X]{X: states[i], T: f.times[i], Want: reverie.WantVJP, U: g})
		if err != nil {
			return g, err
		}
		m := f.step(i)
		g = sp.Sum([]float64{m.X, m.X0}, g, e.VJP)
	}
	return sp.Sum([]float64{f.at(0).Alpha}, g), nil
}
