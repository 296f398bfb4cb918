package sample

import (
	"context"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// UniPC is the unified predictor-corrector of Zhao et al. (2023, arXiv:2302.04867, algorithms 1 and
// 2) in its x0 form: deterministic, one call a step, of order Order in lambda = log(a/s). With h =
// lambda_s - lambda_t, m = x0hat, and r_k, D_k from the steps before:
//
//	r_k = (lambda_k - lambda_t)/h,   D_k = (m_k - m_t)/r_k
//	predictor   x_s = (s_s/s_t) x_t - a_s (e^-h - 1) m_t - a_s B(h) sum rho_k D_k
//	corrector   the same with the last term's sum over m_s too, r = 1, once m_s is known: at the start of the next step
//
// where the rho_k make the expansion exact to the order, B(h) = e^-h - 1 (bh2) or -h (bh1). As in
// the paper, rho is 1/2 where there is one. Steps next to Clean and to Alpha = 0, where h is
// infinite, are DDIM's; the last steps are of the order that their number allows where LowerFinal
// says so. A value is for one run. The hook sees x before its correction, and Run.Clamp clamps only
// that.
type UniPC[X any] struct {
	Order      int  `flag:"order" range:"[0,3]" rare:"true" help:"order, 1 to 3" zero:"2"`
	BH1        bool `flag:"bh1" rare:"true" help:"B(h) = -h in place of e^-h - 1"`
	NoCorrect  bool `flag:"no-correct" rare:"true" help:"without its corrector"`
	LowerFinal bool `flag:"lower-final" rare:"true" help:"a lower order in the last steps"` // order 1, before it at most 2, also where the grid ends above Clean

	start X // x_t of the last step, corrected
	past  []node[X]
	to    float64
	order int // of the last step
}

// A node is an x0hat of the past, with its law.
type node[X any] struct {
	x0 X
	c  reverie.Coef
}

// Row describes the solver.
func (*UniPC[X]) Row() table.Info {
	return table.Info{Name: "unipc", Text: "unified predictor-corrector, deterministic, order 1 to 3 at one call a step" + notBridges}
}

// Habits are the paper's spacing.
func (*UniPC[X]) Habits(reverie.Process) Habits { return Habits{Steps: 20, Spacing: "logsnr"} }

// Fits refuses a bridge.
func (*UniPC[X]) Fits(p reverie.Process) error { return noFar("unipc", p) }

// Step returns x at s.
func (u *UniPC[X]) Step(ctx context.Context, r *Run[X], x X, t, s float64) (X, error) {
	x0, err := r.Denoise(ctx, x, t)
	if err != nil {
		return x, err
	}
	if len(u.past) > 0 && u.to != t {
		u.past = nil
	}
	ct, cs := reverie.At(r.Process, t), reverie.At(r.Process, s)
	if len(u.past) > 0 && !u.NoCorrect {
		x = u.correct(r.Space, x, x0, ct)
	}
	most := max(1, u.Order)
	if u.Order == 0 {
		most = 2
	}
	u.past = append([]node[X]{{x0, ct}}, u.past[:min(len(u.past), most-1)]...)
	u.start, u.to, u.order = x, s, u.usable(most, r, cs)
	return u.combine(r.Space, cs, nil), nil
}

// usable returns the order of the step to the law s: at most the number of x0hats known at finite
// lambda.
func (u *UniPC[X]) usable(most int, r *Run[X], s reverie.Coef) int {
	n := 0
	for _, p := range u.past {
		if math.IsInf(p.c.Lambda(), 0) {
			break
		}
		n++
	}
	if u.LowerFinal {
		n = min(n, r.left)
	}
	if math.IsInf(s.Lambda(), 0) {
		n = 1
	}
	return max(1, min(n, most))
}

// correct returns x at the law t once its x0hat is known; x is what the predictor said.
func (u *UniPC[X]) correct(sp reverie.Space[X], x, x0 X, t reverie.Coef) X {
	if h := t.Lambda() - u.past[0].c.Lambda(); math.IsInf(h, 0) {
		return x
	}
	return u.combine(sp, t, &x0)
}

// combine returns x at the law s from start, the past and, for the corrector, x0hat at s.
func (u *UniPC[X]) combine(sp reverie.Space[X], s reverie.Coef, at *X) X {
	t := u.past[0].c
	m := reverie.Move(t, s, 0)
	c, terms := []float64{m.X, m.X0}, []X{u.start, u.past[0].x0}
	h := s.Lambda() - t.Lambda()
	var rs []float64
	for _, p := range u.past[1:u.order] {
		rs, terms = append(rs, (p.c.Lambda()-t.Lambda())/h), append(terms, p.x0)
	}
	if at != nil {
		rs, terms = append(rs, 1), append(terms, *at)
	}
	if len(rs) == 0 {
		return sp.Sum(c, terms...)
	}
	for k, rho := range u.weights(rs, h) {
		w := -s.Alpha * u.b(h) * rho / rs[k] // of m_k - m_t
		c = append(c, w)
		c[1] -= w
	}
	return sp.Sum(c, terms...)
}

// b returns B(h).
func (u *UniPC[X]) b(h float64) float64 {
	if u.BH1 {
		return -h
	}
	return math.Expm1(-h)
}

// weights returns rho, the solution of sum_k rho_k r_k^(i-1) = phi_i(-h) i!/B(h) for i = 1..n, with
// phi_i the functions of exponential integrators, phi_(i+1)(z) z = phi_i(z) - 1/i!, times z.
func (u *UniPC[X]) weights(r []float64, h float64) []float64 {
	n := len(r)
	if n == 1 {
		return []float64{0.5}
	}
	A := [][]float64(reverie.NewBatch[float64](n, n+1))
	phi, factorial := math.Expm1(-h)/-h-1, 1.0
	for i := range n {
		for k := range n {
			A[i][k] = math.Pow(r[k], float64(i))
		}
		A[i][n] = phi * factorial / u.b(h)
		factorial *= float64(i + 2)
		phi = phi/-h - 1/factorial
	}
	return solve(A)
}

// solve returns the solution of the n equations A, each with its right side last, by elimination
// with pivots. It changes A.
func solve(A [][]float64) []float64 {
	n := len(A)
	for i := range n {
		p := i
		for k := i + 1; k < n; k++ {
			if math.Abs(A[k][i]) > math.Abs(A[p][i]) {
				p = k
			}
		}
		A[i], A[p] = A[p], A[i]
		for k := range n {
			if k == i {
				continue
			}
			q := A[k][i] / A[i][i]
			for j := i; j <= n; j++ {
				A[k][j] -= q * A[i][j]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = A[i][n] / A[i][i]
	}
	return x
}
