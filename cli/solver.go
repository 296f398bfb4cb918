package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

// solverFlags say how samples are drawn: the flags are its fields, and the settings of every solver
// and guide that there is.
type solverFlags struct {
	Solver  table.Row `flag:"solver" of:"solver" help:"solver (default: the run's)"`
	Steps   int       `flag:"steps" range:"[1,100000]" help:"solver steps"`
	Spacing string    `flag:"spacing" of:"spacing" help:"spacing of the times"`
	Clamp   string    `flag:"clamp" of:"clamp" help:"keep to [-1,1] (default: the run's with its own solver; else x for the lecture's solvers on its model, x0 elsewhere)"`
	Process string    `flag:"process" of:"process" help:"sample under this process with its default schedule, at the noise levels that the model knows (default: the model's)"`
	Guide   table.Row `flag:"guide" of:"guide" help:"steer what is drawn"`

	unguided bool     // there are no flags of guides, for the command goes by its own
	guides   []string // all names that --guide was given
	chosen   []model.Guide
	flags    *pflag.FlagSet
	taken    []string // settings whose flags the command has for something else
}

// add adds the flags. Those that the command has already are its own.
func (s *solverFlags) add(f *pflag.FlagSet) {
	s.flags = f
	help := map[string]string{
		"steps":   usual(func(h sample.Habits) string { return fmt.Sprint(h.Steps) }, "all of a table"),
		"spacing": usual(func(h sample.Habits) string { return h.Spacing }, ""),
	}
	for _, field := range s.offered(s) {
		switch {
		case f.Lookup(field.Name) != nil:
			s.taken = append(s.taken, field.Name)
		case field.Name != "guide":
			field.Help += help[field.Name]
			if field.Owners() != "" {
				field.Group = cmp.Or(field.Group, "Sampling")
			}
			fieldVar(f, field)
		case len(guide.Guides.Rows()) > 0:
			f.StringSliceVar(&s.guides, "guide", nil, field.Help+", one within another: "+strings.Join(guide.Guides.Names(), ", ")+"; or autoguidance away from the weaker model of a RUN or RUN@STEP")
			f.Lookup("guide").Annotations = map[string][]string{inGroup: {"Sampling"}}
		}
	}
	for _, row := range sample.Solvers.Rows() {
		if chief := sample.HabitsOf(row, nil).Chief; chief != "" {
			f.Lookup(chief).Usage += "; given alone, it chooses solver " + row.Row().Name
		}
	}
	for _, row := range guide.Guides.Rows() {
		if s.unguided {
			break
		}
		if g, ok := row.(interface{ Chief() string }); ok {
			f.Lookup(g.Chief()).Usage += "; given alone, it chooses guide " + row.Row().Name
		}
	}
}

// offered are the settings that there are flags for, as fields of one of the flags.
func (s *solverFlags) offered(in *solverFlags) []*table.Field {
	return slices.DeleteFunc(table.All(in), func(f *table.Field) bool { return s.unguided && ofGuides(f) })
}

// ofGuides says whether a field is the choice of a guide, or a setting of guides alone.
func ofGuides(f *table.Field) bool {
	return f.Name == "guide" || !slices.ContainsFunc(f.Paths, func(p table.Path) bool { return len(p) == 0 || p[0].Flag != "guide" })
}

// usual says for help what solvers do by default, those of one default together.
func usual(of func(sample.Habits) string, whole string) string {
	var defaults []string
	solvers := map[string][]string{}
	for _, row := range sample.Solvers.Rows() {
		h := sample.HabitsOf(row, nil)
		value := of(h)
		if h.Whole && whole != "" {
			value = whole
		}
		if solvers[value] == nil {
			defaults = append(defaults, value)
		}
		solvers[value] = append(solvers[value], row.Row().Name)
	}
	for i, value := range defaults {
		defaults[i] = value + " for " + strings.Join(solvers[value], ", ")
	}
	return " (default: the run's with its own solver; else " + strings.Join(defaults, "; ") + ")"
}

// check finds what the command line alone shows to be wrong.
func (s *solverFlags) check() error {
	if err := s.choose(); err != nil {
		return err
	}
	if err := s.chooseGuides(); err != nil {
		return err
	}
	for _, name := range s.settings() { // of guides: a classifier says which classes there are
		if _, err := setAll(s.holders(), name, s.flags.Lookup(name).Value.String()); err != nil {
			return err
		}
	}
	if s.Solver == nil {
		return nil
	}
	return s.set(s.Solver)
}

// chooseGuides takes the guides that are named, or that settings stand for.
func (s *solverFlags) chooseGuides() error {
	if s.unguided {
		return nil
	}
	rows, err := guide.Choose(s.guides, s.flags.Changed, model.IsRun)
	if err != nil {
		return err
	}
	for _, row := range rows {
		g, err := guide.For[*tensors.Tensor](row)
		if err != nil {
			return err
		}
		s.chosen = append(s.chosen, g)
	}
	return nil
}

