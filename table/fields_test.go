package table

import (
	"slices"
	"strings"
	"testing"
)

// flags are the names of fields.
func flags(fields []*Field) (all []string) {
	for _, f := range fields {
		all = append(all, f.Name)
	}
	return all
}

// TestFields: the settings of the row that is chosen stand after it, and only those.
func TestFields(t *testing.T) {
	p := new(part)
	for shape, want := range map[string][]string{
		"": {"shape"}, "circle": {"shape", "radius", "fill"}, "square": {"shape", "radius", "turned"}, "star": {"shape", "points", "fill"},
	} {
		if shape != "" {
			if err := Fields(p)[0].Set(shape); err != nil {
				t.Fatal(err)
			}
		}
		if shape == "star" {
			p.Shape.(*star).Fill = &dots{Size: 1}
			want = append(want, "dot-size")
		}
		if got := flags(Fields(p)); !slices.Equal(got, want) && shape != "" {
			t.Errorf("%s: %v", shape, got)
		}
	}
	p.Shape = &circle{Fill: &dots{Info: Info{Name: "dots"}, Size: 4}}
	f := Find(Fields(p), "dot-size")
	if f == nil || f.Set("9") != nil || p.Shape.(*circle).Fill.(*dots).Size != 9 {
		t.Error("a setting of a row's row is not set")
	}
	if want := (Path{{"shape", "circle", "test-shape"}, {"fill", "dots", "test-fill"}}); len(f.Paths) != 1 || !slices.Equal(f.Paths[0], want) {
		t.Errorf("%v", f.Paths)
	}
}

// TestChoose: another row keeps the settings that both have, the same row all of them.
func TestChoose(t *testing.T) {
	p := &part{Shape: &circle{Radius: 7, Fill: &dots{Info: Info{Name: "dots"}, Size: 4}}}
	f := Find(Fields(p), "shape")
	if err := f.Set("circle"); err != nil || p.Shape.(*circle).Radius != 7 {
		t.Error("the same row lost its settings", err)
	}
	if err := f.Set("star"); err != nil {
		t.Fatal(err)
	}
	if s := p.Shape.(*star); !slices.Equal(s.Points, []int{1, 2}) || s.Fill == nil || s.Fill.(*dots).Size != 4 {
		t.Errorf("%+v", s)
	}
	if row, _ := shapes.Find("star"); row.(*star).Fill != nil {
		t.Error("the table's row was changed")
	}
	if err := f.Set("square"); err != nil || p.Shape.(*square).Radius != 0 {
		t.Errorf("%+v, %v", p.Shape, err)
	}
}

// TestOmit: what is omitted of the settings of rows is none of the struct's, whatever is said of
// it, and a copy is a copy all the same; what says no part of the help has that of the row.
func TestOmit(t *testing.T) {
	type drawn struct {
		Shape  shape `flag:"shape" of:"test-shape" omit:"points,radius" group:"Look"`
		Radius int   `flag:"radius" range:"[1,9]" help:"of all"`
	}
	if got := flags(All(new(drawn))); !slices.Equal(got, []string{"shape", "fill", "dot-size", "turned", "radius"}) {
		t.Errorf("%v", got)
	}
	if f := Find(All(new(drawn)), "turned"); f.Group != "Look" {
		t.Errorf("in group %q", f.Group)
	}
	d := &drawn{Shape: &star{Points: []int{1}, Fill: &dots{Size: 1}}}
	if got := flags(Fields(d)); !slices.Equal(got, []string{"shape", "fill", "dot-size", "radius"}) {
		t.Errorf("%v", got)
	}
	if err := Decode(d, []byte(`{"shape": "circle", "radius": 7}`)); err != nil || d.Radius != 7 || d.Shape.(*circle).Radius != 1 {
		t.Errorf("%+v, %+v, %v", d, d.Shape, err)
	}
	d.Shape = &star{Points: []int{1}, Fill: &dots{Size: 1}}
	c := Clone(d)
	c.Shape.(*star).Points[0], c.Shape.(*star).Fill.(*dots).Size, c.Radius = 5, 5, 5
	if s := d.Shape.(*star); s.Points[0] != 1 || s.Fill.(*dots).Size != 1 || d.Radius != 7 {
		t.Errorf("a copy shares with %+v", s)
	}
}

