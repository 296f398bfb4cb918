package points_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

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
		{"x,y\r1,-2.5\r3e-3,4\r", two, []string{"x", "y"}},
		{"sep=;\nx;y\n1;-2.5\n3e-3;4\n", two, []string{"x", "y"}},
		{"\"sep=\t\"\n1\t-2.5\n3e-3\t4\n", two, nil},
		{"  1.00e+00   -2.5\n 3e-3 4 \n", two, nil},
		{"length of it width\n", nil, nil},
		{"x y\n1 -2.5\n3e-3 4\n", two, []string{"x", "y"}},
		{"the length\n7\n8\n", reverie.Batch[float64]{{7}, {8}}, []string{"the length"}},
		{"\"a \"\"b\"\"\",c\n7,8\n", reverie.Batch[float64]{{7, 8}}, []string{"a \"b\"", "c"}},

		// Decimal commas, typographic signs, spaces.
		{"x;y\n1,0;-2,5\n3,0E-3;4\n", two, []string{"x", "y"}},
		{"1,0\t-2,5\n0,003\t4\n", two, nil},
		{"\"1,0\",\"-2,5\"\n\"0,003\",\"4\"\n", two, nil},
		{"1;\u22122,5\n0,003;4\n", two, nil},
		{"\u00a01\u00a0,\u20132.5\u202f\n\u200b3e\u22123,\uff0b4\n", two, nil},
		{"1,500;2\n2,250;3\n", reverie.Batch[float64]{{1.5, 2}, {2.25, 3}}, nil}, // between semicolons a comma is decimal

		// Columns' numbers and indices.
		{"0,1\n1,-2.5\n3e-3,4\n", two, []string{"0", "1"}},
		{",0,1\n0,1,-2.5\n1,3e-3,4\n", two, []string{"0", "1"}},
		{",x,y\n17,1,-2.5\n4,3e-3,4\n", two, []string{"x", "y"}},
		{"\tx\ty\nmonday\t1\t-2.5\ntuesday\t3e-3\t4\n", two, []string{"x", "y"}},
		{"Unnamed: 0.1,Unnamed: 0,x,y\n0,0,1,-2.5\n1,1,3e-3,4\n", two, []string{"x", "y"}},
		{"Unnamed: 0,x,y\n0,1,-2.5\n1,3e-3,4\n", two, []string{"x", "y"}},
		{"\"\",\"V1\",\"V2\"\n\"1\",1,-2.5\n\"2\",3e-3,4\n", two, []string{"V1", "V2"}},
		{"0\n7.5\n8\n", reverie.Batch[float64]{{7.5}, {8}}, []string{"0"}},
		{"0\n7\n8\n", reverie.Batch[float64]{{0}, {7}, {8}}, nil},
		{"0,5\n1,6\n2,9\n", reverie.Batch[float64]{{5}, {6}, {9}}, nil},
		{"1,5,1\n2,6,2\n3,9,4\n", reverie.Batch[float64]{{5, 1}, {6, 2}, {9, 4}}, nil},
		{"index,y\n0,5\n1,6\n2,9\n", reverie.Batch[float64]{{5}, {6}, {9}}, []string{"y"}},
		{"t,y\n0,5\n1,6\n2,9\n", reverie.Batch[float64]{{0, 5}, {1, 6}, {2, 9}}, []string{"t", "y"}},
		{"0,5\n1,6\n", reverie.Batch[float64]{{0, 5}, {1, 6}}, nil},              // two lines show no index
		{"1,2\n2,3\n3,4\n", reverie.Batch[float64]{{1, 2}, {2, 3}, {3, 4}}, nil}, // all count
		{"1.5,-0\n-1e400,2\n", nil, nil},
		{"99999999.123456789,1e-40\n1,2\n", reverie.Batch[float64]{{99999999.123456789, 1e-40}, {1, 2}}, nil},
	} {
		got, err := points.ReadCSV(strings.NewReader(c.text))
		if c.x == nil && err != nil {
			continue
		}
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
	"":                     "no points",
	"x,y\n":                "no points",
	"\n#1,2\n":             "no points",
	"1,2\n3,abc\n":         `line 2, column 2: "abc" is not a number`,
	"x,y\n1,2\n\n3,\n":     `line 4, column 2 ("y"): empty: expected a number`,
	"1,2\n3,NaN\n":         "line 2, column 2: NaN: expected a finite number",
	"1,-inf\n":             "line 1, column 2: -Inf",
	"1,1e39\n":             "line 1, column 2: 1e+39: expected a finite number of at most 1e+30",
	"1,1e999\n":            "line 1, column 2: +Inf",
	"1,2\n3,4,5\n":         "line 2: 3 columns, expected 2",
	"1,2\n3\n":             "line 2: 1 column, expected 2",
	"1,x\n":                `line 1, column 2: "x" is not a number`,
	"x,\"y\n1,2\n":         `line 1: a double quote has no second one`,
	"1;2\n3,4\n":           `line 1, column 1: "1;2" is not a number; if the line holds names`,
	"1,2\n3;4\n":           "line 2: 2 columns, expected 1 as in the first line",
	"1\x00,2\n":            `line 1, column 1: "1\x00" is not a number`,
	"0" + fill(",0", 4096): "line 1: 4097 columns: more than the limit of 4096",
	"a" + fill(",a", 4096): "line 1: 4097 columns: more than the limit of 4096",
	"1\n" + fill("1", 2e6): "line 2 is longer than the limit",

	// Thousands, and what may be.
	"1;2\n1.234,5;2\n":           `line 2, column 1: "1.234,5": thousands separators are not read`,
	"1;2\n1,234,567;2\n":         `line 2, column 1: "1,234,567": thousands`,
	"1;2\n1\u00a0234;2\n":        "line 2, column 1: \"1\\u00a0234\": thousands",
	"1,2\n1'234,2\n":             `line 2, column 1: "1'234": thousands`,
	"\"1,234\",\"2,345\"\n1,2\n": `line 1, column 1: "1,234" may be 1.234 or a number of thousands`,
	"1.5;2\n1,5;2\n":             `line 2, column 1: "1,5": numbers with a comma ("1,5", line 2, column 1) and with a point`,
	"\"1,5\",2\n3,4.5\n":         `line 2, column 2: "4.5": numbers with a comma ("1,5", line 1, column 1) and with a point`,
	"x\n1,5\n2,5\n":              "line 2: 2 columns, expected 1 as in the first line; if these are decimal commas",
	"x,y\n0,1.5,2.5\n":           "line 2: 3 columns, expected 2 as in the first line; if the lines begin with an index",

	// A first line that is nearly numbers is not taken for names.
	"1.2.3,4.5.6\n1,2\n":               `line 1, column 1: "1.2.3"`,
	"$1,$2\n1,2\n":                     `line 1, column 1: "$1" is not a number; if the line holds names`,
	"NA,-\n1,2\n":                      `line 1, column 1: "NA" is not a number; if`,
	",\n1,2\n":                         "line 1, column 1: empty: expected a number; if",
	"5kg,6kg\n1,2\n":                   `line 1, column 1: "5kg"`,
	"NA,0\n1,2\n":                      `line 1, column 1: "NA"`,
	"\uff11\uff0e\uff15,\uff12\n1,2\n": "line 1, column 1: \"\uff11",
	"1\x00,\x002\x00\n1,2\n":           `line 1, column 1: "1\x00"`,
	"1,2\n1_000,2\n":                   `line 2, column 1: "1_000": thousands`,
	"NA,1.5\n1,2\n":                    `line 1, column 1: "NA" is not a number`,
	"1,2\n+Infinity,2\n":               "line 2, column 1: +Inf: expected a finite number",
	"1,2\n1.5e30,2\n":                  "line 2, column 1: 1.5e+30: expected a finite number of at most 1e+30",
	"1\nx" + fill("y", 1e5):            "line 2, column 1: \"xyyy",
}

