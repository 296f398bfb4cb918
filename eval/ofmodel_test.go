package eval

import (
	"context"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// A likelihood beyond all sense says so.
func TestNoteDiverged(t *testing.T) {
	for bits, want := range map[float64]int{7: 0, -12: 0, 1e9: 1, -1e9: 1} {
		e := &Evaluation{HeldOut: NewSet("held-out", Images{N: 1, Kind: kind.OfPoints(1), Pix: []float32{0}}, "")}
		e.Metrics = []Metric{Plain{Base{Subject: ModelOnly}, noted(bits)}}
		r, err := e.Run(t.Context(), 1, nil)
		if err != nil || len(r.Notes) != want {
			t.Errorf("%v bits: notes %q, %v", bits, r.Notes, err)
		}
	}
}

// noted is a metric that judges the number as a likelihood.
func noted(bits float64) func(context.Context, *Case) ([]Value, error) {
	return func(_ context.Context, c *Case) ([]Value, error) {
		noteDiverged(c, bits)
		return []Value{{Name: "bits", X: bits}}, nil
	}
}
