package jsonfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Tokens reads JSON of a known form token by token.
type Tokens struct {
	d    *json.Decoder
	fold bool // keys that differ in case alone are the same key
}

// NewTokens reads b from its beginning. Keys that differ in case are different keys.
func NewTokens(b []byte) Tokens {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return Tokens{d: d}
}

// Next gives the next token; the end of the text is an error.
func (t Tokens) Next() (json.Token, error) {
	token, err := t.d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("bad JSON at byte %d: %w", t.d.InputOffset(), err)
	}
	return token, nil
}

// More says whether the object or array has more.
func (t Tokens) More() bool { return t.d.More() }

// Delim reads a delimiter.
func (t Tokens) Delim(d json.Delim) error {
	token, err := t.Next()
	if err == nil && token != json.Token(d) {
		err = fmt.Errorf("bad JSON before byte %d: found %v, expected %v", t.d.InputOffset(), token, d)
	}
	return err
}

// End accepts white space alone.
func (t Tokens) End() error {
	if token, err := t.d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something follows the closing brace (%v)", cmp.Or[any](token, err))
	}
	return nil
}

// Object reads an object, leaving each value to the function; a key that comes twice is an error.
func (t Tokens) Object(value func(key string) error) error {
	if err := t.Delim('{'); err != nil {
		return err
	}
	return t.members(value)
}

// members reads what follows an object's opening brace.
func (t Tokens) members(value func(key string) error) error {
	seen := map[string]bool{}
	for t.More() {
		key, err := t.String()
		if err != nil {
			return err
		}
		same := key
		if t.fold {
			same = strings.ToLower(key)
		}
		if seen[same] {
			return fmt.Errorf("key %q comes twice", key)
		}
		seen[same] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return t.Delim('}')
}

// String reads a string.
func (t Tokens) String() (string, error) {
	token, err := t.Next()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("found %v, expected a string", token)
	}
	return s, nil
}

// Naturals reads an array of whole numbers from 0 to 2^63-1.
func (t Tokens) Naturals() ([]int64, error) {
	if err := t.Delim('['); err != nil {
		return nil, err
	}
	v := []int64{}
	for t.More() {
		token, err := t.Next()
		if err != nil {
			return nil, err
		}
		n, ok := token.(json.Number)
		if !ok {
			return nil, fmt.Errorf("found %v, expected a number", token)
		}
		i, err := strconv.ParseUint(n.String(), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("found %v, expected a whole number from 0 to 2^63-1", n)
		}
		v = append(v, int64(i))
	}
	return v, t.Delim(']')
}

// Decode decodes the value that comes next, as encoding/json does.
func (t Tokens) Decode(v any) error { return t.d.Decode(v) }
