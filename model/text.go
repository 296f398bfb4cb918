package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Text are the chunks of a picture that say how its samples were drawn, under the names of the
// settings; o is Filled.
func (o Options) Text() []picture.Text {
	text := []picture.Text{
		{Key: "solver", Value: sample.Name(o.Solver)}, {Key: "steps", Value: fmt.Sprint(o.Steps)}, {Key: "spacing", Value: o.Spacing}, {Key: "clamp", Value: o.Clamp},
	}
	for _, f := range sample.Said(o.Solver) {
		text = append(text, picture.Text{Key: f.Name, Value: f.String()})
	}
	for _, g := range o.Guides {
		text = append(text, picture.Text{Key: "guide", Value: describedGuide(g)})
	}
	return text
}

// Sampler is the solver with the settings that are named with it, "ddim (eta 0)", and after it the
// guides; o is Filled.
func (o Options) Sampler() string {
	all := []string{described(sample.Name(o.Solver), sample.Said(o.Solver))}
	for _, g := range o.Guides {
		all = append(all, "guide "+describedGuide(g))
	}
	return strings.Join(all, ", ")
}

// described is a name with settings after it.
func described(name string, settings []*table.Field) string {
	var parts []string
	for _, f := range settings {
		parts = append(parts, f.Name+" "+f.String())
	}
	if parts == nil {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, strings.Join(parts, ", "))
}

// describedGuide is a guide with its settings that are not as its row has them.
func describedGuide(g Guide) string {
	name, settings := g.Row().Name, table.Fields(g)
	if row, err := guide.Guides.Find(name); err == nil {
		usual := table.Fields(row)
		settings = slices.DeleteFunc(settings, func(f *table.Field) bool {
			u := table.Find(usual, f.Name)
			return u != nil && u.String() == f.String()
		})
	}
	return described(name, settings)
}
