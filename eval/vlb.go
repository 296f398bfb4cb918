package eval

import (
	"context"

	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/table"
)

// continuousBound is the bound of continuous time.
type continuousBound struct {
	Base
	ofModel
	someTimes
}

var vlb = &continuousBound{
	Base: Base{
		Info:    table.Info{Name: "vlb", Text: "that of continuous time, for every process with a score"},
		Subject: ModelOnly, Reads: []string{"draws", "terms", "clamp", "process"},
	},
	ofModel: ofModel{usualImages},
}

// Measure takes the bound.
func (v *continuousBound) Measure(ctx context.Context, c *Case) ([]Value, error) {
	m, err := c.judged(v.Most)
	if err != nil {
		return nil, err
	}
	o := c.Likelihood
	o.Times = v.Times
	e, err := c.Model.ContinuousBound(ctx, m.Kind, m.Rows().X, o)
	if err != nil {
		return nil, err
	}
	if err := c.terms([]likelihood.Named{{Name: "continuous", Bound: e}}); err != nil {
		return nil, err
	}
	noteErrors(c, "vlb", e.Total())
	noteDensity(c, "vlb", m)
	return evidenceValues("vlb", e, m.Levels), nil
}
