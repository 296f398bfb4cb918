// Command objectives compares the training objectives on eight Gaussians in the plane, whose score
// is known at every noise level: the Fisher divergence of the score that each has learned in the
// same training time.
//
//	go run ./bench/objectives
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/train"
)

func main() {
	b := bench{ctx: context.Background()}
	flag.DurationVar(&b.time, "time", 15*time.Second, "training time of each network")
	flag.IntVar(&b.seeds, "seeds", 3, "networks of each objective")
	flag.IntVar(&b.batch, "batch", 256, "points of a step")
	flag.IntVar(&b.width, "width", 64, "width of the network")
	flag.IntVar(&b.depth, "depth", 3, "residual blocks of the network")
	flag.IntVar(&b.n, "n", 2000, "points at which the score is compared, at each time")
	flag.IntVar(&b.points, "points", 100_000, "training points")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "objectives:", err)
		os.Exit(1)
	}
}

type bench struct {
	ctx                  context.Context
	engine               *engine.Engine
	time                 time.Duration
	seeds, batch, points int
	width, depth, n      int
	dir                  string
	units                kind.Units
	law                  *mixture.Mixture // of the data, in their units
}

// name is the set of points.
const name = "8gaussians"

func (b *bench) run() (err error) {
	if b.seeds < 1 || b.n < 1 || b.time < time.Second {
		return fmt.Errorf("%d seeds of %v, %d points: give at least one of each, and a second", b.seeds, b.time, b.n)
	}
	if b.engine, err = engine.Open(""); err != nil {
		return err
	}
	defer b.engine.Close()
	if b.units, b.law, err = unit(mixture.EightGaussians()); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "objectives"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	fmt.Println(report.Machine())
	fmt.Printf("\nScore of %s, scaled to variance 1, under the VP-SDE: mlp of width %d, %d residual blocks, eps prediction, batch %d, %v of training each, %d seeds, averaged weights.\n",
		name, b.width, b.depth, b.batch, b.time, b.seeds)
	fmt.Print("All four losses have the same minimum. All times: sigma² |s - true score|² for each number of a point, averaged over the times, which is what each falls to\n")
	fmt.Printf("but for a constant; the others: |s - true score|² relative to |true score|², where sigma/alpha is the number given; at %d points each. Mean and deviation over the seeds.\n\n", b.n)
	fmt.Print("| objective | steps | ms a step | all times |")
	for _, r := range ratios {
		fmt.Printf(" at %g |", r)
	}
	fmt.Print("\n|---|---|---|---|---|---|---|\n")
	for _, objective := range []string{"denoise", "exact", "sliced", "sliced-vr"} {
		if err := b.row(objective); err != nil {
			return err
		}
	}
	return nil
}

// row trains and judges the networks of an objective, and prints its row.
func (b *bench) row(objective string) error {
	var steps, overall []float64
	at := make([][]float64, len(ratios))
	for seed := range b.seeds {
		dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", objective, seed))
		n, err := b.train(dir, objective, uint64(seed))
		if err != nil {
			return err
		}
		f, err := b.judge(dir)
		if err != nil {
			return err
		}
		steps, overall = append(steps, float64(n)), append(overall, f.overall)
		for i, v := range f.at {
			at[i] = append(at[i], v)
		}
	}
	mean := report.Mean(steps)
	fmt.Printf("| %s | %.0f | %.2f | %s |", objective, mean, 1000*b.time.Seconds()/mean, report.Spread(overall, 5))
	for _, v := range at {
		fmt.Printf(" %s |", report.Spread(v, 4))
	}
	fmt.Println()
	return nil
}

// unit returns the units in which a law of the plane has mean 0 and variance 1 on average, and the
// law there.
func unit(m *mixture.Mixture) (kind.Units, *mixture.Mixture, error) {
	cov := m.Cov()
	sd := math.Sqrt((cov[0][0] + cov[1][1]) / 2)
	u := kind.Units{Shift: m.Mean(), Scale: []float64{sd, sd}}
	var weights []float64
	var means reverie.Batch[float64]
	var covs []mixture.Cov
	for k := range m.Len() {
		weights, means = append(weights, m.Weight(k)), append(means, u.FromUnits(m.MeanOf(k)))
		full := m.CovOf(k)
		scaled := make([][]float64, len(full))
		for i, row := range full {
			for _, v := range row {
				scaled[i] = append(scaled[i], v/(sd*sd))
			}
		}
		covs = append(covs, mixture.Cov{Full: scaled})
	}
	law, err := mixture.New(weights, means, covs)
	return u, law, err
}

func (b *bench) config(objective string, seed uint64) (*config.Run, error) {
	c, err := config.Preset("small")
	if err != nil {
		return nil, err
	}
	way, err := learn.Ways.New(objective)
	if err != nil {
		return nil, err
	}
	c.Data, c.Process, c.Prediction, c.Way, c.Seed = []string{"points:" + name}, &formulation.VP{Schedule: formulation.NewLinear(1e-4, 0.02)}, formulation.Eps, way, seed
	c.Arch, c.Batch, c.Val = &mlp.Architecture{Channels: slices.Repeat([]int{b.width}, b.depth)}, b.batch, 0
	c.Time, c.SaveEvery, c.SampleEvery, c.SampleN = b.time, 0, 0, 0
	given := []string{"process", "prediction", "objective", "arch", "channels", "batch", "val", "time", "sample-n"}
	c.Adapt(func(flag string) bool { return slices.Contains(given, flag) })
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &c, train.Check(&c)
}

// train trains a network, leaves it in dir, and returns how many steps it made.
func (b *bench) train(dir, objective string, seed uint64) (steps int, err error) {
	c, err := b.config(objective, seed)
	if err != nil {
		return 0, err
	}
	cloud, err := points.Open(name, points.Options{N: b.points, Seed: seed})
	if err != nil {
		return 0, err
	}
	set, err := cloud.SetIn(b.units, c.Data[0], data.Options{})
	if err != nil {
		return 0, err
	}
	t, err := train.New(b.ctx, b.engine, c, train.Parts{Data: set})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	t.Observe(train.On(func(train.Step) { steps++ }))
	if err := t.Create(dir, ""); err != nil {
		return 0, err
	}
	err = t.Run(b.ctx)
	return steps, err
}
