package counterfactual

import (
	"context"
	"errors"

	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/table"
)

// Translate finds the x_t from which DDIM would come to the data by the run's own Denoiser, that of
// the data's classes or of none, where the last share Strength of the grid's steps begins, and
// walks down from there by DDIM guided to the targets (Wolleb et al. 2022, arXiv:2203.04306,
// towards any class): see edit.GoAndReturn. For Gaussian classes N(mu_y, v I), by the denoisers of
// the classes themselves, the data move by
//
//	(mu_target - mu_source)(1 - a sqrt(v)/sqrt(a^2 v + s^2))
//
// There is no fresh noise, and no solver but DDIM. What scales are says the Problem's Toward.
type Translate[X any] struct {
	Redraw
	Inversion edit.FixedPoint[X]
}

// Row describes the method.
func (*Translate[X]) Row() table.Info {
	return table.Info{Name: "translate", Text: "back to noise as what it is, and down as the class asked for (Wolleb et al. 2022)"}
}

// Try implements Method.
func (m *Translate[X]) Try(ctx context.Context, p Problem[X], scale []float64) (t Trial[X], err error) {
	w, err := p.begin(m, scale)
	if err != nil {
		return t, err
	}
	if p.Toward == nil {
		return t, w.failed(errors.New("the Problem needs a Toward, which guides the model to the targets"))
	}
	x, err := m.translated(ctx, w)
	return w.end(x, nil, err)
}

// translated returns the data as of the targets.
func (m *Translate[X]) translated(ctx context.Context, w *walk[X]) (x X, err error) {
	tail, err := edit.Tail(w.Grid, m.Strength)
	if err != nil {
		return x, err
	}
	to := *w.run
	if to.Denoiser, err = w.Toward(w.run, w.scale); err != nil {
		return x, err
	}
	to.Denoiser = w.counted(to.Denoiser)
	if err := to.Apply(w.Clamp); err != nil {
		return x, err
	}
	x, _, err = edit.GoAndReturn(ctx, w.run, to.Denoiser, &m.Inversion, w.X, tail, w.Hook)
	return x, err
}