// idle refuses guides that guide nothing, and settings of guides that have no effect. Those of a
// guide whose gamma a sweep changes have one at other values.
func (s *solverFlags) idle(swept string) error {
	for _, g := range s.chosen {
		if r, ok := g.(interface{ Validate() error }); ok {
			if err := r.Validate(); err != nil {
				return err
			}
		}
		if swept == "guidance" {
			continue
		}
		if err := guide.Idle(g, s.flags.Changed); err != nil {
			return err
		}
	}
	return nil
}

// choose takes the solver that a setting stands for, where that is given alone.
func (s *solverFlags) choose() error {
	if s.Solver != nil {
		return nil
	}
	var by string
	for _, row := range sample.Solvers.Rows() {
		chief := sample.HabitsOf(row, nil).Chief
		switch {
		case chief == "" || !s.flags.Changed(chief):
		case s.Solver != nil:
			return fmt.Errorf("--%s belongs to --solver %s, and --%s to %s; leave one out", by, sample.Name(s.Solver), chief, row.Row().Name)
		default:
			s.Solver, by = table.Copy(row), chief
		}
	}
	return nil
}

// set gives a solver, and the guides, the settings that were given. It refuses one that none of
// them has, and what the solver leaves without effect.
func (s *solverFlags) set(solver table.Row) error {
	s.Solver = solver
	unused, err := setGiven(append([]any{solver}, s.holders()...), s.flags, s.settings())
	if err != nil {
		return err
	}
	if unused != "" {
		return table.Unused(s, unused)
	}
	h := sample.HabitsOf(solver, nil)
	switch {
	case h.WalksTable() && s.flags.Changed("steps"):
		return fmt.Errorf("--steps does not go with --solver %s, which walks all of the model's time steps; leave it out", sample.Name(solver))
	case h.OwnTimes && s.flags.Changed("spacing"):
		return fmt.Errorf("--spacing: solver %s has times of its own; leave it out", sample.Name(solver))
	}
	return nil
}

// holders are the guides, which hold settings.
func (s *solverFlags) holders() (all []any) {
	for _, g := range s.chosen {
		all = append(all, g)
	}
	return all
}

// settings are the settings of solvers and guides that were given.
func (s *solverFlags) settings() (names []string) {
	for _, f := range s.offered(new(solverFlags)) {
		if f.Owners() != "" && s.flags.Changed(f.Name) && !slices.Contains(s.taken, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// setGiven sets the settings of those names as they were given, in all that hold one, and returns
// the first that none holds.
func setGiven(holders []any, f *pflag.FlagSet, names []string) (unused string, err error) {
	for len(names) > 0 { // a setting may be of a row that another one chooses
		var rest []string
		for _, name := range names {
			used, err := setAll(holders, name, f.Lookup(name).Value.String())
			if err != nil {
				return "", err
			}
			if !used {
				rest = append(rest, name)
			}
		}
		if len(rest) == len(names) {
			return rest[0], nil
		}
		names = rest
	}
	return "", nil
}

// setAll sets every setting of that name, and says whether there is one.
func setAll(holders []any, name, value string) (used bool, err error) {
	for _, h := range holders {
		if f := table.Find(table.Fields(h), name); f != nil {
			used = true
			if err := f.Set(value); err != nil {
				return true, err
			}
		}
	}
	return used, nil
}

// fill puts what the flags say into the options of a sampling.
func (s *solverFlags) fill(o *model.Options) (err error) {
	o.Steps, o.Spacing, o.Clamp, o.Guides = s.Steps, s.Spacing, s.Clamp, s.chosen
	if s.Solver != nil {
		if o.Solver, err = sample.For[*tensors.Tensor](s.Solver); err != nil {
			return err
		}
	}
	if s.Process == "" {
		return nil
	}
	row, err := formulation.Processes.Find(s.Process)
	if err != nil {
		return err
	}
	o.Process, err = row.Process()
	return err
}

// complete fills in what depends on the model, and checks it by fits.
func (s *solverFlags) complete(o *model.Options, m *model.Loaded, fits func(model.Options) error) error {
	*o = m.Filled(*o)
	if row, ok := o.Solver.(table.Row); ok {
		if err := s.set(row); err != nil {
			return usage(err)
		}
	}
	p := o.Process
	if p == nil {
		p = m.Process
	}
	if n := tableLength(p); n > 0 && o.Steps > n {
		return fmt.Errorf("--steps %d is outside 0 to %d: the model has %d time steps", o.Steps, n, n)
	}
	err := fits(*o)
	switch {
	case errors.Is(err, model.ErrAimless):
		return usage(err)
	case errors.Is(err, model.ErrNoNull) && slices.Contains(o.Class, reverie.NullClass):
		return fmt.Errorf("%w; ask for a class by --class", err)
	case errors.Is(err, model.ErrNoNull):
		return fmt.Errorf("%w; give --negative CLASS in place of none, or --guide RUN, a weaker model", err)
	}
	return err
}

// text are the chunks of a picture that say how its samples were drawn.
func (s *solverFlags) text(o model.Options) []picture.Text {
	text := o.Text()
	if s.Process != "" {
		text = append(text, picture.Text{Key: "process", Value: s.Process})
	}
	return text
}
