package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/data/source"
)

// tableFile writes a table and returns its path.
func tableFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeBytes(t, path, []byte(text))
	return path
}

// normalTable is a table of n points of independent numbers around shift, of the given deviations.
func normalTable(n int, shift, deviation float64) string {
	var b strings.Builder
	for i := range n {
		s, c := math.Sincos(float64(7 * i))
		fmt.Fprintf(&b, "%v,%v\n", shift+deviation*s, deviation*c)
	}
	return b.String()
}

// trainPoints trains a few steps on a table.
func trainPoints(t *testing.T, table, run string, flags ...string) result {
	t.Helper()
	return ok(t, append([]string{"train", table, "--run", run, "--channels", "8,8", "--batch", "8", "--steps", "4", "--sample-every", "0", "--seed", "1"}, flags...)...)
}

// What a table's first line and column are is said by train, data and eval alike.
func TestTableIsSaid(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := tableFile(t, "p.tsv", "\tx\ty\n0\t1,5\t\u22122,5\n1\t0,5\t1\n2\t3\t4,25\n3\t3\t5\n4\t3\t6\n5\t3\t7\n6\t3\t8\n7\t3\t9\n8\t3\t10\n9\t3\t11\n10\t3\t12\n")
	said := func(r result) {
		t.Helper()
		for _, text := range []string{"column 1 has no name", `columns "x", "y"`, "4 numbers with a decimal comma", "1 number with typographic signs"} {
			if strings.Count(r.err, text) != 1 {
				t.Errorf("%q is said %d times in:\n%s", text, strings.Count(r.err, text), r.err)
			}
		}
	}
	run := filepath.Join(t.TempDir(), "run")
	said(trainPoints(t, path, run, "--val", "0"))
	said(ok(t, "eval", run, "--metrics", "swd", "-n", "8", "--draws", "1"))
	r := ok(t, "data", path, "--out", filepath.Join(t.TempDir(), "data.png"))
	said(r)
	for _, text := range []string{"11 points of 2 numbers", `"y"`, "-2.5", "12", "reverie train "} {
		if !strings.Contains(r.out, text) {
			t.Errorf("data lacks %q:\n%s", text, r.out)
		}
	}
	refused(t, exitUsage, []string{"--strict belongs to images"}, "data", path, "--strict")
}

// Samples that are written and read again are the same numbers, also far from the origin and of
// tiny deviation; and they keep the data's place.
func TestPointsKeepTheirDigits(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct{ shift, deviation float64 }{{1e8, 1}, {0, 1e-40}, {0, 1e29}, {9e29, 0}} {
		run := filepath.Join(t.TempDir(), "run")
		trainPoints(t, tableFile(t, "p.csv", normalTable(40, c.shift, c.deviation)), run)
		table, array := filepath.Join(t.TempDir(), "s.csv"), filepath.Join(t.TempDir(), "s.npz")
		ok(t, "sample", run, "-n", "20", "--out", filepath.Join(t.TempDir(), "s.png"), "--csv", table, "--npz", array)
		a, err := points.OpenCSV(table)
		if err != nil {
			t.Fatal(err)
		}
		b, err := points.OpenNPZ(array)
		if err != nil {
			t.Fatal(err)
		}
		distinct := map[float64]bool{}
		for i := range a.X {
			if a.X[i][0] != b.X[i][0] || a.X[i][1] != b.X[i][1] {
				t.Errorf("%+v: %v in the table, %v in the array", c, a.X[i], b.X[i])
			}
			distinct[a.X[i][0]] = true
		}
		if c.deviation > 0 && len(distinct) < 20 {
			t.Errorf("%+v: %d different numbers of 20", c, len(distinct))
		}
		if c.deviation > 0 {
			ok(t, "eval", run, "-n", "20", "--draws", "1")
		}
	}
}

// Numbers that no checkpoint could hold are refused before training.
func TestPointsTooLarge(t *testing.T) {
	for _, v := range []string{"1.1e30", "3e38", "1e300", "-1e31"} {
		run := filepath.Join(t.TempDir(), "run")
		refused(t, exitFailure, []string{"p.csv", "line 2, column 1", "at most 1e+30"}, "train", tableFile(t, "p.csv", "1,2\n"+v+",2\n"), "--run", run)
	}
}

// What a source takes for a file of points the reader of points opens, and the other way round.
func TestPointFiles(t *testing.T) {
	for _, ext := range []string{".csv", ".tsv", ".txt", ".dat", ".npz", ".npy", ".CSV", ".png", ".json", ".csvx", ""} {
		_, err := points.Open("missing"+ext, points.Options{})
		opened := !strings.Contains(err.Error(), "is no set of points")
		_, claim := source.Find("missing" + ext)
		if got := claim.Kind.Vector(); got != opened && ext != ".png" { // a picture is one of images, unless it is named points:FILE.png
			t.Errorf("missing%s: of points %v by the source, %v by the reader", ext, got, opened)
		}
	}
}

// Points without a number of pictures train and sample without a word about images.
func TestConstantPoints(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	r := trainPoints(t, tableFile(t, "c.csv", strings.Repeat("3,3\n", 40)), run, "--sample-n", "0", "--sample-every", "1")
	if !strings.Contains(r.err, "the same in all 40 points") || strings.Contains(r.err, "images") || strings.Contains(r.err, "model:") {
		t.Error(r.err)
	}
	var c struct {
		Reverie struct{ Shift, Scale []float64 }
	}
	if err := json.Unmarshal(readBytes(t, filepath.Join(run, "checkpoints", "step-000004", "scheduler", "scheduler_config.json")), &c); err != nil || c.Reverie.Shift[0] != 3 || !(math.Abs(c.Reverie.Scale[0]-3e-9) < 1e-20) {
		t.Errorf("units %+v, %v", c, err)
	}
}