// TestCSVNotes checks that what is read otherwise is said, once, with how to have it otherwise.
func TestCSVNotes(t *testing.T) {
	for text, want := range map[string][]string{
		"# x y\n1 2\n#3 4\n":       {"left out as comments, for they begin with #: 2 lines"},
		"1.5,2\n3,4\n":             nil,
		"x,y\n1,2\n":               {`columns "x", "y"`},
		"0,1\n1.5,2\n":             {"the first line, 0, 1, is read as the numbers of the columns, not as a point; put a line of names"},
		",x,y\n0,1.5,2\n":          {"column 1 has no name and is left out as an index of the lines; give it another name", `columns "x", "y"`},
		"0,1.5\n1,2.5\n2,3\n":      {"the first column counts the lines from 0 and is left out as their index; name the columns"},
		"t,y\n0,1.5\n1,2.5\n2,3\n": {`columns "t", "y"`, `column "t" counts the lines from 0 and is kept; if it is their index`},
		"1,5;2\n1,25;2\n":          {`2 numbers with a decimal comma, the first "1,5" (line 1, column 1), read as 1.5; write a point`},
		"x\n1\n\u22122\n":          {`columns "x"`, "1 number with typographic signs, the first \"\u22122\" (line 3, column 1), read as -2"},
		"a,b,c,d,e,f,g,h,i,j\n1,2,3,4,5,6,7,8,9,0\n": {`columns "a", "b", "c", "d", "e", "f", "g", "h" and 2 more`},
		"a\x1b[31m\n1\n": {`columns "a\x1b[31m"`},
	} {
		c, err := points.ReadCSV(strings.NewReader(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		same := len(c.Notes) == len(want)
		for i := range min(len(want), len(c.Notes)) {
			same = same && strings.Contains(c.Notes[i], want[i])
		}
		if !same {
			t.Errorf("%q: notes %q, want %q", text, c.Notes, want)
		}
	}
}

// TestUTF16 checks both orders, with and without the mark of the encoding, against UTF-8.
func TestUTF16(t *testing.T) {
	const text = "a long name of the column: l\u00e4nge,y\n1.5,-2\n3,\u22124.25\n"
	want, err := points.ReadCSV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, mark := range []string{"", "\ufeff"} {
			var raw []byte
			for _, u := range utf16.Encode([]rune(mark + text)) {
				raw = order.AppendUint16(raw, u)
			}
			got, err := points.ReadCSV(bytes.NewReader(raw))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, mark %q: %v, %v", order, mark, got, err)
			}
		}
	}
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
	if _, err := points.OpenCSV(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder, expected a file") {
		t.Error(err)
	}
}

// FuzzReadCSV checks that what is accepted has one width, is finite, and comes back from what is
// written of it.
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
		b.WriteString("x" + fill(",x", c.Dim()-1) + "\n") // named, nothing is left out
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
