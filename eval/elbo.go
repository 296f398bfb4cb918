package eval

import (
	"context"

	"github.com/reverie-go/reverie/table"
)

// chainBound is the bound of a chain.
type chainBound struct {
	Base
	ofModel
	someTimes
}

var elbo = &chainBound{
	Base: Base{
		Info:    table.Info{Name: "elbo", Text: "bound on the negative log-likelihood of a chain (ddpm), in both derivations: bits a dimension of 8-bit images, nats too of points"},
		Subject: ModelOnly, Reads: []string{"draws", "terms", "variance", "clamp"},
	},
	ofModel: ofModel{usualImages},
}

// Measure takes the bound.
func (e *chainBound) Measure(ctx context.Context, c *Case) ([]Value, error) {
	m, err := c.judged(e.Most)
	if err != nil {
		return nil, err
	}
	o := c.Likelihood
	o.Times = e.Times
	b, err := c.Model.Bound(ctx, m.Kind, m.Rows().X, o)
	if err != nil {
		return nil, err
	}
	if err := c.terms(b.Named()); err != nil {
		return nil, err
	}
	noteErrors(c, "elbo", b.Matching.Total())
	noteDensity(c, "elbo", m)
	out := evidenceValues("elbo", &b.Matching, m.Levels)
	return append(out, bits("elbo by consistency", b.Consistency.Total(), b.Consistency.Dim), bits("as consistency is printed", b.Printed.Total(), b.Printed.Dim)), nil
}
