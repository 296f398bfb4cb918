package source

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// Each name is one source's, which knows what its samples are.
func TestClaims(t *testing.T) {
	for name, want := range map[string]struct {
		row  string
		form kind.Form
		path string
	}{
		"":                   {"emoji", kind.Images, ""},
		"photos":             {"folders", kind.Images, "photos"},
		"train-images.idx3":  {"folders", kind.Images, "train-images.idx3"},
		"images:a/x.npz":     {"folders", kind.Images, "a/x.npz"},
		"points:moons":       {"points", kind.Points, ""},
		"points:dark.png":    {"points", kind.Points, ""},
		"a/table.CSV":        {"table", kind.Points, "a/table.CSV"},
		"x.npz":              {"array", kind.Points, "x.npz"},
		"x.npy":              {"array", kind.Points, "x.npy"},
		"fields:a/x.npz":     {"fields", kind.Fields, "a/x.npz"},
		"fields:a/table.csv": {"fields", kind.Fields, "a/table.csv"},
	} {
		s, c := Find(name)
		if s.Row().Name != want.row || c.Kind.Form != want.form || c.Path != want.path {
			t.Errorf("%q: %s, %v, path %q", name, s.Row().Name, c.Kind, c.Path)
		}
	}
}

func TestOf(t *testing.T) {
	if s, _, err := Of([]string{"a", "images:b.npz"}); err != nil || s.Row().Name != "folders" {
		t.Errorf("folders and an array of images: %v", err)
	}
	for want, names := range map[string][]string{
		"a and points:moons: one is images, the other points":     {"a", "points:moons"},
		"x.csv and fields:y.npz: one is points, the other fields": {"x.csv", "fields:y.npz"},
		"one is of table, the other of points":                    {"x.csv", "points:moons"},
		"2 sets of points: give one":                              {"x.csv", "y.csv"},
	} {
		if _, _, err := Of(names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", names, err, want)
		}
	}
}

// What a configuration keeps of a name works in every folder.
func TestResolve(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	array := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		if err := checkpoint.WriteNPZ(nil, name, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromU8s(make([]byte, n), shape...)}); err != nil {
			t.Fatal(err)
		}
	}
	array("points.npz", 4, 2)
	array("pictures.npz", 4, 8, 8, 3)
	at := func(name string) string { return filepath.Join(dir, name) }
	got, err := Resolve([]string{"photos", "points:moons", "points.npz", "pictures.npz", "images:pictures.npz", "fields:points.npz"})
	want := []string{at("photos"), "points:moons", at("points.npz"), "images:" + at("pictures.npz"), "images:" + at("pictures.npz"), "fields:" + at("points.npz")}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q, %v", got, want, err)
	}
	if _, err := Resolve([]string{""}); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty name: %v", err)
	}
	for name, want := range map[string]string{"/a/photos": "photos", "points:moons": "moons", "/a/x.csv": "x.csv", "images:/a/x.npz": "x", "fields:/a/x.npz": "x", "/": ""} {
		if got := Base(name); got != want {
			t.Errorf("a run on %s is called %q, want %q", name, got, want)
		}
	}
}

// Fields are opened in units of deviation 1, or in those of others; every channel has its own.
func TestFields(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.npz")
	x := make([]float64, 6*2*2*3)
	for i := range x {
		x[i] = float64(i%3) * (1000 + float64(i%7)) // channel 0 is 0 everywhere
	}
	if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF64s(x, 6, 2, 2, 3)}); err != nil {
		t.Fatal(err)
	}
	set, err := Open(t.Context(), []string{"fields:" + path}, Options{Val: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	k := set.Kind()
	if k.String() != "fields of 2x2x3" || k.Ranged || k.Levels != 0 || k.Scale[0] != 1e-9 || k.Shift[1] < 1000 {
		t.Errorf("%+v", k)
	}
	b, err := set.Load(t.Context(), 0, 1, 2, 3, 4, 5)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		mean, square := 0., 0.
		for i := c; i < len(b.X); i += 3 {
			mean, square = mean+float64(b.X[i])/24, square+float64(b.X[i])*float64(b.X[i])/24
		}
		if want := min(c, 1); mean*mean > 1e-8 || square-float64(want) > 1e-4 || float64(want)-square > 1e-4 {
			t.Errorf("channel %d: mean %v, mean square %v", c, mean, square)
		}
	}
	if back := set.InUnits(); len(back) != len(x) || back[4] != x[4] {
		t.Errorf("in units: %v", back[:6])
	}
	like := k.In([]float64{1, 1, 1}, []float64{2, 2, 2})
	again, err := Open(t.Context(), []string{"fields:" + path}, Options{Like: &like})
	if err != nil || again.Kind().Scale[0] != 2 {
		t.Errorf("like others: %v", err)
	}
	other := kind.OfFields(4, 4, 3)
	if _, err := Open(t.Context(), []string{"fields:" + path}, Options{Like: &other}); err == nil || !strings.Contains(err.Error(), "cannot be compared with fields of 4x4x3") {
		t.Errorf("fields of another shape: %v", err)
	}
}

// Settings are the pictures' alone.
func TestSettings(t *testing.T) {
	for _, s := range Sources.Rows() {
		n := len(table.Fields(table.Copy(s)))
		if name := s.Row().Name; (n > 0) != (name == "emoji" || name == "folders") {
			t.Errorf("%s has %d settings", name, n)
		}
	}
}
