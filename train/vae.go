package train

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/net/vae"
)

// newAutoencoder lays out the autoencoder that a configuration describes. The
// middle attends to itself where it is small enough.
func newAutoencoder(c *config.Run) (vae.Autoencoder, error) {
	likelihood := vae.Likelihood{Kind: c.Likelihood}
	h, w := c.Resolution.H, c.Resolution.W
	if c.Arch == vae.DenseArch {
		return vae.NewDense(vae.DenseConfig{
			Height: h, Width: w, Channels: c.ImageChannels, Latent: c.LatentChannels, Widths: c.Channels, Likelihood: likelihood,
		})
	}
	levels := len(c.Channels)
	attend := h>>(levels-1)*(w>>(levels-1)) <= maxAttended
	return vae.NewConv(vae.Config{
		SampleSize: unet.Size{h, w}, InChannels: c.ImageChannels, OutChannels: c.ImageChannels,
		BlockOutChannels: c.Channels, LayersPerBlock: c.Layers, LatentChannels: c.LatentChannels,
		NormNumGroups: groups(c.Channels), MidBlockAddAttention: &attend, ScalingFactor: 1, Likelihood: likelihood,
	})
}

// elbo is the method of autoencoders: the evidence lower bound, its KL term
// weighted by beta, which rises linearly over the first steps. On the held-out
// images it is the bound itself, beta 1.
type elbo struct {
	engine *engine.Engine
	net    vae.Autoencoder
	beta   float64
	warmup int
	levels int // of the data, see kind.Kind
}

func newELBO(e *engine.Engine, c *config.Run, m vae.Autoencoder, levels int) *elbo {
	return &elbo{engine: e, net: m, beta: c.Beta, warmup: c.BetaWarmup, levels: levels}
}

// weight is beta at a batch's place.
func (b *elbo) weight(at learn.Place) float64 {
	switch {
	case at.Validation:
		return 1
	case at.Step < b.warmup:
		return b.beta * float64(at.Step) / float64(b.warmup)
	}
	return b.beta
}

// Inputs are the images, the noise by which their latents are drawn, and each
// one's beta.
func (b *elbo) Inputs(batch *data.Batch, at learn.Place) ([]*tensors.Tensor, []float64, error) {
	n := batch.N
	x := engine.New(b.engine, b.spread(batch, at), n, batch.H, batch.W, batch.C)
	h, w, z := b.net.Latent(batch.H, batch.W)
	like := engine.Zeros(b.engine, shapes.Make(dtypes.Float32, n, h, w, z))
	eps := b.engine.Space(at.Noise).Noise(like)
	engine.Free(like)
	beta := make([]float64, n)
	for i := range beta {
		beta[i] = b.weight(at)
	}
	return []*tensors.Tensor{x, eps, engine.Vector(b.engine, beta)}, nil, nil
}

// spread adds to 8-bit images what rounding took from them, u/127.5 with u
// uniform on +-1/2, so that a density on [-1,1] bounds their bits.
func (b *elbo) spread(batch *data.Batch, at learn.Place) []float32 {
	if !b.net.Likelihood().Spreads(b.levels) {
		return batch.X
	}
	x := make([]float32, len(batch.X))
	size := batch.H * batch.W * batch.C
	u := make([]float64, size)
	for i := range batch.N {
		at.Times.Plus(i).Uniforms(u) // an autoencoder draws no times
		for j, v := range u {
			x[i*size+j] = batch.X[i*size+j] + float32((v-0.5)/127.5)
		}
	}
	return x
}

// Loss is the negative bound per element, and its terms: log p(x|z) and the KL
// in nats an image, and both in bits per element.
func (b *elbo) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	size := in[0].Shape().Size() / in[0].Shape().Dim(0)
	bound := vae.ELBO(v, b.net, in[0], in[1])
	offset := vae.BitsPerDim(0, size, b.net.Likelihood().Spreads(b.levels))
	bits := graph.AddScalar(graph.MulScalar(bound.Total(), -1/(float64(size)*math.Ln2)), offset)
	return bound.Loss(in[2], size), []*graph.Node{bound.Reconstruction, bound.KL, bits}
}

func (b *elbo) Parts() []string { return []string{"reconstruction", "kl", "bits/dim"} }

// autoencoder is the network in training with the weights that would be sampled
// from, nil where it is no autoencoder.
func (t *Trainer) autoencoder() *model.Autoencoder {
	m, ok := t.learner.Net.(vae.Autoencoder)
	if !ok {
		return nil
	}
	return model.NewAutoencoder(t.engine, m, t.learner.State.Sampling(false))
}

// maxPairs is how many images a picture of reconstructions has at most.
const maxPairs = 16

// reconstructions draws images, held out where any are, over what the
// autoencoder makes of them.
func (t *Trainer) reconstructions(ctx context.Context, name string) error {
	set := t.val
	if set.Len() == 0 {
		set = t.train
	}
	n := min(set.Len(), max(t.Config.SampleN, 1), maxPairs)
	k := t.images.Kind()
	scatter := k.View() == kind.Scatter
	if scatter {
		n = min(set.Len(), trainingPoints)
	}
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	b, err := set.Load(ctx, at...)
	if err != nil {
		return err
	}
	a := t.autoencoder()
	defer a.Close()
	codes, err := a.EncodeImages(ctx, b.X, n, b.H, b.W, t.Config.Batch)
	if err != nil {
		return err
	}
	x, _, _, err := a.DecodeCodes(ctx, codes.Mean, n, codes.H, codes.W, t.Config.Batch)
	if err != nil {
		return err
	}
	both, where := picture.Beside(picture.Sheet(b.X, k, picture.Layout{}), picture.Sheet(x, k, picture.Layout{})), "left, right"
	if !scatter {
		all := append(picture.Each(b.X, k), picture.Each(x, k)...)
		both, where = picture.Grid(all, picture.Layout{Columns: n}), "above, below"
	}
	return t.writePicture(name, both, picture.Text{Key: where, Value: "data, their reconstructions"}, picture.Text{Key: "held out", Value: fmt.Sprint(set == t.val)})
}

// priorGrid draws decoded latents of the prior.
func (t *Trainer) priorGrid(ctx context.Context, name string) error {
	c := t.Config
	if c.SampleN == 0 {
		return nil
	}
	a := t.autoencoder()
	defer a.Close()
	h, w, z := a.Net.Latent(c.Resolution.H, c.Resolution.W)
	seed := c.Seed + pictureSeed
	x, height, width, err := a.DecodeCodes(ctx, model.Prior(seed, c.SampleN, h, w, z), c.SampleN, h, w, c.Batch)
	if err != nil {
		return err
	}
	grid := picture.Sheet(x, t.images.Kind().Sized(height, width), picture.Layout{})
	return t.writePicture(name, grid, picture.Text{Key: "drawn from", Value: "the prior"}, picture.Text{Key: "noise seed", Value: fmt.Sprint(seed)})
}
