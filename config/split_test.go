package config

import (
	"bytes"
	"strings"
	"testing"
)

// TestSplit: a new run on folders goes by the pixels, one on the emoji or on points by the bytes,
// and so does every run whose config.json does not say.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		data  string
		given []string
		want  string
	}{{"", nil, "bytes"}, {"/photos", nil, "pixels"}, {"/photos", []string{"split"}, "bytes"}, {"points:moons", nil, "bytes"}} {
		r := small()
		if c.data != "" {
			r.Data = []string{c.data}
		}
		r.Adapt(func(flag string) bool { return strings.Contains(strings.Join(c.given, " "), flag) })
		if r.Split != c.want {
			t.Errorf("%q with %q: split %q, want %q", c.data, c.given, r.Split, c.want)
		}
	}
	r := small()
	r.Data, r.Split = []string{"/photos"}, "pixels"
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	old := bytes.Replace(text, []byte("  \"split\": \"pixels\",\n"), nil, 1)
	for want, text := range map[string][]byte{"pixels": text, "bytes": old} {
		if got, err := Parse(bytes.NewReader(text)); err != nil || got.Split != want {
			t.Errorf("config.json reads as split %q, %v; want %q", got.Split, err, want)
		}
	}
}
