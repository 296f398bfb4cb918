package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// maxJSON bounds the JSON files of a model folder.
const maxJSON = 4 << 20

// maxDepth bounds the nesting of JSON that is only carried.
const maxDepth = 64

// encodeJSON gives a value's JSON as diffusers lays it out: two spaces, a final
// new line, '<' and '&' as they are.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeStrict decodes one JSON value; unknown fields, keys that come twice and
// anything after the value are errors.
func decodeStrict(b []byte, v any) error {
	if err := checkKeys(b); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// checkKeys refuses keys that come twice, deep nesting and trailing text.
func checkKeys(b []byte) error {
	p := newTokens(b)
	if err := p.value(0); err != nil {
		return err
	}
	return p.end()
}

// value skips one value of any form.
func (p tokens) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	t, err := p.next()
	switch {
	case err != nil:
		return err
	case isDelim(t, '{'):
		return p.members(func(string) error { return p.value(depth + 1) })
	case isDelim(t, '['):
		for p.d.More() {
			if err := p.value(depth + 1); err != nil {
				return err
			}
		}
		return p.delim(']')
	}
	return nil
}
