package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// free are the fields that a resumed run may change: totals and rhythm, and the
// learning rate, which goes on from where it was.
var free = []string{"epochs", "steps", "time", "save-every", "keep", "best", "sample-every", "lr", "lr-schedule", "warmup"}

// moved are the fields that may change as far as the same data lie elsewhere,
// which the data's fingerprint decides once they are read.
var moved = []string{"data", "from"}

// stops are the fields that end a run. One on the command line replaces all that
// were there: the preset's, and on resume the run's.
var stops = []string{"epochs", "steps", "time"}

// Resume returns the configuration with which a run goes on: r, with the fields
// named in set taken from given. A stop among them replaces all stops of r, as it
// does the preset's: a run of --steps 1000 --time 8m resumed with --time 20m ends
// after 20 minutes. It is an error if one of them differs that a
// resumed run may not change; the message names each with both values.
func (r *Run) Resume(given *Run, set []string) (*Run, error) {
	have, want := fields(r), fields(given)
	var wrong []string
	for _, name := range set {
		if !slices.Contains(free, name) && !reflect.DeepEqual(have[name], want[name]) && !r.mayMove(given, name) {
			wrong = append(wrong, fmt.Sprintf("%s %s (the run has %s)", argument(name), text(name, want[name]), text(name, have[name])))
		}
	}
	if wrong != nil {
		return nil, fmt.Errorf("a resumed run keeps its settings; leave out %s, or start a new run", strings.Join(wrong, ", "))
	}
	next := r.With(given, set)
	return next, next.Validate()
}

// mayMove says whether a field can name the same data as r's: where both have some, and of one kind, folders or points.
func (r *Run) mayMove(given *Run, name string) bool {
	have, want := r.Data, given.Data
	if name == "from" {
		have, want = r.From, given.From
	}
	return slices.Contains(moved, name) && len(have) > 0 && len(want) > 0 && claim(have).Kind.Noun(2) == claim(want).Kind.Noun(2)
}

// With returns r with the fields named in set taken from given. A stop among
// them replaces all stops of r.
func (r *Run) With(given *Run, set []string) *Run {
	base := *r
	if slices.ContainsFunc(set, func(name string) bool { return slices.Contains(stops, name) }) {
		base.Epochs, base.Steps, base.Time = 0, 0, 0
	}
	next, want := fields(&base), fields(given)
	for _, name := range set {
		next[name] = want[name]
	}
	out := new(Run)
	b, err := json.Marshal(next)
	if err == nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		panic("config: " + err.Error()) // these fields were marshalled from Runs
	}
	return out
}

// fields returns the JSON of each field of r under its flag's name.
func fields(r *Run) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	b, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic("config: " + err.Error()) // Run has no field that JSON cannot hold
	}
	return m
}

// argument is how a field is given on the command line.
func argument(name string) string {
	if name == "data" {
		return "DATA"
	}
	return "--" + name
}

// text is a field's JSON as its flag is written: without quotes and brackets.
func text(name string, v json.RawMessage) string {
	plain := strings.NewReplacer(`"`, "", "[", "", "]", "", "null", "").Replace(string(v))
	switch {
	case plain != "":
		return plain
	case name == "data":
		return "the embedded emoji"
	}
	return "none"
}
