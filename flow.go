package reverie

import (
	"errors"
	"math"
)

// Flow is flow matching's conditional optimal-transport path, also rectified flow (Lipman et al.
// 2023, arXiv:2210.02747, with time running the other way; Liu et al. 2022, arXiv:2209.03003):
//
//	x_t = (1-t) x0 + t eps,   velocity = eps - x0
//
// t = 0 is the data and t = 1 the noise.
//
// Between is a flow between two data sets: a sample of the far one takes the place of eps (Sigma is
// its coefficient: see Pair). Its probability flow is what it ever was, started at far samples; but
// the law of x_t given x0 is no Gaussian, so score, SDE and likelihood have no meaning: HasScore
// says so, and G2 is NaN.
type Flow struct {
	Lo, Hi  float64 // first and last time; 0: 1e-3 and 1. The score is singular at t = 0, Eps and Score predictions at 1
	Between bool
}

// At returns the law at t.
func (p Flow) At(t float64) Coef {
	return Coef{Alpha: 1 - t, Sigma: t, DAlpha: -1, DSigma: 1}
}

// Span returns Lo and Hi.
func (p Flow) Span() (lo, hi float64) { return or(p.Lo, 1e-3), or(p.Hi, 1) }

// Cond returns 1000 t.
func (p Flow) Cond(t float64) float64 { return 1000 * t }

// G2 returns 2 t/(1-t).
func (p Flow) G2(t float64) float64 {
	if p.Between {
		return math.NaN()
	}
	return 2 * t / (1 - t)
}

// TimeAt returns 1/(1 + e^lambda).
func (p Flow) TimeAt(lambda float64) float64 { return 1 / (1 + math.Exp(lambda)) }

// HasScore refuses a flow between two data sets.
func (p Flow) HasScore() error {
	if p.Between {
		return errors.New("a flow between two data sets has no score: its far end is not noise. Use a solver of the probability flow (euler, heun, rk45)")
	}
	return nil
}
