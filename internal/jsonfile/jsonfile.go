// Package jsonfile reads JSON that others wrote. encoding/json lets the last of two equal keys win,
// matches keys whatever their case, passes over what follows the value, and knows no NaN; here none
// of that goes unseen:
//
//	err := jsonfile.Strict(text, &config)   // our own files: no field that is not known
//	err := jsonfile.Lenient(text, &fields)  // others': unknown fields are passed over, and Python's NaN and Infinity are read
package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/reverie-go/reverie/internal/sniff"
)

// MaxDepth bounds the nesting of values.
const MaxDepth = 64

// Strict decodes one JSON value. A field that v has not, a key that comes twice (in another case
// too), deep nesting and anything after the value are errors.
func Strict(b []byte, v any) error { return decode(b, v, true) }

// Lenient is Strict but for fields that v has not, which it passes over, and for the words NaN,
// Infinity and -Infinity, which Python writes and JSON has not: they are read as strings.
func Lenient(b []byte, v any) error { return decode(quoteWords(b), v, false) }

func decode(b []byte, v any, strict bool) error {
	if err := Check(b); err != nil {
		return foreign(b, err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if strict {
		d.DisallowUnknownFields()
	}
	var kind *json.UnmarshalTypeError
	if err := d.Decode(v); errors.As(err, &kind) {
		return fmt.Errorf("%s, expected %s", strings.TrimPrefix(kind.Field+": "+kind.Value, ": "), words(kind.Type))
	} else if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// words say what stands in JSON for a type.
func words(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list of " + strings.TrimPrefix(words(t.Elem()), "a ") + "s"
	case reflect.Pointer:
		return words(t.Elem())
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "a whole number"
}

// foreign is err, or what the text is where that is no JSON at all, such as a web page.
func foreign(b []byte, err error) error {
	switch kind := sniff.Bytes(b); kind {
	case sniff.JSON, sniff.Text, sniff.Unknown, sniff.Empty:
		return err
	default:
		return kind.Refuse(err, sniff.JSON)
	}
}

// Check refuses what is not one JSON value, keys that come twice, and deep nesting.
func Check(b []byte) error {
	t := NewTokens(b)
	t.fold = true
	if err := t.value(0); err != nil {
		return err
	}
	return t.End()
}

// value skips one value of any form.
func (t Tokens) value(depth int) error {
	if depth > MaxDepth {
		return fmt.Errorf("nested deeper than %d", MaxDepth)
	}
	token, err := t.Next()
	switch {
	case err != nil:
		return err
	case token == json.Delim('{'):
		return t.members(func(string) error { return t.value(depth + 1) })
	case token == json.Delim('['):
		for t.More() {
			if err := t.value(depth + 1); err != nil {
				return err
			}
		}
		return t.Delim(']')
	}
	return nil
}

// notNumbers are those that Python writes and JSON has not.
var notNumbers = []string{"-Infinity", "Infinity", "NaN"}

// quoteWords makes strings of those words, where they stand outside of strings.
func quoteWords(b []byte) []byte {
	var out []byte
	inside := false
	for i := 0; i < len(b); i++ {
		switch {
		case inside && b[i] == '\\' && i+1 < len(b):
			out = append(out, b[i])
			i++
		case b[i] == '"':
			inside = !inside
		case !inside:
			if w := wordAt(b[i:]); w != "" {
				out = append(append(append(out, '"'), w...), '"')
				i += len(w) - 1
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func wordAt(b []byte) string {
	for _, w := range notNumbers {
		if bytes.HasPrefix(b, []byte(w)) {
			return w
		}
	}
	return ""
}
