package vae

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// A Bound is the evidence lower bound of each image, term by term, in nats; both [N].
//
//	log p(x) >= Reconstruction - KL
type Bound struct {
	// Reconstruction is log p(x|z), of one draw of z, with all its constants.
	Reconstruction *graph.Node
	// KL is KL(q(z|x) || N(0, I)), 0 or more.
	KL *graph.Node
}

// ELBO builds the bound on log p(x) for images x [N,H,W,C], with z drawn by standard normal noise
// eps [N,h,w,z]. It is an unbiased estimate of the bound, and lies below log p(x) by KL(q(z|x) ||
// p(z|x)) in expectation. In mode Train the variance of a Gaussian likelihood may follow the batch,
// see [Likelihood]. Kingma & Welling 2014, arXiv:1312.6114, eq. 3.
func ELBO(v *net.Vars, m Autoencoder, x, eps *graph.Node) Bound {
	mean, logVar := m.Encode(v, x)
	y := m.Decode(v, Reparameterise(mean, logVar, eps))
	return Bound{Reconstruction: m.Likelihood().logDensity(v, y, x), KL: KL(mean, logVar)}
}

// KL is the divergence of N(mean, diag exp(logVar)) from N(0, I) in nats, for each image, [N]:
//
//	1/2 sum (mean^2 + exp(logVar) - 1 - logVar)
func KL(mean, logVar *graph.Node) *graph.Node {
	excess := graph.Sub(graph.Expm1(logVar), logVar) // 0 or more, to the last digit near logVar = 0
	return graph.MulScalar(sumEach(graph.Add(graph.Square(mean), excess)), 0.5)
}

// Total is the bound itself, [N].
func (b Bound) Total() *graph.Node { return graph.Sub(b.Reconstruction, b.KL) }

// Loss is what training makes small, [N]: the negative bound per element of an image, with the KL
// term weighted by the scalar beta (1 is the bound itself; Higgins et al. 2017's beta-VAE
// elsewhere). size is the image's elements.
func (b Bound) Loss(beta *graph.Node, size int) *graph.Node {
	return graph.DivScalar(graph.Sub(graph.Mul(beta, b.KL), b.Reconstruction), float64(size))
}

// BitsPerDim turns nats of the bound (or of log p(x)) of an image of size elements into bits per
// element. Of images that were spread over their levels, see [Likelihood.Spreads], x = (x8 +
// u)/127.5 - 1 with u uniform on +-1/2, what a density says bounds the bits of x8:
//
//	-nats/(size log 2) + log2 127.5
//
// All else has no such offset.
func BitsPerDim(nats float64, size int, spread bool) float64 {
	bits := -nats / (float64(size) * math.Ln2)
	if !spread {
		return bits
	}
	return bits + math.Log2(127.5)
}

// sumEach sums over all of each image, [N].
func sumEach(x *graph.Node) *graph.Node {
	return graph.ReduceSum(graph.Reshape(x, x.Shape().Dim(0), -1), 1)
}
