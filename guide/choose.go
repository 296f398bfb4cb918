package guide

import (
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/table"
)

// Choose returns the guides that a command line chooses, with the defaults of their settings, in
// the order in which they compose: those of this package in their own, then a program's own as
// named.
//
// A value of --guide is the name of a guide or, where there is none of the name and isRun says so,
// the run of a weaker model for autoguidance. A setting that was given and is a guide's chief one
// (its method Chief() string) chooses that guide, unless one that is chosen has the setting too: so
// --guidance 2 is classifier-free guidance, and with --guide RUN the scale of autoguidance.
func Choose(values []string, given func(flag string) bool, isRun func(value string) bool) ([]table.Row, error) {
	return choose(Guides.Rows(), values, given, isRun)
}

func choose(rows []table.Row, values []string, given, isRun func(string) bool) ([]table.Row, error) {
	var chosen []table.Row
	for _, value := range values {
		row, err := named(rows, value, isRun)
		if err != nil {
			return nil, err
		}
		if f := table.Find(table.Fields(row), "weak"); f != nil && !f.IsZero() && given("weak") {
			return nil, fmt.Errorf("--guide %s and --weak both name the weaker model; leave one out", value)
		}
		chosen = append(chosen, row)
	}
	for _, row := range rows {
		r, ok := row.(interface{ Chief() string })
		if ok && given(r.Chief()) && !slices.ContainsFunc(chosen, func(c table.Row) bool { return table.Find(table.Fields(c), r.Chief()) != nil }) {
			chosen = append(chosen, table.Copy(row))
		}
	}
	place := func(r table.Row) int {
		i := slices.IndexFunc(builtin[none](), func(b Guide[none]) bool { return b.Row().Name == r.Row().Name })
		if i < 0 {
			return len(rows)
		}
		return i
	}
	slices.SortStableFunc(chosen, func(a, b table.Row) int { return place(a) - place(b) })
	return chosen, alone(chosen)
}

// named is the row that a value of --guide names.
func named(rows []table.Row, value string, isRun func(string) bool) (table.Row, error) {
	var names []string
	for _, row := range rows {
		if row.Row().Name == value {
			return table.Copy(row), nil
		}
		names = append(names, row.Row().Name)
	}
	i := slices.IndexFunc(rows, func(r table.Row) bool { return table.Find(table.Fields(r), "weak") != nil })
	if i < 0 || !isRun(value) {
		return nil, table.OneOf("guide", value, names)
	}
	row := table.Copy(rows[i])
	return row, table.Find(table.Fields(row), "weak").Set(value)
}

// alone is an error where two of the guides stand in each other's place, or one is chosen twice.
func alone(chosen []table.Row) error {
	var away string
	for i, row := range chosen {
		name := row.Row().Name
		if slices.ContainsFunc(chosen[:i], func(r table.Row) bool { return r.Row().Name == name }) {
			return fmt.Errorf("guide %s is chosen twice; leave one out", name)
		}
		if _, ok := row.(interface{ away() }); !ok {
			continue
		}
		if away != "" {
			return fmt.Errorf("guides %s and %s both guide away from a weaker estimate; leave one out", away, name)
		}
		away = name
	}
	return nil
}
