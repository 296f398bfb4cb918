package eval

import (
	"bytes"
	"strings"
	"testing"
)

// A number is printed to two digits of its error.
func TestCellText(t *testing.T) {
	for want, c := range map[string]*Cell{
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

// Columns stand below each other; which way is better, how many are compared, what ± means and the
// notes are told.
func TestWriteReport(t *testing.T) {
	var b bytes.Buffer
	r := &Report{Samples: 1000, Draws: 3, HeldOut: 27, Training: 1420, Features: "some", Notes: []string{"hear"}, Rows: []Row{
		{Name: "short", Better: Less, HeldOut: &Cell{Value: 1, Error: 0.1}, Training: &Cell{Value: 2}},
		{Name: "a longer name", Better: More, Most: 512, HeldOut: &Cell{Value: 1}, Real: &Cell{Value: 3}},
		{Name: "bound", Metric: "vlb", OfModel: true, HeldOut: &Cell{Value: 4}},
	}}
	if err := r.WriteText(&b, "runs/x"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, want := range map[int]string{
		0: "runs/x: 3 draws of 1,000 samples; 27 held out, 1,420 trained on", 1: "features: some",
		5: "compared ", 9: "       on held-out  on training", 10: "bound  4            -",
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: %q", i, lines[i])
		}
	}
	head, compared, first, second := lines[4], lines[5], []rune(lines[6]), []rune(lines[7])
	at, third := strings.Index(head, "to held-out"), strings.LastIndex(head, "to held-out")
	if compared[at:at+11] != "1,000 to 27" || compared[third:] != "1,000 to 27" || string(first[at:at+10]) != "1.00 ± 0.1" || second[at] != '1' || second[third] != '3' {
		t.Errorf("columns:\n%s", b.String())
	}
	for _, text := range []string{"↓ short ", "↑ a longer name (512 of each)", "↓: less is better, ↑: more. ± is the deviation over 3 draws", "note: hear\n"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("lacks %q:\n%s", text, b.String())
		}
	}
}

// TestReportWidth: the longest names with the widest numbers and a long note fit 80 columns.
func TestReportWidth(t *testing.T) {
	wide := &Cell{Value: 0.927041, Error: 0.000912}
	r := &Report{Samples: 100000, Draws: 3, HeldOut: 270000, Training: 1420000, Notes: []string{strings.Repeat("a word ", 40)}, Rows: []Row{
		{Name: "nearer than any held-out", Better: Less, HeldOut: wide, Training: wide, Real: wide},
		{Name: "as consistency is printed, bits/dim", Metric: "elbo", OfModel: true, Better: Less, HeldOut: wide, Training: wide},
	}}
	var b bytes.Buffer
	if err := r.WriteText(&b, "runs/x"); err != nil {
		t.Fatal(err)
	}
	if widest(b.String()) > 80 || !strings.Contains(b.String(), "0.92704±0.00091") {
		t.Errorf("%d columns:\n%s", widest(b.String()), b.String())
	}
}
