package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// likelihoods says how probable a model finds images, or points: batch by batch, in bounds and through the probability flow.
type likelihoods struct {
	model *model.Loaded
	mode  net.Mode
	batch int    // images at once
	seed  uint64 // of the noise, the times and the probes
	clamp bool   // x0hat to [-1,1] in the bounds; the flow is of the network as it is

	// volume is what -log p(x) of an image grows by from the model's units to those of the data, in nats. Every number that leaves holds it.
	volume float64

	process  reverie.Process  // under which it is measured; nil: the model's
	variance reverie.Variance // of the chain's steps

	draws, times int // see likelihood.BoundOptions
	probes       int // see likelihood.FlowOptions; 0: exact below exactBelow dimensions, else 1
	exact        bool
	tolerance    float64 // of the flow's integral; 0: the default
	progress     func(images int)
}

// exactBelow is the number of dimensions below which the exact divergence costs less than the many probes of a small error.
const exactBelow = 9

// checked is how many images are integrated again at a tenth of the tolerance, which shows the numerical error.
const checked = 8

// errNoChain refuses the bound of a chain for a process that is none.
var errNoChain = errors.New("elbo is the bound of a chain of steps, a table of betas; this model's process is continuous: measure vlb or likelihood")

// bound is the evidence lower bound of a chain in both derivations.
func (l *likelihoods) bound(ctx context.Context, images eval.Images) (*likelihood.Bounds, error) {
	chain, ok := l.model.Process.(*reverie.DDPM)
	if !ok {
		return nil, errNoChain
	}
	all := new(likelihood.Bounds)
	err := l.each(ctx, images, func(b likelihoodBatch) error {
		d, err := b.clamped(l.clamp)
		if err != nil {
			return err
		}
		part, err := likelihood.Bound(ctx, b.space, chain, d, b.x, l.boundOptions(b))
		if err != nil {
			return err
		}
		for _, n := range part.Named() {
			b.encoded(n.Bound)
		}
		return all.Merge(part)
	})
	return all, err
}

// continuous is the variational bound of continuous time.
func (l *likelihoods) continuous(ctx context.Context, images eval.Images) (*likelihood.Evidence, error) {
	all := new(likelihood.Evidence)
	err := l.each(ctx, images, func(b likelihoodBatch) error {
		p, err := l.under(&b)
		if err != nil {
			return err
		}
		d, err := b.clamped(l.clamp)
		if err != nil {
			return err
		}
		part, err := likelihood.Continuous(ctx, b.space, p, d, b.x, l.boundOptions(b))
		if err != nil {
			return err
		}
		b.encoded(part)
		return all.Merge(part)
	})
	return all, err
}

// flow is the likelihood by the probability flow.
func (l *likelihoods) flow(ctx context.Context, images eval.Images) (*likelihood.Densities, error) {
	all := new(likelihood.Densities)
	err := l.each(ctx, images, func(b likelihoodBatch) error {
		p, err := l.under(&b)
		if err != nil {
			return err
		}
		exact := l.exact || l.probes == 0 && b.x.Shape().Size()/b.x.Shape().Dim(0) < exactBelow
		part, err := likelihood.Flow(ctx, b.space, p, b.denoiser, b.x,
			likelihood.FlowOptions{
				Levels: b.levels, Exact: exact, Probes: l.probes, Stream: b.stream, RTol: l.tolerance, ATol: l.tolerance,
				Check: max(0, checked-all.Samples()), // of the first ones, whatever the batch
			})
		if err != nil {
			return err
		}
		b.encoded(part)
		return all.Merge(part)
	})
	return all, err
}

// under is the process that is measured; it makes the batch's denoiser one of it.
func (l *likelihoods) under(b *likelihoodBatch) (reverie.Process, error) {
	own := l.model.Process
	if l.process == nil {
		return own, nil
	}
	p, err := reverie.Within(l.process, own)
	if err == nil {
		b.denoiser = reverie.Transfer(b.space, own, p, b.denoiser)
	}
	return p, err
}

// boundOptions are those of a batch.
func (l *likelihoods) boundOptions(b likelihoodBatch) likelihood.BoundOptions {
	return likelihood.BoundOptions{Levels: b.levels, Variance: l.variance, Draws: l.draws, Times: l.times, Stream: b.stream}
}

