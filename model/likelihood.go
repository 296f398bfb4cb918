package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// LikelihoodOptions say how Bound, ContinuousBound and Likelihood measure. The zero value is the
// default.
type LikelihoodOptions struct {
	Mode  net.Mode
	Batch int    // samples at once; 0: 32
	Seed  uint64 // of the noise, the times and the probes
	Clamp bool   // x0hat of images to [-1,1] in the bounds; the flow is of the network as it is

	Process  reverie.Process  // under which it is measured, its levels within those that the model knows; nil: the model's
	Variance reverie.Variance // of a chain's steps

	Draws, Times int // see likelihood.BoundOptions

	// Probes estimate the divergence of each sample's flow, Exact takes the whole of it, up to
	// likelihood.MaxExact dimensions. With neither it is exact below ExactBelow dimensions, else of
	// one probe.
	Probes    int
	Exact     bool
	Tolerance float64 // of the flow's integral, absolute and relative; 0: 1e-5

	Progress func(samples int) // if not nil, called after each batch with its size
}

// ExactBelow is the number of dimensions below which the exact divergence costs less than the many
// probes of a small error.
const ExactBelow = 9

// checked is how many samples are integrated again at a tenth of the tolerance, which shows the
// numerical error.
const checked = 8

// ErrNoChain refuses the bound of a chain for a process that is none.
var ErrNoChain = errors.New("elbo is the bound of a chain of steps, a table of betas; this model's process is continuous: measure vlb or likelihood")

