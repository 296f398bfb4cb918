package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// PC is the predictor-corrector sampler of Song et al. (2021, arXiv:2011.13456, algorithms 2 to 5):
// the predictor's step from t to s, then Corrections steps of Langevin dynamics at s, whose size
// the signal-to-noise ratio SNR sets,
//
//	x <- x + e score + sqrt(2e) z,   e = 2 alpha (SNR |z|/|score|)^2,   alpha = (a_t/a_s)^2
//
// There are none in the step to Clean. alpha is the paper's 1-beta for the chain of this grid, and
// 1 for VE. It takes 1 + Corrections calls a step.
//
// Norms are each sample's own (the paper's code takes the batch's mean), so that a sample does not
// depend on its batch; the Space must be a Normer. In few dimensions that is not sound: a step that
// depends on x changes the law that the dynamics keep, and |score| comes near 0. There the step is
// that of the noise's own score, -z/s, which |score| is in all dimensions where noise dominates:
//
//	|z|/|score| is held within s/k and s k,   k = max(1, |z|/8);   e is at most s^2/2, for no law has a score steeper than 1/s^2
//
// so that k is 1 up to 64 dimensions, and 14 for a 64x64 image in colour. Unbounded leaves all of
// that out. As the steps grow the law tends to one near the data's, from which the dynamics keep it
// away by about SNR^2.
type PC[X any] struct {
	Predictor   table.Row `flag:"predictor" of:"predictor" rare:"true" help:"the solver of its first part"` // a Solver; nil: ReverseDiffusion
	SNR         float64   `flag:"snr" range:"[0,10]" rare:"true" help:"signal-to-noise ratio r of the corrector" zero:"0.16"`
	Corrections int       `flag:"corrections" range:"[0,1000]" rare:"true" help:"corrector steps after each prediction" zero:"1"`
	Unbounded   bool      `flag:"unbounded" rare:"true" help:"the corrector's step as its paper has it, by the norms alone also in few dimensions"`
}

// Predictors are the solvers that PC goes with, the default first.
var Predictors = table.New[table.Row]("predictor", "predictors", " of solver pc", new(ReverseDiffusion[none]), new(DDPM[none]), new(EulerMaruyama[none]))

// Row describes the solver.
func (PC[X]) Row() table.Info {
	return table.Info{Name: "pc", Text: "predictor, then Langevin corrector by signal-to-noise ratio" + notBoth}
}

// Habits are 100 steps.
func (PC[X]) Habits(reverie.Process) Habits { return Habits{Steps: 100, Spacing: "linear"} }

// Fits refuses a process without a score, and what the predictor refuses.
func (p PC[X]) Fits(process reverie.Process) error {
	if err := Fits(p.predictor(), process); err != nil {
		return fmt.Errorf("predictor of solver pc: %w", err)
	}
	return needsScore("pc", process)
}

// Wants are the predictor's.
func (p PC[X]) Wants() reverie.Want { return Wants(p.predictor()) }

func (p PC[X]) predictor() table.Row {
	if p.Predictor == nil {
		return ReverseDiffusion[X]{}
	}
	return p.Predictor
}

// Step returns x at s.
func (p PC[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	if err := downward("pc", t, s); err != nil {
		return x, err
	}
	norm, ok := r.Space.(reverie.Normer[X])
	if !ok {
		return x, fmt.Errorf("pc needs norms: %T lacks Norm(x)", r.Space)
	}
	predictor, err := For[X](p.predictor())
	if err != nil {
		return x, err
	}
	x, err = predictor.Step(ctx, r, x, t, s)
	if s == reverie.Clean {
		return x, err
	}
	k := r.Process.At(t).Alpha / r.Process.At(s).Alpha
	for range max(1, p.Corrections) {
		if err != nil {
			return x, err
		}
		x, err = p.correct(ctx, r, norm, x, s, k*k)
	}
	return x, err
}

// correct takes one step of Langevin dynamics at s.
func (p PC[X]) correct(ctx context.Context, r *Run[X], norm reverie.Normer[X], x X, s, alpha float64) (X, error) {
	x0, err := r.Denoise(ctx, x, s)
	if err != nil {
		return x, err
	}
	law := r.Process.At(s)
	sx, s0, _ := law.Score()
	score, z := r.Space.Sum([]float64{sx, s0}, x, x0), r.Space.Noise(x)
	ns, nz := norm.Norm(score), norm.Norm(z)
	c := [][]float64(reverie.NewBatch[float64](3, len(ns)))
	for n := range ns {
		e := alpha * p.size(law.Sigma, ns[n], nz[n])
		c[0][n], c[1][n], c[2][n] = 1, e, math.Sqrt(2*e)
	}
	return r.Space.SumEach(c, x, score, z), nil
}

// size returns e/alpha at the noise level s, for the norms of score and noise; 0 where the score is
// 0 and e has no bound.
func (p PC[X]) size(s, score, z float64) float64 {
	r := or(p.SNR, 0.16)
	if p.Unbounded {
		if score == 0 {
			return 0
		}
		return 2 * r * r * z * z / (score * score)
	}
	k := max(1, z/8)
	q := s * k
	if score > 0 {
		q = min(q, max(z/score, s/k))
	}
	return min(2*r*r*q*q, s*s/2)
}

// or returns v, or the default d where v is 0.
func or(v, d float64) float64 {
	if v == 0 {
		return d
	}
	return v
}
