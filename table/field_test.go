package table

import (
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var nan = math.NaN()

// size is a type that is text.
type size struct{ w int }

func (s size) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%dpx", s.w), nil }

func (s *size) UnmarshalText(b []byte) error {
	if n, err := fmt.Sscanf(string(b), "%dpx", &s.w); n != 1 || err != nil || s.w > 9 {
		return fmt.Errorf("no size up to 9px")
	}
	return nil
}

// part is a part of the settings; it has a row.
type part struct {
	Shape shape `flag:"shape" of:"test-shape" help:"what is drawn" group:"Look"`
	Name  string
}

// settings have every kind of variable.
type settings struct {
	Steps  int           `flag:"steps" range:"[0,2^40]" help:"how many" zero:"all"`
	Rate   float64       `flag:"rate" range:"(0,1)" help:"how fast"`
	Seed   uint64        `flag:"seed" help:"of all"`
	Flip   bool          `flag:"flip"`
	Word   string        `flag:"word"`
	Clamp  string        `flag:"clamp" names:"x0,none"`
	Best   string        `flag:"best" names:"val" optional:"true"`
	Fill   string        `flag:"fill-name" of:"test-fill"`
	Loss   string        `flag:"loss" of:"test-nowhere"`
	Widths []int         `flag:"widths" range:"[1,64]"`
	Rates  []float64     `flag:"rates"`
	Names  []string      `flag:"names"`
	Paths  []string      `flag:"paths" whole:"true"`
	Fills  []string      `flag:"fills" of:"test-fill"`
	Pair   [2]float64    `flag:"pair" range:"(0,1)"`
	Time   time.Duration `flag:"time" range:"[0s,100h]"`
	Size   size          `flag:"size"`
	part
	Hidden int
}

func field(s *settings, name string) *Field { return Find(Fields(s), name) }

// TestSet: what each kind of variable takes, how it reads then, and how it stands in JSON.
func TestSet(t *testing.T) {
	for _, c := range []struct{ name, kind, text, says, json string }{
		{"steps", "int", "12", "12", `12`}, {"rate", "float64", "1e-3", "0.001", `0.001`}, {"seed", "uint64", "18446744073709551615", "18446744073709551615", `18446744073709551615`},
		{"flip", "bool", "true", "true", `true`}, {"word", "string", "a b", "a b", `"a b"`}, {"clamp", "string", "none", "none", `"none"`}, {"best", "string", "", "", `""`},
		{"fill-name", "string", "dots", "dots", `"dots"`}, {"loss", "string", "any", "any", `"any"`},
		{"widths", "intSlice", "4, 8", "4,8", `[4,8]`}, {"rates", "float64Slice", "0.5,-1", "0.5,-1", `[0.5,-1]`},
		{"names", "stringSlice", `a,"b, c"`, "a,b, c", `["a","b, c"]`}, {"paths", "stringArray", "a,b", "a,b", `["a,b"]`}, {"fills", "stringSlice", "dots,none", "dots,none", `["dots","none"]`},
		{"pair", "float64Slice", "0.9,0.99", "0.9,0.99", `[0.9,0.99]`}, {"time", "duration", "90s", "1m30s", `"1m30s"`}, {"size", "size", "4px", "4px", `"4px"`},
		{"shape", "string", "square", "square", `"square"`},
	} {
		s := new(settings)
		f := field(s, c.name)
		if f.Type() != c.kind || !f.IsZero() {
			t.Errorf("%s is a %s, %v", c.name, f.Type(), f)
		}
		if err := f.Set(c.text); err != nil || f.String() != c.says || f.Check() != nil {
			t.Errorf("%s %s: %v, %v, %v", c.name, c.text, f, err, f.Check())
		}
		b, err := f.JSON()
		if err != nil || string(b) != c.json {
			t.Errorf("%s: %s, %v", c.name, b, err)
		}
		again := field(new(settings), c.name)
		if err := again.SetJSON(b); err != nil || again.String() != c.says {
			t.Errorf("%s: read back as %v, %v", c.name, again, err)
		}
	}
}

// TestSetRefuses: what is refused, and why; the variable stays as it was.
func TestSetRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"steps", "abc", `--steps "abc": expected a whole number`}, {"steps", "3.5", "expected a whole number"}, {"steps", "-1", "--steps -1 is outside 0 to 1099511627776"},
		{"steps", "9223372036854775808", "--steps 9223372036854775808 is outside 0 to"}, {"rate", "nan", "--rate nan is outside 0 to 1 (both excluded)"}, {"rate", "x", "expected a number"},
		{"rate", "1e999", "is outside"}, {"seed", "-1", `--seed "-1": expected a whole number, 0 or more`}, {"flip", "maybe", "expected true or false"},
		{"clamp", "x", `--clamp "x" is unknown; choose one of x0, none`}, {"best", "x", `"x" is unknown; choose one of val`}, {"fill-name", "x", "choose one of none, dots, specks"},
		{"widths", "4,x", `--widths "x": expected whole numbers with commas between`}, {"widths", "4,65", "--widths 65 is outside 1 to 64"}, {"widths", "", "expected whole numbers"},
		{"names", `"`, "expected names"}, {"fills", "dots,x", `--fills "x" is unknown`}, {"pair", "0.9", `--pair "0.9": expected 2 numbers`}, {"pair", "0.9,1", "--pair 1 is outside"},
		{"time", "8", `--time "8": expected a time such as`}, {"time", "-1s", "--time -1s is outside 0s to 100h0m0s"}, {"size", "10px", `--size "10px": no size up to 9px`},
		{"shape", "oval", `--shape "oval" is unknown; choose one of circle, square, star`},
	} {
		s := new(settings)
		f := field(s, c.name)
		if err := f.Set(c.text); err == nil || !strings.Contains(err.Error(), c.want) || !f.IsZero() {
			t.Errorf("%s %s: %v, %v", c.name, c.text, err, f)
		}
	}
}

