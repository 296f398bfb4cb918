// Package noise holds the laws of the noise that a forward process adds to images, each a row of
// [Noises]: the standard normal, and laws under which neighbouring pixels are alike.
//
//	n, err := noise.Noises.New("pyramid")
//	z := make([]float64, 64*64*3)
//	n.Fill(random.Stream{Seed: 1, Sample: 7}, z, 64, 64, 3)
//
// What of the theory holds under which law. Let eps have covariance K instead of the unit matrix.
// Then x_t = alpha x0 + sigma eps is the standard process of the whitened data K^(-1/2) x0, seen in
// other coordinates: linear combinations, the prediction of eps, x0 or v, E[x0 | x_t] as the least
// mean square, and every step of a solver (its fresh noise of the same law) are the same formulas.
// What takes norms or gradients with respect to x is not: the score is -K^(-1) eps/sigma, a
// divergence of Gaussians is a Mahalanobis distance. That is refused, where the law is not
// [Standard]; so is what needs eps to be Gaussian, which [Simplex] and [Coarse] are not.
package noise

import (
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// A Noise is a law of the noise of one sample.
type Noise interface {
	table.Row
	// Fill fills z, a sample [h,w,c] whose channels lie together, with numbers of mean 0 and
	// variance 1 each. They depend on the row's settings, the shape and the stream alone, to the
	// bit on every machine, see package random.
	Fill(s random.Stream, z []float64, h, w, c int)
	// Fits says why samples of a kind have no such noise, nil where they have.
	Fits(k kind.Kind) error
}

// Gaussian is the standard normal law: every number by itself.
var Gaussian Noise = gaussian{table.Info{Name: "gaussian", Text: "standard normal, every number by itself"}}

// Noises are those that --noise chooses from.
var Noises = table.New("noise", "noises", ": the law of eps, what the forward process adds",
	Gaussian, Noise(&Pyramid{Discount: 0.8}), Noise(&Simplex{Octaves: 6, Persistence: 0.8, Frequency: 1. / 64}),
	Noise(&Coarse{Cells: 16}))

type gaussian struct{ table.Info }

func (gaussian) Fill(s random.Stream, z []float64, _, _, _ int) { s.Normal(z) }

func (gaussian) Fits(kind.Kind) error { return nil }

// Single is a draw of a law in float32, of so many numbers: those of one sample [h,w,c], of
// Gaussian any number of them.
func Single(n Noise, s random.Stream, size, h, w, c int) []float32 {
	z, out := make([]float64, size), make([]float32, size)
	if Standard(n) {
		n = Gaussian
	}
	n.Fill(s, z, h, w, c)
	for i, v := range z {
		out[i] = float32(v)
	}
	return out
}

// Shaped is the law where it is not Standard, and else nil, which an engine's Space takes for that.
func Shaped(n Noise) Noise {
	if Standard(n) {
		return nil
	}
	return n
}

// Name is the name of a law.
func Name(n Noise) string {
	if n == nil {
		n = Gaussian
	}
	return n.Row().Name
}

// Standard says whether a law is Gaussian, which nil stands for too.
func Standard(n Noise) bool { return n == nil || n == Gaussian }
