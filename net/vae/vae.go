// Package vae holds variational autoencoders: a network that encodes an image as a Gaussian over a
// smaller latent, and one that decodes a latent back.
//
//	q(z|x) = N(mean(x), diag exp(logvar(x))),   p(z) = N(0, I),   p(x|z) Gaussian or Bernoulli
//
// They are trained on the evidence lower bound, [ELBO], and serve to generate (decode a draw of the
// prior), to reconstruct, to interpolate between latents, and as the space of a latent diffusion.
// Kingma & Welling 2014, arXiv:1312.6114; Rombach et al. 2022, arXiv:2112.10752.
//
// [Conv] takes images of any size that it can halve, [Dense] points and small images of one size.
// In their graphs a latent is [N,h,w,z], as an image is [N,H,W,C].
package vae

import (
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// An Autoencoder is a network of two halves.
type Autoencoder interface {
	net.Network
	// Latent is the shape of the latent of an h x w image, which Check accepts.
	Latent(h, w int) (lh, lw, z int)
	// Size is the size of the training images, 0 where it is not known. Check says which others can
	// be taken.
	Size() (h, w int)
	// Encode maps images [N,H,W,C] to the mean and the log variance of q(z|x), each [N,h,w,z]. The
	// log variance is clamped to [-30, 20].
	Encode(v *net.Vars, x *graph.Node) (mean, logVar *graph.Node)
	// Decode maps latents [N,h,w,z] to what p(x|z) is given by, [N,H,W,C]: its mean, or for a
	// Bernoulli likelihood the logits of (x+1)/2.
	Decode(v *net.Vars, z *graph.Node) *graph.Node
	// Likelihood is p(x|z).
	Likelihood() Likelihood
	// Scale is how a diffusion sees a latent z: (z - shift) factor, of deviation about 1.
	Scale() (shift, factor float64)
	// Scaled returns the same model with another Scale.
	Scaled(shift, factor float64) Autoencoder
}

// Mean decodes latents [N,h,w,z] to the mean of p(x|z), [N,H,W,C].
func Mean(v *net.Vars, m Autoencoder, z *graph.Node) *graph.Node {
	return m.Likelihood().mean(m.Decode(v, z))
}

// Reparameterise draws from N(mean, diag exp(logVar)) by standard normal noise eps of the same
// shape, so that gradients pass through the draw:
//
//	z = mean + exp(logVar/2) eps
//
// Kingma & Welling 2014, arXiv:1312.6114, section 2.4.
func Reparameterise(mean, logVar, eps *graph.Node) *graph.Node {
	return graph.Add(mean, graph.Mul(graph.Exp(graph.MulScalar(logVar, 0.5)), eps))
}

// The log variance of q(z|x) is kept within these, as diffusers keeps it: what lies outside has no
// gradient.
const (
	minLogVar = -30.0
	maxLogVar = 20.0
)

// gaussian splits an encoder's output into mean and log variance along its last axis.
func gaussian(h *graph.Node) (mean, logVar *graph.Node) {
	parts := graph.Split(h, -1, 2)
	return parts[0], graph.ClipScalar(parts[1], minLogVar, maxLogVar)
}

// Reconstruct maps images x [N,H,W,C] to the mean of p(x|z) at z = mean(x).
func Reconstruct(v *net.Vars, m Autoencoder, x *graph.Node) *graph.Node {
	mean, _ := m.Encode(v, x)
	return Mean(v, m, mean)
}
