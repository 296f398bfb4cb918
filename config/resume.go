package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// free are the fields that a resumed run may change: totals and rhythm, which
// leave the course of the training alone.
var free = []string{"epochs", "steps", "time", "save-every", "keep", "sample-every", "sample-n"}

// stops are the fields that end a run. One on the command line replaces the preset's.
var stops = []string{"epochs", "steps", "time"}

// Resume returns the configuration with which a run goes on: r, with the fields
// named in set taken from given. It is an error if one of them differs that a
// resumed run may not change; the message names each with both values.
func (r *Run) Resume(given *Run, set []string) (*Run, error) {
	have, want := fields(r), fields(given)
	var wrong []string
	for _, name := range set {
		if !slices.Contains(free, name) && !reflect.DeepEqual(have[name], want[name]) {
			wrong = append(wrong, fmt.Sprintf("--%s %s (the run has %s)", name, text(want[name]), text(have[name])))
		}
	}
	if wrong != nil {
		return nil, fmt.Errorf("a resumed run keeps its settings; leave out %s, or start a new run", strings.Join(wrong, ", "))
	}
	out, changed := *r, map[string]json.RawMessage{}
	for _, name := range set {
		if slices.Contains(stops, name) {
			out.ClearStops()
		}
		changed[name] = want[name]
	}
	b, err := json.Marshal(changed)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return nil, err
	}
	return &out, out.Validate()
}

// ClearStops removes the stops of r, before those of the command line are set.
func (r *Run) ClearStops() { r.Epochs, r.Steps, r.Time = 0, 0, 0 }

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

func text(v json.RawMessage) string { return strings.Trim(string(v), `"`) }
