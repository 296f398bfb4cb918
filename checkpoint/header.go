package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// metadataKey is the name that no tensor can have.
const metadataKey = "__metadata__"

func compare(a, b int64) int   { return cmp.Compare(a, b) }
func leUint64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// parseHeader parses a header's JSON. encoding/json would let the last of two equal keys win, so
// the tokens are read one at a time.
func parseHeader(header []byte) ([]Info, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("does not start with '{'")
	}
	if !utf8.Valid(header) {
		return nil, nil, errors.New("is not UTF-8")
	}
	p := headerTokens{jsonfile.NewTokens(header)}
	var infos []Info
	var metadata map[string]string
	err := p.Object(func(key string) (err error) {
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
	return infos, metadata, p.End()
}

// headerTokens are those of a header.
type headerTokens struct{ jsonfile.Tokens }

// metadata reads an object or null. The format has strings alone; what some writers put in their
// place is passed over.
func (p headerTokens) metadata() (map[string]string, error) {
	m := map[string]string{}
	var raw json.RawMessage
	err := p.Decode(&raw)
	if err == nil && string(raw) != "null" {
		values := headerTokens{jsonfile.NewTokens(raw)}
		err = values.Object(func(key string) error {
			var v any
			err := values.Decode(&v)
			if text, ok := v.(string); ok {
				m[key] = text
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metadataKey, err)
	}
	return m, nil
}

// tensor reads {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}.
func (p headerTokens) tensor() (Info, error) {
	var in Info
	fields := 0
	err := p.Object(func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			in.DType, err = p.String()
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

func (p headerTokens) shape() ([]int, error) {
	v, err := p.Naturals()
	shape := make([]int, len(v))
	for i, d := range v {
		shape[i] = int(d)
		if int64(shape[i]) != d {
			return nil, fmt.Errorf("%d is too large for this machine", d)
		}
	}
	return shape, err
}

func (p headerTokens) offsets() (begin, end int64, err error) {
	v, err := p.Naturals()
	if err == nil && len(v) != 2 {
		err = fmt.Errorf("found %d numbers, expected 2", len(v))
	}
	if err != nil {
		return 0, 0, err
	}
	return v[0], v[1], nil
}

// formatHeader gives the first bytes of a file, up to the data: the length, the JSON without white
// space, and spaces up to a multiple of eight.
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
