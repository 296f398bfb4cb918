package cli

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// solverFlags are the flags that say how samples are drawn: the solver, its times and its options.
type solverFlags struct {
	solver, spacing, clamp, variance, process string
	steps                                     int
	options                                   sample.Options
}

func (s *solverFlags) add(f *pflag.FlagSet) {
	o := &s.options
	f.StringVar(&s.solver, "solver", "", oneOf("solver", config.Solvers)+" (default: the run's)")
	numberVar(f, &s.steps, "steps", within(1, 100000), 0, "solver steps (default: the run's; else all of a table for ddpm and lecture-sde, 20 for dpm++, unipc and heun, 50 for ddim, euler and rk45, 100 for those that add noise)")
	f.StringVar(&s.spacing, "spacing", "", oneOf("spacing of the times", sample.Spacings())+" (default: logsnr for dpm++, unipc, heun, euler-maruyama and annealed-langevin, else linear; karras in place of linear, and for heun, under edm)")
	f.StringVar(&s.clamp, "clamp", "", oneOf("keep to [-1,1]", config.Clamps)+" (default: the run's with its own solver; else x for ddpm and lecture-sde on a run of preset lecture or an imported simpleunet, x0 elsewhere)")
	f.StringVar(&s.process, "process", "", oneOf("sample under this process with its default schedule, at the noise levels that the model knows", config.Processes)+" (default: the model's)")
	numberVar(f, &o.Eta, "eta", optionRange("eta"), 0, "fresh noise of ddim: 0 deterministic, 1 ancestral; given alone, it chooses solver ddim")
	f.StringVar(&s.variance, "variance", "", oneOf("noise of ddpm", config.Variances)+" (default: the run's); given alone, it chooses solver ddpm")
	numberVar(f, &o.Churn, "churn", optionRange("churn"), 0, "fresh noise of heun, S_churn (0: none)")
	numberVar(f, &o.ChurnMin, "churn-min", optionRange("churn-min"), 0, "lowest noise level with churn")
	numberVar(f, &o.ChurnMax, "churn-max", optionRange("churn-max"), 0, "highest noise level with churn (0: all)")
	numberVar(f, &o.ChurnNoise, "churn-noise", optionRange("churn-noise"), 0, "S_noise of the churn (0: 1)")
	f.StringVar(&o.Predictor, "predictor", "", oneOf("predictor of pc", sample.Predictors()))
	numberVar(f, &o.SNR, "snr", optionRange("snr"), 0, "signal-to-noise ratio of pc's corrector (0: 0.16)")
	numberVar(f, &o.Corrections, "corrections", optionRange("corrections"), 0, "corrector steps of pc after each prediction (0: 1)")
	f.BoolVar(&o.Unbounded, "unbounded", false, "the corrector's step of pc as its paper has it, also in few dimensions")
	numberVar(f, &o.StepSize, "step-size", optionRange("step-size"), 0, "step of langevin and annealed-langevin (0: from the lowest noise level)")
	numberVar(f, &o.Updates, "updates", optionRange("updates"), 0, "updates of langevin in a step (0: 1), of annealed-langevin at a level (0: 100)")
	f.BoolVar(&o.Still, "still", false, "langevin without its noise: paths collapse to the modes")
	numberVar(f, &o.Level, "level", optionRange("level"), 0, "the time at which langevin stays (0: the process's first)")
	numberVar(f, &o.Order, "order", optionRange("order"), 0, "order of unipc, 1 to 3 (0: 2)")
	f.BoolVar(&o.BH1, "bh1", false, "B(h) = -h in unipc")
	f.BoolVar(&o.NoCorrect, "no-correct", false, "unipc without its corrector")
	f.BoolVar(&o.LowerFinal, "lower-final", false, "a lower order in the last steps of dpm++2m, dpm++2m-sde and unipc")
	numberVar(f, &o.RTol, "rtol", optionRange("rtol"), 0, "relative tolerance of rk45 (0: 1e-5)")
	numberVar(f, &o.ATol, "atol", optionRange("atol"), 0, "absolute tolerance of rk45 (0: 1e-5)")
	numberVar(f, &o.MaxCalls, "max-calls", optionRange("max-calls"), 0, "most network calls of rk45 (0: 10,000)")
}

// optionRange is the range of a solver's option; 0 is its default.
func optionRange(name string) config.Range {
	lo, hi, ok := sample.OptionRange(name)
	if !ok {
		panic("no range of solver option " + name)
	}
	return config.Range{Lo: lo, Hi: hi, OrZero: true}
}

