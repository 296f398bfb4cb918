package edit

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Problem is an inverse problem: data are to be drawn of which y = A x0 + sigma_y eps was
// measured, eps ~ N(0, I). Its prior is what the run's Denoiser knows.
type Problem[X any] struct {
	Run    *sample.Run[X]
	Solver sample.Solver[X]
	Grid   []float64
	Clamp  sample.Clamp // of what the method makes of x0hat
	A      Operator[X]
	Y      X
	Hook   func(sample.State[X]) error // called after each step of the solver
}

// A Drawing is what a method drew.
type Drawing[X any] struct {
	X      X
	Misfit []float64 // |y - A x|/|y| of each sample
	// Residual is what was left of the equations that the method solved, over their right sides, on
	// average over the steps, of each the worst sample; 0 of a method that solves none.
	Residual float64
}

// A Method draws data that agree with a measurement, beginning with x at the grid's first time.
type Method[X any] interface {
	table.Row
	Draw(ctx context.Context, p Problem[X], x X) (Drawing[X], error)
}

// Wants is what a method asks of the prior's Denoiser beside x0hat, which it says of itself by a
// method Wants() reverie.Want.
func Wants(method any) reverie.Want { return sample.Wants(method) }

// MaskedOnly says whether a method goes with masks alone, which it says of itself by a method
// MaskedOnly() bool.
func MaskedOnly(method any) bool {
	m, ok := method.(interface{ MaskedOnly() bool })
	return ok && m.MaskedOnly()
}

// A PriorError says why a method does not go with a prior's Denoiser.
type PriorError struct {
	Method string // its name
	Err    error
}

// Error names the method.
func (e *PriorError) Error() string { return fmt.Sprintf("edit: method %s: %v", e.Method, e.Err) }

// Unwrap returns the reason.
func (e *PriorError) Unwrap() error { return e.Err }

// Fits returns nil where a method goes with a prior's Denoiser, else a *PriorError: the Denoiser
// does not know what the method Wants, or it is guided by more than x0hat (reverie.WantRenoise,
// reverie.WantShift), which only those methods leave to the solver that change no x0hat: RePaint
// and Replace.
func Fits[X any](method table.Row, d reverie.Denoiser[X]) error {
	w, name := Wants(method), method.Row().Name
	err := d.Knows(w)
	for _, more := range []reverie.Want{reverie.WantRenoise, reverie.WantShift, reverie.WantRenoise | reverie.WantShift} {
		if d.Knows(0) == nil || d.Knows(more) != nil {
			continue
		}
		if _, ok := method.(interface{ stepsAlone() }); ok {
			return nil
		}
		err = measured(more)
	}
	if err != nil {
		return &PriorError{name, err}
	}
	return nil
}

// measured refuses what no denoiser gives that a measurement guides: it changes x0hat alone, and
// leaves the variance as it is, and all of it given the class.
func measured(w reverie.Want) error {
	return w.Beyond(reverie.WantVariance|reverie.WantCondition, "a denoiser that a measurement guides")
}

// spaces are what methods ask of a Space.
type spaces[X any] interface {
	reverie.Space[X]
	reverie.Dotter[X]
}

// space returns the problem's, if the method of that name goes with the problem.
func (p Problem[X]) space(method table.Row) (sp spaces[X], err error) {
	name := method.Row().Name
	if p.Run == nil || p.Solver == nil || p.A == nil {
		return nil, fmt.Errorf("edit: %s: a Problem needs a Run, a Solver and an Operator", name)
	}
	if len(p.Grid) < 2 {
		return nil, fmt.Errorf("edit: %s: a grid of %d times: expected at least 2", name, len(p.Grid))
	}
	if err := Noised(p.Run); err != nil {
		return nil, err
	}
	if err := Fits(method, p.Run.Denoiser); err != nil {
		return nil, err
	}
	sp, ok := p.Run.Space.(spaces[X])
	if !ok {
		return nil, fmt.Errorf("edit: method %s takes inner products: %T lacks Dot(x, y)", name, p.Run.Space)
	}
	return sp, nil
}

// draw samples by d in place of the prior's Denoiser.
func (p Problem[X]) draw(ctx context.Context, d reverie.Denoiser[X], x X) (X, error) {
	run := *p.Run
	run.Denoiser = d
	if err := run.Apply(p.Clamp); err != nil {
		return x, err
	}
	return sample.Sample(ctx, &run, p.Solver, x, p.Grid, p.Hook)
}

// drawn returns x with its misfit.
func (p Problem[X]) drawn(sp spaces[X], x X) Drawing[X] {
	d := p.misfit(sp, x)
	return Drawing[X]{X: x, Misfit: lengths(sp.Dot(d, d), sp.Dot(p.Y, p.Y))}
}

// misfit returns y - A x.
func (p Problem[X]) misfit(sp reverie.Space[X], x X) X {
	return sp.Sum([]float64{1, -1}, p.Y, p.A.Apply(x))
}

// lengths returns the roots of a/b, 0 where a is.
func lengths(a, b []float64) []float64 {
	l := make([]float64, len(a))
	for n := range l {
		if a[n] > 0 {
			l[n] = math.Sqrt(a[n] / b[n])
		}
	}
	return l
}

// A Noise is what is known of the noise in a measurement.
type Noise struct {
	// Sigma is its deviation, sigma_y, in the units of the data, whose range is [-1,1].
	Sigma float64 `flag:"noise-level" range:"[0.001,10]" help:"deviation of the noise in what was measured, the images' range being [-1,1]"`
}

// MinSigma is the least deviation of noise: below it the equations of the methods are beyond
// float32.
const MinSigma = 1e-3

// variance is sigma_y^2, of at least MinSigma.
func (n Noise) variance() (float64, error) {
	if !(n.Sigma >= MinSigma) {
		return 0, fmt.Errorf("edit: a noise level of %v: expected at least %v", n.Sigma, MinSigma)
	}
	return n.Sigma * n.Sigma, nil
}
