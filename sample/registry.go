package sample

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
)

// Info describes a solver or a spacing in a line.
type Info struct {
	Name, Text string
	Options    []string // those of Options that a solver has, by the names of Options' fields in lower case with dashes
	Refuses    string   // which processes it refuses, and why, to be read after "not for"; "": none

	Steps   int    // that a solver takes where nothing is said, see DefaultSteps
	Spacing string // of its times where nothing is said, see DefaultSpacing
}

// What solvers refuse, and why.
const (
	refusesFar   = "bridges (sigma is 0 at the far end)"
	refusesScore = "flows between two data sets (no score)"
	refusesBoth  = "bridges; " + refusesScore
)

// An entry is a solver by its name.
type entry[X any] struct {
	Info
	make func(o Options) Solver[X]
}

// table lists the solvers. A new one is a file and a row here.
func table[X any]() []entry[X] {
	return []entry[X]{
		{Info{"ddpm", "ancestral sampling", []string{"variance"}, refusesScore, 100, "linear"},
			func(o Options) Solver[X] { return DDPM[X]{o.Variance} }},
		{Info{"ddim", "deterministic (eta 0) to ancestral (eta 1)", []string{"eta"}, "flows between two data sets (no score) with eta above 0", 50, "linear"},
			func(o Options) Solver[X] { return DDIM[X]{o.Eta} }},
		{Info{"lecture-sde", "the lecture's \"iterative predictor\", as printed", nil, "any process but ddpm, whose table of betas it walks", 100, "linear"},
			func(Options) Solver[X] { return LectureSDE[X]{} }},
		{Info{"euler", "Euler on the probability flow in the process's own time, order 1", nil, refusesFar, 50, "linear"},
			func(Options) Solver[X] { return Euler[X]{} }},
		{Info{"heun", "Karras et al.'s second-order sampler, with churn", []string{"churn", "churn-min", "churn-max", "churn-noise"}, "bridges; with churn also " + refusesScore, 20, "logsnr"},
			func(o Options) Solver[X] { return Heun[X]{o.Churn, o.ChurnMin, o.ChurnMax, o.ChurnNoise} }},
		{Info{"euler-maruyama", "Euler-Maruyama on the reverse SDE", nil, refusesBoth, 100, "logsnr"},
			func(Options) Solver[X] { return EulerMaruyama[X]{} }},
		{Info{"reverse-diffusion", "the forward chain's discretisation reversed", nil, refusesBoth, 100, "linear"},
			func(Options) Solver[X] { return ReverseDiffusion[X]{} }},
		{Info{"pc", "predictor, then Langevin corrector by signal-to-noise ratio", []string{"snr", "corrections", "predictor", "unbounded"}, refusesBoth, 100, "linear"},
			func(o Options) Solver[X] {
				return PC[X]{predictors[X]()[o.Predictor], o.SNR, o.Corrections, o.Unbounded}
			}},
		{Info{"langevin", "Langevin dynamics at one noise level", []string{"step-size", "updates", "still", "level"}, refusesBoth, 50, "linear"},
			func(o Options) Solver[X] { return Langevin[X]{o.Level, o.StepSize, o.Updates, o.Still} }},
		{Info{"annealed-langevin", "Langevin dynamics over falling noise levels (NCSN)", []string{"step-size", "updates"}, refusesBoth, 50, "logsnr"},
			func(o Options) Solver[X] { return AnnealedLangevin[X]{o.StepSize, o.Updates} }},
		{Info{"dpm++2m", "DPM-Solver++(2M), deterministic, order 2 at one call a step", []string{"lower-final"}, refusesFar, 20, "logsnr"},
			func(o Options) Solver[X] { return &DPM2M[X]{LowerFinal: o.LowerFinal} }},
		{Info{"dpm++2m-sde", "SDE-DPM-Solver++(2M), stochastic", []string{"lower-final"}, refusesBoth, 20, "logsnr"},
			func(o Options) Solver[X] { return &DPM2MSDE[X]{LowerFinal: o.LowerFinal} }},
		{Info{"unipc", "unified predictor-corrector, deterministic, order 1 to 3 at one call a step", []string{"order", "bh1", "lower-final", "no-correct"}, refusesFar, 20, "logsnr"},
			func(o Options) Solver[X] {
				return &UniPC[X]{Order: o.Order, BH1: o.BH1, LowerFinal: o.LowerFinal, NoCorrect: o.NoCorrect}
			}},
		{Info{"rk45", "adaptive Runge-Kutta 5(4) on the probability flow, to a tolerance", []string{"rtol", "atol", "max-calls"}, refusesFar, 50, "linear"},
			func(o Options) Solver[X] { return &RK45[X]{RTol: o.RTol, ATol: o.ATol, MaxCalls: o.MaxCalls} }},
	}
}

// predictors are those that pc goes with; "" is its default.
func predictors[X any]() map[string]Solver[X] {
	return map[string]Solver[X]{"": nil, "reverse-diffusion": ReverseDiffusion[X]{}, "ddpm": DDPM[X]{}, "euler-maruyama": EulerMaruyama[X]{}}
}

// Predictors returns the names of the solvers that pc goes with, the default first.
func Predictors() []string { return []string{"reverse-diffusion", "ddpm", "euler-maruyama"} }

// Solvers describes the solvers, in the order of Names.
func Solvers() []Info {
	var all []Info
	for _, e := range table[struct{}]() {
		all = append(all, e.Info)
	}
	return all
}

// Names returns the names that New knows.
func Names() []string { return names(Solvers()) }

func names(infos []Info) []string {
	var all []string
	for _, i := range infos {
		all = append(all, i.Name)
	}
	return all
}

// New returns a new solver by its name, for one run. An option out of range is an error, and one that the solver lacks.
func New[X any](name string, o Options) (Solver[X], error) {
	rows := table[X]()
	i := slices.IndexFunc(rows, func(e entry[X]) bool { return e.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown solver %q: expected one of %s", name, strings.Join(Names(), ", "))
	}
	if err := o.check(rows[i].Info); err != nil {
		return nil, err
	}
	return rows[i].make(o), nil
}

// Fits returns nil if the solver of that name, with its options, goes with the process, or why not and what would.
func Fits(name string, o Options, p reverie.Process) error {
	solver, err := New[struct{}](name, o)
	if err != nil {
		return err
	}
	if f, ok := solver.(Fitter); ok {
		return f.Fits(p)
	}
	return nil
}
