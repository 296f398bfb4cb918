package sample

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

type tensor = *tensors.Tensor

// recordedTensors is the engine's Space whose noise was written down beforehand.
type recordedTensors struct {
	*engine.Space
	noise []tensor
}

func (r *recordedTensors) Noise(tensor) tensor {
	z := r.noise[0]
	r.noise = r.noise[1:]
	return z
}

// tensorReplay says what the other's network said. It is a Denoiser that learned its variance,
// where the run's did.
type tensorReplay struct {
	reverie.Denoiser[tensor]
	e    *engine.Engine
	g    otherRun
	call int
}

// tensor returns columns first.. of b as a tensor of 1x1 images in float32.
func (r *tensorReplay) tensor(b batch, scale float64, first, last int) tensor {
	var all []float32
	for _, row := range b {
		for _, v := range row[first:last] {
			all = append(all, float32(scale*v))
		}
	}
	return engine.New(r.e, all, len(b), 1, 1, last-first)
}

func (r *tensorReplay) network(_ context.Context, x tensor, _ float64) (tensor, error) {
	r.call++
	return r.tensor(r.g.Outputs[r.call-1], 1, 0, x.Shape().Dim(-1)), nil
}

func (r *tensorReplay) Knows(w reverie.Want) error { return w.Beyond(reverie.WantVariance, "it") }

func (r *tensorReplay) Denoise(ctx context.Context, q reverie.Query[tensor]) (e reverie.Estimate[tensor], err error) {
	dim := q.X.Shape().Dim(-1)
	e.V = r.tensor(r.g.Outputs[r.call], 1, dim, 2*dim)
	e.X0, err = reverie.Denoise(ctx, r.Denoiser, q.X, q.T)
	return e, err
}

// denoiser returns the run's Denoiser on sp.
func (r *tensorReplay) denoiser(sp *recordedTensors, p reverie.Process) (d reverie.Denoiser[tensor], err error) {
	kind, err := paramOf(r.g.Prediction)
	if r.g.SD != 0 {
		kind = reverie.EDMParam(r.g.SD)
	}
	d = reverie.Wrap(sp, p, kind, r.network)
	switch {
	case err != nil:
	case r.g.Learned:
		r.Denoiser, d = d, r
	case r.g.Clip:
		return reverie.Clamp(sp, d, -1, 1)
	case r.g.Threshold != 0:
		return Threshold(sp, d, r.g.Threshold)
	}
	return d, err
}

// The same runs on the engine's tensors of float32, as a user's, to 1e-5 of the largest x.
func TestTensorRunsAgainstOthers(t *testing.T) {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, file := range []string{"diffusers.json", "kdiffusion.json"} {
		g := readJSON[others](t, file)
		for _, run := range g.Runs {
			t.Run(run.Name, func(t *testing.T) { run.checkTensors(t, e, g.Start, g.Noise) })
		}
	}
}

func (g otherRun) checkTensors(t *testing.T, e *engine.Engine, start batch, pool []batch) {
	sp, r, p := &recordedTensors{Space: e.Space(random.Stream{})}, &tensorReplay{e: e, g: g}, g.process(t)
	n, dim := len(g.X[0]), len(start[0])
	for _, i := range g.Noise {
		sp.noise = append(sp.noise, r.tensor(pool[i][:n], 1, 0, dim))
	}
	d, err := r.denoiser(sp, p)
	if err != nil {
		t.Fatal(err)
	}
	solver, err := For[tensor](g.solver(t).(table.Row))
	if err != nil {
		t.Fatal(err)
	}
	worst, run := 0.0, &Run[tensor]{Space: sp, Process: p, Denoiser: d}
	_, err = Sample(context.Background(), run, solver, r.tensor(start[:n], g.Scale, 0, dim), g.Grid, func(s State[tensor]) error {
		want, largest := slices.Concat(g.X[s.Step-1]...), 1.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		for k, v := range tensors.MustCopyFlatData[float32](s.X) {
			worst = max(worst, math.Abs(float64(v)-want[k])/largest)
		}
		return nil
	})
	if err != nil || !(worst <= 1e-5) || r.call != len(g.Calls) {
		t.Errorf("off by %.2g of the largest x, in %d calls of %d: %v", worst, r.call, len(g.Calls), err)
	}
	t.Logf("%.2g", worst)
}
