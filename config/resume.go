package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/table"
)

// Given are the fields that a command line gives: of Flags, those that were set.
type Given []*table.Field

// Has says whether a field of that name is among them.
func (g Given) Has(name string) bool { return table.Find(g, name) != nil }

// Begin returns the configuration of a new run: the preset of that name, with the fields given and,
// where they leave it open, what suits them. Data of a form that has a preset of its own have that,
// unless one is given.
func Begin(preset string, given Given) (*Run, error) {
	if !given.Has("preset") {
		preset = ofForm(preset, given)
	}
	start, err := Preset(preset)
	if err != nil {
		return nil, err
	}
	r, err := start.With(given)
	if err != nil {
		return nil, err
	}
	if len(r.Data) > 0 && !given.Has("data-class") {
		r.DataClass = nil // the preset's class is one of the embedded set
	}
	r.Adapt(given.Has)
	return r.With(given) // once more, for settings of rows that suit and were not given
}

// ofForm is the preset of the form of the data that are given, or else the one named.
func ofForm(preset string, given Given) string {
	if f := table.Find(given, "data"); f != nil {
		form := claim(f.Value().([]string)).Kind.Form
		for _, p := range Presets.Rows() {
			if p.Of != "" && p.Of == form {
				return p.Name
			}
		}
	}
	return preset
}

// Resume returns the configuration with which a run goes on: r, with the fields given. A stop among
// them replaces all stops of r, as it does the preset's: a run of --steps 1000 --time 8m resumed
// with --time 20m ends after 20 minutes. It is an error if one of them differs that a resumed run
// may not change; the message names each with both values.
func (r *Run) Resume(given Given) (*Run, error) {
	have := r.Fields()
	var wrong []string
	for _, f := range given {
		was := table.Find(have, f.Name)
		if what := f.Tag.Get("resume"); what == "free" || what == "stop" || what == "moved" && mayMove(was, f) || was != nil && bytes.Equal(text(was), text(f)) {
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%s %s (the run has %s)", argument(f.Name), plain(f), plain(was)))
	}
	if wrong != nil {
		return nil, fmt.Errorf("a resumed run keeps its settings; leave out %s, or start a new run", strings.Join(wrong, ", "))
	}
	next, err := r.With(given)
	if err != nil {
		return nil, err
	}
	return next, next.Validate()
}

// mayMove says whether a field can name the same data: where both have some, and of one kind,
// folders or points.
func mayMove(was, now *table.Field) bool {
	have, want := was.Value().([]string), now.Value().([]string)
	return len(have) > 0 && len(want) > 0 && claim(have).Kind.Noun(2) == claim(want).Kind.Noun(2)
}

// Check finds, among the fields given to a run that is resumed and not read yet, unknown values and
// those that rule each other out. What they leave open is the run's, so that it is what no field
// alone can contradict here.
func (g Given) Check() error {
	base := small()
	base.Process, base.SampleSteps = &formulation.DDPM{Timesteps: 100000, Schedule: formulation.NewLinear(1e-12, 1-1e-12)}, 0
	r, err := base.With(g)
	if err != nil {
		return err
	}
	r.Adapt(g.Has)
	if err := r.Validate(); err != nil {
		return err
	}
	open := func(f *table.Field) bool { // of a row that the run may have chosen
		return !slices.ContainsFunc(f.Paths, func(p table.Path) bool {
			return len(p) == 0 || slices.ContainsFunc(p, func(c table.Choice) bool { return g.Has(c.Flag) })
		})
	}
	return r.Unused(Given(slices.DeleteFunc(slices.Clone(g), open)).Has)
}

// With returns r with the fields given, rows before what is theirs. A stop among them replaces all
// stops of r. What the rows chosen have not is left out: see Unused.
func (r *Run) With(given Given) (*Run, error) {
	next := r.Copy()
	for _, f := range given {
		if f.Tag.Get("resume") == "stop" {
			next.Stops = Stops{}
		}
	}
	return next, table.Take(next, given)
}

// Copy returns a copy that shares nothing with r.
func (r *Run) Copy() *Run { return table.Clone(r) }

// text is a field's value as it is compared.
func text(f *table.Field) []byte {
	b, err := f.JSON()
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// argument is how a field is given on the command line.
func argument(name string) string {
	if name == "data" {
		return "DATA"
	}
	return "--" + name
}

// plain is a field's value as it is read.
func plain(f *table.Field) string {
	switch {
	case f == nil:
		return "none"
	case f.Name == "data" && f.IsZero():
		return "the embedded emoji"
	case f.String() == "" && f.Type() == "duration":
		return "0s"
	case f.String() == "":
		return "none"
	}
	return f.String()
}
