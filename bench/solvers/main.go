// Command solvers compares the samplers on a trained run: for each solver, spacing and number of
// steps how near its samples come to the images that the run held out, how often it called the
// network, and what an image cost. It ends with what to choose for a budget of calls.
//
//	go run ./bench/solvers -log solvers.jsonl runs/emoji-1
//
// With -log every draw is noted as it is made, and a later run of the same model, told by its
// folder and the contents of its files, takes it from there.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
)

func main() {
	b := bench{ctx: context.Background()}
	flag.IntVar(&b.n, "n", 48, "samples in a draw")
	flag.IntVar(&b.draws, "draws", 4, "draws of a row of at most 100 calls")
	flag.IntVar(&b.long, "long", 2, "draws of a row of more calls")
	flag.IntVar(&b.batch, "batch", 16, "images denoised at once")
	steps := flag.String("steps", "10,20,50,300", "numbers of solver steps")
	only := flag.String("only", "", "these solvers alone (comma-separated)")
	flag.StringVar(&b.log.path, "log", "", "note draws in this file, and take from it those that are there")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: solvers [flags] RUN")
		os.Exit(2)
	}
	if err := b.run(flag.Arg(0), *steps, *only); err != nil {
		fmt.Fprintln(os.Stderr, "solvers:", err)
		os.Exit(1)
	}
}

type bench struct {
	ctx                   context.Context
	model                 *model.Loaded
	n, draws, long, batch int
	log                   drawLog

	training, heldOut eval.Images
	kernel            eval.Kernel
}

func (b *bench) run(dir, steps, only string) error {
	if b.n < 3 || b.draws < 1 || b.long < 1 || b.batch < 1 {
		return fmt.Errorf("%d samples, %d and %d draws, batches of %d: give at least 3 samples and one of the others", b.n, b.draws, b.long, b.batch)
	}
	numbers, err := parse(steps)
	if err != nil {
		return err
	}
	if err := b.open(dir); err != nil {
		return err
	}
	e, err := engine.Open("")
	if err != nil {
		return err
	}
	defer e.Close()
	if b.model, err = model.Load(e, dir, false); err != nil {
		return err
	}
	defer b.model.Close()
	if err := b.log.open(b.model.Found.Model, b.n); err != nil {
		return err
	}
	plan, left := b.plan(numbers, only)
	if err := b.estimate(plan); err != nil {
		return err
	}
	return b.table(plan, left)
}

// parse reads numbers of steps.
func parse(text string) (out []int, err error) {
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-steps %s: %q is no number of steps", text, word)
		}
		out = append(out, n)
	}
	return out, nil
}

// open reads the images that the run trained on and those that it held out.
func (b *bench) open(dir string) error {
	c, err := config.Read(dir)
	if err != nil {
		return err
	}
	if c.Kind().Vector() {
		return fmt.Errorf("%s was trained on points; this compares images", dir)
	}
	set, err := c.Open(b.ctx, nil)
	if err != nil {
		return err
	}
	defer set.Close()
	if b.training, err = eval.Read(b.ctx, set.Train()); err != nil {
		return err
	}
	if b.heldOut, err = eval.Read(b.ctx, set.Val()); err != nil {
		return err
	}
	if b.heldOut.N < 3 {
		return fmt.Errorf("%s held out %d images; train with --val, so that there are at least 3", dir, b.heldOut.N)
	}
	widths, err := eval.Bandwidths(b.ctx, b.heldOut.Rows(), 0)
	if err != nil {
		return err
	}
	b.kernel = eval.RBF(widths...)
	return nil
}

// estimate tells how long the plan takes, by a short draw and one judgement.
func (b *bench) estimate(plan []row) error {
	o := model.Options{N: b.batch, Batch: b.batch, Solver: new(sample.DDIM[*tensors.Tensor]), Steps: 5}
	if b.model.Fits(o) != nil {
		return nil
	}
	if _, err := b.model.Sample(b.ctx, o); err != nil { // which compiles
		return err
	}
	began := time.Now()
	if _, err := b.model.Sample(b.ctx, o); err != nil {
		return err
	}
	call := time.Since(began).Seconds() / float64(5*b.batch)
	began = time.Now()
	if _, err := b.judge(eval.Noise(b.n, b.heldOut.H, b.heldOut.W, b.heldOut.C, 1), 1); err != nil {
		return err
	}
	judgement := time.Since(began).Seconds()
	total := 0.0
	for _, r := range plan {
		total += float64(r.draws) * (judgement + call*float64(r.calls*b.n))
	}
	fmt.Fprintf(os.Stderr, "%d rows, %.2g s a call and image, %.2g s a judgement: about %.0f minutes, less what the log has\n", len(plan), call, judgement, math.Ceil(total/60))
	return nil
}

// table prints all rows, then what to choose.
func (b *bench) table(plan []row, left []string) error {
	fmt.Println(report.Machine())
	fmt.Printf("\n%s\nSamples of %d images, %d draws (rows of more than %d calls: %d), in batches of %d; the same seeds in all rows.\n",
		b.model.Found.Model, b.n, b.draws, longCalls, b.long, b.batch)
	fmt.Printf("swd: sliced Wasserstein distance x1000 of 7x7 patches to the %d held-out images, mean over the levels of the pyramid; mmd: squared maximum mean\n", b.heldOut.N)
	fmt.Print("discrepancy of the pixels x1000, Gaussian kernels; mean and deviation over the draws. Calls are those of the network for each image.\n\n")
	fmt.Println("| solver | spacing | steps | calls | swd | mmd² | s an image |\n|---|---|---|---|---|---|---|")
	if err := b.references(); err != nil {
		return err
	}
	var done []result
	for _, r := range plan {
		got, err := b.measure(r)
		if err != nil {
			left = append(left, fmt.Sprintf("%s: %v", r, err))
			continue
		}
		fmt.Println(got)
		done = append(done, got)
	}
	if len(left) > 0 {
		fmt.Printf("\nLeft out:\n\n- %s\n", strings.Join(left, "\n- "))
	}
	advise(done)
	return nil
}

// references are rows of other things than samples.
func (b *bench) references() error {
	for _, ref := range []struct {
		name string
		draw func(seed uint64) eval.Images
	}{
		{"training images", b.some},
		{"Gaussian of the pixels", func(seed uint64) eval.Images { return eval.Gaussian(b.training, b.n, seed) }},
	} {
		var got result
		for i := range b.draws {
			d, err := b.judge(ref.draw(uint64(i+1)), uint64(i+1))
			if err != nil {
				return err
			}
			got.add(d)
		}
		fmt.Printf("| *%s* | | | | %s | %s | |\n", ref.name, report.Spread(got.swd, 1), report.Spread(got.mmd, 1))
	}
	return nil
}

// some are n of the training images, or all where there are fewer.
func (b *bench) some(seed uint64) eval.Images {
	m := b.training
	out := eval.Images{Kind: m.Kind}
	for _, i := range (random.Stream{Seed: seed, Domain: random.Evaluation, Step: 1 << 20}).Perm(m.N)[:min(b.n, m.N)] {
		out.Pix = append(out.Pix, m.Image(i)...)
		out.N++
	}
	return out
}
