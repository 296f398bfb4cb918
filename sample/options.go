package sample

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
)

// Options are the solvers' settings. The zero value of each is the default of the solver's paper. One that the solver does not have is an
// error, see Info.Options.
type Options struct {
	Eta      float64          `name:"eta"`      // ddim: 0 (deterministic) to 1 (ancestral)
	Variance reverie.Variance `name:"variance"` // ddpm: of its noise

	Churn      float64 `name:"churn"`       // heun: S_churn, 0 or more; 0: deterministic
	ChurnMin   float64 `name:"churn-min"`   // heun: S_tmin, the lowest Sigma/Alpha with churn
	ChurnMax   float64 `name:"churn-max"`   // heun: S_tmax, the highest; 0: no bound
	ChurnNoise float64 `name:"churn-noise"` // heun: S_noise; 0: 1

	SNR         float64 `name:"snr"`         // pc: signal-to-noise ratio r of the corrector; 0: 0.16
	Corrections int     `name:"corrections"` // pc: corrector steps after each predictor step; 0: 1
	Predictor   string  `name:"predictor"`   // pc: reverse-diffusion, ddpm or euler-maruyama; "": reverse-diffusion

	Unbounded bool `name:"unbounded"` // pc: the corrector's step by norms alone, also in few dimensions

	StepSize float64 `name:"step-size"` // langevin: h; annealed-langevin: Eps. 0: 0.2 of the lowest level's squared deviation
	Updates  int     `name:"updates"`   // langevin: updates in each step, 0: 1; annealed-langevin: at each level, 0: 100
	Still    bool    `name:"still"`     // langevin: without its noise
	Level    float64 `name:"level"`     // langevin: the time whose noise level it stays at; 0: the first of the process

	Order      int  `name:"order"`       // unipc: 1 to 3; 0: 2
	BH1        bool `name:"bh1"`         // unipc: B(h) = -h in place of e^-h - 1
	NoCorrect  bool `name:"no-correct"`  // unipc: the predictor alone
	LowerFinal bool `name:"lower-final"` // dpm++2m, dpm++2m-sde, unipc: a lower order at the end of a grid that ends above Clean too

	RTol     float64 `name:"rtol"`      // rk45: relative tolerance; 0: 1e-5
	ATol     float64 `name:"atol"`      // rk45: absolute tolerance; 0: 1e-5
	MaxCalls int     `name:"max-calls"` // rk45: most evaluations in a run; 0: 10,000
}

// ranges bound the numbers among the options, where they are given.
var ranges = map[string][2]float64{
	"eta": {0, 1}, "churn": {0, 1e6}, "churn-min": {0, 1e6}, "churn-max": {0, 1e6}, "churn-noise": {0, 10},
	"snr": {0, 10}, "corrections": {0, 1000}, "step-size": {0, 1e6}, "updates": {0, 1e6}, "level": {0, 1e9},
	"order": {0, 3}, "rtol": {1e-13, 1}, "atol": {1e-15, 1e6}, "max-calls": {1, 1e9},
}

// OptionRange is the range of an option that is a number, by its name in the table of solvers, where it is given; 0 stands for the default. Of
// others ok is false.
func OptionRange(name string) (lo, hi float64, ok bool) {
	r, ok := ranges[name]
	return r[0], r[1], ok
}

// check reports an option out of range, or one that the solver lacks.
func (o Options) check(solver Info) error {
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Tag.Get("name"), v.Field(i)
		if field.IsZero() {
			continue
		}
		if !slices.Contains(solver.Options, name) {
			return fmt.Errorf("%s = %v: only solver %s has it, not %s", name, field, strings.Join(having(name), ", "), solver.Name)
		}
		if bounds, ok := ranges[name]; ok && !within(field, bounds) {
			return fmt.Errorf("%s = %v: expected %v to %v", name, field, bounds[0], bounds[1])
		}
	}
	if _, ok := predictors[struct{}]()[o.Predictor]; !ok {
		return fmt.Errorf("predictor = %q: expected reverse-diffusion, ddpm or euler-maruyama", o.Predictor)
	}
	if o.ChurnMax != 0 && o.ChurnMax < o.ChurnMin {
		return fmt.Errorf("churn-max = %v is below churn-min = %v", o.ChurnMax, o.ChurnMin)
	}
	return nil
}

// within reports whether a number lies in bounds. NaN does not.
func within(v reflect.Value, bounds [2]float64) bool {
	x := 0.0
	if v.CanInt() {
		x = float64(v.Int())
	} else {
		x = v.Float()
	}
	return x >= bounds[0] && x <= bounds[1]
}

// having returns the solvers that have the option.
func having(option string) []string {
	var all []string
	for _, s := range Solvers() {
		if slices.Contains(s.Options, option) {
			all = append(all, s.Name)
		}
	}
	return all
}
