package eval

import (
	"context"
	"math"

	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// flowLikelihood is the likelihood by the probability flow.
type flowLikelihood struct {
	Base
	ofModel
	Probes    int     `flag:"probes" range:"[0,4096]" help:"random vectors for the divergence of each image (0: the exact divergence below 9 dimensions, else 1)"`
	Tolerance float64 `flag:"tolerance" range:"[1e-12,0.1]" help:"relative and absolute tolerance of the integral"`
	Exact     bool    `flag:"exact" help:"the exact divergence, up to 64 dimensions"`
}

var flow = &flowLikelihood{
	Base: Base{
		Info:    table.Info{Name: "likelihood", Text: "negative log-likelihood by the probability flow"},
		Subject: ModelOnly, Reads: []string{"process"},
	},
	ofModel: ofModel{usualImages}, Tolerance: 1e-5,
}

// Validate refuses probes of what is exact.
func (f *flowLikelihood) Validate() error {
	if f.Exact && f.Probes > 0 {
		return &table.Error{Flag: "exact", Text: "takes the whole divergence, and --probes estimates it; give one of them"}
	}
	return nil
}

// Measure integrates the flow.
func (f *flowLikelihood) Measure(ctx context.Context, c *Case) ([]Value, error) {
	m, err := c.judged(f.Most)
	if err != nil {
		return nil, err
	}
	o := c.Likelihood
	o.Probes, o.Exact, o.Tolerance = f.Probes, f.Exact, f.Tolerance
	l, err := c.Model.Likelihood(ctx, m.Kind, m.Rows().X, o)
	if err != nil {
		return nil, err
	}
	e := l.Negative()
	if l.Probes == 0 && !f.Exact {
		c.Note("likelihood: the divergence is exact, as it is by default below %d dimensions; --probes would estimate it", model.ExactBelow)
	}
	noteErrors(c, "likelihood", e)
	noteDensity(c, "likelihood", m)
	noteDiverged(c, e.Bits(l.Dim).Value)
	numerical, failed := l.Numerical()
	if failed != nil {
		c.Note("likelihood to %s: the numerical error is not known, for at a tenth of the tolerance the integral failed: %v", c.Reference.Name, failed)
	}
	if failed == nil {
		e = withNumerical(e, numerical)
	}
	out := []Value{bits("-log p", e, l.Dim)}
	if m.Levels == 0 {
		out = append(out, valueOf("-log p, nats", e))
	}
	if failed == nil {
		out = append(out, bits("-log p: numerical error", likelihood.Estimate{Value: numerical, SE: math.NaN(), Noise: math.NaN()}, l.Dim))
	}
	return out, nil
}
