package net

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// Decode reads one JSON object into config and rejects unknown fields, keys that come twice and
// anything after the object. Fields that the object lacks keep their value; empty data leaves all
// as it is.
func Decode(data []byte, config any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	if err := jsonfile.Strict(data, config); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

// DecodeForeign is Decode of a configuration that another program wrote: fields that config has not
// are passed over where their value says nothing, null, false, 0 or empty, as what a later version
// added and a model does not use. A null is refused in the other fields but those listed, whose
// null means what a missing field means: elsewhere the default would take the place of Python's
// None.
func DecodeForeign(data []byte, config any, nullable ...string) error {
	var fields map[string]json.RawMessage
	if len(bytes.TrimSpace(data)) > 0 {
		if err := jsonfile.Lenient(data, &fields); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	known := fieldsOf(reflect.TypeOf(config).Elem())
	for key, value := range fields {
		switch mine := slices.Contains(known, key); {
		case !mine && slices.Contains(neutral, string(value)):
			delete(fields, key)
		case mine && string(value) == "null" && !slices.Contains(nullable, key):
			return fmt.Errorf("configuration: %s: null is not supported", key)
		}
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return Decode(data, config)
}

// neutral are the values that say nothing, as JSON without white space.
var neutral = []string{"null", "false", "0", "0.0", `""`, "[]", "{}"}

// fieldsOf lists the keys of a structure in JSON.
func fieldsOf(t reflect.Type) (keys []string) {
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

// MaxWidth bounds the channels of any layer, so that a hostile configuration cannot ask for more
// memory than there is addresses.
const MaxWidth = 1 << 14

// CheckWidth says whether n can be a layer's number of channels.
func CheckWidth(field string, n int) error {
	if n < 1 || n > MaxWidth {
		return fmt.Errorf("%s: %d channels, expected 1 to %d", field, n, MaxWidth)
	}
	return nil
}

// CheckMultiple says whether h x w images can be halved until each side has been divided by factor;
// the error names the sizes nearest to each side that can.
func CheckMultiple(arch string, h, w, factor int) error {
	if h > 0 && w > 0 && h%factor == 0 && w%factor == 0 {
		return nil
	}
	near := func(n int) string {
		down := n / factor * factor
		switch {
		case n > 0 && n == down:
			return fmt.Sprint(n)
		case down < factor:
			return fmt.Sprint(factor)
		}
		return fmt.Sprintf("%d or %d", down, down+factor)
	}
	var fewer string
	if n := bits.TrailingZeros(uint(max(h, 1) | max(w, 1))); n > 0 {
		fewer = fmt.Sprintf("; a network of at most %d levels takes this size", n+1)
	}
	return fmt.Errorf("%s: image of %dx%d (height x width): both sides must be multiples of %d; next are height %s, width %s%s",
		arch, h, w, factor, near(h), near(w), fewer)
}
