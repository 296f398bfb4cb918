package table

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// shape is a kind of row for the tests, with settings.
type shape interface {
	Row
	sides() int
}

type circle struct {
	Radius float64 `flag:"radius" range:"(0,10]" help:"how wide" zero:"1"`
	Fill   fill    `flag:"fill" of:"test-fill" help:"what is inside" group:"Look"`
}

type square struct {
	Radius float64 `flag:"radius" range:"(0,10]" help:"how wide" zero:"2"`
	Turned bool    `flag:"turned" help:"stands on a corner" rare:"true"`
}

type star struct {
	Points []int `flag:"points" range:"[1,9]" help:"its points"`
	Fill   fill  `flag:"fill" of:"test-fill" help:"what is inside"`
}

func (*circle) Row() Info  { return Info{"circle", "round"} }
func (*circle) sides() int { return 0 }
func (*square) Row() Info  { return Info{"square", "not round"} }
func (*square) sides() int { return 4 }
func (*star) Row() Info    { return Info{"star", "pointed"} }
func (*star) sides() int   { return 10 }

type fill interface{ Row }

type plainFill struct{ Info }

type dots struct {
	Info
	Size int `flag:"dot-size" range:"[1,9]" help:"of the dots"`
}

var (
	fills  = New[fill]("test-fill", "fills", "", plainFill{Info{"none", "nothing"}}, &dots{Info{"dots", "dots of one size"}, 3}, &dots{Info{"specks", "smaller ones"}, 1})
	shapes = New[shape]("test-shape", "shapes", ", of the tests", &circle{Radius: 1, Fill: plainFill{Info{"none", ""}}}, &square{}, &star{Points: []int{1, 2}})
)

// TestRows: rows are found by name, and a copy shares nothing with its row.
func TestRows(t *testing.T) {
	if got := shapes.Names(); !slices.Equal(got, []string{"circle", "square", "star"}) {
		t.Errorf("%v", got)
	}
	_, err := shapes.Find("oval")
	if err == nil || err.Error() != `--test-shape "oval" is unknown; choose one of circle, square, star` || !errors.As(err, new(*Error)) {
		t.Error(err)
	}
	made, err := shapes.New("star")
	if err != nil || made.sides() != 10 {
		t.Fatal(made, err)
	}
	made.(*star).Points[0] = 7
	if row, _ := shapes.Find("star"); row.(*star).Points[0] != 1 {
		t.Error("a copy shares its row's list")
	}
	if _, err := shapes.New("oval"); err == nil {
		t.Error("made an unknown row")
	}
	dotted := &circle{Fill: &dots{Size: 5}}
	Copy(dotted).(*circle).Fill.(*dots).Size = 6
	if dotted.Fill.(*dots).Size != 5 {
		t.Error("a copy shares the row in it")
	}
}

// TestSections: a section says what the rows say, and all tables are there.
func TestSections(t *testing.T) {
	s := shapes.Section()
	if s.Flag != "test-shape" || s.Title != "shapes" || s.Note != ", of the tests" || len(s.Rows) != 3 || s.Rows[1] != (Info{"square", "not round"}) {
		t.Errorf("%+v", s)
	}
	if !slices.ContainsFunc(Sections(), func(s Section) bool { return s.Flag == "test-fill" }) {
		t.Error("a table is missing")
	}
}

// TestAddRefuses: one name, one row; one flag, one table.
func TestAddRefuses(t *testing.T) {
	for what, add := range map[string]func(){
		"a name twice":    func() { shapes.Add(&circle{}) },
		"no name":         func() { fills.Add(plainFill{}) },
		"a flag twice":    func() { New[Info]("test-fill", "", "") },
		"twice at once":   func() { New("test-twice", "", "", Info{"a", ""}, Info{"a", ""}) },
		"a map":           func() { Bind(new(map[string]int), `flag:"x"`) },
		"no range at all": func() { Bind(new(int), `flag:"x" range:"1-2"`) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", what)
				}
			}()
			add()
		}()
	}
}

// TestAdd: a row of another package's stands beside those there are.
func TestAdd(t *testing.T) {
	table := New[Info]("test-add", "", "")
	if table.Add(Info{"mine", "my own"}); !slices.Equal(table.Names(), []string{"mine"}) || len(table.Rows()) != 1 {
		t.Errorf("%v", table.Names())
	}
	word := ""
	if err := Bind(&word, `flag:"word" of:"test-add"`).Set("mine"); err != nil || word != "mine" {
		t.Error(word, err)
	}
}

// TestRanges: ends, what is between them, and how they read.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		text, says string
		in, out    []float64
	}{
		{"[0,0.9]", "0 to 0.9", []float64{0, 0.9}, []float64{-1e-9, 0.91}},
		{"(0,1)", "0 to 1 (both excluded)", []float64{0.5}, []float64{0, 1}},
		{"(0,1e38]", "0 to 1e+38 (0 excluded)", []float64{1e38}, []float64{0}},
		{"[0,1)", "0 to 1 (1 excluded)", []float64{0}, []float64{1}},
		{"0|[1e-13,1]", "1e-13 to 1 (or 0)", []float64{0, 1e-13, 1}, []float64{1e-14, 2}},
		{"0|[0,1]", "0 to 1", []float64{0, 1}, []float64{-1}},
		{"[1,2^40]", "1 to 1099511627776", []float64{1 << 40}, []float64{1<<40 + 1}},
		{"[0s,100h]", "0 to 360000", []float64{360000}, []float64{360001}},
	} {
		r, err := ParseRange(c.text)
		if err != nil || r.String() != c.says {
			t.Errorf("%s: %v, %v", c.text, r, err)
		}
		for _, v := range c.in {
			if err := r.Check("x", v); err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
		}
		for _, v := range append(c.out, nan) {
			if err := r.Check("x", v); err == nil || !strings.Contains(err.Error(), " is outside "+c.says) {
				t.Errorf("%s has %v: %v", c.text, v, err)
			}
		}
	}
	for _, text := range []string{"", "0,1", "[0]", "[,]", "[a,1]", "[1,0]", "[2^x,9]", "[0,1", "0|", "[nan,1]"} {
		if r, err := ParseRange(text); err == nil {
			t.Errorf("%q is %v", text, r)
		}
	}
}
