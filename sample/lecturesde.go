package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// LectureSDE is the lecture's "iterative predictor" for the reverse SDE, exactly as it prints it:
//
//	x_{t-1} = (2 - sqrt(1-beta_t)) x - (beta_t/2) eps + scale z
//	scale = 2 sqrt(beta_t) (R |z|/|eps|)^2,   0 where |eps| = 0 and at t = 0
//
// with Euclidean norms, taken per sample, and the same z in the norm and in the step. R is the
// signal-to-noise ratio of a Langevin corrector, 0.05.
//
// It is not the reverse-diffusion sampler of Song et al. (2021, arXiv:2011.13456, algorithm 3):
// there the score -eps/sqrt(1-abar_t) stands where this has -eps/2, and the noise has deviation
// sqrt(beta_t). It takes every index of a DDPM in turn, and its Space must be a Normer.
type LectureSDE[X any] struct {
	R float64 // 0: 0.05
}

// Row describes the solver.
func (LectureSDE[X]) Row() table.Info {
	return table.Info{Name: "lecture-sde", Text: "the lecture's \"iterative predictor\", as printed; not for any process but ddpm, whose table of betas it walks"}
}

// Habits walks every index, whatever else is said.
func (LectureSDE[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 100, Spacing: "linear", Whole: true, OwnTimes: true, Lecture: true}
}

// Fits refuses all but a DDPM.
func (LectureSDE[X]) Fits(p reverie.Process) error {
	if _, ok := p.(*reverie.DDPM); !ok {
		return fmt.Errorf("lecture-sde walks every index of a DDPM, whose betas it reads, and this is %T: the nearest solver is reverse-diffusion", p)
	}
	return nil
}

// Step returns x at s = t-1.
func (l LectureSDE[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	p, ok := r.Process.(*reverie.DDPM)
	if !ok || t != math.Trunc(t) || s != t-1 {
		return x, fmt.Errorf("lecture-sde walks every index of a DDPM: not %T from %v to %v", r.Process, t, s)
	}
	norm, ok := r.Space.(reverie.Normer[X])
	if !ok {
		return x, fmt.Errorf("lecture-sde needs norms: %T lacks Norm(x)", r.Space)
	}
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	ex, e0, _ := p.At(t).Eps()
	eps := r.Space.Sum([]float64{ex, e0}, x, x0)
	beta := p.Beta(int(t))
	cx, ce := 2-math.Sqrt(1-beta), -beta/2
	if t == 0 {
		return r.Space.Sum([]float64{cx, ce}, x, eps), nil
	}
	z := r.Space.Noise(x)
	return r.Space.SumEach(l.coefs(beta, cx, ce, norm.Norm(eps), norm.Norm(z)), x, eps, z), nil
}

// coefs returns each sample's coefficients of x, eps and z.
func (l LectureSDE[X]) coefs(beta, cx, ce float64, eps, z []float64) [][]float64 {
	ratio := l.R
	if ratio == 0 {
		ratio = 0.05
	}
	c := [][]float64(reverie.NewBatch[float64](3, len(eps)))
	for n := range eps {
		c[0][n], c[1][n] = cx, ce
		if eps[n] > 0 {
			q := ratio * z[n] / eps[n]
			c[2][n] = 2 * math.Sqrt(beta) * q * q
		}
	}
	return c
}
