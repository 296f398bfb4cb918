package table

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Fields are the settings of the struct that ptr points to, in their order: its fields with a tag
// flag, those of structs in it, and after a row those of the row that is chosen. What is set by
// them is set in the struct. Settings of one name are one field, which sets them all.
func Fields(ptr any) []*Field {
	var all []*Field
	_ = walk(structOf(ptr), place{}, func(f *Field) error { // which only visit's errors end
		if first := Find(all, f.Name); first != nil {
			first.twins, first.Paths = append(first.twins, f), append(first.Paths, f.Paths...)
		} else {
			all = append(all, f)
		}
		return nil
	})
	return all
}

// All are the settings that the struct which ptr points to may have: its own, and after each row
// those of every row of the table. Settings of one name are one field, which takes what any of them
// takes; its help says whose it is where not all have it. Those of rows are set in copies, for a
// command line that is to be read before the rows are chosen.
func All(ptr any) []*Field {
	var all []*Field
	every(structOf(ptr), place{}, func(f *Field) {
		i := slices.IndexFunc(all, func(a *Field) bool { return a.Name == f.Name })
		if i < 0 {
			all = append(all, f)
			return
		}
		all[i] = merge(all[i], f)
	})
	for _, f := range all {
		f.Help = f.said()
	}
	return all
}

// Find is the setting of that name among the fields, nil if there is none.
func Find(fields []*Field, name string) *Field {
	if i := slices.IndexFunc(fields, func(f *Field) bool { return f.Name == name }); i >= 0 {
		return fields[i]
	}
	return nil
}

// Take gives the settings of the struct that ptr points to the values of those given of the same
// names, rows before what is theirs. What the rows chosen have not is passed over, see Unused.
func Take(ptr any, given []*Field) error {
	return walk(structOf(ptr), place{}, func(f *Field) error {
		from := Find(given, f.Name)
		if from == nil {
			return nil
		}
		b, err := from.JSON()
		if err != nil {
			return err
		}
		return f.SetJSON(b)
	})
}

