package sample

import (
	"slices"

	"github.com/reverie-go/reverie"
)

// DefaultSpacing returns the spacing that suits a solver on a process: the solver's own of the registry, but karras under EDM for heun, whose paper it
// is, and in place of linear, which would leave no times near the data where the time is the noise level itself.
func DefaultSpacing(solver string, p reverie.Process) string {
	spacing := row(solver).Spacing
	if _, ok := whole(p).(reverie.EDM); ok && (spacing == "linear" || solver == "heun") {
		return "karras"
	}
	return spacing
}

// DefaultSteps returns how many steps a solver takes on a process where nothing is said: the solver's own of the registry, by which a Gaussian comes
// out with its deviation within a tenth (docs/samplers.md), of a table at most T. ddpm and lecture-sde walk all of a table. Euler's method on VE,
// whose noise grows geometrically in the process's own time, wants 400.
func DefaultSteps(solver string, p reverie.Process) int {
	n := row(solver).Steps
	if _, ok := whole(p).(reverie.VE); ok && solver == "euler" {
		n = 400
	}
	d, ok := p.(reverie.Discrete)
	switch {
	case ok && (solver == "ddpm" || solver == "lecture-sde"):
		return d.Steps()
	case ok:
		return min(d.Steps(), n)
	}
	return n
}

// row returns what the registry says of a solver: of a name that it does not have, linear and 50 steps.
func row(solver string) Info {
	all := Solvers()
	i := slices.IndexFunc(all, func(s Info) bool { return s.Name == solver })
	if i < 0 {
		return Info{Steps: 50, Spacing: "linear"}
	}
	return all[i]
}

// whole returns the process that p is a part of, or p.
func whole(p reverie.Process) reverie.Process {
	if part, ok := p.(reverie.Part); ok {
		return part.Process
	}
	return p
}