// TestUsual: what rows have that have a setting, where they agree.
func TestUsual(t *testing.T) {
	all := All(new(part))
	for name, want := range map[string]string{"points": "1,2", "radius": "", "turned": "", "dot-size": ""} {
		if got := Find(all, name).Usual(); got != want {
			t.Errorf("%s is usually %q", name, got)
		}
	}
}

// TestAll: what any row takes, each name once, with whose it is.
func TestAll(t *testing.T) {
	all := All(new(part))
	if got := flags(all); !slices.Equal(got, []string{"shape", "radius", "fill", "dot-size", "turned", "points"}) {
		t.Errorf("%v", got)
	}
	for name, want := range map[string]string{
		"shape": "what is drawn", "radius": "how wide (circle, 0: 1; square, 0: 2)", "fill": "what is inside (circle, star)", "dot-size": "of the dots (dots, specks)",
		"turned": "stands on a corner (square)", "points": "its points (star)",
	} {
		if f := Find(all, name); f.Help != want {
			t.Errorf("%s: %q", name, f.Help)
		}
	}
	if f := Find(all, "fill"); f.Group != "Look" || f.Owners() != "--shape circle and star" || f.Set("specks") != nil || f.String() != "specks" {
		t.Errorf("%+v", f)
	}
	if f := Find(all, "turned"); !f.Rare || f.Owners() != "--shape square" {
		t.Errorf("%+v", f)
	}
	if f := Find(all, "radius"); f.Set("11") == nil || f.Set("3") != nil || f.String() != "3" || Find(all, "shape").Owners() != "" {
		t.Errorf("%+v", f)
	}
	if row, _ := shapes.Find("circle"); row.(*circle).Radius != 1 {
		t.Error("the table's row was changed")
	}
}

// two rows with a setting of one name that take different words and numbers, or are of different
// kinds.
type left struct {
	Info
	Side string `flag:"side" names:"a,b"`
	Deep int    `flag:"deep" range:"[0,1]"`
}
type right struct {
	Info
	Side string `flag:"side" names:"b,c"`
	Deep int    `flag:"deep" range:"[0,9]"`
}
type odd struct {
	Info
	Side int `flag:"side"`
}

// TestAllTogether: a setting of several rows takes what any of them takes; one name is one kind.
func TestAllTogether(t *testing.T) {
	table := New[Row]("test-sides", "", "", &left{Info: Info{Name: "left"}}, &right{Info: Info{Name: "right"}})
	var p struct {
		Side Row `flag:"which" of:"test-sides"`
	}
	all := All(&p)
	side := Find(all, "side")
	for _, v := range []string{"a", "b", "c"} {
		if err := side.Set(v); err != nil || side.String() != v {
			t.Errorf("%s: %v, %v", v, side, err)
		}
	}
	if err := side.Set("d"); err == nil || err.Error() != `--side "d" is unknown; choose one of a, b, c` {
		t.Error(err)
	}
	if deep := Find(all, "deep"); deep.Set("9") != nil || deep.Set("10") == nil {
		t.Error("the widest range is not taken")
	}
	if side.Help != "" || side.SetJSON([]byte(`"c"`)) != nil || side.String() != "c" {
		t.Errorf("%q %v", side.Help, side)
	}
	table.Add(&odd{Info: Info{Name: "odd"}})
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "--side is a string of --which left and right, and a int of --which odd") {
			t.Error(r)
		}
	}()
	All(&p)
}

// TestTwins: a setting that two rows have which are both chosen is set in both, and stands once in
// a file.
func TestTwins(t *testing.T) {
	p := struct {
		One shape `flag:"one" of:"test-shape"`
		Two shape `flag:"two" of:"test-shape"`
	}{&square{}, &circle{Radius: 1, Fill: plainFill{Info{Name: "none"}}}}
	f := Find(Fields(&p), "radius")
	if err := f.Set("3"); err != nil || p.One.(*square).Radius != 3 || p.Two.(*circle).Radius != 3 || f.Owners() != "--one square and --two circle" {
		t.Errorf("%v, %s", err, f.Owners())
	}
	if err := f.SetJSON([]byte("4")); err != nil || p.One.(*square).Radius != 4 || p.Two.(*circle).Radius != 4 {
		t.Error(err)
	}
	b, err := Encode(&p)
	if err != nil || strings.Count(string(b), `"radius"`) != 1 {
		t.Errorf("%s, %v", b, err)
	}
	if f.Set("11") == nil || f.SetJSON([]byte(`"x"`)) == nil {
		t.Error("taken")
	}
}

