package reverie

import (
	"context"
	"fmt"
)

// A Denoiser returns the expected data E[x0 | x_t = x]. Guidance, clamping and inpainting take Denoisers and are Denoisers.
// The result has x's shape and does not alias it; t lies in the process's Span.
type Denoiser[X any] interface {
	Denoise(ctx context.Context, x X, t float64) (X, error)
}

// A VarianceDenoiser also learned the variance of the reverse step: v, of x's shape and mostly within [-1, 1], is what the
// network says beside its prediction, from which LearnedVariance interpolates (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15).
type VarianceDenoiser[X any] interface {
	Denoiser[X]
	DenoiseVariance(ctx context.Context, x X, t float64) (x0, v X, err error)
}

// A Differentiable denoiser also gives, for any u of x's shape, the vector-Jacobian product u' d x0hat/dx, sample by sample: what
// the divergence of the probability flow is made of, and guidance through the denoiser.
type Differentiable[X any] interface {
	Denoiser[X]
	VJP(ctx context.Context, x X, t float64, u X) (x0, vjp X, err error)
}

// DenoiserFunc makes a function a Denoiser, as http.HandlerFunc does a Handler.
type DenoiserFunc[X any] func(ctx context.Context, x X, t float64) (X, error)

// Denoise calls f.
func (f DenoiserFunc[X]) Denoise(ctx context.Context, x X, t float64) (X, error) {
	return f(ctx, x, t)
}

// A Network is a raw network function F(x, cond), of a whole batch at one time. cond is Process.Cond(t).
type Network[X any] func(ctx context.Context, x X, cond float64) (X, error)

// Wrap makes a network that was trained on process p to predict k into a Denoiser:
//
//	x0hat = skip x + far x1 + out F(in x, p.Cond(t))
//
// far is the given end x1, for a process that has one. Denoise fails where k is singular at t (for instance Eps where Alpha = 0).
func Wrap[X any](sp Space[X], p Process, k Param, net Network[X], far ...X) Denoiser[X] {
	return DenoiserFunc[X](func(ctx context.Context, x X, t float64) (X, error) {
		skip, cfar, out, in := k(p.At(t))
		if !finite(skip, cfar, out, in) || out == 0 {
			return x, fmt.Errorf("reverie: the network's prediction does not determine x0 at t = %v: use another prediction or a smaller span", t)
		}
		scaled := x
		if in != 1 {
			scaled = sp.Sum([]float64{in}, x)
		}
		f, err := net(ctx, scaled, p.Cond(t))
		if err != nil {
			return x, err
		}
		if cfar != 0 && len(far) == 1 {
			return sp.Sum([]float64{skip, out, cfar}, x, f, far[0]), nil
		}
		if cfar != 0 {
			return x, fmt.Errorf("reverie: the process has a far end at t = %v: give Wrap its x1", t)
		}
		return sp.Sum([]float64{skip, out}, x, f), nil
	})
}

// Clamp returns a Denoiser whose x0hat is d's clamped to [lo, hi], the data's range. What a solver derives from it (epshat,
// the score) follows the clamped x0hat. The Space must be a Clamper.
func Clamp[X any](sp Space[X], d Denoiser[X], lo, hi float64) (Denoiser[X], error) {
	c, ok := sp.(Clamper[X])
	if !ok {
		return nil, fmt.Errorf("reverie: %T cannot clamp: it lacks Clamp(x, lo, hi)", sp)
	}
	return Map(d, func(x0 X) X { return c.Clamp(x0, lo, hi) }), nil
}

// Map returns the Denoiser whose x0hat is f of d's. It is a VarianceDenoiser where d is one.
func Map[X any](d Denoiser[X], f func(x0 X) X) Denoiser[X] {
	m := mapped[X]{d, f}
	if v, ok := d.(VarianceDenoiser[X]); ok {
		return mappedVariance[X]{m, v}
	}
	return m
}

type mapped[X any] struct {
	Denoiser[X]
	f func(X) X
}

// Denoise returns f of the inner x0hat.
func (m mapped[X]) Denoise(ctx context.Context, x X, t float64) (X, error) {
	x0, err := m.Denoiser.Denoise(ctx, x, t)
	if err != nil {
		return x0, err
	}
	return m.f(x0), nil
}

type mappedVariance[X any] struct {
	mapped[X]
	inner VarianceDenoiser[X]
}

// DenoiseVariance returns f of the inner x0hat, and the inner v.
func (m mappedVariance[X]) DenoiseVariance(ctx context.Context, x X, t float64) (x0, v X, err error) {
	if x0, v, err = m.inner.DenoiseVariance(ctx, x, t); err != nil {
		return x0, v, err
	}
	return m.f(x0), v, nil
}
