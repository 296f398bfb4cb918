package cli

import (
	"fmt"
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
	r := ok(t, "data", path, "--label-column", "kind")
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
