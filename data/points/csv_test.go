package points_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/points"
)

func TestReadCSV(t *testing.T) {
	two := reverie.Batch[float64]{{1, -2.5}, {0.003, 4}}
	for _, c := range []struct {
		text    string
		x       reverie.Batch[float64]
		columns []string
	}{
		{"1,-2.5\n3e-3,4\n", two, nil},
		{"x,y\n1,-2.5\n3e-3,4", two, []string{"x", "y"}},
		{"\ufeffx;y\r\n1;-2.5\r\n\r\n3e-3;4\r\n", two, []string{"x", "y"}},
		{"# numpy\n\"length, m\", width\n \"1\" , -2.5\n3e-3,\" 4\"\n", two, []string{"length, m", "width"}},
		{"x\ty\n1\t-2.5\n3e-3\t4\n", two, []string{"x", "y"}},
		{"7\n8\n", reverie.Batch[float64]{{7}, {8}}, nil},
		{",a\n7,8\n", reverie.Batch[float64]{{7, 8}}, []string{"", "a"}},
	} {
		got, err := points.ReadCSV(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if !reflect.DeepEqual(got.X, c.x) || !slices.Equal(got.Columns, c.columns) {
			t.Errorf("%q: %v %q, want %v %q", c.text, got.X, got.Columns, c.x, c.columns)
		}
	}
}

var badCSV = map[string]string{
	"":                      "no points",
	"x,y\n":                 "no points",
	"\n#1,2\n":              "no points",
	"1,2\n3,abc\n":          `line 2, column 2: "abc" is not a number`,
	"x,y\n1,2\n\n3,\n":      `line 4, column 2 ("y"): empty: expected a number`,
	"1,2\n3,NaN\n":          "line 2, column 2: NaN: expected a finite number",
	"1,-inf\n":              "line 1, column 2: -Inf",
	"1,1e39\n":              "line 1, column 2: 1e+39: expected a finite number within float32",
	"1,1e999\n":             "line 1, column 2: +Inf",
	"1,2\n3,4,5\n":          "line 2: 3 columns, expected 2",
	"1,2\n3\n":              "line 2: 1 columns, expected 2",
	"1,x\n":                 `line 1, column 2: "x" is not a number`,
	"x,\"y\n1,2\n":          `line 1, column 1: "x" is not a number`,
	"1;2\n3,4\n":            "line 2: 1 columns, expected 2",
	"1\x00,2\n":             `line 1, column 1: "1\x00" is not a number`,
	"0" + fill(",0", 4096):  "line 1: 4097 columns: more than the limit of 4096",
	"a" + fill(",a", 4096):  "line 1: 4097 columns: more than the limit of 4096",
	"1\n" + fill("1", 2e6):  "a line after 1 points is longer than the limit",
	"1\nx" + fill("y", 1e5): "line 2, column 1: \"xyyy",
}

func fill(s string, n int) string { return strings.Repeat(s, n) }

func TestReadCSVErrors(t *testing.T) {
	for text, want := range badCSV {
		_, err := points.ReadCSV(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%.40q: an error of %d bytes", text, len(err.Error()))
		}
	}
}

// ones is a file of n lines "1,1,..", made as it is read.
type ones struct {
	line string
	n    int
}

func (o *ones) Read(p []byte) (int, error) {
	if o.n == 0 {
		return 0, fmt.Errorf("read to the end")
	}
	o.n--
	return copy(p, o.line), nil
}

// TestCSVTooMany checks that reading stops at the limit of numbers.
func TestCSVTooMany(t *testing.T) {
	if testing.Short() {
		t.Skip("parses 17 million numbers")
	}
	line := fill("1,", 2047) + "1\n"
	_, err := points.ReadCSV(&ones{line, 1 << 20})
	if want := "line 8193: more than the limit of 16777216 numbers"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestOpenCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.CSV")
	if err := os.WriteFile(path, []byte("1,2\n3,x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := points.Open(path, points.Options{}); err == nil || !strings.Contains(err.Error(), "a.CSV: line 2, column 2") {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("1,2\n3,4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := points.Open(path, points.Options{N: 1}); err != nil || len(c.X) != 2 {
		t.Errorf("%v, %v", c, err)
	}
	if err := os.Truncate(path, 1<<29+1); err != nil {
		t.Fatal(err)
	}
	if _, err := points.Open(path, points.Options{}); err == nil || !strings.Contains(err.Error(), "more than the limit of 536870912") {
		t.Error(err)
	}
	if _, err := points.OpenCSV(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}

// FuzzReadCSV checks that what is accepted has one width, is finite, and comes back from what is written of it.
func FuzzReadCSV(f *testing.F) {
	for text := range badCSV {
		if len(text) < 100 {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte("x,y\n1,-2.5\n\"3e-3\",4\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := points.ReadCSV(strings.NewReader(string(raw)))
		if err != nil {
			return
		}
		var b strings.Builder
		for _, x := range c.X {
			if len(x) != c.Dim() || len(x) == 0 || c.Columns != nil && len(c.Columns) != len(x) {
				t.Fatalf("%d numbers of %d under %d names", len(x), c.Dim(), len(c.Columns))
			}
			for j, v := range x {
				if math.IsNaN(v) || math.IsInf(float64(float32(v)), 0) {
					t.Fatalf("%v", v)
				}
				fmt.Fprintf(&b, "%s%v", map[bool]string{true: ",", false: ""}[j > 0], v)
			}
			b.WriteString("\n")
		}
		again, err := points.ReadCSV(strings.NewReader(b.String()))
		if err != nil || !reflect.DeepEqual(again.X, c.X) {
			t.Fatalf("%q came back as %v, %v", b.String(), again, err)
		}
	})
}