// TestOwnName: a row cannot have a setting of the name of one outside of it.
func TestOwnName(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "--radius is a setting of --shape circle, and one without it") {
			t.Error(r)
		}
	}()
	All(&struct {
		Radius float64 `flag:"radius"`
		Shape  shape   `flag:"shape" of:"test-shape"`
	}{})
}

// flat has no settings that work where it says so.
type flat struct {
	Info
	Depth int `flag:"depth"`
}

func (f *flat) Validate() error {
	if f.Depth > 3 {
		return &Error{"depth", "is too much for flat"}
	}
	return nil
}

func (f *flat) Unused(name string) error {
	if name == "depth" {
		return &Error{name, "has no effect"}
	}
	return nil
}

// TestTake: values of a command line go to the struct, its rows before their settings.
func TestTake(t *testing.T) {
	all := All(new(part))
	var given []*Field
	for _, set := range [][2]string{{"radius", "3"}, {"dot-size", "4"}, {"fill", "specks"}, {"points", "5"}, {"shape", "circle"}} {
		f := Find(all, set[0])
		if err := f.Set(set[1]); err != nil {
			t.Fatal(err)
		}
		given = append(given, f)
	}
	p := &part{Shape: &star{Points: []int{7}}}
	if err := Take(p, given); err != nil {
		t.Fatal(err)
	}
	if c := p.Shape.(*circle); c.Radius != 3 || c.Fill.(*dots).Size != 4 || c.Fill.Row().Name != "specks" {
		t.Errorf("%+v", c)
	}
	if err := Take(p, []*Field{Bind(new(string), `flag:"radius"`)}); err == nil {
		t.Error("a word is a radius")
	}
}

// TestUnused: a setting of another row is refused, with whose it is.
func TestUnused(t *testing.T) {
	p := &part{Shape: &circle{Fill: plainFill{Info{Name: "none"}}}}
	for name, want := range map[string]string{
		"shape": "", "radius": "", "fill": "",
		"turned":   "--turned belongs to --shape square, not to circle; leave it out",
		"dot-size": "--dot-size belongs to --fill dots and specks, not to none; leave it out",
		"wheels":   "--wheels is no setting",
	} {
		if err := Unused(p, name); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var own struct {
		Row Row `flag:"row" of:"test-flat"`
	}
	if Check(&own) == nil {
		t.Error("no row is taken")
	}
	own.Row = &flat{Info: Info{Name: "flat"}, Depth: 4}
	if err := Check(&own); err == nil || err.Error() != "--depth is too much for flat" {
		t.Error(err)
	}
	own.Row = &flat{Info: Info{Name: "flat"}}
	if err := Check(&own); err != nil {
		t.Error(err)
	}
	if err := Unused(&own, "depth"); err == nil || err.Error() != "--depth has no effect" {
		t.Error(err)
	}
}

// TestJSON: settings as one flat object and back, with the rows chosen before what is theirs, and
// what another row would have passed over.
func TestJSON(t *testing.T) {
	p := &part{Shape: &circle{Radius: 7, Fill: &dots{Info: Info{Name: "dots"}, Size: 4}}}
	b, err := Encode(p)
	if want := `{"shape":"circle","radius":7,"fill":"dots","dot-size":4}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	back := new(part)
	if err := Decode(back, b); err != nil || back.Shape.(*circle).Fill.(*dots).Size != 4 {
		t.Errorf("%+v, %v", back, err)
	}
	if err := Decode(back, []byte(`{"dot-size": 2, "turned": true, "shape": "square", "radius": 3}`)); err != nil || *back.Shape.(*square) != (square{3, true}) {
		t.Errorf("%+v, %v", back.Shape, err)
	}
	for text, want := range map[string]string{
		`{"shape":"oval"}`: "is unknown", `{"Shape":"star"}`: `unknown field "Shape"`, `{"shape":"star","points":3}`: "points: number, expected whole numbers", `[]`: "cannot unmarshal",
	} {
		if err := Decode(new(part), []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
