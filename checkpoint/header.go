package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// metadataKey is the name that no tensor can have.
const metadataKey = "__metadata__"

func compare(a, b int64) int                  { return cmp.Compare(a, b) }
func leUint64(b []byte) uint64                { return binary.LittleEndian.Uint64(b) }
func isDelim(t json.Token, d json.Delim) bool { return t == json.Token(d) }

// parseHeader parses a header's JSON. encoding/json would let the last of two
// equal keys win, so the tokens are read one at a time.
func parseHeader(header []byte) ([]Info, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("does not start with '{'")
	}
	if !utf8.Valid(header) {
		return nil, nil, errors.New("is not UTF-8")
	}
	p := newTokens(header)
	var infos []Info
	var metadata map[string]string
	err := p.object(func(key string) (err error) {
		if key == metadataKey {
			metadata, err = p.metadata()
			return err
		}
		in, err := p.tensor()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		in.Name = key
		infos = append(infos, in)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return infos, metadata, p.end()
}

// tokens reads JSON of a known form token by token.
type tokens struct{ d *json.Decoder }

func newTokens(b []byte) tokens {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return tokens{d}
}

func (p tokens) next() (json.Token, error) {
	t, err := p.d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("bad JSON at byte %d: %w", p.d.InputOffset(), err)
	}
	return t, nil
}

func (p tokens) delim(d json.Delim) error {
	t, err := p.next()
	if err == nil && !isDelim(t, d) {
		err = fmt.Errorf("bad JSON before byte %d: found %v, expected %v", p.d.InputOffset(), t, d)
	}
	return err
}

// end accepts white space alone.
func (p tokens) end() error {
	if t, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something follows the closing brace (%v)", cmp.Or[any](t, err))
	}
	return nil
}

// object reads an object, leaving each value to the function; a key that comes
// twice is an error.
func (p tokens) object(value func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	return p.members(value)
}

// members reads what follows an object's opening brace.
func (p tokens) members(value func(key string) error) error {
	seen := map[string]bool{}
	for p.d.More() {
		key, err := p.str()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("key %q comes twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

func (p tokens) str() (string, error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("found %v, expected a string", t)
	}
	return s, nil
}

// naturals reads an array of whole numbers from 0 to 2^63-1.
func (p tokens) naturals() ([]int64, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	v := []int64{}
	for p.d.More() {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		n, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("found %v, expected a number", t)
		}
		i, err := strconv.ParseUint(n.String(), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("found %v, expected a whole number from 0 to 2^63-1", n)
		}
		v = append(v, int64(i))
	}
	return v, p.delim(']')
}

func (p tokens) metadata() (map[string]string, error) {
	m := map[string]string{}
	err := p.object(func(key string) (err error) {
		m[key], err = p.str()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metadataKey, err)
	}
	return m, nil
}

// tensor reads {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}.
func (p tokens) tensor() (Info, error) {
	var in Info
	fields := 0
	err := p.object(func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			in.DType, err = p.str()
		case "shape":
			in.Shape, err = p.shape()
		case "data_offsets":
			in.begin, in.end, err = p.offsets()
		default:
			err = errors.New("not a key of a tensor")
		}
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		return nil
	})
	if err == nil && fields != 3 {
		err = errors.New("dtype, shape or data_offsets is missing")
	}
	return in, err
}

func (p tokens) shape() ([]int, error) {
	v, err := p.naturals()
	shape := make([]int, len(v))
	for i, d := range v {
		shape[i] = int(d)
		if int64(shape[i]) != d {
			return nil, fmt.Errorf("%d is too large for this machine", d)
		}
	}
	return shape, err
}

func (p tokens) offsets() (begin, end int64, err error) {
	v, err := p.naturals()
	if err == nil && len(v) != 2 {
		err = fmt.Errorf("found %d numbers, expected 2", len(v))
	}
	if err != nil {
		return 0, 0, err
	}
	return v[0], v[1], nil
}

// formatHeader gives the first bytes of a file, up to the data: the length, the
// JSON without white space, and spaces up to a multiple of eight.
func formatHeader(infos []Info, metadata map[string]string) ([]byte, error) {
	b := append(make([]byte, 8, 64+128*len(infos)), '{')
	comma := ""
	if len(metadata) > 0 {
		b = appendMetadata(b, metadata)
		comma = ","
	}
	for _, in := range infos {
		if in.Name == metadataKey || !utf8.ValidString(in.Name) {
			return nil, fmt.Errorf("tensor %q: not a name that safetensors allows", in.Name)
		}
		b = append(append(b, comma...), quote(in.Name)...)
		b = fmt.Appendf(b, `:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, in.DType, jsonInts(in.Shape), in.begin, in.end)
		comma = ","
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b)-8 > maxHeader {
		return nil, fmt.Errorf("the header takes %d bytes, the format allows %d", len(b)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

func appendMetadata(b []byte, metadata map[string]string) []byte {
	b = append(append(b, quote(metadataKey)...), ':', '{')
	for i, key := range slices.Sorted(maps.Keys(metadata)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, quote(key)...), ':'), quote(metadata[key])...)
	}
	return append(b, '}')
}

// quote writes a JSON string as Python and Rust do: '<', '>' and '&' as they are.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes, into memory
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func jsonInts(v []int) []byte {
	b := []byte{'['}
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(x), 10)
	}
	return append(b, ']')
}
