package jsonfile

import (
	"encoding/json"
	"strings"
	"testing"
)

type config struct {
	Steps int            `json:"steps"`
	Rate  any            `json:"rate"`
	Names map[string]int `json:"names"`
}

func TestStrict(t *testing.T) {
	var c config
	if err := Strict([]byte(` {"steps": 3, "rate": 0.5, "names": {"a": 1, "b": 2}} `+"\n"), &c); err != nil || c.Steps != 3 || c.Rate != 0.5 || c.Names["b"] != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		`{"steps": 1, "steps": 2}`:     `key "steps" comes twice`,
		`{"steps": 1, "Steps": 2}`:     `key "Steps" comes twice`,
		`{"names": {"a": 1, "a": 2}}`:  `key "a" comes twice`,
		`{"stairs": 1}`:                `unknown field "stairs"`,
		`{"steps": 1} {}`:              "something follows",
		`{"steps": 1}]`:                "something follows",
		`{"steps": 1} x`:               "something follows",
		`{"steps": 1.5}`:               "steps: number 1.5, expected a whole number",
		`{"rate": NaN}`:                "bad JSON",
		`{"steps": 1`:                  "EOF",
		"<!DOCTYPE html><html>":        "foreign: it is a web page (HTML), not a JSON file",
		"\xff\xfe{\x00}\x00":           "unsupported: it is a text file in UTF-16, not a JSON file; save it as UTF-8",
		``:                             "EOF",
		strings.Repeat(`{"rate":`, 70): "nested deeper than 64",
		`{"rate":` + strings.Repeat("[", 1_000_000) + "}": "nested deeper than 64",
	} {
		if err := Strict([]byte(text), &config{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", text, err, want)
		}
	}
}

func TestLenient(t *testing.T) {
	fields := map[string]any{}
	err := Lenient([]byte(`{"a": -Infinity, "b": Infinity, "c": [NaN, "NaN and \"Infinity"], "d": "-Infinity\\"}`), &fields)
	if err != nil || fields["a"] != "-Infinity" || fields["b"] != "Infinity" || fields["d"] != `-Infinity\` {
		t.Errorf("%v, %v", fields, err)
	}
	if c := fields["c"].([]any); c[0] != "NaN" || c[1] != `NaN and "Infinity` {
		t.Errorf("%q", c)
	}
	var c config
	if err := Lenient([]byte(`{"steps": 2, "stairs": 1}`), &c); err != nil || c.Steps != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, text := range []string{`{"a": 1, "a": 2}`, `{"a": Infinit}`, `{"a": +Infinity}`, `{} {}`} {
		if err := Lenient([]byte(text), &fields); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// What is read strictly encoding/json reads too, and as the same.
func FuzzStrict(f *testing.F) {
	f.Add([]byte(`{"steps": 3, "rate": [1, {"x": null}], "names": {"a": 1}}`))
	f.Add([]byte(`{"rate": NaN, "steps": -Infinity}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, d config
		if Strict(b, &c) == nil {
			if err := json.Unmarshal(b, &d); err != nil || d.Steps != c.Steps || len(d.Names) != len(c.Names) {
				t.Errorf("%+v, and by encoding/json %+v, %v", c, d, err)
			}
		}
		var x any
		if Lenient(b, &x) == nil && !json.Valid(quoteWords(b)) {
			t.Errorf("%q is read as JSON", b)
		}
	})
}
