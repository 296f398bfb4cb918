package model

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/random"
)

// checkAutoencoder refuses an autoencoder that gives no density.
func (m *Model) checkAutoencoder() error {
	a := m.VAE
	if a == nil {
		return nil
	}
	if a.Net.Likelihood().Kind == vae.Bernoulli {
		return fmt.Errorf("%w, and its bernoulli likelihood is no density of their values: train an autoencoder of likelihood gaussian, or measure distances", ErrLatent)
	}
	if _, factor := a.Net.Scale(); factor == 0 {
		return fmt.Errorf("%w, scaled by 0", ErrLatent)
	}
	return nil
}

// encode sets the batch to the latents of images, z ~ q(z|x) as the diffusion sees them, u = factor
// (z - shift), and what an image costs beside its latent:
//
//	-log p(x) <= E_q[-log p(x|z) + log q(z|x) - log p(z)],   log p(z) = log p(u) + d log |factor|
//
// Levels are first made continuous, x = (x8 + u)/127.5 - 1, which adds D log 127.5. log q is taken
// at the z drawn, so that its noise cancels against that of the other two where q is near the
// posterior.
func (b *judged) encode(k kind.Kind, images []float32) error {
	a, e := b.m.VAE, b.m.Engine
	b.dim = k.Size()
	n := len(images) / b.dim
	spread := a.Net.Likelihood().Spreads(k.Levels)
	if spread {
		images = dequantised(images, n, b.stream)
	}
	x := engine.New(e, images, n, k.H, k.W, k.C)
	defer engine.Free(x)
	mean, logVar, err := a.Encode(x)
	if err != nil {
		return err
	}
	defer engine.Free(mean, logVar)
	eps := b.space.Noise(mean)
	reconstruction, _, err := a.Bound(x, eps)
	if err != nil {
		return err
	}
	z, latents, err := latentsOf(a, mean, logVar, eps)
	if err != nil {
		return err
	}
	b.beside = make([]float64, n)
	_, factor := a.Net.Scale()
	size := len(z) / n
	for i := range b.beside {
		b.beside[i] = latents[i] - float64(reconstruction[i]) - float64(size)*math.Log(math.Abs(factor))
		if spread {
			b.beside[i] += float64(b.dim) * math.Log(127.5)
		}
	}
	shape := mean.Shape().Dimensions
	if k.Ranged {
		b.x = engine.New(e, z, shape...)
		return nil
	}
	b.x = engine.Fill(e, func(flat []float64) {
		for i, v := range z {
			flat[i] = float64(v)
		}
	}, shape...)
	return nil
}

// dequantised adds noise uniform in a level to levels, each image's own.
func dequantised(images []float32, n int, s random.Stream) []float32 {
	size := len(images) / n
	out, u := make([]float32, len(images)), make([]float64, size)
	s.Step = 1 << 31 // the flow's probes are from Step 1 on
	for i := range n {
		s.Plus(i).Uniforms(u)
		for j, u := range u {
			out[i*size+j] = images[i*size+j] + float32((u-0.5)/127.5)
		}
	}
	return out
}

// latentsOf returns u = factor (mean + e^(logVar/2) eps - shift) of all images, and log q(z|x) of
// each.
func latentsOf(a *Autoencoder, mean, logVar, eps *tensors.Tensor) (u []float32, logq []float64, err error) {
	var flat [3][]float32
	for i, t := range []*tensors.Tensor{mean, logVar, eps} {
		if flat[i], err = tensors.CopyFlatData[float32](t); err != nil {
			return nil, nil, err
		}
	}
	n := mean.Shape().Dim(0)
	u, logq = make([]float32, len(flat[0])), make([]float64, n)
	shift, factor := a.Net.Scale()
	for i := range u {
		v, e := float64(flat[1][i]), float64(flat[2][i])
		u[i] = float32(factor * (float64(flat[0][i]) + math.Exp(v/2)*e - shift))
		logq[i*n/len(u)] -= (math.Log(2*math.Pi) + v + e*e) / 2
	}
	return u, logq, nil
}
