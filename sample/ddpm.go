package sample

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DDPM is ancestral sampling (Ho et al. 2020, arXiv:2006.11239, algorithm 2), on all indices or any
// part of them, for any process:
//
//	x_s = posterior mean(x_t, x0hat) + sqrt(variance) z,   no noise in the step to Clean
//
// For neighbouring indices of a DDPM the mean is (x - beta_t/sqrt(1-abar_t) eps)/sqrt(alpha_t), the
// variance beta_t (1-abar_{t-1})/(1-abar_t) (posterior), beta_t (beta), or between the two where
// the network says (learned): then the Run's Denoiser must know it (reverie.WantVariance) and its
// Space be a reverie.LogScaler. It heeds reverie.WantRenoise and, in all steps with noise,
// reverie.WantShift.
type DDPM[X any] struct {
	Variance string `flag:"variance" of:"variance" rare:"true" help:"noise of its steps, by default the model's"` // one of Variances; "": posterior
}

// Row describes the solver.
func (DDPM[X]) Row() table.Info {
	return table.Info{Name: "ddpm", Text: "ancestral sampling" + notBetween}
}

// Habits takes all of a table.
func (DDPM[X]) Habits(reverie.Process) Habits {
	return Habits{Steps: 100, Spacing: "linear", Whole: true, Lecture: true, Chief: "variance"}
}

// Fits refuses a process without a score: its noise is not Gaussian.
func (d DDPM[X]) Fits(p reverie.Process) error {
	if reverie.HasScore(p) != nil {
		return needsScore("ddpm", p)
	}
	return nil
}

// Wants is the learned variance, where the noise is.
func (d DDPM[X]) Wants() reverie.Want {
	if v, err := d.variance(); err == nil && v == reverie.LearnedVariance {
		return reverie.WantVariance
	}
	return 0
}

// Takes is what noises x anew, and what shifts the mean.
func (d DDPM[X]) Takes() reverie.Want { return reverie.WantRenoise | reverie.WantShift }

// Step returns x at s.
func (d DDPM[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	ct, cs := reverie.At(r.Process, t), reverie.At(r.Process, s)
	m := reverie.Move(ct, cs, 1)
	variance, err := d.variance()
	switch {
	case err != nil:
		return x, err
	case variance == reverie.LearnedVariance:
		return d.learned(ctx, r, x, t, m, ct, cs)
	case variance != reverie.PosteriorVariance:
		m.Noise = math.Sqrt(variance.Of(ct, cs))
	}
	e, w, err := r.ask(ctx, d, x, t)
	if err != nil {
		return x, err
	}
	y, err := r.step(m, cs.Alpha, x, e, w)
	if err != nil || !w.Has(reverie.WantShift) {
		return y, err
	}
	return r.Space.Sum([]float64{1, m.Noise * m.Noise}, y, e.Shift), nil
}

// variance is the one of that name.
func (d DDPM[X]) variance() (reverie.Variance, error) {
	if d.Variance == "" {
		return reverie.PosteriorVariance, nil
	}
	row, err := Variances.Find(d.Variance)
	return row.Variance, err
}

// learned steps with the deviation exp(half the log variance) of each element,
//
//	log variance = (1+v)/2 log beta + (1-v)/2 log posterior
//
// (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15).
func (d DDPM[X]) learned(ctx context.Context, r *Run[X], x X, t float64, m reverie.Step, ct, cs reverie.Coef) (X, error) {
	if _, err := Asks(d, r.Denoiser); err != nil {
		return x, fmt.Errorf("variance learned: %w: use posterior or beta", err)
	}
	scale, ok := r.Space.(reverie.LogScaler[X])
	if !ok {
		return x, fmt.Errorf("variance learned needs exponentials: %T lacks LogScale(x, v, a, b)", r.Space)
	}
	e, w, err := r.ask(ctx, d, x, t)
	if err != nil {
		return x, err
	}
	noisy := m.Noise > 0
	posterior, beta := 2*math.Log(m.Noise), math.Log(reverie.BetaVariance.Of(ct, cs))
	m.Noise = 0
	y, err := r.step(m, cs.Alpha, x, e, w)
	if err != nil || !noisy {
		return y, err
	}
	if w.Has(reverie.WantShift) {
		y = r.Space.Sum([]float64{1, 1}, y, scale.LogScale(e.Shift, e.V, (beta+posterior)/2, (beta-posterior)/2))
	}
	z := scale.LogScale(r.Space.Noise(x), e.V, (beta+posterior)/4, (beta-posterior)/4)
	return r.Space.Sum([]float64{1, 1}, y, z), nil
}