// check finds what the command line alone shows to be wrong.
func (s *solverFlags) check(cmd *cobra.Command) error {
	f := cmd.Flags()
	for _, x := range []struct {
		name, value string
		allowed     []string
	}{
		{"solver", s.solver, config.Solvers}, {"clamp", s.clamp, config.Clamps}, {"variance", s.variance, config.Variances},
		{"spacing", s.spacing, sample.Spacings()}, {"predictor", s.options.Predictor, sample.Predictors()}, {"process", s.process, config.Processes},
	} {
		if f.Changed(x.name) {
			if err := config.OneOf(x.name, x.value, x.allowed); err != nil {
				return err
			}
		}
	}
	switch {
	case f.Changed("variance") && f.Changed("eta"):
		return fmt.Errorf("--variance belongs to --solver ddpm, and --eta to ddim; leave one out")
	case f.Changed("eta") && s.solver == "":
		s.solver = "ddim"
	case f.Changed("variance") && s.solver == "":
		s.solver = "ddpm"
	case f.Changed("steps") && s.solver == "lecture-sde":
		return fmt.Errorf("--steps does not go with --solver lecture-sde, which walks all of the model's time steps")
	}
	return s.checkOptions(f)
}

// unspaced are the solvers that follow no grid of times.
var unspaced = []string{"lecture-sde", "langevin"}

// checkOptions refuses an option that the solver named beside it has not, given as whatever value.
func (s *solverFlags) checkOptions(f *pflag.FlagSet) error {
	if s.solver == "" {
		return nil
	}
	solvers := sample.Solvers()
	own := solvers[slices.IndexFunc(solvers, func(i sample.Info) bool { return i.Name == s.solver })].Options
	for _, option := range optionNames() {
		if f.Changed(option) && !slices.Contains(own, option) {
			return fmt.Errorf("--%s belongs to --solver %s, not to %s; leave it out", option, strings.Join(solversWith(option), " and "), s.solver)
		}
	}
	if f.Changed("spacing") && slices.Contains(unspaced, s.solver) {
		return fmt.Errorf("--spacing: solver %s has times of its own; leave it out", s.solver)
	}
	if _, err := sample.New[struct{}](s.solver, s.options); err != nil {
		return fmt.Errorf("--%w", err)
	}
	return nil
}

// optionNames are the flags of the solvers' options.
func optionNames() []string {
	var names []string
	t := reflect.TypeFor[sample.Options]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("name"))
	}
	return names
}

func solversWith(option string) []string {
	var names []string
	for _, s := range sample.Solvers() {
		if slices.Contains(s.Options, option) {
			names = append(names, s.Name)
		}
	}
	return names
}

// fill puts what the flags say into the model's options.
func (s *solverFlags) fill(p *model.Options) error {
	p.Solver, p.Steps, p.Spacing, p.Clamp, p.Options = s.solver, s.steps, s.spacing, s.clamp, s.options
	if s.process == "" {
		return nil
	}
	row, err := formulation.Processes.Find(s.process)
	if err != nil {
		return err
	}
	p.Process, err = row.Process()
	return err
}

// complete fills in what depends on the model, and checks it.
func (s *solverFlags) complete(cmd *cobra.Command, p *model.Options, m *model.Loaded) (err error) {
	steps := p.Steps
	*p = m.Filled(*p)
	s.solver = p.Solver
	if err := s.checkOptions(cmd.Flags()); err != nil {
		return usage(err)
	}
	if err := config.ValidateSolver(p.Solver, steps, "steps", tableLength(s.sampled(*p, m))); err != nil {
		return err
	}
	switch {
	case cmd.Flags().Changed("variance"):
		p.Variance, err = reverie.ParseVariance(s.variance)
	case p.Solver == "ddpm":
		p.Variance = m.Defaults.Variance
	}
	if err != nil {
		return err
	}
	return m.Fits(*p)
}

// sampled is the process that is walked.
func (s *solverFlags) sampled(p model.Options, m *model.Loaded) reverie.Process {
	if p.Process != nil {
		return p.Process
	}
	return m.Process
}

// text are the chunks of a picture that say how its samples were drawn.
func (s *solverFlags) text(p model.Options) []picture.Text {
	text := []picture.Text{
		{Key: "solver", Value: p.Solver}, {Key: "steps", Value: fmt.Sprint(p.Steps)}, {Key: "spacing", Value: p.Spacing}, {Key: "clamp", Value: p.Clamp},
	}
	if s.process != "" {
		text = append(text, picture.Text{Key: "process", Value: s.process})
	}
	for _, o := range givenOptions(p) {
		text = append(text, picture.Text{Key: o[0], Value: o[1]})
	}
	return text
}

// givenOptions are the solver's options with their values: those that are not the default, and what names the solver's noise.
func givenOptions(p model.Options) (all [][2]string) {
	v := reflect.ValueOf(p.Options)
	for i, name := range optionNames() {
		always := name == "eta" && p.Solver == "ddim" || name == "variance" && p.Solver == "ddpm"
		if f := v.Field(i); always || !f.IsZero() {
			all = append(all, [2]string{name, fmt.Sprint(f.Interface())})
		}
	}
	return all
}

// solverName is a solver with what belongs to it alone.
func solverName(p model.Options) string {
	var parts []string
	for _, o := range givenOptions(p) {
		if o[0] == "variance" {
			parts = append(parts, o[1]+" variance")
		} else {
			parts = append(parts, o[0]+" "+o[1])
		}
	}
	if parts == nil {
		return p.Solver
	}
	return fmt.Sprintf("%s (%s)", p.Solver, strings.Join(parts, ", "))
}
