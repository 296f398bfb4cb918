// Command latent measures latent diffusion against diffusion of the pixels on the embedded emoji:
// it trains an autoencoder, then for the same time a diffusion of its latents and one of the
// pixels, and prints how near the autoencoder's reconstructions and both models' samples come to
// images held out, and what a sample costs.
//
//	go run ./bench/latent -vae 20m -diffusion 20m
//
// What is in -dir already is kept, and trained to its stop if it has not been.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/train"
)

func main() {
	b := bench{ctx: context.Background()}
	flag.DurationVar(&b.vae, "vae", 20*time.Minute, "training time of the autoencoder")
	flag.DurationVar(&b.diffusion, "diffusion", 20*time.Minute, "training time of each diffusion")
	flag.StringVar(&b.dir, "dir", "runs/latent", "folder of the three runs")
	flag.StringVar(&b.class, "class", "", "a class of the emoji (default all)")
	flag.IntVar(&b.n, "n", 512, "samples in a draw")
	flag.IntVar(&b.draws, "draws", 3, "draws")
	flag.IntVar(&b.steps, "steps", 50, "steps of DDIM")
	flag.Uint64Var(&b.seed, "seed", 0, "seed of the runs")
	flag.Float64Var(&b.beta, "beta", 1, "weight of the autoencoder's KL term")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "latent:", err)
		os.Exit(1)
	}
}

type bench struct {
	ctx            context.Context
	engine         *engine.Engine
	vae, diffusion time.Duration
	dir, class     string
	n, draws       int
	steps          int
	seed           uint64
	beta           float64

	training, heldOut eval.Images
}

func (b *bench) run() (err error) {
	if b.engine, err = engine.Open(""); err != nil {
		return err
	}
	defer b.engine.Close()
	vae, err := b.train("vae", b.vae, func(c *config.Run) {
		coder := vae.DefaultCoder
		coder.LatentChannels, coder.Beta = latentChannels, b.beta
		c.Arch = &vae.ConvArchitecture{Layers: 1, Coder: coder} // of its usual widths
	})
	if err != nil {
		return err
	}
	if err := b.reconstruct(vae); err != nil {
		return err
	}
	latent, err := b.train("latent", b.diffusion, func(c *config.Run) { c.VAE, _ = filepath.Abs(vae) })
	if err != nil {
		return err
	}
	pixel, err := b.train("pixel", b.diffusion, func(*config.Run) {})
	if err != nil {
		return err
	}
	return b.compare(vae, latent, pixel)
}

// latentChannels makes the latents of 32x32x3 images 8x8x6: 8 times fewer numbers.
const latentChannels = 6

// config is the configuration of a run: preset small on the chosen classes, a tenth held out.
func (b *bench) config(stop time.Duration, change func(*config.Run)) (*config.Run, error) {
	c, err := config.Preset("small")
	if err != nil {
		return nil, err
	}
	c.DataClass, c.Val, c.Time, c.SampleEvery, c.Seed = nil, 0.1, stop, 0, b.seed
	if b.class != "" {
		c.DataClass = []string{b.class}
	}
	change(&c)
	c.Adapt(func(flag string) bool { return flag == "time" })
	return &c, c.Validate()
}

// train trains the run of that name, or goes on with it, and returns its folder.
func (b *bench) train(name string, stop time.Duration, change func(*config.Run)) (dir string, err error) {
	dir = filepath.Join(b.dir, name)
	c, err := b.config(stop, change)
	if err != nil {
		return "", err
	}
	set, err := b.images(c)
	if err != nil {
		return "", err
	}
	t, err := train.New(b.ctx, b.engine, c, train.Parts{Data: set})
	if err != nil {
		return "", err
	}
	defer func() {
		if failed := t.Close(); err == nil {
			err = failed
		}
	}()
	steps := 0
	t.Observe(train.On(func(train.Step) { steps++ }))
	if _, latest := checkpoint.Latest(dir); latest == nil {
		lock, err := checkpoint.OpenRun(dir)
		if err != nil {
			return "", err
		}
		if err := t.Resume(lock); err != nil {
			return "", err
		}
	} else if err := t.Create(dir, ""); err != nil {
		return "", err
	}
	if err := t.Run(b.ctx); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%s: %d steps now, %v in all\n", dir, steps, stop)
	return dir, nil
}

// images opens the emoji and keeps their two parts.
func (b *bench) images(c *config.Run) (*data.Set, error) {
	set, err := c.Open(b.ctx, nil)
	if err != nil {
		return nil, err
	}
	if b.training, err = eval.Read(b.ctx, set.Train()); err != nil {
		return nil, err
	}
	b.heldOut, err = eval.Read(b.ctx, set.Val())
	return set, err
}

// batch is the number of images at once.
const batch = 32

