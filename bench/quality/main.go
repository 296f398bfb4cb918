// Command quality judges a run by the sliced Wasserstein distance of its samples to the images that
// it held out, beside that of the training images, of noise, and of a Gaussian fitted to the
// pixels, and pictures samples over their nearest training images.
//
//	go run ./bench/quality runs/emoji-1
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

func main() {
	n := flag.Int("n", 512, "samples in a draw")
	draws := flag.Int("draws", 5, "draws")
	solver := flag.String("solver", "", "solver (default: the run's)")
	steps := flag.Int("steps", 0, "solver steps (default: the run's)")
	nearest := flag.String("nearest", "nearest.png", "write samples over their nearest training images here")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: quality [flags] RUN")
		os.Exit(2)
	}
	o := model.Options{Steps: *steps, Batch: 32}
	var err error
	if *solver != "" {
		o.Solver, err = sample.New[*tensors.Tensor](*solver)
	}
	if err == nil {
		err = run(flag.Arg(0), *n, *draws, *nearest, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}

func run(dir string, n, draws int, nearest string, o model.Options) error {
	ctx := context.Background()
	c, err := config.Read(dir)
	if err != nil {
		return err
	}
	set, err := c.Open(ctx, nil)
	if err != nil {
		return err
	}
	defer set.Close()
	training, err := eval.Read(ctx, set.Train())
	if err != nil {
		return err
	}
	heldOut, err := eval.Read(ctx, set.Val())
	if err != nil {
		return err
	}
	if heldOut.N == 0 {
		return fmt.Errorf("%s held out no images; train with --val", dir)
	}
	e, err := engine.Open("")
	if err != nil {
		return err
	}
	defer e.Close()
	m, err := model.Load(e, dir, false)
	if err != nil {
		return err
	}
	draw := func(seed uint64) (eval.Images, error) {
		o := o
		o.N, o.Seed = n, seed
		x, err := m.Sample(ctx, o)
		return eval.Images{N: n, Kind: training.Kind, Pix: x}, err
	}
	began := time.Now()
	first, err := draw(1)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d training images, %d held out; %d samples took %.1f s\n\n", m.Found.Model, training.N, heldOut.N, n, time.Since(began).Seconds())
	if err := writeNearest(nearest, first, training); err != nil {
		return err
	}
	fmt.Printf("sliced Wasserstein distance x1000 to the held-out images, mean and deviation over %d draws\n\n", draws)
	fmt.Println("| | per level, full resolution first | mean |\n|---|---|---|")
	for _, row := range []struct {
		name string
		draw func(seed uint64) (eval.Images, error)
	}{
		{"samples", draw},
		{"training images", func(uint64) (eval.Images, error) { return training, nil }},
		{"Gaussian of the pixels", func(seed uint64) (eval.Images, error) { return eval.Gaussian(training, n, seed), nil }},
		{"noise", func(seed uint64) (eval.Images, error) {
			return eval.Noise(n, training.H, training.W, training.C, seed), nil
		}},
	} {
		if err := measure(row.name, row.draw, heldOut, draws); err != nil {
			return err
		}
	}
	return nil
}

// measure prints a row of the table.
func measure(name string, draw func(uint64) (eval.Images, error), heldOut eval.Images, draws int) error {
	var levels [][]float64 // by level, then draw
	var means []float64
	for i := range draws {
		x, err := draw(uint64(i + 1))
		if err != nil {
			return err
		}
		got, err := eval.SWD{Seed: uint64(i + 1)}.Measure(context.Background(), x, heldOut)
		if err != nil {
			return err
		}
		sum := 0.0
		for k, l := range got {
			if i == 0 {
				levels = append(levels, nil)
			}
			levels[k] = append(levels[k], l.Distance)
			sum += l.Distance / float64(len(got))
		}
		means = append(means, sum)
	}
	fmt.Printf("| %s | ", name)
	for _, l := range levels {
		fmt.Printf("%s ", report.Spread(l, 1))
	}
	fmt.Printf("| %s |\n", report.Spread(means, 1))
	return nil
}

// shown is the number of samples in the picture.
const shown = 16

// writeNearest draws samples in the upper row and below each the training image nearest to it.
func writeNearest(path string, samples, training eval.Images) error {
	samples.N = min(samples.N, shown)
	var imgs []image.Image
	for i := range samples.N {
		imgs = append(imgs, picture.FromFloat(samples.Image(i), samples.H, samples.W, samples.C))
	}
	for _, k := range eval.Nearest(context.Background(), samples, training) {
		imgs = append(imgs, picture.FromFloat(training.Image(k), training.H, training.W, training.C))
	}
	return picture.Write(path, picture.Grid(imgs, picture.Layout{Columns: samples.N, Scale: 2}))
}
