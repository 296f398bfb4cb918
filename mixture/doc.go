// Package mixture holds mixtures of Gaussians, for which diffusion is solved in closed form: the
// law of x_t under any process, its density, score and entropy, the expected data E[x0 | x_t] and
// its Jacobian, the posterior of classes and what a class leaves of all these, and for one Gaussian
// the probability flow itself. They are what samplers, losses, guides and likelihoods are measured
// against.
//
// Between two laws it has the Schroedinger bridge: a [Bridge] of Gaussians over any pinned linear
// reference, with the rounds by which it is learned, and a [Light] of mixtures.
//
// A [Mixture] is a law; noised by [Mixture.At] it is another one. All numbers are float64, points
// are []float64, and batches are [reverie.Batch]. The arithmetic is that of the eigenbasis of each
// covariance, in which noise only shifts the eigenvalues.
package mixture
