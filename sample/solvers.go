package sample

import (
	"fmt"
	"reflect"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Solvers are the solvers that a name chooses: each a row that is the solver itself with its
// settings. A program adds its own, a Solver of whatever batches it works on:
//
//	sample.Solvers.Add(new(Own)) // func (*Own) Row() table.Info, func (*Own) Step(..)
var Solvers = table.New[table.Row]("solver", "solvers", "", table.Rows(builtin[none]())...)

// builtin lists the solvers of this package, with their settings' defaults. A new one is a file and
// a line here.
func builtin[X any]() []Named[X] {
	return []Named[X]{
		new(DDPM[X]),
		new(DDIM[X]),
		new(LectureSDE[X]),
		new(Euler[X]),
		new(Heun[X]),
		new(EulerMaruyama[X]),
		new(ReverseDiffusion[X]),
		&PC[X]{Predictor: new(ReverseDiffusion[X])},
		new(Langevin[X]),
		new(AnnealedLangevin[X]),
		new(DPM2M[X]),
		new(DPM2MSDE[X]),
		new(UniPC[X]),
		new(RK45[X]),
	}
}

// none are the batches of the rows of Solvers, which are there to be looked at and take no step.
type none struct{}

// Named is a Solver that is a row of Solvers.
type Named[X any] interface {
	Solver[X]
	table.Row
}

// What solvers refuse, and why, at the end of their Text.
const (
	notBridges = "; not for bridges (sigma is 0 at the far end)"
	notBetween = "; not for flows between two data sets (no score)"
	notBoth    = "; not for bridges, nor flows between two data sets (no score)"
)

// New returns a new solver by its name, with the settings' defaults, for one run on batches of type
// X. An unknown name is an error, and a solver of a program's own that works on other batches.
func New[X any](name string) (Solver[X], error) {
	row, err := Solvers.Find(name)
	if err != nil {
		return nil, err
	}
	return For[X](row)
}

// For returns a new solver for batches of type X with the settings of a row, which may be one of
// Solvers or a copy with others.
func For[X any](row table.Row) (Solver[X], error) {
	if s, ok, err := table.As(row, builtin[X]()); ok {
		return s, err
	}
	return nil, fmt.Errorf("solver %s works on other batches than %v", row.Row().Name, reflect.TypeFor[X]())
}

// Habits are how a solver is used where nothing else is said, and what is peculiar to it. The zero
// value is 50 steps, even in time.
type Habits struct {
	// Steps are those by which a Gaussian comes out with its deviation within a tenth
	// (docs/samplers.md), and Spacing how its times lie.
	Steps   int
	Spacing string

	Whole    bool   // it takes all the steps of a table of betas
	OwnTimes bool   // it follows no grid: a spacing has no effect and, where Whole, no number of steps
	Joint    bool   // its steps are those of all samples of a batch: one depends on the others
	Lecture  bool   // it is one of the lecture's own, which clamps x after each of its steps
	Chief    string // the setting that stands for the solver: it chooses it, and is named with it; "": none
}

// WalksTable says whether the solver walks every index of a table, whatever is said.
func (h Habits) WalksTable() bool { return h.Whole && h.OwnTimes }

// Stands is the row of the solver that a setting stands for which was given, see Habits.Chief; nil
// if there is none.
func Stands(given func(flag string) bool) table.Row {
	for _, row := range Solvers.Rows() {
		if chief := HabitsOf(row, nil).Chief; chief != "" && given(chief) {
			return row
		}
	}
	return nil
}

// HabitsOf returns a solver's habits on a process; of nil those without regard to one. A solver, or
// a row of Solvers, says of itself by a method Habits(reverie.Process) Habits. Of a table its steps
// are at most T, and all of them for Whole. Under EDM, where the time is the noise level itself,
// karras stands in for linear, which would leave no times near the data.
func HabitsOf(solver any, p reverie.Process) Habits {
	var h Habits
	if s, ok := solver.(interface {
		Habits(p reverie.Process) Habits
	}); ok {
		h = s.Habits(p)
	}
	if h.Steps == 0 {
		h.Steps = 50
	}
	if h.Spacing == "" {
		h.Spacing = "linear"
	}
	if _, ok := whole(p).(reverie.EDM); ok && h.Spacing == "linear" {
		h.Spacing = "karras"
	}
	if d, ok := p.(reverie.Discrete); ok && (h.Whole || h.Steps > d.Steps()) {
		h.Steps = d.Steps()
	}
	return h
}

// whole returns the process that p is a part of, or p.
func whole(p reverie.Process) reverie.Process {
	if part, ok := p.(reverie.Part); ok {
		return part.Process
	}
	return p
}

// Name returns the name of a solver: its row's, or its type's where it is no row.
func Name(solver any) string {
	if row, ok := solver.(table.Row); ok {
		return row.Row().Name
	}
	return fmt.Sprintf("%T", solver)
}

// Fresh returns a solver for a new run, with the settings of one that has taken no step: a pointer,
// whose settings may be changed.
func Fresh[X any](solver Solver[X]) Solver[X] {
	v := reflect.Indirect(reflect.ValueOf(solver))
	to := reflect.New(v.Type())
	to.Elem().Set(v)
	return to.Interface().(Solver[X])
}

// Said returns the settings of a solver that are named with it: those that are not the default, and
// the chief one.
func Said(solver any) []*table.Field { return unusual(solver, HabitsOf(solver, nil).Chief) }

// Unusual returns the settings of a solver that are not the default.
func Unusual(solver any) []*table.Field { return unusual(solver, "") }

// unusual are the settings that are not the default, and the one of that name.
func unusual(solver any, too string) (all []*table.Field) {
	var usual []*table.Field
	if row, err := Solvers.Find(Name(solver)); err == nil {
		usual = table.Fields(row)
	}
	for _, f := range table.Fields(addressable(solver)) {
		u := table.Find(usual, f.Name)
		if f.Name == too || u == nil && !f.IsZero() || u != nil && f.String() != u.String() {
			all = append(all, f)
		}
	}
	return all
}
