package train

import (
	"context"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// walker walks for a bridge that learns of its own walks: by Euler-Maruyama, whose walks have the
// bridge's variance where they end.
type walker struct{ t *Trainer }

// walkBatch are the samples that walk at once.
const walkBatch = 1024

// Walk implements learn.Walker.
func (w walker) Walk(weights []*tensors.Tensor, x []float32, n int, forward bool, steps int, seed uint64, see func(first int, t float64, x []float32) error) error {
	m := w.t.preview
	if err := m.Use(weights); err != nil {
		return err
	}
	size := len(x) / n
	o := model.Options{
		N: n, Batch: walkBatch, Seed: seed, Height: w.t.Config.Resolution.H, Width: w.t.Config.Resolution.W,
		Solver: sample.EulerMaruyama[*tensors.Tensor]{}, Steps: steps, Spacing: "linear", Clamp: "none", Forward: forward,
		Start: func(first, n int) ([]float32, error) { return x[first*size : (first+n)*size], nil },
		Hook: func(first int, s model.State) (err error) {
			at := max(0, s.S) // Clean is 0
			if forward {
				at = 1 - at
			}
			tensors.MustConstFlatData(s.X, func(flat []float32) { err = see(first, at, flat) })
			return err
		},
	}
	return m.Each(context.Background(), o, func(int, []float32) error { return nil })
}
