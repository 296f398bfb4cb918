package points_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
)

// TestLabelledCSV: a column of labels, wherever it stands, is no number of the points.
func TestLabelledCSV(t *testing.T) {
	x := reverie.Batch[float64]{{1, 2}, {3, 4}, {5, 7}}
	for text, want := range map[string]struct {
		classes []string
		class   []int
	}{
		"x,y,kind\n1,2,b\n3,4,a\n5,7,b\n":                   {[]string{"a", "b"}, []int{1, 0, 1}},
		"kind;x;y\n10;1;2\n2;3;4\n;5;7\n":                   {[]string{"2", "10"}, []int{1, 0, -1}},
		",x,kind,y\n1,1,new york,2\n2,3,\"a,b\",4\n3,5,a,7": {[]string{"a", "a,b", "new york"}, []int{2, 1, 0}},
		"0,1,kind\n1,2,a\n3,4,a\n5,7,a\n":                   {[]string{"a"}, []int{0, 0, 0}},
		"x\ty\t kind \n1\t2\t007\n3\t4\t7\n5\t7\t007\n":     {[]string{"007", "7"}, []int{0, 1, 0}},
		"x,y,kind\n1,2,\n3,4,\n5,7,\n":                      {nil, []int{-1, -1, -1}},
	} {
		c, err := points.ReadLabelledCSV(strings.NewReader(text), "kind")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(c.X, x) || !reflect.DeepEqual(c.Classes, want.classes) || !reflect.DeepEqual(c.Class, want.class) || len(c.Columns) != 2 {
			t.Errorf("%q: %v, classes %q %v, columns %q", text, c.X, c.Classes, c.Class, c.Columns)
		}
		if notes := strings.Join(c.Notes, "; "); !strings.Contains(notes, `column "kind" holds the labels and is no number of a point`) {
			t.Errorf("%q: notes %q", text, notes)
		}
	}
	// Unnamed, such a column is none: a number of the points, or an error.
	if c, err := points.ReadCSV(strings.NewReader("x,kind\n1,2\n3,4\n")); err != nil || c.Dim() != 2 || c.Class != nil {
		t.Errorf("%v, %v", c, err)
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("x,y,kind\n1,2,b\n3,4,a\n5,7,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := points.Open(path, points.Options{LabelColumn: "kind"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Set(path, data.Options{})
	if err != nil || s.String() != "3 points of 2 numbers in 2 classes" || s.Info(0).Class != 1 || s.Info(2).Class != -1 {
		t.Errorf("%v, %v", s, err)
	}
	if notes := strings.Join(c.Notes, "; "); !strings.Contains(notes, `2 classes, "a", "b"; 1 point without a label, of no class`) {
		t.Errorf("notes %q", notes)
	}
}

func TestLabelledCSVErrors(t *testing.T) {
	for text, want := range map[string]string{
		"x,y\n1,2\n":           `no column "kind" for the labels (--label-column): the first line holds "x", "y"`,
		"1,2\n3,4\n":           `no column "kind"`,
		"kind\na\n":            "no column beside that of the labels",
		"kind,kind,x\na,b,1\n": `two columns are called "kind"`,
		"kind,x\na,1\nb\n":     "line 3: 1 column, expected 2",
		"kind,x\na,b\n":        `line 2, column 2 ("x"): "b" is not a number`,
		"kind,x\n\x01,1\n":     `line 2, column 1 ("kind"): the name of a class holds control characters`,
		"x,kind\n1," + strings.Repeat("a", 256) + "\n": "has 256 bytes",
	} {
		if _, err := points.ReadLabelledCSV(strings.NewReader(text), "kind"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	var b strings.Builder
	b.WriteString("x,kind\n")
	for i := range 1<<16 + 1 {
		b.WriteString("1," + string(rune('a'+i%26)) + strings.Repeat("b", i/26%20) + strings.Repeat("c", i/520) + "\n")
	}
	if _, err := points.ReadLabelledCSV(strings.NewReader(b.String()), "kind"); err == nil || !strings.Contains(err.Error(), "more than the limit of 65536 classes") {
		t.Error(err)
	}
}

// FuzzReadLabelledCSV: what is accepted has a class, or none, for each point.
func FuzzReadLabelledCSV(f *testing.F) {
	f.Add("x,y,kind\n1,2,b\n3,4,a\n", "kind")
	f.Add("kind;x\n10;1\n;3\n", "kind")
	f.Add(",kind,x\n1,a,1\n2,b,3\n3,b,4\n", "")
	f.Fuzz(func(t *testing.T, text, column string) {
		c, err := points.ReadLabelledCSV(strings.NewReader(text), column)
		if err != nil {
			return
		}
		if column != "" && len(c.Class) != len(c.X) || c.Columns != nil && len(c.Columns) != c.Dim() {
			t.Fatalf("%d classes of %d points of %d numbers, columns %q", len(c.Class), len(c.X), c.Dim(), c.Columns)
		}
		if _, err := c.Set("fuzz", data.Options{}); err != nil {
			t.Fatal(err)
		}
	})
}