// likelihoodBatch is some of the images on the engine: float32, points in float64.
type likelihoodBatch struct {
	x        *tensors.Tensor
	space    *engine.Recycler
	denoiser reverie.Denoiser[*tensors.Tensor]
	levels   int  // that a number can have; 0: real numbers
	bounded  bool // within [-1,1], as images are
	stream   random.Stream
	// The numbers in an image, and what each costs beside what the diffusion sees of it: of latents and of points in units of their own.
	dim    int
	beside []float64
}

// encoded makes what was measured on latents, or in the model's units, a bound for images as they are.
func (b likelihoodBatch) encoded(e interface{ Encoded(int, []float64) }) {
	if b.beside != nil {
		e.Encoded(b.dim, b.beside)
	}
}

// clamped is the denoiser, clamped to the range of images if asked.
func (b likelihoodBatch) clamped(clamp bool) (reverie.Denoiser[*tensors.Tensor], error) {
	if !clamp || !b.bounded {
		return b.denoiser, nil
	}
	return reverie.Clamp(b.space, b.denoiser, -1, 1)
}

// each calls f for the images, a batch at a time. Image i's noise depends on the seed and i alone.
func (l *likelihoods) each(ctx context.Context, images eval.Images, f func(likelihoodBatch) error) error {
	if err := l.checkAutoencoder(); err != nil {
		return err
	}
	if c := l.model.ImageChannels(); c != images.C {
		return fmt.Errorf("the images have %d channels, and the model takes %d", images.C, c)
	}
	if err := l.model.Check(images.H, images.W); err != nil {
		return err
	}
	e := l.model.Engine
	b := likelihoodBatch{space: engine.NewRecycler(e.Space(random.Stream{})), levels: images.Levels, bounded: !images.Points()}
	if l.model.VAE != nil { // what is measured are the latents
		b.levels, b.bounded = 0, false
	}
	d := l.model.Denoiser(b.space, l.mode)
	defer d.Close()
	b.denoiser = d
	for first := 0; first < images.N; first += l.batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(l.batch, images.N-first)
		b.stream = random.Stream{Seed: l.seed, Domain: random.Evaluation, Sample: uint64(first)}
		b.space.Stream = b.stream
		err := l.load(&b, images, first, n)
		if err == nil {
			err = f(b)
		}
		b.space.Close()
		engine.Free(b.x)
		if err != nil {
			return fmt.Errorf("images %d to %d: %w", first, first+n-1, err)
		}
		if l.progress != nil {
			l.progress(n)
		}
	}
	return nil
}

// load sets the batch to n images from number first on.
func (l *likelihoods) load(b *likelihoodBatch, images eval.Images, first, n int) error {
	size := images.H * images.W * images.C
	part := images.Part(first, n)
	switch {
	case l.model.VAE != nil:
		if err := l.encode(b, part); err != nil {
			return err
		}
	case b.bounded:
		b.x = engine.New(l.model.Engine, part.Pix, n, images.H, images.W, images.C)
	default:
		b.x = engine.New(l.model.Engine, part.Rows().X, n, images.H, images.W, images.C)
		b.dim, b.beside = size, make([]float64, n)
	}
	for i := range b.beside {
		b.beside[i] += l.volume
	}
	return nil
}

// widened is a tensor of v in float64.
func widened(e *engine.Engine, v []float32, dims ...int) *tensors.Tensor {
	return engine.Fill(e, func(flat []float64) {
		for i, v := range v {
			flat[i] = float64(v)
		}
	}, dims...)
}

// checkTerms reports a file for the terms whose ending is neither .csv nor .svg.
func checkTerms(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); path == "" || ext == ".csv" || ext == ".svg" {
		return nil
	}
	return usagef("--terms %s: expected a name that ends in .csv (a table) or .svg (a picture)", path)
}

// writeTerms writes the bounds term by term.
func writeTerms(path string, bounds []likelihood.Named) error {
	content := eval.TermsCSV(bounds)
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		var err error
		if content, err = eval.TermsSVG(bounds); err != nil {
			return err
		}
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
