package sample

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Fits returns nil if a solver, or a row of Solvers, goes with the process as it is set, or what of
// its settings is out of range, or why it does not and what would.
func Fits(solver any, p reverie.Process) error {
	for _, f := range table.Fields(addressable(solver)) {
		if f.IsZero() {
			continue // the default
		}
		if err := f.Check(); err != nil {
			return err
		}
	}
	if f, ok := solver.(Fitter); ok {
		return f.Fits(p)
	}
	return nil
}

// addressable is a pointer to what solver is, or it points to.
func addressable(solver any) any {
	v := reflect.ValueOf(solver)
	if v.Kind() == reflect.Pointer {
		return solver
	}
	to := reflect.New(v.Type())
	to.Elem().Set(v)
	return to.Interface()
}

// Wants is what a solver asks of the Denoiser beside x0hat, which it says of itself by a method
// Wants() reverie.Want.
func Wants(solver any) reverie.Want {
	if s, ok := solver.(interface{ Wants() reverie.Want }); ok {
		return s.Wants()
	}
	return 0
}

// Takes is what a solver's steps heed beside x0hat where the Denoiser gives no estimate without,
// WantRenoise and WantShift, which it says of itself by a method Takes() reverie.Want.
func Takes(solver any) reverie.Want {
	if s, ok := solver.(interface{ Takes() reverie.Want }); ok {
		return s.Takes()
	}
	return 0
}

// Asks is what a solver asks of d beside x0hat: what it Wants, and of what it Takes that without
// which d gives no estimate. It fails where d does not know what is asked, with what it says of
// that.
func Asks[X any](solver any, d reverie.Denoiser[X]) (reverie.Want, error) {
	w := Wants(solver)
	err := d.Knows(w)
	if err == nil {
		return w, nil
	}
	for _, more := range []reverie.Want{reverie.WantRenoise, reverie.WantShift, reverie.WantRenoise | reverie.WantShift} {
		if Takes(solver).Has(more) && d.Knows(w|more) == nil {
			return w | more, nil
		}
	}
	return w, err
}

// noFar refuses a process with a far end: the flow of most starts from a point, where Sigma = 0 and
// velocity and score are singular.
func noFar(name string, p reverie.Process) error {
	switch {
	case !reverie.HasFar(p):
		return nil
	case reverie.PriorSigma(p) == 0:
		return fmt.Errorf("solver %s does not go with a bridge, whose Sigma is 0 at its far end: use ddpm, ddim or euler-maruyama", name)
	}
	return fmt.Errorf("solver %s does not heed the far end of a process: use ddpm, ddim or euler-maruyama", name)
}

// needsScore refuses a process without a score, and a bridge.
func needsScore(name string, p reverie.Process) error {
	if err := reverie.HasScore(p); err != nil {
		return fmt.Errorf("solver %s needs the score: %w", name, err)
	}
	return noFar(name, p)
}

// downward refuses a step from data to noise.
func downward(name string, t, s float64) error {
	if s > t {
		return fmt.Errorf("solver %s walks from noise to data only, not from %v up to %v: use ddim, euler, heun, dpm++2m, unipc or rk45", name, t, s)
	}
	return nil
}

// Wrapped is a solver within another, which embeds it: the other goes with the same processes,
// wants the same of the Denoiser and heeds the same.
type Wrapped[X any] struct{ Solver[X] }

// Fits asks the solver within.
func (w Wrapped[X]) Fits(p reverie.Process) error { return Fits(w.Solver, p) }

// Wants is what the solver within does.
func (w Wrapped[X]) Wants() reverie.Want { return Wants(w.Solver) }

// Takes is what the steps of the solver within heed.
func (w Wrapped[X]) Takes() reverie.Want { return Takes(w.Solver) }
