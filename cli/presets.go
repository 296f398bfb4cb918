package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/config"
	"github.com/spf13/pflag"
)

// showPresets adds to the help of each flag what the presets say.
func showPresets(f *pflag.FlagSet) {
	values := map[string]map[string]json.RawMessage{}
	for _, name := range config.PresetNames() {
		values[name] = presetFields(name)
	}
	f.VisitAll(func(f *pflag.Flag) {
		if _, ok := values["small"][f.Name]; !ok || f.Name == "preset" {
			return
		}
		if f.Value.Type() == "float64Slice" {
			f.DefValue = "" // pflag shows an empty one
		}
		f.Usage += presetHelp(presetText(values["small"][f.Name]), presetText(values["lecture"][f.Name]))
	})
}

// presetFields are the values of a preset by the names of the flags.
func presetFields(name string) (m map[string]json.RawMessage) {
	preset, err := config.Preset(name)
	if err != nil {
		panic(err) // the name is one of PresetNames
	}
	b, err := preset.JSON()
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // Run has no field that JSON cannot hold
	}
	return m
}

// presetHelp says what both presets have, "" where that is nothing.
func presetHelp(small, lecture string) string {
	switch {
	case small == lecture && small == "":
		return ""
	case small == lecture:
		return fmt.Sprintf(" [%s]", small)
	}
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	return fmt.Sprintf(" [small %s; lecture %s]", none(small), none(lecture))
}

// presetText is a value as a flag is given it, "" where it is a zero.
func presetText(v json.RawMessage) string {
	s := strings.NewReplacer("\n", "", " ", "", `"`, "", "[", "", "]", "").Replace(string(v))
	switch s {
	case "null", "0", "0s", "false":
		return ""
	}
	if short, ok := strings.CutSuffix(s, "m0s"); ok {
		return short + "m"
	}
	if strings.HasPrefix(string(v), "[") && strings.Contains(string(v), `"`) { // names may have spaces
		var names []string
		if json.Unmarshal(v, &names) == nil {
			return strings.Join(names, ",")
		}
	}
	return s
}
