package table

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// wrong is the error of a value.
func (f *Field) wrong(format string, args ...any) error {
	return &Error{f.Name, fmt.Sprintf(format, args...)}
}

var duration = reflect.TypeFor[time.Duration]()

// read reads one value, and checks it.
func (f *Field) read(to reflect.Value, text string) (err error) {
	if t, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := t.UnmarshalText([]byte(text)); err != nil {
			return f.wrong("%q: %v", text, err)
		}
		return nil
	}
	switch {
	case to.Type() == duration:
		var d time.Duration
		d, err = time.ParseDuration(text)
		to.SetInt(int64(d))
	case to.Kind() == reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		to.SetBool(b)
	case to.Kind() == reflect.String:
		to.SetString(text)
	case to.CanInt():
		var n int64
		n, err = strconv.ParseInt(text, 10, to.Type().Bits())
		to.SetInt(n)
	case to.CanUint():
		var n uint64
		n, err = strconv.ParseUint(text, 10, to.Type().Bits())
		to.SetUint(n)
	default:
		var x float64
		x, err = strconv.ParseFloat(text, 64)
		to.SetFloat(x)
	}
	switch {
	case errors.Is(err, strconv.ErrRange) && f.limits != nil:
		return f.limits.outside(f.Name, text, f.show())
	case err != nil:
		return f.wrong("%q: expected %s", text, f.expected())
	case f.limits != nil && !f.limits.Has(number(to)):
		return f.limits.outside(f.Name, text, f.show())
	}
	return f.checkName(to)
}

// words are those for what a variable of a kind takes, in pflag's names of kinds.
var words = map[string]string{
	"int": "a whole number", "uint64": "a whole number, 0 or more", "float64": "a number", "bool": "true or false",
	"duration": "a time such as 90s, 8m or 2h30m", "intSlice": "whole numbers with commas between", "float64Slice": "numbers with commas between",
}

// Expected are the words for what a flag of a type takes, by pflag's name of it; ok is false where
// there are none.
func Expected(kind string) (text string, ok bool) {
	text, ok = words[kind]
	return text, ok
}

// expected are the words for what the field takes.
func (f *Field) expected() string {
	if text, ok := Expected(f.Type()); ok {
		return text
	}
	return "a " + f.Type()
}

// show is how the ends of the range are written.
func (f *Field) show() func(float64) string {
	if f.v.Type() == duration {
		return seconds
	}
	return plain
}

// number is a number as ranges have it: a time is its seconds.
func number(v reflect.Value) float64 {
	switch {
	case v.Type() == duration:
		return time.Duration(v.Int()).Seconds()
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	}
	return v.Float()
}

// String is the value as a flag is given it; nothing for a time of 0 and for no row.
func (f *Field) String() string {
	if f == nil || !f.v.IsValid() {
		return ""
	}
	switch f.v.Kind() {
	case reflect.Interface:
		if row := f.Chosen(); row != nil {
			return row.Row().Name
		}
		return ""
	case reflect.Slice, reflect.Array:
		all := make([]string, f.v.Len())
		for i := range all {
			all[i] = text(f.v.Index(i))
		}
		return strings.Join(all, ",")
	}
	if f.v.Type() == duration && f.v.IsZero() {
		return ""
	}
	return text(f.v)
}

// text is one value.
func text(v reflect.Value) string {
	if t, ok := v.Interface().(encoding.TextMarshaler); ok {
		b, err := t.MarshalText()
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if v.Kind() == reflect.Float64 {
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

// Type is the kind of value, in pflag's words: int, uint64, float64, bool, string, duration,
// intSlice, float64Slice, stringSlice, stringArray; of a type that is text its name.
func (f *Field) Type() string {
	t := f.v.Type()
	switch t.Kind() {
	case reflect.Interface:
		return "string"
	case reflect.Slice, reflect.Array:
		if f.whole {
			return f.kind(t.Elem()) + "Array"
		}
		return f.kind(t.Elem()) + "Slice"
	}
	return f.kind(t)
}

// kind is the word for the type of one value.
func (f *Field) kind(t reflect.Type) string {
	reads := reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	if reads && t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return strings.ToLower(t.Name())
	}
	if t == duration {
		return "duration"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Uint64, reflect.Float64, reflect.Bool, reflect.String:
		return t.Kind().String()
	}
	panic(fmt.Sprintf("table: --%s is a %v, which can be no setting", f.Name, t))
}

// JSON is the value as it stands in a file: a row by its name, a time as its text.
func (f *Field) JSON() ([]byte, error) {
	switch {
	case f.v.Kind() == reflect.Interface:
		return json.Marshal(f.String())
	case f.v.Type() == duration:
		return json.Marshal(time.Duration(f.v.Int()).String())
	}
	return json.Marshal(f.v.Interface())
}

// SetJSON reads what JSON writes. It looks at the kind of value only: what is out of range is found
// by Check.
func (f *Field) SetJSON(b []byte) error {
	for _, twin := range f.twins {
		if err := twin.SetJSON(b); err != nil {
			return err
		}
	}
	if f.alike != nil {
		return f.setAny(func(a *Field) error { return a.SetJSON(b) })
	}
	row := f.v.Kind() == reflect.Interface
	if row || f.v.Type() == duration {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return f.mistyped(err)
		}
		if row && s == "" {
			f.v.SetZero()
			return nil
		}
		if row {
			return f.choose(s)
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%s: %q, expected a time such as 90s, 8m or 2h30m", f.Name, s)
		}
		f.v.SetInt(int64(d))
		return nil
	}
	to := reflect.New(f.v.Type())
	if err := json.Unmarshal(b, to.Interface()); err != nil {
		return f.mistyped(err)
	}
	f.v.Set(to.Elem())
	return nil
}

// mistyped is the error of JSON of another kind.
func (f *Field) mistyped(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s: %s, expected %s", f.Name, kind.Value, f.expected())
	}
	return fmt.Errorf("%s: %w", f.Name, err)
}
