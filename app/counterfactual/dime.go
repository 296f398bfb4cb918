package counterfactual

import (
	"context"
	"slices"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// DiME noises the data to where the last share Strength of the grid's steps begins and walks down
// from there; each x_t on the way is denoised as a whole, by DDIM without fresh noise over the
// times left, to data x' at which the classifier is asked (Jeanneret et al. 2022, arXiv:2203.15636,
// algorithm 1):
//
//	mean -= variance (grad L)(x')/a,   L = -scale log p(target | x') + l1 |x' - x|_1 + features d(x', x)
//
// That is under solver ddpm; under another x0hat is moved by s^2/a times the same, which is the
// same as steps grow short. Its scales are the authors' lambda_c. Their code asks the classifier at
// the data before the first step, and takes the gradient of the L1 distance at x_t, whose scale is
// not the data's; here both are at x'.
type DiME[X any] struct {
	Redraw
	Pull
	Smoothing
}

// Row describes the method.
func (*DiME[X]) Row() table.Info {
	return table.Info{Name: "dime", Text: "the classifier asked of a whole denoising at each step (Jeanneret et al. 2022)"}
}

// Try implements Method.
func (m *DiME[X]) Try(ctx context.Context, p Problem[X], scale []float64) (t Trial[X], err error) {
	w, err := p.begin(m, scale)
	if err != nil {
		return t, err
	}
	g := &guided[X]{walk: w, pull: m.Pull, noise: m.Smoothing}
	g.clean = func(ctx context.Context, q reverie.Query[X], c reverie.Coef, _ X) (X, carrier[X], error) {
		x, err := w.descend(ctx, q.X, q.T)
		return x, w.perSignal(c), err
	}
	x, err := g.draw(ctx, sample.Fresh(p.Solver), m.Strength)
	return w.end(x, nil, err)
}

// descend returns what DDIM without fresh noise makes of x at t, over the grid's times below t.
func (w *walk[X]) descend(ctx context.Context, x X, t float64) (X, error) {
	rest := w.Grid
	for rest[0] != reverie.Clean && rest[0] >= t {
		rest = rest[1:]
	}
	hook, leave := w.inner()
	y, err := sample.Sample(ctx, w.run, &sample.DDIM[X]{}, x, slices.Concat([]float64{t}, rest), hook)
	leave(y)
	return y, err
}

// inner gives back what a walk within a step makes, where the Space can: the hook after its steps,
// leave all but where it led.
func (w *walk[X]) inner() (hook func(sample.State[X]) error, leave func(keep ...X)) {
	s, ok := w.run.Space.(interface {
		sample.Recycler[X]
		Enter() (leave func(keep ...X))
	})
	if !ok {
		return nil, func(...X) {}
	}
	return func(at sample.State[X]) error { s.Next(at.X); return nil }, s.Enter()
}