// reconstructed are images as the autoencoder gives them back.
func (b *bench) reconstructed(dir string, m eval.Images) (eval.Images, model.Codes, error) {
	a, err := model.LoadAutoencoder(b.engine, dir, false)
	if err != nil {
		return m, model.Codes{}, err
	}
	defer a.Free()
	codes, err := a.EncodeImages(b.ctx, m.Pix, m.N, m.H, m.W, batch)
	if err != nil {
		return m, codes, err
	}
	m.Pix, _, _, err = a.DecodeCodes(b.ctx, codes.Mean, codes.N, codes.H, codes.W, batch)
	return m, codes, err
}

// reconstruct prints how near the autoencoder's reconstructions come.
func (b *bench) reconstruct(dir string) error {
	for _, part := range []struct {
		name string
		m    eval.Images
	}{{"training images", b.training}, {"held-out images", b.heldOut}} {
		back, codes, err := b.reconstructed(dir, part.m)
		if err != nil {
			return err
		}
		fmt.Printf("%d %s: PSNR %.2f dB, latents %dx%dx%d, %.1f times fewer numbers\n", part.m.N, part.name, psnr(part.m, back),
			codes.H, codes.W, codes.C, float64(part.m.H*part.m.W*part.m.C)/float64(codes.H*codes.W*codes.C))
	}
	return nil
}

// psnr is the mean over the images of 10 log10(4/mse), in dB, y clamped to [-1,1].
func psnr(x, y eval.Images) float64 {
	sum := 0.0
	for i := range x.N {
		a, b, square := x.Image(i), y.Image(i), 0.0
		for j := range a {
			d := float64(a[j]) - min(max(float64(b[j]), -1), 1)
			square += d * d
		}
		sum += 10 * math.Log10(4*float64(len(a))/max(square, 1e-12))
	}
	return sum / float64(x.N)
}

// some are n of the images, evenly spread over them.
func (b *bench) some(m eval.Images) eval.Images {
	out := m
	out.N, out.Pix = min(b.n, m.N), nil
	for i := range out.N {
		out.Pix = append(out.Pix, m.Image(i*m.N/out.N)...)
	}
	return out
}

// compare prints the table.
func (b *bench) compare(vae, latent, pixel string) error {
	some := b.some(b.training)
	back, _, err := b.reconstructed(vae, some)
	if err != nil {
		return err
	}
	fmt.Printf("\nsliced Wasserstein distance x1000 to %d held-out images, %d samples of %d steps of DDIM, mean and deviation over %d draws\n\n", b.heldOut.N, b.n, b.steps, b.draws)
	fmt.Println("| | 32x32 | 16x16 | mean | ms a sample |\n|---|---|---|---|---|")
	fixed := func(m eval.Images) func(uint64) (eval.Images, error) {
		return func(uint64) (eval.Images, error) { return m, nil }
	}
	for _, row := range []struct {
		name string
		draw func(seed uint64) (eval.Images, error)
	}{{"training images", fixed(some)}, {"training images, reconstructed", fixed(back)}} {
		if err := b.measure(row.name, row.draw, nil); err != nil {
			return err
		}
	}
	for _, dir := range []string{latent, pixel} {
		m, err := model.Load(b.engine, dir, false)
		if err != nil {
			return err
		}
		var spent time.Duration
		err = b.measure(filepath.Base(dir)+" diffusion", func(seed uint64) (eval.Images, error) {
			began := time.Now()
			x, err := m.Sample(b.ctx, model.Options{N: b.n, Seed: seed, Batch: batch, Solver: new(sample.DDIM[*tensors.Tensor]), Steps: b.steps})
			spent += time.Since(began)
			return eval.Images{N: b.n, Kind: b.heldOut.Kind, Pix: x}, err
		}, &spent)
		m.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// measure prints a row of the table.
func (b *bench) measure(name string, draw func(uint64) (eval.Images, error), spent *time.Duration) error {
	var levels [][]float64 // by level, then draw; the last is their mean
	for i := range b.draws {
		seed := uint64(i + 1)
		x, err := draw(seed)
		if err != nil {
			return err
		}
		got, err := eval.SWD{Seed: seed}.Measure(b.ctx, x, b.heldOut)
		if err != nil {
			return err
		}
		if levels == nil {
			levels = make([][]float64, len(got)+1)
		}
		sum := 0.0
		for k, l := range got {
			levels[k] = append(levels[k], l.Distance)
			sum += l.Distance / float64(len(got))
		}
		levels[len(got)] = append(levels[len(got)], sum)
	}
	fmt.Printf("| %s |", name)
	for _, l := range levels {
		fmt.Printf(" %s |", report.Spread(l, 1))
	}
	if spent == nil {
		fmt.Println(" |")
		return nil
	}
	fmt.Printf(" %.2f |\n", 1000*spent.Seconds()/float64(b.n*b.draws))
	return nil
}
