package sample

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Adaptive integrates dy/dt = Slope(y, t) by the Runge-Kutta pair 5(4) of Dormand & Prince (1980)
// with a step size that keeps the estimated error of every sample within its tolerance at each
// step:
//
//	|error| <= ATol + RTol max(|y|, |y new|),   Euclidean norms, sample by sample
//
// The step is common to the batch: that of the sample that needs the shortest. So an adaptive
// result depends on the batch, within the tolerance. Y may be any type with linear combinations: a
// batch, or a batch with one number a sample beside it (a likelihood's integral):
//
//	type pair struct { X X; L []float64 }
//	a := sample.Adaptive[pair]{Slope: slope, Sum: sum, Norm: norm}
//	y, report, err := a.Integrate(ctx, start, lo, hi)
//
// Step sizes are chosen as by Hairer, Norsett & Wanner (Solving Ordinary Differential Equations I,
// II.4).
type Adaptive[Y any] struct {
	Slope func(ctx context.Context, y Y, t float64) (Y, error)
	Sum   func(c []float64, y ...Y) Y // c[0] y[0] + c[1] y[1] + ..
	Norm  func(y Y) []float64         // of each sample

	RTol, ATol float64 // 0: 1e-5 each, Song et al.'s (2021, arXiv:2011.13456)
	First      float64 // size of the first step to try; 0: found by one more call
	MaxCalls   int     // of Slope; 0: 10,000. More are an error

	spent int // of MaxCalls, before

	// After, if not nil, is called after each attempt; what was made before, other than keep, is
	// not used any more.
	After func(keep ...Y)
}

// A Report says what an integration took.
type Report struct {
	Calls, Steps, Rejected int     // calls of Slope, steps taken, steps tried in vain
	Next                   float64 // the size of step that would come next
}

// The tableau: times, stages, and the difference of the solutions of fifth and of fourth order. The
// last stage is the solution of fifth order.
var (
	dopriC = []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1}
	dopriA = [][]float64{
		nil,
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	}
	dopriE = []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40}
)

// Integrate returns y at the time to from y at the time from, in either direction. It fails where
// Slope does, where it is not finite, where the step falls below the resolution of the time, and
// after MaxCalls; the error says at which time.
func (a Adaptive[Y]) Integrate(ctx context.Context, y Y, from, to float64) (Y, Report, error) {
	w := walk[Y]{Adaptive: a, t: from, y: y}
	w.RTol, w.ATol = or(a.RTol, 1e-5), or(a.ATol, 1e-5)
	if w.MaxCalls == 0 {
		w.MaxCalls = 10000
	}
	err := w.run(ctx, to)
	w.Report.Next = math.Abs(w.h)
	return w.y, w.Report, err
}

// A walk is an integration on its way: y at t, its slope there, and the step to try, with its sign.
type walk[Y any] struct {
	Adaptive[Y]
	Report
	t, h float64
	y, k Y
}

func (w *walk[Y]) run(ctx context.Context, to float64) (err error) {
	if w.t == to {
		return nil
	}
	if !(w.RTol > 0) || !(w.ATol > 0) || w.First < 0 {
		return fmt.Errorf("tolerances %v and %v, first step %v: expected positive numbers", w.RTol, w.ATol, w.First)
	}
	if w.k, err = w.slope(ctx, w.y, w.t); err != nil {
		return err
	}
	if w.h = math.Copysign(w.First, to-w.t); w.First == 0 {
		if w.h, err = w.first(ctx, to); err != nil {
			return err
		}
	}
	for w.t != to {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.step(ctx, to); err != nil {
			return err
		}
		if w.After != nil {
			w.After(w.y, w.k)
		}
	}
	return nil
}

// slope is Slope, counted and checked.
func (w *walk[Y]) slope(ctx context.Context, y Y, t float64) (Y, error) {
	if w.spent+w.Calls >= w.MaxCalls {
		return y, fmt.Errorf("at t = %v: %d evaluations are spent: allow more (MaxCalls) or larger tolerances than %v and %v", t, w.MaxCalls, w.RTol, w.ATol)
	}
	w.Calls++
	k, err := w.Slope(ctx, y, t)
	if err != nil {
		return y, fmt.Errorf("at t = %v: %w", t, err)
	}
	for n, v := range w.Norm(k) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return y, fmt.Errorf("at t = %v: the slope of sample %d is not finite (norm %v)", t, n, v)
		}
	}
	return k, nil
}

