package model

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/random"
)

// A Quality sums up how well an autoencoder does on samples, batch by batch.
type Quality struct {
	coder *Autoencoder
	kind  kind.Kind
	seed  uint64

	n                        int
	psnr, reconstruction, kl float64 // sums over the samples
}

// NewQuality returns a sum over no samples yet, of that kind; the seed is that of the draws that
// the bound takes.
func NewQuality(a *Autoencoder, k kind.Kind, seed uint64) *Quality {
	return &Quality{coder: a, kind: k, seed: seed}
}

// Add judges a batch of samples x [n,H,W,C] and what the autoencoder made of them.
func (q *Quality) Add(ctx context.Context, x, made []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size := q.kind.Size()
	n := len(x) / size
	for i := range n {
		q.psnr += PSNR(x[i*size:(i+1)*size], made[i*size:(i+1)*size])
	}
	rec, kl, err := q.bound(x, n)
	if err != nil {
		return err
	}
	for i := range rec {
		q.reconstruction, q.kl = q.reconstruction+float64(rec[i])-q.kind.LogVolume(), q.kl+float64(kl[i])
	}
	q.n += n
	return nil
}

// bound is that of training: of 8-bit images spread over their levels, on which alone a density
// bounds their bits.
func (q *Quality) bound(x []float32, n int) (rec, kl []float32, err error) {
	s := random.Stream{Seed: q.seed, Domain: random.Evaluation, Sample: uint64(q.n)}
	if q.spreads() {
		x = dequantised(x, n, s)
	}
	a := q.coder
	h, w, z := a.Net.Latent(q.kind.H, q.kind.W)
	in := engine.New(a.Engine, x, n, q.kind.H, q.kind.W, q.kind.C)
	eps := engine.New(a.Engine, PriorFrom(s, n, h, w, z), n, h, w, z)
	defer engine.Free(in, eps)
	return a.Bound(in, eps)
}

// spreads says whether the numbers are levels whose probability is bounded.
func (q *Quality) spreads() bool { return q.coder.Net.Likelihood().Spreads(q.kind.Levels) }

// PSNR is the peak signal-to-noise ratio of y to x, both in [-1,1], in dB: 10 log10(4/mse), y
// clamped. It is finite where they are equal, and above 100.
func PSNR(x, y []float32) float64 {
	sum := 0.0
	for i := range x {
		d := float64(x[i]) - min(max(float64(y[i]), -1), 1)
		sum += d * d
	}
	return 10 * math.Log10(4*float64(len(x))/max(sum, 1e-12))
}

// PSNR is the mean peak signal-to-noise ratio of the reconstructions in dB, of numbers in [-1,1].
func (q *Quality) PSNR() float64 { return q.psnr / float64(q.n) }

// Reconstruction is the mean of log p(x|z), in nats a sample in the units of the data.
func (q *Quality) Reconstruction() float64 { return q.reconstruction / float64(q.n) }

// KL is the mean of KL(q(z|x) || N(0, I)), in nats a sample.
func (q *Quality) KL() float64 { return q.kl / float64(q.n) }

// String is the means in a line.
func (q *Quality) String() string {
	return fmt.Sprintf("PSNR %.2f dB; bound %.4f bits/dim: log p(x|z) %.3f - KL %.3f nats", q.PSNR(), q.Bits(), q.Reconstruction(), q.KL())
}

// Bits is the bound on -log p(x) in bits a dimension.
func (q *Quality) Bits() float64 {
	return vae.BitsPerDim((q.reconstruction-q.kl)/float64(q.n), q.kind.Size(), q.spreads())
}
