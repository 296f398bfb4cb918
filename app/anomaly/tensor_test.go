package anomaly_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// found is what a method of the table finds in images of 4x4 numbers under N(0, 1/2).
func found[X any](t *testing.T, row table.Row, sp reverie.Space[X], x X, hook func(sample.State[X]) error) anomaly.Finding[X] {
	t.Helper()
	m, err := anomaly.For[X](row)
	if err != nil {
		t.Fatal(err)
	}
	p := reverie.VP{}
	grid, err := sample.LogSNR(p, 8)
	if err != nil {
		t.Fatal(err)
	}
	denoiser := reverie.DenoiserFunc[X](func(_ context.Context, x X, t float64) (X, error) {
		c := p.At(t)
		return sp.Sum([]float64{0.5 * c.Alpha / (0.5*c.Alpha*c.Alpha + c.Sigma*c.Sigma)}, x), nil
	})
	f, err := m.Find(t.Context(), anomaly.Setup[X]{
		Run:    &sample.Run[X]{Space: sp, Process: p, Denoiser: denoiser},
		Solver: &sample.DDPM[X]{}, Grid: grid, Shape: edit.Shape{H: 4, W: 4, C: 1}, Hook: hook,
	}, x)
	if err != nil {
		t.Fatalf("%s: %v", row.Row().Name, err)
	}
	return f
}

// TestOfTensors: over an engine's tensors, whose Space frees what is made a few steps after, every
// method finds what it does over slices, but for roundings; and a finding outlives the Space.
func TestOfTensors(t *testing.T) {
	e, err := engine.Open(engine.Default)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	x := reverie.NewBatch[float32](2, 16)
	for n := range x {
		for i := range x[n] {
			x[n][i] = float32(math.Sin(float64(7*i + n)))
		}
	}
	stream := random.Stream{Seed: 2, Domain: 128}
	for _, row := range anomaly.Methods.Rows() {
		want := found(t, row, &reverie.Host[float32]{Stream: stream}, x, nil)
		sp := engine.NewRecycler(e.Space(stream))
		got := found(t, row, sp, engine.New(e, slices.Concat(x...), 2, 4, 4, 1), func(s sample.State[*tensors.Tensor]) error {
			sp.Next(s.X)
			return nil
		})
		sp.Close()
		for what, pair := range map[string][2][]float32{
			"map":    {tensors.MustCopyFlatData[float32](got.Map), slices.Concat(want.Map...)},
			"healed": {tensors.MustCopyFlatData[float32](got.Healed), slices.Concat(want.Healed...)},
		} {
			for i, v := range pair[1] {
				if d := math.Abs(float64(pair[0][i] - v)); !(d <= 1e-5) {
					t.Errorf("%s: number %d of the %s is %v, want %v", row.Row().Name, i, what, pair[0][i], v)
					break
				}
			}
		}
	}
}
