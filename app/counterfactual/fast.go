package counterfactual

import (
	"context"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Fast is DiME with x' = x0hat(x_t), one call a step, and with a mask that grows (Weng et al. 2024,
// FastDiME, arXiv:2312.14223): from when the share Warmup of the steps is walked, the pixels that
// are within
//
//	dilate(d/max d > mask-threshold),   d the sum over a pixel's channels of |x0hat - x|
//
// of any step since are free, and the others are the data, noised to where the step ended, and at
// last the data themselves; the classifier too sees them there. The authors noise them to where the
// step began, and their mask is that of the last step.
//
// With Gradient "product" a gradient g at x' is carried to x_t as what it is there, J'g with J =
// dx'/dx_t, by a vector-Jacobian product a step; with "plain" as g/a, DiME's, for models that know
// no products. (The authors leave out 1/a.) A plain gradient moves x_t where the data do not vary,
// and far more at high noise: use less strength. Scales are lambda_c, as DiME's.
type Fast[X any] struct {
	Redraw
	Pull
	Smoothing
	Masking
	Warmup   float64 `flag:"warmup" range:"[0,1)" help:"the share of the steps walked before the mask"`
	Gradient string  `flag:"gradient" names:"product,plain" help:"how a gradient at x0hat is carried to x: by the Jacobian of the model, or over alpha"`
}

// Row describes the method.
func (*Fast[X]) Row() table.Info {
	return table.Info{Name: "fast", Text: "the classifier asked of x0hat at each step, within a mask that grows (Weng et al. 2024)"}
}

// Wants is what Gradient takes.
func (m *Fast[X]) Wants() reverie.Want {
	if m.Gradient == "product" {
		return reverie.WantVJP
	}
	return 0
}

// instead is what does without products.
func (*Fast[X]) instead() string { return "choose --gradient plain" }

// Try implements Method.
func (m *Fast[X]) Try(ctx context.Context, p Problem[X], scale []float64) (t Trial[X], err error) {
	w, err := p.begin(m, scale)
	if err != nil {
		return t, err
	}
	tail, err := edit.Tail(p.Grid, m.Strength)
	if err != nil {
		return t, w.failed(err)
	}
	f := &fast[X]{walk: w, by: m, left: int(m.Warmup * float64(len(tail)-1))}
	g := &guided[X]{walk: w, pull: m.Pull, noise: m.Smoothing, clean: f.clean}
	solver := sample.Fresh(p.Solver)
	if m.Threshold > 0 {
		solver = repainting[X]{sample.Wrapped[X]{Solver: solver}, w, f.grow}
	}
	x, err := g.draw(ctx, solver, m.Strength)
	return w.end(x, f.masks, err)
}

// fast is a trial of Fast under way.
type fast[X any] struct {
	walk  *walk[X]
	by    *Fast[X]
	left  int         // steps before the mask
	seen  [][]float64 // the last x0hat
	masks [][]bool    // nil: none yet
}

// clean returns x0hat, and its own way to carry a gradient.
func (f *fast[X]) clean(_ context.Context, q reverie.Query[X], c reverie.Coef, x0 X) (X, carrier[X], error) {
	w, carry := f.walk, f.walk.perSignal(c)
	if f.by.Gradient == "product" {
		carry = func(ctx context.Context, g X) (X, error) {
			q.Want, q.U = reverie.WantVJP, g
			e, err := w.run.Denoiser.Denoise(ctx, q)
			return e.VJP, err
		}
	}
	if f.by.Threshold == 0 {
		return x0, carry, nil
	}
	f.seen = w.space.Rows(x0)
	if f.masks == nil {
		return x0, carry, nil
	}
	return w.within(f.masks, x0, w.X), func(ctx context.Context, g X) (X, error) {
		return carry(ctx, w.within(f.masks, g, w.space.Sum([]float64{0}, g)))
	}, nil
}

// grow returns the masks after a step.
func (f *fast[X]) grow() [][]bool {
	if f.left--; f.left >= 0 {
		return nil
	}
	f.masks = union(f.masks, f.by.of(f.walk.Shape, f.seen, f.walk.data))
	return f.masks
}
