// Package table holds the things a name chooses: a process, a solver, a network, a metric. Each is
// a row, written once, and all that names it is derived from the row: flags and their help,
// `reverie list`, shell completion, checks, config.json.
//
//	var Processes = table.New[Process]("process", "processes", "", &DDPM{Timesteps: 1000}, &Flow{})
//
// A row's settings are the tagged fields of its struct, see [Fields], and their values in the row
// are the defaults. [Table.New] gives a copy of a row to set them in.
//
//	type DDPM struct {
//		Timesteps int `flag:"timesteps" range:"[1,100000]" help:"T, the number of time steps"`
//	}
//	func (*DDPM) Row() table.Info { return table.Info{Name: "ddpm", Text: "discrete chain"} }
//
// A program adds a row of its own by [Table.Add] before it uses the table, such as in an init
// function; tables are not locked.
package table

import (
	"fmt"
	"slices"
	"strings"
)

// An Info is what a row says of itself: the name by which it is chosen and, in a line, what it is.
// Embedded, it makes a struct a Row.
type Info struct{ Name, Text string }

// Row implements Row.
func (i Info) Row() Info { return i }

// A Row is a thing that its name chooses.
type Row interface{ Row() Info }

// A Section describes a table to a reader.
type Section struct {
	Flag  string // the flag whose values the names are, without dashes
	Title string // what the names are, to be read before the flag
	Note  string // after it
	Rows  []Info
}

// A Table is the rows that one flag chooses from, in their order.
type Table[R Row] struct {
	flag, title, note string
	rows              []R
}

// view is a Table whatever its rows' type.
type view interface {
	Section() Section
	name() string // of the flag
	all() []Row
}

// views are the tables that there are, in the order in which they were made.
var views []view

// New makes the table of the flag of that name, without dashes. Title and note are what a list of
// its rows says before and after the flag. It panics where there is a table of the flag already, or
// a name comes twice.
func New[R Row](flag, title, note string, rows ...R) *Table[R] {
	if _, ok := lookup(flag); ok {
		panic("table: two tables of --" + flag)
	}
	t := &Table[R]{flag: flag, title: title, note: note}
	t.Add(rows...)
	views = append(views, t)
	return t
}

// Add adds rows. It panics where a row has no name, or that of another.
func (t *Table[R]) Add(rows ...R) {
	for _, r := range rows {
		name := r.Row().Name
		if name == "" || slices.Contains(t.Names(), name) {
			panic(fmt.Sprintf("table: --%s has two rows of the name %q, or one without", t.flag, name))
		}
		t.rows = append(t.rows, r)
	}
}

// Rows are all rows.
func (t *Table[R]) Rows() []R { return slices.Clone(t.rows) }

// Names are the names of all rows.
func (t *Table[R]) Names() []string { return names(t.all()) }

// Find is the row of a name, which is shared: its settings are the defaults, not to be changed. An
// unknown name gives an *Error that lists those there are.
func (t *Table[R]) Find(name string) (r R, err error) {
	for _, r := range t.rows {
		if r.Row().Name == name {
			return r, nil
		}
	}
	return r, unknown(t.flag, name, t.Names())
}

// New is a copy of the row of a name, with settings of its own.
func (t *Table[R]) New(name string) (R, error) {
	r, err := t.Find(name)
	if err != nil {
		return r, err
	}
	return Copy(r).(R), nil
}

// Section describes the table.
func (t *Table[R]) Section() Section {
	s := Section{Flag: t.flag, Title: t.title, Note: t.note}
	for _, r := range t.rows {
		s.Rows = append(s.Rows, r.Row())
	}
	return s
}

func (t *Table[R]) name() string { return t.flag }

func (t *Table[R]) all() []Row {
	all := make([]Row, len(t.rows))
	for i, r := range t.rows {
		all[i] = r
	}
	return all
}

// Sections describe all tables of the program, in the order in which they were made.
func Sections() []Section {
	all := make([]Section, len(views))
	for i, t := range views {
		all[i] = t.Section()
	}
	return all
}

// lookup is the table of a flag.
func lookup(flag string) (view, bool) {
	i := slices.IndexFunc(views, func(t view) bool { return t.name() == flag })
	if i < 0 {
		return nil, false
	}
	return views[i], true
}

// find is the row of a name in rows.
func find(rows []Row, name string) (Row, bool) {
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Row().Name == name })
	if i < 0 {
		return nil, false
	}
	return rows[i], true
}

func names(rows []Row) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.Row().Name
	}
	return all
}

// An Error is a value that a flag, or the field of its name, does not take.
type Error struct {
	Flag string // without dashes
	Text string // the value, and what was expected
}

// Error implements error.
func (e *Error) Error() string { return "--" + e.Flag + " " + e.Text }

// OneOf is nil if value is among the names, else an *Error that names the flag, the value and those
// there are.
func OneOf(flag, value string, names []string) error {
	if slices.Contains(names, value) {
		return nil
	}
	return unknown(flag, value, names)
}

// unknown is the error of a name that is not among those there are.
func unknown(flag, name string, names []string) error {
	return &Error{flag, fmt.Sprintf("%q is unknown; choose one of %s", name, strings.Join(names, ", "))}
}
