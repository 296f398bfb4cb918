package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
)

// TestClassifierGuides: a classifier is trained, described, and guides a model without classes to
// one of its own, with the convention said; what cannot guide and what it cannot be used for is
// refused.
func TestClassifierGuides(t *testing.T) {
	dir, imgs, plain := t.TempDir(), images(t), trained(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	teach := func(name string, more ...string) result {
		return ok(t, append([]string{"train", imgs, "--arch", "classifier", "--channels", "8,16", "--resolution", "8", "--batch", "4", "--steps", "4", "--val", "0.25", "--run", at(name)}, more...)...)
	}
	r := teach("noised", "--noised", "--timesteps", "10")
	if want := "reverie info " + at("noised"); lastLine(r.out) != want {
		t.Errorf("last line %q, want %q", lastLine(r.out), want)
	}
	for _, want := range []string{"tells 2 classes of images apart, noised by ddpm", "right on held-out samples: ", "at noise levels sigma/alpha", "are few, and a classifier of so young weights errs"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("stderr lacks %q:\n%s", want, r.err)
		}
	}
	if strings.Contains(r.err, "rough") { // as samples are
		t.Error(r.err)
	}
	teach("clean")
	entries, err := os.ReadDir(imgs)
	if err != nil {
		t.Fatal(err)
	}
	class := entries[0].Name()
	guided := []string{"sample", plain, "-n", "2", "--classifier", at("noised"), "--classifier-scale", "2"}
	r = ok(t, append(guided, "--class", class, "--out", at("a.png"))...)
	for _, want := range []string{"class " + class, "guide classifier (classifier " + at("noised") + ", classifier-scale 2)", "classifier-scale: x0hat + scale (sigma^2/alpha) grad log p(class | x_t)", "classifier of 2 classes, guides at noise levels"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("stderr lacks %q:\n%s", want, r.err)
		}
	}
	if text := textOf(t, at("a.png")); !slices.Contains(text, picture.Text{Key: "class", Value: class}) {
		t.Errorf("the picture says %v", text)
	}
	r = ok(t, append(guided, "--class", "all", "--solver", "ddpm", "--classifier-shift", "variance", "--out", at("b.png"))...)
	if !strings.Contains(r.err, "mean + scale variance grad log p(class | x_t)") {
		t.Error(r.err)
	}
	writeHalf(t, at("half.png"), 8)
	r = ok(t, "edit", plain, at("half.png"), "--invert", "--steps", "4", "--class", class, "--classifier", at("noised"), "--out", at("c.png"))
	half := at("half.png")
	edits := []string{"edit", plain, half, "--steps", "4", "--class", class, "--classifier", at("noised"), "--out", at("c.png")}
	for _, way := range []string{"--strength 0.5", "--to " + half, "--mask " + half + " --method diffpir", "--mask " + half + " --method repaint", "--mask " + half + " --method replace", "--operator grey --method diffpir",
		"--strength 0.5 --solver ddpm --classifier-shift variance", "--mask " + half + " --method repaint --solver ddpm --classifier-shift variance"} {
		ok(t, append(slices.Clone(edits), strings.Fields(way)...)...)
	}
	for way, want := range map[string]string{
		"--mask " + half:                                           "guide classifier: classifier guidance gives no vector-Jacobian product, and does not go with edit --method mmps; leave it out, or choose --method repaint, diffpir or replace",
		"--operator grey --method dps":                             "does not go with edit --method dps; leave it out, or choose --method diffpir",
		"--mask " + half + " --classifier-shift variance":          "gives no shift of the mean, and does not go with edit --method mmps; leave it out, or choose --method repaint or replace",
		"--operator grey --classifier-shift variance":              "does not go with edit --method mmps; leave it out",
		"--strength 0.5 --classifier-shift variance --solver heun": "use solver ddpm",
	} {
		r := cli(append(slices.Clone(edits), strings.Fields(way)...)...)
		if r.code != exitFailure || !strings.Contains(r.err, want) || strings.Contains(r.err, "1 image,") { // which is the header
			t.Errorf("%s: exit code %d, and the message lacks %q, or comes late:\n%s", way, r.code, want, r.err)
		}
	}
	refused(t, exitUsage, []string{"--classifier-shift variance goes with solver ddpm, and --invert walks by ddim"}, append(slices.Clone(edits), "--invert", "--classifier-shift", "variance")...)
	for _, want := range []string{"of class " + class + ", changed by", "classifier-scale: x0hat + scale", "classifier of 2 classes, guides at noise levels"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("edit: stderr lacks %q:\n%s", want, r.err)
		}
	}
	if r = ok(t, append(guided, "--out", at("c.png"))...); !strings.Contains(r.err, "classes drawn as often as in the classifier's data, ") {
		t.Error(r.err)
	}
	evalGuided(t, plain, at("noised"), at("clean"))
	for _, c := range []struct {
		code  int
		texts []string
		args  []string
	}{
		{exitUsage, []string{`no class "up"`}, append(guided, "--class", "up")},
		{exitFailure, []string{"use solver ddpm, or the shift of x0hat"}, append(guided, "--class", class, "--solver", "heun", "--classifier-shift", "variance")},
		{exitFailure, []string{"knows clean samples alone", "train one with --arch classifier --noised"}, []string{"sample", plain, "--classifier", at("clean"), "--class", class}},
		{exitFailure, []string{"it is no classifier", "architecture simpleunet"}, []string{"sample", plain, "--classifier", plain, "--class", class}},
		{exitFailure, []string{"it is a classifier, which predicts nothing and draws nothing"}, []string{"sample", at("noised")}},
		{exitFailure, []string{"--classifier: ", "nowhere"}, []string{"edit", plain, at("half.png"), "--classifier", at("nowhere"), "--class", class}},
		{exitFailure, []string{"--classifier: ", "nowhere"}, []string{"sample", plain, "--classifier", at("nowhere"), "--class", class}},
		{exitUsage, []string{"--classifier-scale belongs to --guide classifier"}, []string{"sample", plain, "--classifier-scale", "2"}},
	} {
		refused(t, c.code, c.texts, append(slices.Clone(c.args), "--out", at("c.png"))...)
	}
}

// evalGuided: a model without classes that a classifier guides is judged by the classes that it was
// guided to, at each scale of a sweep too, and by nothing of the kind without a guide.
func evalGuided(t *testing.T, plain, guide, judge string) {
	t.Helper()
	flags := []string{"eval", plain, "-n", "8", "--draws", "1", "--steps", "2", "--metrics", "accuracy,intra", "--judge", judge}
	refused(t, exitFailure, []string{"was trained without: train with --class-cond, or guide it to the classes of a classifier by --classifier"}, flags...)
	flags = append(flags, "--classifier", guide, "--json")
	r := reportOf(t, append(flags, "--per-class", "--classifier-scale", "3")...)
	if row := r.row(t, "accuracy"); row.HeldOut == nil || row.Real == nil {
		t.Errorf("accuracy: %+v", row)
	}
	if row := r.row(t, "intra-class distance"); row.HeldOut == nil && row.Training == nil {
		t.Errorf("intra: %+v", row)
	}
	var s eval.Sweep
	if err := json.Unmarshal([]byte(ok(t, append(flags, "--sweep", "classifier-scale=0,3")...).out), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Points) != 2 || s.Points[1].Rows[0] == (eval.Row{}) || *s.Points[1].Rows[0].HeldOut != *r.row(t, "accuracy").HeldOut {
		t.Errorf("%+v, alone %+v", s.Points, r.Rows)
	}
}
