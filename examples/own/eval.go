package main

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/floats"
)

// Radius is a metric: how far the mean radius of the samples is from that of the data.
var Radius = eval.Plain{
	Base: eval.Base{Info: table.Info{Name: "radius", Text: "difference of the mean radius"}},
	Func: func(_ context.Context, c *eval.Case) ([]eval.Value, error) {
		d := radius(c.Samples.Rows()) - radius(c.Reference.Rows())
		return []eval.Value{{Name: "radius", X: math.Abs(d), Better: eval.Less}}, nil
	},
}

// radius is the mean norm of the rows.
func radius(r eval.Rows) (mean float64) {
	for i := range r.N {
		mean += floats.Norm(r.Row(i), 2) / float64(r.N)
	}
	return mean
}

// radiusCommand is a command: it prints the mean radius of what a model draws.
func radiusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "radius RUN",
		Short: "Print the mean radius of samples",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := engine.Open("")
			if err != nil {
				return err
			}
			defer e.Close()
			m, err := model.Load(e, args[0], false)
			if err != nil {
				return err
			}
			defer m.Close()
			const n = 256
			x, err := m.Sample(cmd.Context(), model.Options{N: n})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%.3f\n", radius(eval.Rows{N: n, D: len(x) / n, X: m.Kind.InUnits(x)}))
			return nil
		},
	}
}