// Bound is the evidence lower bound of the model's chain in both derivations, see
// [likelihood.Bound], for samples x [N,H,W,C] of a kind, in the units of the data that the model
// was trained on. Levels have a probability, real numbers a density in those units; of a model of
// latents it is the bound of the images that they encode:
//
//	-log p(x) <= E_q[-log p(x|z) + log q(z|x) - log p(z)]
//
// Sample i's noise depends on the seed and i alone. The error is ErrNoChain of a continuous
// process, ErrLatent of an autoencoder whose likelihood is no density.
func (m *Model) Bound(ctx context.Context, k kind.Kind, x []float64, o LikelihoodOptions) (*likelihood.Bounds, error) {
	chain, ok := m.Process.(*reverie.DDPM)
	if !ok {
		return nil, ErrNoChain
	}
	all := new(likelihood.Bounds)
	err := m.judge(ctx, k, x, o, func(b *judged) error {
		d, err := b.clamped(b.denoiser)
		if err != nil {
			return err
		}
		part, err := likelihood.Bound(ctx, b.space, chain, d, b.x, b.boundOptions())
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

// ContinuousBound is the variational bound of continuous time, see [likelihood.Continuous], of what
// Bound takes. It refuses a process without a score.
func (m *Model) ContinuousBound(ctx context.Context, k kind.Kind, x []float64, o LikelihoodOptions) (*likelihood.Evidence, error) {
	all := new(likelihood.Evidence)
	err := m.judge(ctx, k, x, o, func(b *judged) error {
		p, d, err := b.under()
		if err != nil {
			return err
		}
		d, err = b.clamped(d)
		if err != nil {
			return err
		}
		part, err := likelihood.Continuous(ctx, b.space, p, d, b.x, b.boundOptions())
		if err != nil {
			return err
		}
		b.encoded(part)
		return all.Merge(part)
	})
	return all, err
}

// Likelihood is the likelihood by the probability flow, see [likelihood.Flow], of what Bound takes.
// It refuses a process without a score. The numerical error is measured on the first samples.
func (m *Model) Likelihood(ctx context.Context, k kind.Kind, x []float64, o LikelihoodOptions) (*likelihood.Densities, error) {
	all := new(likelihood.Densities)
	err := m.judge(ctx, k, x, o, func(b *judged) error {
		p, d, err := b.under()
		if err != nil {
			return err
		}
		part, err := likelihood.Flow(ctx, b.space, p, d, b.x, likelihood.FlowOptions{
			Levels: b.levels, Probes: o.Probes, Exact: o.Exact || o.Probes == 0 && b.x.Shape().Size()/b.x.Shape().Dim(0) < ExactBelow,
			Stream: b.stream, RTol: o.Tolerance, ATol: o.Tolerance, Check: max(0, checked-all.Samples()), // whatever the batch
		})
		if err != nil {
			return err
		}
		b.encoded(part)
		return all.Merge(part)
	})
	return all, err
}

// judged is a batch of the samples on the engine, as the diffusion sees them: float32, of samples
// without a range float64.
type judged struct {
	LikelihoodOptions
	m        *Model
	x        *tensors.Tensor
	space    *engine.Recycler
	denoiser reverie.Denoiser[*tensors.Tensor]
	levels   int  // that a number can have; 0: real numbers
	bounded  bool // within [-1,1], as images are
	stream   random.Stream
	// The numbers in a sample, and what each costs beside what the diffusion sees of it: of latents
	// and of samples in units of their own.
	dim    int
	beside []float64
}

// judge calls f for the samples, a batch at a time.
func (m *Model) judge(ctx context.Context, k kind.Kind, x []float64, o LikelihoodOptions, f func(*judged) error) error {
	if m.Spec.Patch > 0 {
		return ErrPatch
	}
	if err := m.standard("likelihoods and their bounds are stated", "measure distances of its samples"); err != nil {
		return err
	}
	if err := m.checkAutoencoder(); err != nil {
		return err
	}
	if err := m.checkSamples(k, x); err != nil {
		return err
	}
	o.Batch = cmp.Or(o.Batch, 32)
	b := &judged{LikelihoodOptions: o, m: m, space: engine.NewRecycler(m.Engine.Space(random.Stream{})), levels: k.Levels, bounded: k.Ranged}
	if m.VAE != nil { // what is measured are the latents
		b.levels, b.bounded = 0, false
	}
	d := m.Denoiser(b.space, o.Mode)
	defer d.Close()
	b.denoiser = d
	size := k.Size()
	for first := 0; first < len(x)/size; first += o.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := x[first*size : min((first+o.Batch)*size, len(x))]
		n := len(part) / size
		b.stream = random.Stream{Seed: o.Seed, Domain: random.Evaluation, Sample: uint64(first)}
		b.space.Stream = b.stream
		err := b.load(k, m.Kind.FromUnits(part))
		if err == nil {
			err = f(b)
		}
		b.space.Close()
		engine.Free(b.x)
		if err != nil {
			return fmt.Errorf("%s %d to %d: %w", k.Noun(2), first, first+n-1, err)
		}
		if o.Progress != nil {
			o.Progress(n)
		}
	}
	return nil
}

// checkSamples says whether the model takes samples of the kind.
func (m *Model) checkSamples(k kind.Kind, x []float64) error {
	if c := m.Kind.C; c != k.C {
		return fmt.Errorf("the %s have %d channels, and the model takes %d", k.Noun(2), k.C, c)
	}
	if size := k.Size(); size == 0 || len(x)%size != 0 {
		return fmt.Errorf("%d numbers are no %v", len(x), k)
	}
	return m.Check(k.H, k.W)
}

// load sets the batch to the samples.
func (b *judged) load(k kind.Kind, x []float64) error {
	n := len(x) / k.Size()
	switch {
	case b.m.VAE != nil:
		if err := b.encode(k, narrowed(x)); err != nil {
			return err
		}
	case b.bounded:
		b.x = engine.New(b.m.Engine, narrowed(x), n, k.H, k.W, k.C)
	default:
		b.x = engine.New(b.m.Engine, x, n, k.H, k.W, k.C)
		b.dim, b.beside = k.Size(), make([]float64, n)
	}
	for i := range b.beside { // every number that leaves is in the units of the data
		b.beside[i] += b.m.Kind.LogVolume()
	}
	return nil
}

// narrowed is x in float32.
func narrowed(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// under is the process that is measured, and the batch's denoiser as one of it.
func (b *judged) under() (reverie.Process, reverie.Denoiser[*tensors.Tensor], error) {
	own := b.m.Process
	if b.Process == nil {
		return own, b.denoiser, nil
	}
	p, err := reverie.Within(b.Process, own)
	if err != nil {
		return nil, nil, err
	}
	return p, reverie.Transfer(b.space, own, p, b.denoiser), nil
}

// clamped is a denoiser, clamped to the range of images if asked.
func (b *judged) clamped(d reverie.Denoiser[*tensors.Tensor]) (reverie.Denoiser[*tensors.Tensor], error) {
	if !b.Clamp || !b.bounded {
		return d, nil
	}
	return reverie.Clamp(b.space, d, -1, 1)
}

func (b *judged) boundOptions() likelihood.BoundOptions {
	return likelihood.BoundOptions{Levels: b.levels, Variance: b.Variance, Draws: b.Draws, Times: b.Times, Stream: b.stream}
}

// encoded makes what was measured of latents, or in the model's units, that of the samples as they
// are.
func (b *judged) encoded(e interface{ Encoded(int, []float64) }) {
	if b.beside != nil {
		e.Encoded(b.dim, b.beside)
	}
}
