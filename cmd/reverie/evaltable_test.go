package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/eval"
)

// A number is printed to two digits of its error.
func TestCellText(t *testing.T) {
	for want, c := range map[string]*eval.Cell{
		"-":                   nil,
		"12.35":               {Value: 12.3456},
		"12.35 ± 0.12":        {Value: 12.3456, Error: 0.123},
		"1235 ± 12":           {Value: 1234.56, Error: 12.3},
		"12346 ± 1234":        {Value: 12345.6, Error: 1234},
		"1.4e-08 ± 1e-10":     {Value: 1.4e-8, Error: 1e-10},
		"0.25":                {Value: 0.25, Error: 1e-17},
		"1.235e+70 ± 1.2e+60": {Value: 1.23456e70, Error: 1.23e60},
		"1.235e+06 ± 12":      {Value: 1.23456e6, Error: 12.3},
		"12 ± 1.2e+06":        {Value: 12, Error: 1.23e6},
		"999999.0 ± 1.5":      {Value: 999999, Error: 1.5},
	} {
		if got := cellText(c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// Columns stand below each other; what ± means and the notes are told.
func TestWriteReport(t *testing.T) {
	var b bytes.Buffer
	r := &eval.Report{Samples: 1000, Draws: 3, HeldOut: 27, Training: 142, Features: "some", Notes: []string{"hear"}, Rows: []eval.Row{
		{Name: "short", HeldOut: &eval.Cell{Value: 1, Error: 0.1}, Training: &eval.Cell{Value: 2}},
		{Name: "a longer name", HeldOut: &eval.Cell{Value: 1}, Real: &eval.Cell{Value: 3}},
	}}
	if err := writeReport(&b, "runs/x", r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, want := range []string{"runs/x: 3 draws of 1,000 samples; 27 held out, 142 trained on", "features: some"} {
		if lines[i] != want {
			t.Errorf("line %d: %q", i, lines[i])
		}
	}
	head, first, second := lines[3], []rune(lines[4]), []rune(lines[5])
	at := strings.Index(head, "to held-out")
	if string(first[at:at+10]) != "1.00 ± 0.1" || second[at] != '1' || second[strings.Index(head, "training to")] != '3' {
		t.Errorf("columns:\n%s", b.String())
	}
	for _, text := range []string{"± is the deviation over 3 draws", "note: hear\n"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("lacks %q:\n%s", text, b.String())
		}
	}
}
