package table

import (
	"encoding"
	"encoding/csv"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Field is a setting: a variable with the flag that sets it, what it takes, and how it stands in
// a file. It is a value for the flags of packages flag and pflag. Its tags are
//
//	flag    its name, the same as a flag and as a key of JSON
//	help    what it is, for --help
//	zero    what 0 or nothing stands for, for --help
//	range   the numbers that it takes, see [ParseRange]; of a list each
//	names   the words that it takes, with commas between
//	of      the flag whose table it is a name of, or a row; of a list each. Where the program has
//	        no such table any name will do
//	optional  "true": it may be left empty
//	whole   "true": commas do not divide the values of a list, as in paths
//	omit    of a row: the names, with commas between, of those of its settings that are not set
//	        here, as they are another's or the struct's own
//	group   the part of the help that it stands in; of a row's settings too that say none
//	rare    "true": --help-all alone shows it
//
// A variable is an int, uint64, float64, bool, string or time.Duration, a type that is text
// (encoding.TextMarshaler and TextUnmarshaler), a slice or an array of those, or a row of a table:
// an interface, whose text is the row's name.
type Field struct {
	Name, Help, Zero, Group string
	Rare                    bool

	// Tag are all its tags: a program may have more.
	Tag reflect.StructTag
	// Paths say which rows the variable is a setting of: none if it lies in no row. Of a field of
	// several rows, see [All], there is a path for each.
	Paths []Path

	of     string
	names  []string
	limits *Range
	whole  bool
	given  bool     // by Set: a list goes on
	alike  []*Field // of several rows: one for each, of which v is that of the last that was set
	twins  []*Field // of several rows that are chosen: those beside v
	v      reflect.Value
}

// A Path is the choices that lead to a setting, the outermost first.
type Path []Choice

// A Choice is a row by its name, and the flag that chooses it.
type Choice struct {
	Flag, Name string
	of         string // the flag of the table
}

// Bind makes a field of the variable that ptr points to, with the tags of a struct's field.
func Bind(ptr any, tag reflect.StructTag) *Field { return bind(reflect.ValueOf(ptr).Elem(), tag) }

// Number makes a field of the name of the number that ptr points to, which stays in a range.
func Number[T int | float64](ptr *T, name string, in Range) *Field {
	return &Field{Name: name, limits: &in, v: reflect.ValueOf(ptr).Elem()}
}

func bind(v reflect.Value, tag reflect.StructTag) *Field {
	known, ok := tagged.Load(tag)
	if !ok {
		known, _ = tagged.LoadOrStore(tag, parseTag(tag))
	}
	f := known.(Field)
	f.v = v
	f.Type() // which panics for a variable that can be none
	return &f
}

// tagged are the fields of the tags that were read before, without a variable: a command line is
// laid over all of them many times.
var tagged sync.Map // reflect.StructTag to Field

// parseTag is what a tag says of a field.
func parseTag(tag reflect.StructTag) Field {
	f := Field{
		Name: tag.Get("flag"), Help: tag.Get("help"), Zero: tag.Get("zero"), Group: tag.Get("group"), Rare: tag.Get("rare") == "true",
		of: tag.Get("of"), whole: tag.Get("whole") == "true", Tag: tag,
	}
	if words, ok := tag.Lookup("names"); ok {
		f.names = strings.Split(words, ",")
	}
	if text, ok := tag.Lookup("range"); ok {
		r, err := ParseRange(text)
		if err != nil {
			panic("table: --" + f.Name + ": " + err.Error())
		}
		f.limits = &r
	}
	return f
}

// Names are the words that the field takes; nil: any, or it takes none.
func (f *Field) Names() []string {
	if f.alike != nil {
		var all []string
		for _, a := range f.alike {
			for _, name := range a.Names() {
				if !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		}
		return all
	}
	if t, ok := lookup(f.of); ok && f.names == nil {
		return names(t.all())
	}
	return f.names
}

// Of is the flag of the table that the field chooses from, "" if from none.
func (f *Field) Of() string { return f.of }

// Range is the range of the numbers that the field takes; ok is false where it has none.
func (f *Field) Range() (r Range, ok bool) {
	if f.limits == nil {
		return r, false
	}
	return *f.limits, true
}

// Chosen is the row that the field holds, nil where it is no row, or none is chosen.
func (f *Field) Chosen() Row {
	if f.v.Kind() != reflect.Interface || f.v.IsNil() {
		return nil
	}
	return f.v.Interface().(Row)
}

// Value is the variable's value.
func (f *Field) Value() any { return f.v.Interface() }

// Usual is the value that a field of All has in the rows, as a flag is given it; "" where they
// differ, and of a zero.
func (f *Field) Usual() string {
	all := f.versions()
	for _, a := range all {
		if a.IsZero() || a.String() != all[0].String() {
			return ""
		}
	}
	return all[0].String()
}

// IsZero says whether the variable is 0, empty, or no row.
func (f *Field) IsZero() bool { return f.v.IsZero() }

// Set reads the value as a flag is given it. A list is that of the first call, and longer by each
// that follows. What is not read leaves the variable as it was.
func (f *Field) Set(text string) error {
	for _, twin := range f.twins {
		if err := twin.Set(text); err != nil {
			return err
		}
	}
	if f.alike != nil {
		return f.setAny(func(a *Field) error { return a.Set(text) })
	}
	switch f.v.Kind() {
	case reflect.Interface:
		return f.choose(text)
	case reflect.Slice, reflect.Array:
		return f.setList(text)
	}
	to := reflect.New(f.v.Type()).Elem()
	if err := f.read(to, text); err != nil {
		return err
	}
	f.v.Set(to)
	return nil
}

// setAny sets the first of the fields alike that takes a value.
func (f *Field) setAny(set func(*Field) error) (err error) {
	for _, a := range f.alike {
		if e := set(a); e == nil {
			f.v = a.v
			return nil
		} else if err == nil {
			err = e
		}
	}
	if names := f.Names(); names != nil && f.Type() == "string" {
		return unknown(f.Name, unquoted(err), names)
	}
	return err
}

// unquoted is the name that an error of an unknown name says.
func unquoted(err error) string {
	var e *Error
	if errors.As(err, &e) {
		if quoted, err := strconv.QuotedPrefix(e.Text); err == nil {
			name, _ := strconv.Unquote(quoted)
			return name
		}
	}
	return ""
}

// choose puts a copy of the row of a name in the variable. Settings that the row before it had too
// stay; the row that it is already stays as it is.
func (f *Field) choose(name string) error {
	had := f.Chosen()
	if had != nil && had.Row().Name == name {
		return nil
	}
	t, ok := lookup(f.of)
	if !ok {
		return f.wrong("%q: the program has no table of it", name)
	}
	row, ok := find(t.all(), name)
	if !ok {
		return unknown(f.Name, name, f.Names())
	}
	next := reflect.ValueOf(Copy(row))
	if !next.Type().AssignableTo(f.v.Type()) {
		return f.wrong("%s goes with another choice", name)
	}
	f.v.Set(next)
	if had != nil {
		keep(next.Interface(), had)
	}
	return nil
}

// setList reads a list.
func (f *Field) setList(text string) error {
	parts, err := f.divide(text)
	if err != nil {
		return err
	}
	all := reflect.MakeSlice(reflect.SliceOf(f.v.Type().Elem()), len(parts), len(parts))
	for i, part := range parts {
		if err := f.read(all.Index(i), part); err != nil {
			return err
		}
	}
	if f.v.Kind() == reflect.Array {
		if all.Len() != f.v.Len() {
			return f.wrong("%q: expected %d numbers with commas between", text, f.v.Len())
		}
		reflect.Copy(f.v, all)
		return nil
	}
	if f.given {
		all = reflect.AppendSlice(f.v.Slice3(0, f.v.Len(), f.v.Len()), all)
	}
	f.given = true
	f.v.Set(all)
	return nil
}

// divide divides the text of a list.
func (f *Field) divide(text string) ([]string, error) {
	switch {
	case f.whole:
		return []string{text}, nil
	case f.v.Type().Elem().Kind() == reflect.String && text != "": // which may hold commas, in quotes
		parts, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			return nil, f.wrong("%q: expected names with commas between, in quotes where they have some", text)
		}
		return parts, nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts, nil
}

// Check is nil if the variable holds what Set would take, else an *Error.
func (f *Field) Check() error {
	switch f.v.Kind() {
	case reflect.Interface:
		if f.v.IsNil() {
			return unknown(f.Name, "", f.Names())
		}
		return nil
	case reflect.Slice, reflect.Array:
		for i := range f.v.Len() {
			if err := f.check(f.v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return f.check(f.v)
}

// check looks at one value.
func (f *Field) check(v reflect.Value) error {
	switch t, ok := v.Interface().(encoding.TextMarshaler); {
	case ok:
		text, err := t.MarshalText()
		if err != nil {
			return f.wrong("%v", err)
		}
		return f.read(reflect.New(v.Type()).Elem(), string(text))
	case f.limits != nil && !f.limits.Has(number(v)):
		return f.limits.outside(f.Name, f.show()(number(v)), f.show())
	}
	return f.checkName(v)
}

func (f *Field) checkName(v reflect.Value) error {
	if v.Kind() != reflect.String || v.Len() == 0 && f.Tag.Get("optional") == "true" {
		return nil
	}
	if names := f.Names(); names != nil {
		return OneOf(f.Name, v.String(), names)
	}
	return nil
}
