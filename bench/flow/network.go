package main

import (
	"context"
	"errors"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/train"
)

const near, far = "moons", "8gaussians"

// A trial is what both couplings of a seed are judged by.
type trial struct {
	seed  uint64
	start reverie.Batch[float64] // of the far set
	held  eval.Rows              // of the near set; no network has seen them
	floor float64                // W2^2 of held to as many others
}

// The streams of a trial's points; training takes those of seeds below.
const starts, held, others = 1 << 32, 2 << 32, 3 << 32

func newTrial(seed uint64, n int) (*trial, error) {
	start, err := draw(far, seed+starts, n)
	if err != nil {
		return nil, err
	}
	x, err := draw(near, seed+held, n)
	if err != nil {
		return nil, err
	}
	y, err := draw(near, seed+others, n)
	if err != nil {
		return nil, err
	}
	t := &trial{seed: seed, start: start, held: rows(x)}
	t.floor, _, err = eval.Transport{}.Measure(context.Background(), rows(y), t.held)
	return t, err
}

func draw(name string, seed uint64, n int) (reverie.Batch[float64], error) {
	c, err := points.Open(name, points.Options{N: n, Seed: seed})
	if err != nil {
		return nil, err
	}
	return c.X, nil
}

func rows(x reverie.Batch[float64]) eval.Rows {
	return eval.Rows{N: len(x), D: len(x[0]), X: slices.Concat(x...)}
}

// config is what `reverie train points:moons --process flow --from points:8gaussians` trains.
func (b *bench) config(coupling string, seed uint64) (*config.Run, error) {
	c, err := config.Preset("small")
	if err != nil {
		return nil, err
	}
	c.Data, c.From = []string{"points:" + near}, []string{"points:" + far}
	c.Process, c.Coupling, c.Seed = &formulation.Flow{}, coupling, seed
	c.Arch, c.Batch, c.Val = &mlp.Architecture{Channels: slices.Repeat([]int{b.width}, b.depth)}, b.batch, 0
	c.Steps, c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = b.steps, 0, 0, 0, 0
	given := []string{"process", "coupling", "arch", "channels", "batch", "val", "steps", "sample-n"}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &c, train.Check(&c)
}

// sets draws the training points, both in the units that give the near ones variance 1.
func (b *bench) sets(c *config.Run) (x, y *data.Set, err error) {
	o := points.Options{N: b.points, Seed: c.Seed}
	moons, err := points.Open(near, o)
	if err != nil {
		return nil, nil, err
	}
	gaussians, err := points.Open(far, o)
	if err != nil {
		return nil, nil, err
	}
	units := points.Rescale(moons.X)
	if x, err = moons.SetIn(units, c.Data[0], data.Options{}); err != nil {
		return nil, nil, err
	}
	y, err = gaussians.SetIn(units, c.From[0], data.Options{})
	return x, y, err
}

// train trains a network and leaves it in dir.
func (b *bench) train(dir, coupling string, seed uint64) (err error) {
	c, err := b.config(coupling, seed)
	if err != nil {
		return err
	}
	x, y, err := b.sets(c)
	if err != nil {
		return err
	}
	t, err := train.New(b.ctx, b.engine, c, train.Parts{Data: x, From: y})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.Create(dir, ""); err != nil {
		return err
	}
	return t.Run(b.ctx)
}

// sample carries the trial's starts along the flow of the network in dir, and returns where they
// end, in the published units, and the calls of the network that it took.
func (b *bench) sample(dir string, t *trial, s solver) (x eval.Rows, calls int, err error) {
	m, err := model.Load(b.engine, dir, false)
	if err != nil {
		return x, 0, err
	}
	defer m.Close()
	var solver model.Solver = new(sample.Euler[*tensors.Tensor])
	if s.tolerance > 0 {
		solver = &sample.RK45[*tensors.Tensor]{RTol: s.tolerance, ATol: s.tolerance}
	}
	y, err := m.Sample(b.ctx, model.Options{
		N: len(t.start), Batch: len(t.start), Solver: solver, Steps: s.steps, Spacing: "trailing",
		Start: func(first, n int) ([]float32, error) { return flat(m.Kind.Units, t.start[first:first+n]), nil },
		Hook:  func(_ int, s model.State) error { calls = s.Calls; return nil },
	})
	if err != nil {
		return x, 0, err
	}
	return eval.Rows{N: len(t.start), D: len(t.start[0]), X: m.Kind.InUnits(y)}, calls, nil
}

// flat are the numbers that stand for the points x in units u, one after another.
func flat(u kind.Units, x reverie.Batch[float64]) []float32 {
	var out []float32
	for _, p := range x {
		for _, v := range u.FromUnits(p) {
			out = append(out, float32(v))
		}
	}
	return out
}
