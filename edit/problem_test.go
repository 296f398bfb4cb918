package edit

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// ofSteps is a denoiser that is guided by more than x0hat, and by which x is noised anew.
type ofSteps struct {
	reverie.Denoiser[batch]
	more reverie.Want
}

func (d ofSteps) Knows(w reverie.Want) error {
	if !w.Has(d.more) {
		return errors.New("it takes a solver of another kind")
	}
	return d.Denoiser.Knows(w &^ d.more)
}

func (d ofSteps) Denoise(ctx context.Context, q reverie.Query[batch]) (reverie.Estimate[batch], error) {
	q.Want &^= d.more
	e, err := d.Denoiser.Denoise(ctx, q)
	e.Renoise, e.Shift = e.X0, q.X
	return e, err
}

// TestMethodFits: a method that changes x0hat goes with no guide that gives more, and none with a
// prior that lacks what it wants; one that changes the solver's steps alone goes with all.
func TestMethodFits(t *testing.T) {
	plain := reverie.DenoiserFunc[batch](func(_ context.Context, x batch, _ float64) (batch, error) { return x, nil })
	m := gaussian(t, []float64{0, 0}, [][]float64{{1, 0.5}, {0.5, 1}})
	law := m.Denoiser(reverie.VP{})
	mmps, repaint := &MMPS[batch]{Noise: Noise{0.1}, Rounds: 2}, &RePaint[batch]{Jump: 2, Passes: 2}
	diffpir, dps := &DiffPIR[batch]{Noise: Noise{0.1}, Lambda: 1}, &DPS[batch]{Noise: Noise{0.1}, Zeta: 1}
	for _, c := range []struct {
		method Method[batch]
		prior  reverie.Denoiser[batch]
		err    string
	}{
		{mmps, law, ""},
		{mmps, plain, "method mmps: a denoiser that is a function of x and t gives no vector-Jacobian product"},
		{dps, plain, "no vector-Jacobian product"},
		{diffpir, plain, ""},
		{repaint, plain, ""},
		{mmps, ofSteps{law, reverie.WantRenoise}, "method mmps: a denoiser that a measurement guides gives no x0hat to noise by"},
		{diffpir, ofSteps{plain, reverie.WantShift}, "gives no shift of the mean"},
		{dps, ofSteps{law, reverie.WantShift | reverie.WantRenoise}, "gives no x0hat to noise by and no shift of the mean"},
		{repaint, ofSteps{plain, reverie.WantRenoise}, ""},
		{new(Replace[batch]), ofSteps{plain, reverie.WantShift}, ""},
	} {
		err := Fits(c.method, c.prior)
		var prior *PriorError
		if (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || !errors.As(err, &prior) || prior.Method != c.method.Row().Name) {
			t.Errorf("%s: %v, want %q", c.method.Row().Name, err, c.err)
		}
		// and drawing says what Fits does
		p := setting{"", m, pair{1, 0}, 0.1, []float64{1}}.problem(reverie.VP{}, host(0), &sample.DDPM[batch]{}, []float64{0.9, 0.5, reverie.Clean}, 1)
		p.Run.Denoiser = c.prior
		if _, drawn := c.method.Draw(t.Context(), p, batch{{0.3, -0.2}}); (drawn == nil) != (err == nil) {
			t.Errorf("%s: %v, and drawing %v", c.method.Row().Name, err, drawn)
		}
	}
}

// bare is a Space without norms and inner products.
type bare struct{ reverie.Space[batch] }

// idle is a solver that asks for nothing.
type idle struct{}

func (idle) Step(_ context.Context, _ *sample.Run[batch], x batch, _, _ float64) (batch, error) {
	return x, nil
}

// TestRefuses: what a Space, a grid, a solver or a run lacks is said before anything is drawn.
func TestRefuses(t *testing.T) {
	m := gaussian(t, []float64{0, 0}, [][]float64{{1, 0.5}, {0.5, 1}})
	p, x, g := reverie.VP{}, batch{{0.3, -0.2}}, []float64{0.9, 0.5, reverie.Clean}
	run := func(sp reverie.Space[batch]) *sample.Run[batch] {
		return &sample.Run[batch]{Space: sp, Process: p, Denoiser: m.Denoiser(p)}
	}
	full := host(0)
	lacking := bare{full}
	draw := func(by Method[batch], sp reverie.Space[batch], solver sample.Solver[batch], g []float64) error {
		pr := setting{"", m, pair{1, 0}, 0.1, []float64{1}}.problem(p, sp, solver, g, 1)
		_, err := by.Draw(t.Context(), pr, x)
		return err
	}
	fixed := &FixedPoint[batch]{Tolerance: 1e-3, Calls: 5}
	for want, f := range map[string]func() error{
		"interpolation takes inner products: edit.bare lacks Dot": func() error { _, err := Interpolate[batch](lacking, x, x, []float64{0.5}); return err },
		"2 places for 1 samples":                                  func() error { _, err := Interpolate[batch](full, x, x, []float64{0.5, 1}); return err },
		"method diffpir takes inner products: edit.bare lacks Dot": func() error {
			return draw(&DiffPIR[batch]{Noise: Noise{0.1}, Lambda: 1}, lacking, &sample.DDIM[batch]{}, g)
		},
		"the solver took a step without asking for x0hat": func() error { return draw(&DPS[batch]{Noise: Noise{0.1}, Zeta: 1}, full, idle{}, g) },
		"edit: replace: a grid of 1 times":                func() error { return draw(new(Replace[batch]), full, &sample.DDIM[batch]{}, g[:1]) },
		"a grid of 1 times: expected at least 2":          func() error { _, err := fixed.Invert(t.Context(), run(full), x, g[2:], nil); return err },
		"fixed-point inversion takes norms: edit.bare lacks Norm": func() error {
			_, err := fixed.Invert(t.Context(), run(lacking), x, g, nil)
			return err
		},
		"round trip's error takes norms": func() error {
			_, _, err := GoAndReturn(t.Context(), run(lacking), nil, Inverter[batch](fixed), x, g, nil)
			return err
		},
		"a Run needs a Space, a Process and a Denoiser": func() error { return Noised(new(sample.Run[batch])) },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
