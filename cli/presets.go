package cli

import (
	"cmp"
	"strings"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/pflag"
)

// showPresets adds to the help of each flag what the presets say, "" where that is nothing: of a
// setting that a preset has no use for, what the others have, and of one that none has a use for
// what it is in its rows.
func showPresets(f *pflag.FlagSet) {
	said := map[string][]string{} // of each field, what presets say, and by which
	alike := map[string]bool{}
	for _, p := range config.Presets.Rows() {
		run := p.New()
		for _, field := range run.Fields() {
			text := presetText(field)
			before := said[field.Name]
			alike[field.Name] = before == nil || alike[field.Name] && before[len(before)-1] == text
			said[field.Name] = append(before, p.Name, text)
		}
	}
	f.VisitAll(func(f *pflag.Flag) {
		field, ok := f.Value.(*table.Field)
		switch of := said[f.Name]; {
		case f.Name == "preset" || !ok:
		case of != nil:
			f.Usage += presetHelp(of, alike[f.Name] && (of[1] == "" || len(of) == 2*len(config.Presets.Rows())))
		default:
			f.Usage += presetHelp([]string{"", field.Usual()}, true)
		}
	})
}

// presetHelp is the end of a flag's help: the names of presets and what they say, those one after
// the other that say the same together, or what they all say.
func presetHelp(of []string, alike bool) string {
	if alike {
		return strings.TrimSuffix(" ["+of[1]+"]", " []")
	}
	var parts []string
	names := ""
	for i := 0; i < len(of); i += 2 {
		if names += of[i]; i+3 < len(of) && of[i+3] == of[i+1] {
			names += ", "
			continue
		}
		parts = append(parts, names+" "+cmp.Or(of[i+1], "none"))
		names = ""
	}
	return " [" + strings.Join(parts, "; ") + "]"
}

// presetText is a value as a flag is given it, "" where it is a zero.
func presetText(f *table.Field) string {
	if f.IsZero() {
		return ""
	}
	if short, ok := strings.CutSuffix(f.String(), "m0s"); ok {
		return short + "m"
	}
	return f.String()
}