// TestCheck: values that the program itself put there.
func TestCheck(t *testing.T) {
	for name, spoil := range map[string]func(*settings){
		"steps": func(s *settings) { s.Steps = -1 }, "rate": func(s *settings) { s.Rate = nan }, "clamp": func(s *settings) { s.Clamp = "" }, "widths": func(s *settings) { s.Widths = []int{1, 0} },
		"pair": func(s *settings) { s.Pair[1] = 1 }, "time": func(s *settings) { s.Time = -1 }, "size": func(s *settings) { s.Size.w = 10 }, "shape": func(s *settings) { s.Shape = nil },
		"fills": func(s *settings) { s.Fills = []string{"x"} },
	} {
		s := &settings{Rate: 0.5, Clamp: "none", Fill: "none", Pair: [2]float64{0.5, 0.5}, part: part{Shape: &square{Radius: 1}}}
		for _, f := range Fields(s) {
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
		}
		spoil(s)
		if err := field(s, name).Check(); err == nil || !strings.HasPrefix(err.Error(), "--"+name+" ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLists: a list may be given at once or by its flag again, and replaces what was there.
func TestLists(t *testing.T) {
	s := &settings{Widths: []int{1, 2}, Paths: []string{"x"}}
	was := s.Widths
	for _, f := range Fields(s) {
		switch f.Name {
		case "widths":
			if f.Set("4, 8") != nil || f.Set("16") != nil {
				t.Error("refused")
			}
		case "paths":
			if f.Set("a,b") != nil || f.Set("c") != nil {
				t.Error("refused")
			}
		}
	}
	if !slices.Equal(s.Widths, []int{4, 8, 16}) || !slices.Equal(s.Paths, []string{"a,b", "c"}) || !slices.Equal(was, []int{1, 2}) {
		t.Errorf("%v %v %v", s.Widths, s.Paths, was)
	}
}

// TestFlagPackage: a field is a value of package flag too, which asks the zero Field for its text.
func TestFlagPackage(t *testing.T) {
	s := new(settings)
	set := flag.NewFlagSet("", flag.ContinueOnError)
	for _, f := range Fields(s) {
		set.Var(f, f.Name, f.Help)
	}
	set.SetOutput(io.Discard)
	set.PrintDefaults()
	if err := set.Parse([]string{"-flip=true", "-steps", "3", "-time=2m"}); err != nil || !s.Flip || s.Steps != 3 || s.Time != 2*time.Minute {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSetJSONRefuses: JSON of another kind.
func TestSetJSONRefuses(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"steps", `1.5`, "steps: number 1.5, expected a whole number"}, {"steps", `"1"`, "steps: string, expected"}, {"time", `8`, "time: number, expected"}, {"time", `"8"`, `time: "8", expected a time`},
		{"size", `"10px"`, "size: no size"}, {"shape", `1`, "shape: number"}, {"shape", `"oval"`, "is unknown"}, {"widths", `[1,"a"]`, "widths: string"},
	} {
		f := field(new(settings), c.name)
		if err := f.SetJSON([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.name, c.json, err)
		}
	}
}
