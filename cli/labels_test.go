package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDataLabels: data says where the labels come from, with counts, and gives the words on to
// train.
func TestDataLabels(t *testing.T) {
	dir, out := images(t), filepath.Join(t.TempDir(), "grid.png")
	var rows strings.Builder
	rows.WriteString("file_name,kind\n")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files[1:] {
		name, _ := filepath.Rel(dir, file)
		fmt.Fprintf(&rows, "%s,%d\n", filepath.ToSlash(name), i%11)
	}
	if err := os.WriteFile(filepath.Join(dir, "metadata.csv"), []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	r := ok(t, "data", dir, "--out", out)
	for _, part := range []string{fmt.Sprintf("labels      %d of %[1]d images by their class folders; no labels are taken from", len(files)), `no column "label"`} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the report lacks %q:\n%s", part, r.out)
		}
	}
	r = ok(t, "data", dir, "--out", out, "--labels", "metadata", "--label-column", "kind")
	for _, part := range []string{
		fmt.Sprintf("labels      %d of %d images by %s; 1 image without a label, of no class", len(files)-1, len(files), filepath.Join(dir, "metadata.csv")),
		"(no class)       1", "--labels=metadata --label-column=kind",
	} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the report lacks %q:\n%s", part, r.out)
		}
	}
	if two, ten := strings.Index(r.out, "\n  2  "), strings.Index(r.out, "\n  10  "); two < 0 || ten < two {
		t.Errorf("the classes are not in the order of their numbers:\n%s", r.out)
	}
	refused(t, exitFailure, []string{"disagree", `folder of class "a"`, "--labels metadata"}, "data", dir, "--out", out, "--label-column", "kind")
	refused(t, exitUsage, []string{"--labels"}, "data", dir, "--labels", "files")
}

// TestDataLabelColumn: a column of labels is no number of the points.
func TestDataLabelColumn(t *testing.T) {
	path := tableFile(t, "p.csv", "x,y,kind\n1,2,10\n3,4,2\n5,9,2\n6,7,\n")
	t.Chdir(t.TempDir())
	r := ok(t, "data", path, "--label-column", "kind")
	// A scatter of each class, and one of the point of none, as wide as two of them; without labels
	// one scatter.
	ok(t, "data", path, "--label-column", "kind", "--out", "classes.png")
	whole := tableFile(t, "w.csv", "x,y\n1,2\n3,4\n5,9\n6,7\n")
	if r := ok(t, "data", whole, "--out", "one.png"); !strings.Contains(r.out, "\none.png\n\nreverie train ") {
		t.Errorf("the report ends otherwise:\n%s", r.out)
	}
	if a, b := readBytes(t, "data.png"), readBytes(t, "classes.png"); !bytes.Equal(a, b) {
		t.Error("data.png is another picture")
	}
	many, one := sizeOf(t, "classes.png"), sizeOf(t, "one.png")
	if !(many.X > one.X && many.X*many.Y > 2*one.X*one.Y) {
		t.Errorf("three scatters of %v, one of %v", many, one)
	}
	for _, part := range []string{"4 points of 2 numbers in 2 classes", "class      points\n\"2\"        2\n\"10\"       1\nno class   1\n", "train " + path + " --label-column=kind"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the report lacks %q:\n%s", part, r.out)
		}
	}
	if !strings.Contains(r.err, `column "kind" holds the labels and is no number of a point`) {
		t.Errorf("notes %q", r.err)
	}
	run := filepath.Join(t.TempDir(), "run")
	ok(t, "train", path, "--label-column", "kind", "--steps", "1", "--batch", "2", "--val", "0", "--run", run)
	if text, err := os.ReadFile(filepath.Join(run, "config.json")); err != nil || !strings.Contains(string(text), `"label-column": "kind"`) {
		t.Errorf("%s, %v", text, err)
	}
	refused(t, exitFailure, []string{`no column "species"`, "--label-column"}, "data", path, "--label-column", "species")
	want := "--label-column belongs to points from a table, and points:8gaussians is of the source points, which has none; leave it out"
	refused(t, exitUsage, []string{want}, "data", "points:8gaussians", "--label-column", "kind")
	refused(t, exitUsage, []string{want}, "train", "points:8gaussians", "--label-column", "kind", "--run", run+"-2")
}

// sizeOf is the size of a PNG file.
func sizeOf(t *testing.T, path string) image.Point {
	t.Helper()
	c, err := png.DecodeConfig(bytes.NewReader(readBytes(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return image.Pt(c.Width, c.Height)
}