// Check is nil if the settings of the struct that ptr points to are what Set would take, and none
// of the rows chosen says by a method Validate() error that its settings rule each other out.
func Check(ptr any) error {
	fields := Fields(ptr)
	for _, f := range fields {
		if err := f.Check(); err != nil {
			return err
		}
	}
	for _, f := range slices.Backward(fields) { // the rows in a row before it
		if r, ok := f.Chosen().(interface{ Validate() error }); ok {
			if err := r.Validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Copy is a copy of a row with settings of its own: of what it points to, of its lists, and of the
// rows in it.
func Copy(row Row) Row {
	from := reflect.ValueOf(row)
	if from.Kind() != reflect.Pointer || from.Elem().Kind() != reflect.Struct {
		return row
	}
	return clone(from.Elem()).Interface().(Row)
}

// Clone is a copy of a struct whose settings are its own, as those of Copy are.
func Clone[T any](ptr *T) *T { return clone(reflect.ValueOf(ptr).Elem()).Interface().(*T) }

// clone is a pointer to a copy of a struct.
func clone(from reflect.Value) reflect.Value {
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	_ = each(to.Elem(), place{}, func(f *Field) error { // which only the function's errors end
		switch row := f.Chosen(); {
		case row != nil:
			f.v.Set(reflect.ValueOf(Copy(row)))
		case f.v.Kind() == reflect.Slice && !f.v.IsNil():
			f.v.Set(reflect.AppendSlice(reflect.MakeSlice(f.v.Type(), 0, f.v.Len()), f.v))
		}
		return nil
	})
	return to
}

// As is row in the type R: a copy where it is of that type, else the one of rows that has its name,
// with its settings. ok is false where there is none.
func As[R Row](row Row, rows []R) (as R, ok bool, err error) {
	if as, ok := Copy(row).(R); ok {
		return as, true, nil
	}
	i := slices.IndexFunc(rows, func(r R) bool { return r.Row().Name == row.Row().Name })
	if i < 0 {
		return as, false, nil
	}
	settings, err := Encode(row)
	if err == nil {
		err = Decode(rows[i], settings)
	}
	return rows[i], true, err
}

// Rows are rows of one type as rows of any.
func Rows[R Row](rows []R) []Row {
	all := make([]Row, len(rows))
	for i, r := range rows {
		all[i] = r
	}
	return all
}

// keep gives a row the settings that another has of the same name, where it takes them.
func keep(row any, from Row) {
	had := Fields(from)
	_ = walk(structOf(row), place{}, func(f *Field) error { // which only visit's errors end
		old := Find(had, f.Name)
		if old == nil || old.v.Kind() != f.v.Kind() {
			return nil
		}
		if b, err := old.JSON(); err == nil {
			was := f.v.Interface()
			if f.SetJSON(b) != nil || f.Check() != nil {
				f.v.Set(reflect.ValueOf(was))
			}
		}
		return nil
	})
}

// structOf is the struct that ptr points to; of what points to none a struct without fields, for a
// row without settings.
func structOf(ptr any) reflect.Value {
	if v := reflect.ValueOf(ptr); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		return v.Elem()
	}
	return reflect.ValueOf(struct{}{})
}

// A place is where settings lie.
type place struct {
	path  Path
	omit  []string // the names of those that are left out
	group string   // the part of the help of those that say none
}

// under is the place of the settings of a row that a field chooses.
func (p place) under(f *Field, row Row) place {
	omit := p.omit
	if names, ok := f.Tag.Lookup("omit"); ok {
		omit = append(slices.Clone(omit), strings.Split(names, ",")...)
	}
	return place{append(slices.Clone(p.path), Choice{f.Name, row.Row().Name, f.of}), omit, f.Group}
}

// walk visits the settings of a struct, and after a row those of the row that is chosen then.
func walk(v reflect.Value, at place, visit func(*Field) error) error {
	return each(v, at, func(f *Field) error {
		if err := visit(f); err != nil {
			return err
		}
		if row := f.Chosen(); row != nil {
			return walk(structOf(row), at.under(f, row), visit)
		}
		return nil
	})
}

// every visits the settings of a struct, and after a row those of all rows of the table.
func every(v reflect.Value, at place, visit func(*Field)) {
	_ = each(v, at, func(f *Field) error { // which only the function's errors end
		visit(f)
		t, ok := lookup(f.of)
		if !ok || f.v.Kind() != reflect.Interface || slices.ContainsFunc(at.path, func(c Choice) bool { return c.of == f.of }) {
			return nil // a row of the rows of its own table would have no end
		}
		for _, row := range t.all() {
			if reflect.TypeOf(row).AssignableTo(f.v.Type()) {
				every(structOf(Copy(row)), at.under(f, row), visit)
			}
		}
		return nil
	})
}

// each visits the fields with a tag flag of a struct and of the structs in it.
func each(v reflect.Value, at place, visit func(*Field) error) error {
	for i := range v.NumField() {
		s := v.Type().Field(i)
		name, ok := s.Tag.Lookup("flag")
		switch {
		case !s.IsExported() && !s.Anonymous || ok && slices.Contains(at.omit, name):
		case ok:
			f := bind(v.Field(i), s.Tag)
			f.Paths, f.Group = []Path{at.path}, cmp.Or(f.Group, at.group)
			if err := visit(f); err != nil {
				return err
			}
		case s.Type.Kind() == reflect.Struct:
			if err := each(v.Field(i), at, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge makes one field of two of the same name. A row cannot have a setting of the name of one
// that lies in no row.
func merge(a, b *Field) *Field {
	if len(a.Paths[0]) == 0 || len(b.Paths[0]) == 0 {
		panic(fmt.Sprintf("table: --%s is a setting of %s%s, and one without it", a.Name, a.Owners(), b.Owners()))
	}
	if a.Type() != b.Type() {
		panic(fmt.Sprintf("table: --%s is a %s of %s, and a %s of %s", a.Name, a.Type(), a.Owners(), b.Type(), b.Owners()))
	}
	if a.alike == nil {
		first := *a
		a.alike = []*Field{&first}
	}
	a.alike, a.Paths = append(a.alike, b), append(slices.Clone(a.Paths), b.Paths...)
	return a
}

// said is the field's help, with whose it is and what 0, or no text, stands for: "least noise (ve,
// 0: 0.01; edm, 0: 0.002)".
func (f *Field) said() string {
	type version struct{ help, zero string }
	var versions []version
	owners := map[version][]string{}
	for i, a := range f.versions() {
		v := version{a.Help, a.Zero}
		if !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
		if path := f.Paths[i]; len(path) > 0 && !slices.Contains(owners[v], path.last().Name) {
			owners[v] = append(owners[v], path.last().Name)
		}
	}
	if len(versions) == 1 && f.everywhere() {
		clear(owners)
	}
	unset := "0: "
	if f.Type() == "string" {
		unset = "default "
	}
	var parts []string
	for i, v := range versions {
		note := strings.Join(owners[v], ", ")
		if v.zero != "" {
			note = strings.TrimPrefix(note+", "+unset+v.zero, ", ")
		}
		switch {
		case note == "":
			parts = append(parts, v.help)
		case i > 0 && versions[i-1].help == v.help:
			last := &parts[len(parts)-1]
			*last = strings.TrimSuffix(*last, ")") + "; " + note + ")"
		default:
			parts = append(parts, v.help+" ("+note+")")
		}
	}
	return strings.Join(parts, "; ")
}

// versions are the fields that f is made of.
func (f *Field) versions() []*Field {
	if f.alike == nil {
		return []*Field{f}
	}
	return f.alike
}

// everywhere says whether every row of a table has the field, which is then nobody's.
func (f *Field) everywhere() bool {
	of := f.Paths[0].last().of
	t, ok := lookup(of)
	return ok && !slices.ContainsFunc(t.all(), func(r Row) bool {
		return !slices.ContainsFunc(f.Paths, func(p Path) bool { return p.last().of == of && p.last().Name == r.Row().Name })
	})
}

// last is the innermost choice.
func (p Path) last() Choice {
	if len(p) == 0 {
		return Choice{}
	}
	return p[len(p)-1]
}

// Owners say whose the field is, as flags choose them: "--process ddpm and vp"; "" of a field that
// lies in no row.
func (f *Field) Owners() string {
	var flags []string
	rows := map[string][]string{}
	for _, path := range f.Paths {
		if len(path) == 0 {
			return ""
		}
		c := path.last()
		if rows[c.Flag] == nil {
			flags = append(flags, c.Flag)
		}
		if !slices.Contains(rows[c.Flag], c.Name) {
			rows[c.Flag] = append(rows[c.Flag], c.Name)
		}
	}
	for i, flag := range flags {
		flags[i] = "--" + flag + " " + series(rows[flag])
	}
	return strings.Join(flags, " and ")
}

// series are names with commas and a last "and" between.
func series(names []string) string {
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " and " + names[n]
	}
	return strings.Join(names, "")
}

// Unused is an *Error if the struct that ptr points to has a setting of that name with other rows
// than those it has chosen, with whose it is. A row chosen that leaves a setting of its own without
// effect says so itself, by a method Unused(name string) error.
func Unused(ptr any, name string) error {
	have := Fields(ptr)
	for _, f := range have {
		if r, ok := f.Chosen().(interface{ Unused(string) error }); ok {
			if err := r.Unused(name); err != nil {
				return err
			}
		}
	}
	if Find(have, name) != nil {
		return nil
	}
	f := Find(All(ptr), name)
	if f == nil {
		return &Error{name, "is no setting"}
	}
	for _, path := range f.Paths {
		for _, c := range slices.Backward(path) {
			if now := Find(have, c.Flag); now != nil && now.Chosen() != nil {
				return f.wrong("belongs to %s, not to %s; leave it out", f.Owners(), now)
			}
		}
	}
	return f.wrong("belongs to %s; leave it out", f.Owners())
}

// Encode is the JSON of the settings of the struct that ptr points to: one object, whose keys are
// their names.
func Encode(ptr any) ([]byte, error) {
	var b bytes.Buffer
	for i, f := range Fields(ptr) {
		value, err := f.JSON()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		sep := ","
		if i == 0 {
			sep = ""
		}
		fmt.Fprintf(&b, "%s%q:%s", sep, f.Name, value)
	}
	return fmt.Appendf(nil, "{%s}", b.Bytes()), nil
}

// Decode reads what Encode writes into the struct that ptr points to, and reports an unknown key. A
// setting that the text leaves out stays as it is; one of a row that is not the one chosen is
// passed over. It looks at the kinds of the values only, see [Field.Check].
func Decode(ptr any, text []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	read := map[string]bool{}
	err := walk(structOf(ptr), place{}, func(f *Field) error {
		b, ok := values[f.Name]
		if !ok {
			return nil
		}
		read[f.Name] = true
		return f.SetJSON(b)
	})
	if err != nil || len(read) == len(values) {
		return err
	}
	known := All(ptr)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if Find(known, name) == nil {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	return nil
}
