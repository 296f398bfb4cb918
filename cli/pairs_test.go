package cli

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder is restored by a model of pairs: a file for each, of the same name, beside a grid of
// what was given; what is wrong is named.
func TestSampleOfPairs(t *testing.T) {
	x, y, dir := t.TempDir(), t.TempDir(), t.TempDir()
	writeImages(t, x, 12, 8)
	writeImages(t, y, 12, 8)
	want, err := filepath.Glob(filepath.Join(y, "*", "*.png"))
	if err != nil || len(want) != 12 {
		t.Fatal(want, err)
	}
	if err := os.Remove(want[0]); err != nil {
		t.Fatal(err)
	}
	want = want[1:]
	run, out := filepath.Join(dir, "run"), filepath.Join(dir, "out")
	r := ok(t, "train", x, "--pairs", y, "--process", "i2sb", "--steps", "2", "--batch", "2", "--channels", "4,8", "--resolution", "8", "--val", "0", "--run", run)
	if !strings.Contains(r.err, "left out 1 image without a pair") {
		t.Error(r.err)
	}
	ok(t, "sample", run, "--from", y, "--dir", out, "--out", filepath.Join(dir, "grid.png"), "--steps", "2")
	for _, name := range want {
		f, err := os.Open(filepath.Join(out, filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil || img.Bounds().Dx() != 8 {
			t.Errorf("%s: %v, %v", name, img.Bounds(), err)
		}
	}
	r = ok(t, "train", x, "--pairs", x, "--process", "vp", "--steps", "2", "--batch", "2", "--channels", "4,8", "--resolution", "8", "--val", "0.5", "--run", run+"2")
	r = ok(t, "eval", run+"2", "--metrics", "psnr", "--steps", "2", "--draws", "1")
	for _, want := range []string{"psnr, dB", "that of what was given", "100"} { // which are the images themselves
		if !strings.Contains(r.out, want) {
			t.Errorf("eval lacks %q:\n%s", want, r.out)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"train", x, "--pairs", y, "--from", y, "--process", "bridge"}, exitUsage, "give one"},
		{[]string{"train", x, "--pairs", "points:moons", "--process", "bridge"}, exitUsage, "give one kind"},
		{[]string{"train", x, "--blind", "--process", "vp"}, exitUsage, "give --pairs"},
		{[]string{"train", x, "--pairs", filepath.Join(dir, "nowhere"), "--process", "bridge"}, exitFailure, "--pairs: data: no such folder"},
		{[]string{"edit", run, want[0], "--strength", "0.5"}, exitFailure, "--pairs"},
		{[]string{"eval", run, "--metrics", "psnr"}, exitFailure, "psnr"},
		{[]string{"sample", run, "--from", filepath.Join(dir, "nowhere")}, exitFailure, "no such folder"},
	} {
		refused(t, c.code, []string{c.want}, c.args...)
	}
}

// Images without classes have no features: what needs them is refused by name, and ends nothing
// else.
func TestEvalWithoutFeatures(t *testing.T) {
	dir := t.TempDir()
	x, run := filepath.Join(dir, "x"), filepath.Join(dir, "run")
	writeImages(t, x, 24, 8)
	flat := filepath.Join(x, "a")
	ok(t, "train", flat, "--steps", "1", "--batch", "2", "--channels", "4,8", "--resolution", "8", "--val", "0.3", "--run", run)
	refused(t, exitFailure, []string{"kid"}, "eval", run, "--metrics", "kid,swd", "--steps", "1", "--draws", "1", "-n", "4")
	r := ok(t, "eval", run, "--steps", "1", "--draws", "1", "-n", "4", "--nearest", "")
	if !strings.Contains(r.out, "swd") {
		t.Error(r.out)
	}
}
