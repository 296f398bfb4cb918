package sample

import (
	"fmt"
	"strings"

	"github.com/reverie-go/reverie"
)

// Options are the solvers' settings. One that the solver does not have is an error.
type Options struct {
	Eta      float64          // ddim: 0 (deterministic) to 1 (ancestral)
	Variance reverie.Variance // ddpm
}

// Names returns the names that New knows.
func Names() []string { return []string{"ddpm", "ddim", "lecture-sde"} }

// New returns a new solver by its name.
func New[X any](name string, o Options) (Solver[X], error) {
	var solver Solver[X]
	switch name {
	case "ddpm":
		solver, o.Variance = DDPM[X]{o.Variance}, 0
	case "ddim":
		if !(o.Eta >= 0 && o.Eta <= 1) {
			return nil, fmt.Errorf("eta = %v: expected 0 to 1", o.Eta)
		}
		solver, o.Eta = DDIM[X]{o.Eta}, 0
	case "lecture-sde":
		solver = LectureSDE[X]{}
	default:
		return nil, fmt.Errorf("unknown solver %q: expected one of %s", name, strings.Join(Names(), ", "))
	}
	if o.Eta != 0 {
		return nil, fmt.Errorf("eta = %v: only solver ddim has it, not %s", o.Eta, name)
	}
	if o.Variance != reverie.PosteriorVariance {
		return nil, fmt.Errorf("variance = %v: only solver ddpm has it, not %s", o.Variance, name)
	}
	return solver, nil
}
