package learn

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/table"
)

// ELBO is the way of autoencoders: the evidence lower bound, its KL term weighted by Beta, which
// rises linearly over the first steps. On the held-out images it is the bound itself, Beta 1.
type ELBO struct {
	Beta       float64 // 1: the bound itself
	BetaWarmup int     // steps over which Beta rises from 0
}

// Row implements table.Row.
func (*ELBO) Row() table.Info {
	return table.Info{Name: "elbo", Text: "the evidence lower bound of an autoencoder"}
}

// Method makes an autoencoder's method.
func (w *ELBO) Method(s Setup) (Method, error) {
	m, ok := s.Net.(vae.Autoencoder)
	if !ok {
		return nil, fmt.Errorf("--objective elbo learns an autoencoder, which architecture %s is not", s.Net.Arch())
	}
	return &elbo{Setup: s, ELBO: *w, net: m}, nil
}

// elbo is the method of ELBO.
type elbo struct {
	Setup
	ELBO
	net vae.Autoencoder
}

// weight is beta at a batch's place.
func (b *elbo) weight(at Place) float64 {
	switch {
	case at.Validation:
		return 1
	case at.Step < b.BetaWarmup:
		return b.Beta * float64(at.Step) / float64(b.BetaWarmup)
	}
	return b.Beta
}

// Inputs are the images, the noise by which their latents are drawn, and each one's beta.
func (b *elbo) Inputs(batch *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	n := batch.N
	x := engine.New(b.Engine, b.spread(batch, at), n, batch.H, batch.W, batch.C)
	h, w, z := b.net.Latent(batch.H, batch.W)
	like := engine.Zeros(b.Engine, shapes.Make(dtypes.Float32, n, h, w, z))
	eps := b.Engine.Space(at.Noise).Noise(like)
	engine.Free(like)
	beta := make([]float64, n)
	for i := range beta {
		beta[i] = b.weight(at)
	}
	return []*tensors.Tensor{x, eps, engine.Vector(b.Engine, beta)}, nil, nil
}

// spread adds to 8-bit images what rounding took from them, u/127.5 with u uniform on +-1/2, so
// that a density on [-1,1] bounds their bits.
func (b *elbo) spread(batch *data.Batch, at Place) []float32 {
	if !b.net.Likelihood().Spreads(b.Kind.Levels) {
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

// Loss is the negative bound per element, and its terms: log p(x|z) and the KL in nats an image,
// and both in bits per element.
func (b *elbo) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	size := in[0].Shape().Size() / in[0].Shape().Dim(0)
	bound := vae.ELBO(v, b.net, in[0], in[1])
	offset := vae.BitsPerDim(0, size, b.net.Likelihood().Spreads(b.Kind.Levels))
	bits := graph.AddScalar(graph.MulScalar(bound.Total(), -1/(float64(size)*math.Ln2)), offset)
	return bound.Loss(in[2], size), []*graph.Node{bound.Reconstruction, bound.KL, bits}
}

func (b *elbo) Parts() []string { return []string{"reconstruction", "kl", "bits/dim"} }