// first returns a first step by the scale of y, its slope and its second derivative.
func (w *walk[Y]) first(ctx context.Context, to float64) (float64, error) {
	span := to - w.t
	ny, nk := w.Norm(w.y), w.Norm(w.k)
	h := math.Abs(span)
	for n := range ny {
		if scale := w.ATol + w.RTol*ny[n]; ny[n] > 1e-5*scale && nk[n] > 1e-5*scale {
			h = min(h, 0.01*ny[n]/nk[n])
		}
	}
	h = math.Copysign(h, span)
	t := w.t + h
	if h == span {
		t = to
	}
	k, err := w.slope(ctx, w.Sum([]float64{1, h}, w.y, w.k), t)
	if err != nil {
		return 0, err
	}
	second := w.Norm(w.Sum([]float64{1 / h, -1 / h}, k, w.k))
	next := 100 * math.Abs(h)
	for n := range ny {
		if d := max(nk[n], second[n]) / (w.ATol + w.RTol*ny[n]); d > 1e-15 {
			next = min(next, math.Pow(0.01/d, 1./5))
		}
	}
	return math.Copysign(min(next, math.Abs(span)), span), nil
}

// errTooShort is the reason of a step below the resolution of the time.
var errTooShort = errors.New("the step size fell to nothing: the flow is singular or too stiff here; use a larger tolerance, or stay away from the end")

// step tries one step towards to, and takes it if its error is small enough. It sets the size of
// the next.
func (w *walk[Y]) step(ctx context.Context, to float64) error {
	if math.Abs(w.h) < 16*math.Abs(math.Nextafter(w.t, to)-w.t) {
		return fmt.Errorf("at t = %v: %w", w.t, errTooShort)
	}
	h, end := w.h, w.t+w.h
	if math.Abs(to-w.t) <= math.Abs(h)*(1+1e-9) {
		h, end = to-w.t, to
	}
	y, k, ratio, err := w.try(ctx, h, end)
	if err != nil {
		return err
	}
	factor := 0.2
	if ratio > 0 {
		factor = max(0.2, 0.9*math.Pow(ratio, -1./5))
	} else if ratio == 0 {
		factor = 10
	}
	if !(ratio <= 1) {
		w.Rejected++
		w.h = h * min(factor, 0.9)
		return nil
	}
	w.Steps++
	w.t, w.y, w.k = end, y, k
	if next := h * min(factor, 10); end != to || math.Abs(next) > math.Abs(w.h) { // a step cut short by the end says little
		w.h = next
	}
	return nil
}

// try returns y a step h further, its slope there, and the largest ratio of a sample's error to its
// tolerance.
func (w *walk[Y]) try(ctx context.Context, h, end float64) (y, last Y, ratio float64, err error) {
	k := []Y{w.k}
	for i := 1; i < len(dopriC); i++ {
		y = w.weighted(1, h, dopriA[i], k)
		t := w.t + dopriC[i]*h
		if dopriC[i] == 1 {
			t = end
		}
		ki, err := w.slope(ctx, y, t)
		if err != nil {
			return y, last, 0, err
		}
		k = append(k, ki)
	}
	e := w.Norm(w.weighted(0, h, dopriE, k))
	before, after := w.Norm(w.y), w.Norm(y)
	for n := range e {
		ratio = max(ratio, e[n]/(w.ATol+w.RTol*max(before[n], after[n]))) // NaN stays
	}
	return y, k[len(k)-1], ratio, nil
}

// weighted returns own y + h sum_i c_i k_i, without the terms that are 0.
func (w *walk[Y]) weighted(own, h float64, c []float64, k []Y) Y {
	var cs []float64
	var ys []Y
	if own != 0 {
		cs, ys = append(cs, own), append(ys, w.y)
	}
	for i, v := range c {
		if v != 0 {
			cs, ys = append(cs, h*v), append(ys, k[i])
		}
	}
	return w.Sum(cs, ys...)
}
