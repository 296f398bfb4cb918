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
	if o.Eta != 0 && name != "ddim" {
		return nil, fmt.Errorf("eta = %v: only solver ddim has it, not %s", o.Eta, name)
	}
	if o.Variance != reverie.PosteriorVariance && name != "ddpm" {
		return nil, fmt.Errorf("variance = %v: only solver ddpm has it, not %s", o.Variance, name)
	}
	switch name {
	case "ddpm":
		return DDPM[X]{o.Variance}, nil
	case "ddim":
		if !(o.Eta >= 0 && o.Eta <= 1) {
			return nil, fmt.Errorf("eta = %v: expected 0 to 1", o.Eta)
		}
		return DDIM[X]{o.Eta}, nil
	case "lecture-sde":
		return LectureSDE[X]{}, nil
	}
	return nil, fmt.Errorf("unknown solver %q: expected one of %s", name, strings.Join(Names(), ", "))
}
